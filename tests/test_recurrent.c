/* SPDX-License-Identifier: MIT */
/* Recurrent, state-space and sampled schemes: exact values by their definitions with libm, moments, and errors. */
#include "tests/schemes.h"

#define PI 3.141592653589793

static sow_stream stream_of(uint64_t i)
{
    return sow_stream_indexed(sow_stream_seed(5), i);
}

static void assert_near(double x, double y, double tolerance)
{
    if (!(fabs(x - y) <= tolerance * fmax(1, fabs(y))))
        fail_msg("%.17g, not %.17g", x, y);
}

static void gate_biases(void **state)
{
    (void)state;
    const int64_t shape[] = {12};
    double *w = test_whole(test_scheme("lstm_bias"), stream_of(0), 1, shape);
    for (int i = 0; i < 12; i++)
        assert_true(w[i] == (i / 3 == 1));
    free(w);
    w = test_whole(test_scheme("lstm_bias block=2 forget=0.5"), stream_of(0), 1, shape);
    for (int i = 0; i < 12; i++)
        assert_true(w[i] == (i / 3 == 2 ? 0.5 : 0));
    free(w);

    /* σ(b_f) in [½, (tmax-1)/tmax); ln u of u ~ U(1, 783), whose mean is 391 and whose std is 781/√12. */
    enum { UNITS = 100000 };
    const int64_t large[] = {4 * UNITS};
    w = test_whole(test_scheme("chrono tmax=784"), stream_of(1), 1, large);
    double sum = 0;
    for (int i = 0; i < UNITS; i++) {
        assert_true(w[i] == -w[UNITS + i] && w[2 * UNITS + i] == 0 && w[3 * UNITS + i] == 0);
        const double gate = 1 / (1 + exp(-w[UNITS + i]));
        assert_true(gate >= 0.5 && gate < 783.0 / 784);
        sum += exp(w[UNITS + i]);
    }
    assert_true(fabs(sum / UNITS - 392) < 6 * (782 / sqrt(12)) / sqrt(UNITS) + 0.5);
    free(w);
}

static void transitions(void **state)
{
    (void)state;
    const int64_t square[] = {4, 4}, vector[] = {4};
    /* LegS of order 4, as printed by the authors' code. */
    static const double legs[16] = {-1,
                                    0,
                                    0,
                                    0,
                                    -1.7320508075688772,
                                    -2,
                                    0,
                                    0,
                                    -2.2360679774997898,
                                    -3.872983346207417,
                                    -3,
                                    0,
                                    -2.6457513110645907,
                                    -4.58257569495584,
                                    -5.916079783099616,
                                    -4},
                        lmu[16] = {-1, -1, -1, -1, 3, -3, -3, -3, -5, 5, -5, -5, 7, -7, 7, -7}, lmu_b[4] = {1, -3, 5, -7};
    double *w = test_whole(sow_scheme_named("hippo_legs"), stream_of(0), 2, square);
    for (int i = 0; i < 16; i++)
        assert_near(w[i], legs[i], 1e-15);
    free(w);
    w = test_whole(sow_scheme_named("hippo_legs"), stream_of(0), 1, vector);
    for (int i = 0; i < 4; i++)
        assert_true(w[i] == sqrt(2 * i + 1));
    free(w);
    w = test_whole(sow_scheme_named("lmu"), stream_of(0), 2, square);
    for (int i = 0; i < 16; i++)
        assert_true(w[i] == lmu[i]);
    free(w);
    w = test_whole(sow_scheme_named("lmu"), stream_of(0), 1, vector);
    for (int i = 0; i < 4; i++)
        assert_true(w[i] == lmu_b[i]);
    free(w);
}

static void states(void **state)
{
    (void)state;
    const int64_t shape[] = {2, 5};
    double *real = test_whole(sow_scheme_named("s4d_real"), stream_of(0), 2, shape),
           *lin = test_whole(sow_scheme_named("s4d_lin_imag"), stream_of(0), 2, shape),
           *inv = test_whole(sow_scheme_named("s4d_inv_imag"), stream_of(0), 2, shape),
           *a = test_whole(sow_scheme_named("mamba_a_log"), stream_of(0), 2, shape);
    for (int i = 0; i < 10; i++) {
        const double n = i % 5;
        assert_true(real[i] == -(n + 1));
        assert_near(lin[i], PI * n, 1e-15);
        assert_near(inv[i], 5 / PI * (5 / (2 * n + 1) - 1), 1e-15);
        assert_near(a[i], log(n + 1), 1e-15);
    }
    free(real);
    free(lin);
    free(inv);
    free(a);
}

