/* SPDX-License-Identifier: MIT */
/* What sow propagate computes with: activations of every instruction set against MPFR, roundings by definition, the theory's integrals
 * against closed forms and the library's gains. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(TEST_MPFR)
#include <mpfr.h>
#endif

#include "propagate/activation.h"
#include "propagate/quadrature.h"
#include "propagate/theory.h"
#include "tests/support.h"

#define PI 3.14159265358979323846

static void assert_close(double x, double expected, double relative)
{
    if (!(fabs(x - expected) <= relative * fabs(expected)))
        fail_msg("%.17g is not %.17g within %g", x, expected, relative);
}

#if defined(TEST_MPFR)
enum { BITS = 320 };

/* 1/(1 + exp(-x)). */
static void mpfr_logistic(mpfr_t y, const mpfr_t x)
{
    mpfr_neg(y, x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_ui_div(y, 1, y, MPFR_RNDN);
}

/* Φ(x). */
static void mpfr_cdf(mpfr_t y, const mpfr_t x)
{
    mpfr_t s;
    mpfr_init2(s, BITS);
    mpfr_sqrt_ui(s, 2, MPFR_RNDN);
    mpfr_div(s, x, s, MPFR_RNDN);
    mpfr_neg(s, s, MPFR_RNDN);
    mpfr_erfc(y, s, MPFR_RNDN);
    mpfr_div_ui(y, y, 2, MPFR_RNDN);
    mpfr_clear(s);
}

/* The functions by their definitions, in 320 bits; slopes by a difference quotient, exact to 2^-120. */
static void mpfr_value(mpfr_t y, enum activation a, const mpfr_t x)
{
    const int negative = mpfr_sgn(x) < 0;
    switch (a) {
    case ACTIVATION_RELU:
        mpfr_set(y, x, MPFR_RNDN);
        if (negative)
            mpfr_set_ui(y, 0, MPFR_RNDN);
        break;
    case ACTIVATION_LEAKY:
        mpfr_set(y, x, MPFR_RNDN);
        if (negative)
            mpfr_mul_d(y, y, 0.01, MPFR_RNDN);
        break;
    case ACTIVATION_TANH:
        mpfr_tanh(y, x, MPFR_RNDN);
        break;
    case ACTIVATION_SIGMOID:
        mpfr_logistic(y, x);
        break;
    case ACTIVATION_GELU:
        mpfr_cdf(y, x);
        mpfr_mul(y, y, x, MPFR_RNDN);
        break;
    case ACTIVATION_SILU:
        mpfr_logistic(y, x);
        mpfr_mul(y, y, x, MPFR_RNDN);
        break;
    case ACTIVATION_SELU:
        if (negative) {
            mpfr_expm1(y, x, MPFR_RNDN);
            mpfr_mul_d(y, y, 1.6732632423543772848170429916717, MPFR_RNDN);
        } else {
            mpfr_set(y, x, MPFR_RNDN);
        }
        mpfr_mul_d(y, y, 1.0507009873554804934193349852946, MPFR_RNDN);
        break;
    default:
        mpfr_set(y, x, MPFR_RNDN);
        break;
    }
}

static double exact_value(enum activation a, double at)
{
    mpfr_t x, y;
    mpfr_inits2(BITS, x, y, (mpfr_ptr)NULL);
    mpfr_set_d(x, at, MPFR_RNDN);
    mpfr_value(y, a, x);
    const double result = mpfr_get_d(y, MPFR_RNDN);
    mpfr_clears(x, y, (mpfr_ptr)NULL);
    return result;
}

static double exact_slope(enum activation a, double at)
{
    mpfr_t x, y, below;
    mpfr_inits2(BITS, x, y, below, (mpfr_ptr)NULL);
    mpfr_set_d(x, at, MPFR_RNDN);
    mpfr_sub_d(x, x, 0x1p-60, MPFR_RNDN);
    mpfr_value(below, a, x);
    mpfr_set_d(x, at, MPFR_RNDN);
    mpfr_add_d(x, x, 0x1p-60, MPFR_RNDN);
    mpfr_value(y, a, x);
    mpfr_sub(y, y, below, MPFR_RNDN);
    const double result = ldexp(mpfr_get_d(y, MPFR_RNDN), 59);
    mpfr_clears(x, y, below, (mpfr_ptr)NULL);
    return result;
}
#else
static double exact_value(enum activation a, double at)
{
    return activation_value(a, at);
}

static double exact_slope(enum activation a, double at)
{
    return activation_slope(a, at);
}
#endif

/* Of numbers at every scale that a layer meets, and both signs; 0 is left out, where relu has no slope. */
static float some_number(void)
{
    const double size = ldexp(1.0 + (double)test_random_below(1 << 23) * 0x1p-23, (int)test_random_below(30) - 24);
    return (float)(test_random_below(2) ? size : -size);
}

/*
 * An error in units of 2^-24 of the result. gelu's two sides and silu's slope cancel, so their errors are held against the terms' size.
 */
static double ulps(enum activation a, double x, double got, double expected, int slope)
{
    double size = fabs(expected);
    if (a == ACTIVATION_GELU || (slope && a == ACTIVATION_SILU))
        size = fmax(size, slope ? fmin(1, fabs(x)) : 0.5 * fabs(x));
    return fabs(got - expected) / fmax(size * 0x1p-24, 0x1p-140);
}

static const struct activation_kernels *kernels_of(size_t isa)
{
    return sow_isa_usable(isa) ? activation_kernels_named(sow_isa_name(isa)) : NULL;
}

static void activations_are_exact_to_a_few_ulps(void **state)
{
    (void)state;
    enum { N = 1001 };
    static float z[N], y[N], g[N];
    for (size_t isa = 0; isa < sow_isa_count(); isa++) {
        const struct activation_kernels *const k = kernels_of(isa);
        if (!k)
            continue;
        assert_string_equal(k->isa, sow_isa_name(isa));
        for (int a = 0; a < ACTIVATION_COUNT; a++) {
            struct unit_sums sums;
            double worst = 0, worst_slope = 0;
            for (int i = 0; i < N; i++) {
                z[i] = some_number();
                g[i] = 1;
            }
            k->forward((enum activation)a, ARITHMETIC_F32, z, y, N, &sums);
            k->backward((enum activation)a, ARITHMETIC_F32, z, g, N, &sums);
            static float own[N], again[N];
            memcpy(own, z, sizeof z);
            k->forward_slope((enum activation)a, ARITHMETIC_F32, own, again, N, &sums);
            assert_memory_equal(again, y, sizeof y);
            assert_memory_equal(own, g, sizeof g);
            for (int i = 0; i < N; i++)
                again[i] = z[N - 1 - i];
            k->scale(ARITHMETIC_F32, own, again, N, &sums);
            for (int i = 0; i < N; i++)
                assert_true(again[i] == own[i] * z[N - 1 - i]);
            for (int i = 0; i < N; i++) {
                worst = fmax(worst, ulps((enum activation)a, z[i], y[i], exact_value((enum activation)a, z[i]), 0));
                worst_slope = fmax(worst_slope, ulps((enum activation)a, z[i], g[i], exact_slope((enum activation)a, z[i]), 1));
            }
            print_message("%-8s %-8s %.2f ulp, slope %.2f\n", k->isa, activation_word((enum activation)a), worst, worst_slope);
            assert_true(worst < 5 && worst_slope < 8);
        }
    }
}

static void theory_knows_the_same_functions(void **state)
{
    (void)state;
    for (int a = 0; a < ACTIVATION_COUNT; a++)
        for (int i = 0; i < 300; i++) {
            const double x = some_number();
            const double v = activation_value((enum activation)a, x), s = activation_slope((enum activation)a, x);
            assert_true(ulps((enum activation)a, x, v, exact_value((enum activation)a, x), 0) < 1e-6);
            assert_true(ulps((enum activation)a, x, s, exact_slope((enum activation)a, x), 1) < 1e-6);
        }
}

static void special_numbers_keep_their_meaning(void **state)
{
    (void)state;
    for (size_t isa = 0; isa < sow_isa_count(); isa++)
        for (int a = 0; a < ACTIVATION_COUNT && kernels_of(isa); a++) {
            float z[6] = {0, -0.0f, INFINITY, -INFINITY, NAN, 3e38f}, y[6];
            struct unit_sums sums;
            kernels_of(isa)->forward((enum activation)a, ARITHMETIC_F32, z, y, 6, &sums);
            assert_int_equal(sums.broken, 3);
            assert_int_equal(sums.positive, 2);
            assert_true(y[0] == (float)activation_value((enum activation)a, 0) && y[1] == y[0]);
            assert_true(y[2] == (float)activation_value((enum activation)a, INFINITY));
            assert_true(isnan(y[4]));
        }
}

/* A row of any length: sums as plain double arithmetic has them, nothing written beside it, nothing added by what fills the last block. */
static void sums_are_those_of_the_row(void **state)
{
    (void)state;
    for (size_t isa = 0; isa < sow_isa_count(); isa++)
        for (size_t n = 0; n < 70 && kernels_of(isa); n++) {
            float z[80], y[80];
            double sum = 0, squares = 0;
            uint64_t positive = 0, saturated = 0;
            for (size_t i = 0; i < 80; i++)
                z[i] = y[i] = 5;
            for (size_t i = 0; i < n; i++) {
                z[i] = some_number();
                sum += (double)z[i];
                squares += (double)z[i] * (double)z[i];
                positive += z[i] > 0;
                saturated += 1 - tanh((double)z[i]) * tanh((double)z[i]) < 0.05;
            }
            struct unit_sums s;
            kernels_of(isa)->forward(ACTIVATION_TANH, ARITHMETIC_F32, z, y, n, &s);
            assert_true(fabs(s.sum - sum) <= 1e-12 * sqrt(squares) + 1e-300);
            assert_true(fabs(s.squares - squares) <= 1e-13 * squares);
            assert_int_equal(s.positive, positive);
            assert_int_equal(s.saturated, saturated);
            assert_int_equal(s.broken, 0);
            for (size_t i = n; i < 80; i++)
                assert_true(z[i] == 5 && y[i] == 5);
        }
}

static void sums_are_the_same_bits_on_every_instruction_set(void **state)
{
    (void)state;
    enum { N = 777 };
    float z[N], first[N], y[N];
    struct unit_sums one, other;
    for (int i = 0; i < N; i++)
        z[i] = some_number();
    for (int d = 0; d < ARITHMETIC_COUNT; d++)
        for (int a = ACTIVATION_LINEAR; a <= ACTIVATION_LEAKY; a++)
            for (size_t isa = 0; isa < sow_isa_count(); isa++) {
                if (!kernels_of(isa))
                    continue;
                float own[N];
                memcpy(own, z, sizeof z);
                kernels_of(isa)->forward((enum activation)a, (enum arithmetic)d, own, isa ? y : first, N, isa ? &other : &one);
                if (isa) {
                    assert_memory_equal(&one, &other, sizeof one);
                    assert_memory_equal(first, y, sizeof y);
                }
            }
}

/* All 2^15 positive numbers of a 16-bit format, in order; the last is infinity. */
static double half_value(enum arithmetic d, unsigned bits)
{
    const int digits = d == ARITHMETIC_F16 ? 10 : 7, bias = d == ARITHMETIC_F16 ? 15 : 127;
    const int exponent = (int)(bits >> digits), fraction = (int)(bits & ((1u << digits) - 1));
    if (exponent == (1 << (15 - digits)) - 1)
        return INFINITY;
    return exponent ? ldexp((1 << digits) + fraction, exponent - bias - digits) : ldexp(fraction, 1 - bias - digits);
}

/* The nearest, by search; of two the even one; infinity counts as the number that would follow. */
static double nearest_half(enum arithmetic d, double x)
{
    unsigned low = 0, high = d == ARITHMETIC_F16 ? 0x7c00 : 0x7f80;
    const double size = fabs(x), over = d == ARITHMETIC_F16 ? 65536 : ldexp(1, 128);
    while (high - low > 1) {
        const unsigned middle = (low + high) / 2;
        if (half_value(d, middle) <= size)
            low = middle;
        else
            high = middle;
    }
    const double a = half_value(d, low), b = half_value(d, high), below = size - a, above = (isinf(b) ? over : b) - size;
    const double result = size >= over ? INFINITY : below < above || (below == above && low % 2 == 0) ? a : b;
    return copysign(result, x);
}

static float random_float(void)
{
    const uint32_t bits = (uint32_t)test_random();
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void roundings_are_to_the_nearest(void **state)
{
    (void)state;
    enum { N = 20000 };
    static float x[N], y[N];
    for (int d = ARITHMETIC_BF16; d < ARITHMETIC_COUNT; d++) {
        for (int i = 0; i < N; i++) {
            const unsigned low = (unsigned)test_random_below(d == ARITHMETIC_F16 ? 0x7bff : 0x7f7f);
            const double middle = 0.5 * half_value((enum arithmetic)d, low) + 0.5 * half_value((enum arithmetic)d, low + 1);
            x[i] = i % 3 == 0 ? random_float() : i % 3 == 1 ? (float)middle : nextafterf((float)middle, i % 2 ? 0 : INFINITY);
        }
        const float edges[] = {65504,    65519.996f, 65520,    -65520,   3.3895314e38f, 3.396e38f,
                               INFINITY, -INFINITY,  0x1p-24f, 0x1p-25f, 0x1.8p-25f,    0};
        memcpy(x, edges, sizeof edges);
        for (size_t isa = 0; isa < sow_isa_count(); isa++) {
            if (!kernels_of(isa))
                continue;
            memcpy(y, x, sizeof x);
            kernels_of(isa)->round((enum arithmetic)d, y, N);
            for (int i = 0; i < N; i++) {
                const double expected = nearest_half((enum arithmetic)d, (double)x[i]);
                if (isnan(x[i]) ? !isnan(y[i]) : (double)y[i] != expected || signbit(y[i]) != signbit(x[i]))
                    fail_msg("%s: %.9g becomes %.9g, must be %.9g", arithmetic_word((enum arithmetic)d), (double)x[i], (double)y[i],
                             expected);
            }
        }
    }
}

static void gains_are_the_librarys(void **state)
{
    (void)state;
#define X(id, word, gain)                                                                                                                  \
    {                                                                                                                                      \
        double rms, std;                                                                                                                   \
        assert_int_equal(sow_gain(gain, NAN, SOW_GAIN_RMS, &rms, NULL, 0), SOW_OK);                                                        \
        assert_int_equal(sow_gain(gain, NAN, SOW_GAIN_STD, &std, NULL, 0), SOW_OK);                                                        \
        const struct gaussian_means m = gaussian_means(id, 1);                                                                             \
        assert_close(1 / sqrt(m.square), rms, 1e-13);                                                                                      \
        assert_close(1 / sqrt(m.square - m.value * m.value), std, 1e-12);                                                                  \
    }
    ACTIVATION_LIST(X)
#undef X
}

/* Linear, relu and leaky at every scale; tanh and sigmoid for large q by their limits, gelu by E[φ(x)²] in closed form. */
static void quadrature_meets_closed_forms(void **state)
{
    (void)state;
    for (int e = -38; e <= 38; e++) {
        const double q = pow(10, e) * 1.7;
        const struct gaussian_means linear = gaussian_means(ACTIVATION_LINEAR, q), relu = gaussian_means(ACTIVATION_RELU, q);
        const struct gaussian_means leaky = gaussian_means(ACTIVATION_LEAKY, q), gelu = gaussian_means(ACTIVATION_GELU, q);
        assert_close(linear.square, q, 1e-13);
        assert_close(linear.fourth, 3 * q * q, 1e-13);
        assert_close(linear.slope, 1, 1e-13);
        assert_close(relu.value, sqrt(q / (2 * PI)), 1e-13);
        assert_close(relu.square, q / 2, 1e-13);
        assert_close(relu.fourth, 1.5 * q * q, 1e-13);
        assert_close(relu.slope, 0.5, 1e-13);
        assert_close(relu.elasticity, 1, 1e-13);
        assert_close(leaky.square, q * 1.0001 / 2, 1e-13);
        assert_close(leaky.slope, 1.0001 / 2, 1e-13);
        /* E[x Φ(x)] = q / √(2π (1 + q)), and E[x² Φ(x)²] by Stein's identity twice. */
        assert_true(fabs(gelu.value - q / sqrt(2 * PI * (1 + q))) <= 1e-13 * sqrt(q)); /* of two terms like √q */
        const double square = q / 4 + q / (2 * PI) * atan2(q, sqrt(1 + 2 * q)) + q * q / (PI * (1 + q) * sqrt(1 + 2 * q));
        assert_close(gelu.square, square, 1e-12);
    }
    /* E[(1 - tanh²)²] → √(2/(πq)) · ∫ sech⁴ / 2 = √(2/(πq)) · 2/3 */
    assert_close(gaussian_means(ACTIVATION_TANH, 1e12).slope, sqrt(2 / (PI * 1e12)) * 2 / 3, 1e-9);
    assert_close(gaussian_means(ACTIVATION_TANH, 1e12).square, 1 - sqrt(2 / (PI * 1e12)), 1e-12);
    assert_close(gaussian_means(ACTIVATION_SIGMOID, 1e-12).square, 0.25, 1e-12);
    assert_close(gaussian_means(ACTIVATION_SIGMOID, 1e12).square, 0.5, 1e-6);
    /* Klambauer et al. 2017: the fixed point (0, 1) of mean and variance. */
    const struct gaussian_means selu = gaussian_means(ACTIVATION_SELU, 1);
    assert_true(fabs(selu.value) < 1e-14);
    assert_close(selu.square, 1, 1e-14);
}

static void laws_have_their_moments(void **state)
{
    (void)state;
    const double truncated2 = 0.8796256610342398; /* docs/schemes.md */
    const struct {
        sow_dist dist;
        double mean, std;
    } rows[] = {
        {sow_dist_normal(0.5, 2), 0.5, 2},
        {sow_dist_uniform(-3, 5), 1, 8 / sqrt(12)},
        {sow_dist_constant(7), 7, 0},
        {sow_dist_trunc_normal(0, 0.02, -0.04, 0.04), 0, 0.02 * truncated2},
        {sow_dist_trunc_normal(0, 0.5, -0.5, 1), 0.114819, 0.360473},
        {sow_dist_trunc_normal(1, 1, -2, 2), 0.717214, 0.784947},
        {sow_dist_trunc_normal(0, 1, 0, INFINITY), sqrt(2 / PI), sqrt(1 - 2 / PI)},
        {sow_dist_trunc_normal(0, 1, -INFINITY, INFINITY), 0, 1},
        {sow_dist_trunc_normal(3, 0, -1, 1), 1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct law_moments m = law_moments(&rows[i].dist);
        assert_true(fabs(m.mean - rows[i].mean) < 1e-6);
        assert_true(fabs(sqrt(m.variance) - rows[i].std) < 1e-6);
    }
    const struct law_moments cut = law_moments(&(sow_dist){SOW_DIST_TRUNC_NORMAL, 0, 1, -2, 2});
    assert_close(sqrt(cut.variance), truncated2, 1e-14);
}

static struct theory_layer layer_of(int64_t n, double gain)
{
    return (struct theory_layer){n, n, 0, gain / (double)n, 1};
}

/* Layers by formulas that theory.c does not use. */
static void stacks_follow_their_formulas(void **state)
{
    (void)state;
    enum { L = 100, N = 512 };
    struct theory_layer layer[L];
    struct theory t[L];
    for (double v = 0.5; v < 2.1; v += 0.5) {
        for (int l = 0; l < L; l++)
            layer[l] = layer_of(N, v);
        theory_run(layer, L, 256, ACTIVATION_LINEAR, RESIDUAL_NONE, NORM_NONE, t);
        for (int l = 0; l < L; l++) {
            assert_close(t[l].variance, pow(v, l + 1), 1e-12);
            assert_close(t[l].gradient, pow(v, L - 1 - l), 1e-12);
        }
        theory_run(layer, L, 256, ACTIVATION_RELU, RESIDUAL_NONE, NORM_NONE, t);
        assert_close(t[L - 1].variance, v * pow(v / 2, L - 1), 1e-11);
        assert_close(t[0].gradient, pow(v / 2, L - 1), 1e-11);
        theory_run(layer, L, 256, ACTIVATION_RELU, RESIDUAL_PRE, NORM_NONE, t);
        assert_close(t[L - 1].variance, v * pow(1 + v / 2, L - 1), 1e-11);
        assert_close(t[0].gradient, pow(1 + v / 2, L - 1), 1e-11);
        /* A norm before the branch makes the growth a sum. ε = 1e-5 shows in the sixth digit. */
        theory_run(layer, L, 256, ACTIVATION_RELU, RESIDUAL_PRE, NORM_RMS, t);
        assert_close(t[L - 1].variance, v + (L - 1) * v / 2, 1e-4);
        theory_run(layer, L, 256, ACTIVATION_LINEAR, RESIDUAL_POST, NORM_LAYER, t);
        assert_close(t[L - 1].variance, 1 + v, 1e-4);
        assert_close(t[L - 2].gradient, 1, 1e-4); /* (1 + v)/(1 + v) */
    }
    layer[50].mean = 0.01;
    theory_run(layer, L, 256, ACTIVATION_RELU, RESIDUAL_NONE, NORM_NONE, t);
    assert_true(t[49].variance > 0 && isnan(t[50].variance) && isnan(t[99].variance) && isnan(t[0].gradient));
}

/* One input: E[q_L²] = (1 + 2/N)^(L+1) for a linear stack; many inputs vary less. Other activations: no closed form, so a simulation's job.
 */
static void sampling_error_is_the_closed_form(void **state)
{
    (void)state;
    enum { L = 100, N = 512 };
    struct theory_layer layer[L];
    struct theory t[L], many[L];
    for (int l = 0; l < L; l++)
        layer[l] = layer_of(N, 1);
    theory_run(layer, L, 1, ACTIVATION_LINEAR, RESIDUAL_NONE, NORM_NONE, t);
    for (int l = 0; l < L; l++)
        assert_close(t[l].error * t[l].error, (l + 2) * log1p(2.0 / N), 1e-9);
    theory_run(layer, L, 256, ACTIVATION_LINEAR, RESIDUAL_NONE, NORM_NONE, many);
    const double rho = (1.0 / 256) * (1 + 257.0 / N) / (1 + 2.0 / (256.0 * N)), first = 1 + 2.0 / (256.0 * N);
    const double square = first * ((1 + 2 * rho) * pow(1 + 2.0 / N, L) + 2 * (1 - rho) * pow(1 - 1.0 / N, L)) / 3;
    assert_close(many[L - 1].error * many[L - 1].error, log(square), 1e-6);
    assert_true(many[L - 1].error < t[L - 1].error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_are_exact_to_a_few_ulps),
        cmocka_unit_test(theory_knows_the_same_functions),
        cmocka_unit_test(special_numbers_keep_their_meaning),
        cmocka_unit_test(sums_are_those_of_the_row),
        cmocka_unit_test(sums_are_the_same_bits_on_every_instruction_set),
        cmocka_unit_test(roundings_are_to_the_nearest),
        cmocka_unit_test(gains_are_the_librarys),
        cmocka_unit_test(quadrature_meets_closed_forms),
        cmocka_unit_test(laws_have_their_moments),
        cmocka_unit_test(stacks_follow_their_formulas),
        cmocka_unit_test(sampling_error_is_the_closed_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
