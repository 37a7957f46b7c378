/* SPDX-License-Identifier: MIT */
/* Against the long double functions of libm, rounded: they err by far less than an ulp of double. */
#include <float.h>
#include <math.h>

#include "src/elementary.h"
#include "tests/support.h"

enum { ROUNDS = 200000 };

/* Distance in ulps of the reference. */
static double ulps(double x, long double reference)
{
    int exponent;
    (void)frexpl(reference, &exponent);
    return (double)(fabsl((long double)x - reference) / ldexpl(1, exponent - 53));
}

static double uniform(double low, double high)
{
    return low + (high - low) * ((double)(test_random() >> 11) * 0x1p-53);
}

static void check(const char *what, double x, double got, long double want, double limit)
{
    if (!(ulps(got, want) <= limit))
        fail_msg("%s(%.17g) is %.17g, %.3g ulp off", what, x, got, ulps(got, want));
}

static void need_long_double(void)
{
    if (LDBL_MANT_DIG <= DBL_MANT_DIG || test_emulated()) {
        print_message("no long double that is wider and fast\n");
        skip();
    }
}

static void logarithms(void **state)
{
    (void)state;
    need_long_double();
    for (int i = 0; i < ROUNDS; i++) {
        const double x = i % 3 ? ldexp(uniform(1, 2), (int)test_random_below(2000) - 1000) : uniform(0.5, 2);
        check("log", x, sow__log(x), logl((long double)x), 1);
    }
    check("log", 0x1p-1074, sow__log(0x1p-1074), logl(0x1p-1074L), 1);
    assert_true(sow__log(1) == 0);
}

static void exponentials(void **state)
{
    (void)state;
    need_long_double();
    for (int i = 0; i < ROUNDS; i++) {
        const double x = i % 3 ? uniform(-700, 700) : i % 2 ? uniform(-2, 2) : ldexp(uniform(-1, 1), -(int)test_random_below(60));
        check("exp", x, sow__exp(x), expl((long double)x), 1);
        check("expm1", x, sow__expm1(x), expm1l((long double)x), 2);
    }
    assert_true(sow__exp(0) == 1 && sow__expm1(0) == 0);
}

static void sines_and_cosines(void **state)
{
    (void)state;
    need_long_double();
    for (int i = 0; i < ROUNDS; i++) {
        /* Also next to the multiples of π/2, where one of them almost vanishes. */
        double x = i % 3 == 0   ? uniform(-1048575, 1048575)
                   : i % 3 == 1 ? uniform(-4, 4)
                                : ldexp(uniform(-1, 1), -(int)test_random_below(40));
        if (i % 7 == 0)
            x = (double)(1.57079632679489661923132169163975144L * (long double)(int)test_random_below(600000));
        double s, c;
        sow__sincos(x, &s, &c);
        check("sin", x, s, sinl((long double)x), i % 7 ? 1 : 2);
        check("cos", x, c, cosl((long double)x), i % 7 ? 1 : 2);
        const int64_t of = 1 + (int64_t)test_random_below(i % 2 ? 5000 : 1ULL << 50), turn = (int64_t)test_random_below((uint64_t)of);
        sow__sincos_turn(turn, of, &s, &c);
        /* From the nearest axis, as libm's own argument would be rounded. */
        const long double eighths = 8 * ((long double)turn / (long double)of);
        if (eighths < 1) {
            check("sin of turn", (double)eighths, s, sinl(eighths * 0.785398163397448309615660845819875721L), 1);
            check("cos of turn", (double)eighths, c, cosl(eighths * 0.785398163397448309615660845819875721L), 1);
        }
        assert_true(fabs(s - (double)sinl(eighths * 0.785398163397448309615660845819875721L)) < 4e-16);
        assert_true(fabs(c - (double)cosl(eighths * 0.785398163397448309615660845819875721L)) < 4e-16);
    }
}

/* The axes are exact, and the diagonals equal. */
static void turns_hit_the_axes(void **state)
{
    (void)state;
    static const double sines[] = {0, 1, 0, -1}, cosines[] = {1, 0, -1, 0};
    for (int q = 0; q < 8; q++) {
        double s, c;
        sow__sincos_turn(q * 3, 24, &s, &c);
        if (q % 2 == 0)
            assert_true(s == sines[q / 2] && c == cosines[q / 2]);
        else
            assert_true(fabs(fabs(s) - 0x1.6a09e667f3bcdp-1) < 2e-16 && fabs(fabs(c) - 0x1.6a09e667f3bcdp-1) < 2e-16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms),
        cmocka_unit_test(exponentials),
        cmocka_unit_test(sines_and_cosines),
        cmocka_unit_test(turns_hit_the_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