/* A transform of u ~ U(0, 1) is undone, and u is uniform: mean ½, variance 1/12, 6 standard errors. */
static void transforms_are_of_uniform_numbers(void **state)
{
    (void)state;
    enum { N = 200000 };
    const int64_t shape[] = {N};
    static const char *const schemes[] = {
        "log_uniform lo=0.001 hi=0.1", "mamba2_a_log", "mamba_dt_bias floor=1e-9", "lru_nu r_min=0.5", "lru_theta", "lru_gamma r_min=0.5"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        double *w = test_whole(test_scheme(schemes[i]), stream_of(i), 1, shape), sum = 0, squares = 0;
        for (int k = 0; k < N; k++) {
            const double x = w[k];
            const double u = i == 0   ? (log(x) - log(0.001)) / log(100)
                             : i == 1 ? (exp(x) - 1) / 15
                             : i == 2 ? (log(log1p(exp(x))) - log(0.001)) / log(100)
                             : i == 3 ? (exp(-2 * exp(x)) - 0.25) / 0.75
                             : i == 4 ? exp(x) / (2 * PI)
                                      : (1 - exp(2 * x) - 0.25) / 0.75;
            if (!(u >= -1e-9 && u < 1 + 1e-9))
                fail_msg("%s: %.17g is u = %.17g", schemes[i], x, u);
            sum += u;
            squares += (u - 0.5) * (u - 0.5);
        }
        assert_true(fabs(sum / N - 0.5) < 6 * sqrt(1.0 / 12 / N));
        assert_true(fabs(squares / N - 1.0 / 12) < 6 * sqrt(1.0 / 180 / N));
        free(w);
    }
}

static void waves(void **state)
{
    (void)state;
    const int64_t positions[] = {300, 6}, frames[] = {16, 1, 9}, up4[] = {2, 1, 4}, up3[] = {1, 1, 3, 3}, zero[] = {8, 3}, wide[] = {3, 8};
    double *w = test_whole(sow_scheme_named("sinusoidal"), stream_of(0), 2, positions);
    for (int i = 0; i < 1800; i++) {
        const double angle = i / 6 * pow(10000, -(double)(i % 6 / 2 * 2) / 6);
        assert_near(w[i], i % 2 ? cos(angle) : sin(angle), 1e-12);
    }
    free(w);
    w = test_whole(test_scheme("sinusoidal halves=1"), stream_of(0), 2, positions);
    for (int i = 0; i < 1800; i++) {
        const double angle = i / 6 * pow(10000, -(double)(i % 3 * 2) / 6);
        assert_near(w[i], i % 6 < 3 ? sin(angle) : cos(angle), 1e-12);
    }
    free(w);

    double norm = 0;
    for (int t = 0; t < 16; t++)
        norm += pow(0.5 - 0.5 * cos(2 * PI * t / 15), 2);
    double *re = test_whole(sow_scheme_named("stft"), stream_of(0), 3, frames),
           *im = test_whole(test_scheme("stft imag=1"), stream_of(0), 3, frames);
    for (int i = 0; i < 144; i++) {
        const double window = (0.5 - 0.5 * cos(2 * PI * (i / 9) / 15)) / sqrt(norm), angle = -2 * PI * (i / 9) * (i % 9) / 16;
        assert_near(re[i], window * cos(angle), 1e-14);
        assert_near(im[i], window * sin(angle), 1e-14);
    }
    free(re);
    free(im);

    /* Caffe's kernels of stride 2. */
    w = test_whole(sow_scheme_named("bilinear_upsample"), stream_of(0), 3, up4);
    for (int i = 0; i < 8; i++)
        assert_true(w[i] == (i % 4 % 3 ? 0.75 : 0.25));
    free(w);
    w = test_whole(sow_scheme_named("bilinear_upsample"), stream_of(0), 4, up3);
    for (int i = 0; i < 9; i++)
        assert_true(w[i] == (i / 3 == 1 ? 1 : 0.5) * (i % 3 == 1 ? 1 : 0.5));
    free(w);

    /* 8 is a power of two: orthonormal columns. */
    w = test_whole(sow_scheme_named("hadamard"), stream_of(0), 2, zero);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            double dot = 0;
            for (int i = 0; i < 8; i++)
                dot += w[i * 3 + a] * w[i * 3 + b];
            assert_near(dot, a == b, 1e-15);
        }
    assert_near(w[0], 0.35355339059327379, 1e-15);
    free(w);
    w = test_whole(test_scheme("hadamard paper=1"), stream_of(0), 2, zero);
    assert_near(w[0], 0.5, 1e-15);
    free(w);
    w = test_whole(sow_scheme_named("hadamard"), stream_of(0), 2, wide);
    for (int i = 0; i < 24; i++)
        assert_true(w[i] == (i / 8 == i % 8));
    free(w);
}

