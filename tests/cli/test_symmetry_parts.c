/* SPDX-License-Identifier: MIT */
/* sow symmetry's own tanh against libm's in long double, and its comparison of units against planted differences. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "tests/support.h"
#include "tools/symmetry/net.h"
#include "tools/symmetry/trial.h"

/* Distance in units of the last place of the true value. */
static double ulps(double got, long double want)
{
    const double last = nextafter(fabs((double)want), INFINITY) - fabs((double)want);
    return (double)(fabsl((long double)got - want) / (long double)last);
}

static void tanh_is_right(void **state)
{
    (void)state;
    double worst = 0, before = -1;
    for (int i = -400000; i <= 400000; i++) {
        const double x = i * 5.1e-5, y = net_tanh(x);
        worst = fmax(worst, ulps(y, tanhl((long double)x)));
        assert_true(y >= before - 3 * DBL_EPSILON && y == -net_tanh(-x) && fabs(y) <= 1);
        before = y;
    }
    for (double x = 1e-300; x < 1e3; x *= 1.01)
        worst = fmax(worst, ulps(net_tanh(x), tanhl((long double)x)));
    print_message("tanh: at most %.2f ulp\n", worst);
    assert_true(worst < 4);
    assert_true(net_tanh(0) == 0 && net_tanh(INFINITY) == 1 && net_tanh(-INFINITY) == -1 && isnan(net_tanh(NAN)));
    assert_true(net_tanh(DBL_MIN) == DBL_MIN && net_tanh(0x1p-1074) == 0x1p-1074);
}

static void units(void **state)
{
    (void)state;
    enum { IN = 3, OUT = 5 };
    double w[OUT * IN], b[OUT];
    const struct net_layer layer = {.in = IN, .out = OUT, .w = w, .b = b};
    for (size_t i = 0; i < OUT * IN; i++)
        w[i] = 0.1 * (double)(i % IN);
    for (size_t i = 0; i < OUT; i++)
        b[i] = 0.5;
    struct units u = units_compare(&layer);
    assert_true(u.distinct == 1 && u.least == 0 && u.most == 0);
    w[7] = nextafter(w[7], INFINITY); /* the last place of one weight */
    u = units_compare(&layer);
    assert_true(u.distinct == 2 && u.least == 0 && u.most == w[7] - w[1]);
    w[7] = w[1];
    w[9] = 0x1p-1074; /* the square of the difference vanishes */
    u = units_compare(&layer);
    assert_true(u.distinct == 2 && u.least == 0 && u.most > 0 && u.most < 1e-160);
    w[9] = 0;
    b[4] = 3.5; /* biases count */
    u = units_compare(&layer);
    assert_true(u.distinct == 2 && u.least == 0 && u.most == 3);
    for (size_t i = 0; i < OUT; i++)
        w[i * IN] = 10 * (double)i;
    b[4] = 0.5;
    u = units_compare(&layer);
    assert_true(u.distinct == OUT && u.least == 10 && u.most == 40);
    w[0] = NAN;
    assert_true(isnan(units_compare(&layer).most));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tanh_is_right), cmocka_unit_test(units)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
