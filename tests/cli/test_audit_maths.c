/* SPDX-License-Identifier: MIT */
/* What sow audit's verdicts stand on, against closed forms and published values. */
#include <math.h>
#include <string.h>

#include "audit/audit_maths.h"
#include "audit/audit_values.h"
#include "tests/support.h"

static void near(double found, double wanted, double relative)
{
    if (!(fabs(found / wanted - 1) <= relative))
        fail_msg("%.17g, must be %.17g", found, wanted);
}

/* Upper percentage points as in the NIST/SEMATECH e-Handbook, 1.3.6.7.4, with more digits; sums of Poisson terms for even degrees. */
static void test_chi2(void **state)
{
    (void)state;
    near(chi2_above(1, 3.841458820694124), 0.05, 1e-12);
    near(chi2_above(10, 18.307038053275146), 0.05, 1e-12);
    near(chi2_above(63, 82.52872654147189), 0.05, 1e-10);
    near(chi2_above(2, 100), exp(-50), 1e-12);
    near(chi2_above(4, 100), 51 * exp(-50), 1e-12);
    near(chi2_above(6, 1), exp(-0.5) * (1 + 0.5 + 0.125), 1e-12);
    assert_true(chi2_above(5, 0) == 1);
}

/* P(N >= n) of small means by hand: 1 - sum of the others. */
static void test_poisson(void **state)
{
    (void)state;
    near(poisson_above(2, 1), 1 - exp(-2), 1e-12);
    near(poisson_above(2, 3), 1 - 5 * exp(-2), 1e-12);
    near(poisson_above(1e-3, 3), 1.6654171665278e-10, 1e-7); /* in 50 decimals */
    near(poisson_above(100, 100), 0.51329879827914867, 1e-9);
    assert_true(poisson_above(1, 0) == 1);
    assert_true(poisson_above(0, 1) == 0);
}

static void test_normal(void **state)
{
    (void)state;
    near(normal_quantile(0.975), 1.959963984540054, 1e-14);
    near(normal_quantile(1e-9), -5.997807015007687, 1e-13);
    near(normal_above(3.33), 4.342299203816562e-04, 1e-12);
    near(two_sided(1e-9), 6.109410204869, 1e-10);
    for (double p = 1e-12; p < 1; p += 0.01)
        near(normal_cdf(normal_quantile(p)), p, 1e-11);
}

/* docs/schemes.md: the std after a cut at 1, 2 and 3, and the cut again from it. */
static void test_cuts(void **state)
{
    static const double std[] = {0.5395600937548969, 0.8796256610342398, 0.9865783925581086, 0.9994645018070796};
    (void)state;
    for (int c = 1; c <= 4; c++) {
        near(sqrt(cut_variance(c)), std[c - 1], 1e-13);
        near(cut_of_ratio(std[c - 1] * std[c - 1] / (c * c)), c, 1e-10);
    }
    near(cut_variance(1e-3), 1e-6 / 3, 1e-5);
    assert_true(cut_of_ratio(0.34) == 0);
}

/* Elements as numbers: every half and every bf16 between its bucket's edges, and the edges in order. */
static void test_buckets(void **state)
{
    static const sow_dtype narrow[] = {SOW_F16, SOW_BF16};
    (void)state;
    for (size_t k = 0; k < 2; k++)
        for (uint32_t bits = 0; bits < 0x10000u; bits++) {
            const uint16_t stored = (uint16_t)bits;
            const double x = values_at(narrow[k], (const uint8_t *)&stored, 0);
            if (!isfinite(x) || bits == 0x8000u)
                continue;
            const uint32_t place = bucket_of(narrow[k], x);
            assert_int_equal(bucket_upper(place), bits);
            assert_true(bucket_edge(narrow[k], place) <= x && x <= bucket_edge(narrow[k], place + 1));
        }
    for (uint32_t i = 0; i < BUCKETS; i++)
        assert_true(bucket_edge(SOW_F32, i) <= bucket_edge(SOW_F32, i + 1));
    const uint16_t halves[] = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555};
    double x[5];
    values_load(SOW_F16, (const uint8_t *)halves, 0, 5, x);
    assert_true(x[0] == 1 && x[1] == -2 && x[2] == 0x1p-24 && x[3] == 65504 && x[4] == 0.333251953125);
    assert_true(values_step(SOW_BF16, 1) == 0x1p-7 && values_step(SOW_F16, 0) == 0x1p-24 && values_step(SOW_F32, 3) == 0x1p-22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chi2), cmocka_unit_test(test_poisson), cmocka_unit_test(test_normal),
        cmocka_unit_test(test_cuts), cmocka_unit_test(test_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