static void errors_name_argument_value_and_limit(void **state)
{
    (void)state;
    static const struct {
        const char *scheme;
        int rank;
        int64_t shape[4];
        const char *part, *part2;
    } cases[] = {
        {"lstm_bias", 1, {6}, "shape is (6)", "(4·hidden)"},
        {"lstm_bias", 2, {4, 4}, "shape is (4, 4)", "(4·hidden)"},
        {"lstm_bias block=3", 1, {4}, "block is 3", "1 (i, f, g, o"},
        {"lstm_bias forget=nan", 1, {4}, "forget is nan", "finite"},
        {"chrono", 1, {4}, "tmax is missing", "given"},
        {"chrono tmax=2", 1, {4}, "tmax is 2", "more than 2"},
        {"hippo_legs", 2, {4, 3}, "shape is (4, 3)", "(N, N)"},
        {"lmu", 1, {40000}, "80001", "65504"},
        {"s4d_real", 0, {0}, "shape is ()", "rank 1"},
        {"s4d_inv_imag", 1, {1000}, "318309", "65504"},
        {"log_uniform lo=2 hi=1", 1, {4}, "lo is 2 and hi is 1", "not above"},
        {"log_uniform lo=0 hi=1", 1, {4}, "lo is 0", "1e-300"},
        {"log_uniform lo=1 hi=1e6", 1, {4}, "1000000", "65504"},
        {"mamba_dt_bias min=1", 1, {4}, "min is 1 and max is 0.1", "not above max"},
        {"mamba_dt_bias floor=0", 1, {4}, "floor is 0", "above 0"},
        {"lru_nu r_min=1", 1, {4}, "r_min is 1 and r_max is 1", "below r_max"},
        {"lru_gamma r_max=2", 1, {4}, "r_max is 2", "0 to 1"},
        {"lru_theta phase=0", 1, {4}, "phase is 0", "above 0"},
        {"hadamard", 3, {4, 4, 2}, "shape is (4, 4, 2)", "odd k"},
        {"hadamard", 1, {4}, "shape is (4)", "rank 2 to 5"},
        {"bilinear_upsample", 2, {4, 4}, "shape is (4, 4)", "rank 3 to 5"},
        {"stft", 3, {4, 2, 4}, "shape is (4, 2, 4)", "(T, 1, F)"},
        {"sinusoidal base=0", 2, {4, 4}, "base is 0", "1 to 1e15"},
        {"sinusoidal", 2, {1 << 20, 1}, "shape is (1048576, 1)", "fewer than 2^20"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char why[300] = "";
        const sow_scheme s = test_scheme(cases[i].scheme);
        const sow_status got = sow_check_scheme(&s, cases[i].rank, cases[i].shape, SOW_F16, why, sizeof why);
        if (got == SOW_OK || !strstr(why, cases[i].part) || !strstr(why, cases[i].part2))
            fail_msg("%s: %s \"%s\"", cases[i].scheme, sow_status_name(got), why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_biases), cmocka_unit_test(transitions),
        cmocka_unit_test(states),      cmocka_unit_test(transforms_are_of_uniform_numbers),
        cmocka_unit_test(waves),       cmocka_unit_test(errors_name_argument_value_and_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
