/* SPDX-License-Identifier: MIT */
/*
 * The truncated normal as a law: moments, hard bounds, no mass on the bounds. The kernels get 2^24 evenly spaced words, so that sums are
 * integrals by the midpoint rule and nothing is left to chance.
 */
#include <stdlib.h>

#include "tests/accuracy/lanes.h"
#include "tests/accuracy/laws.h"
#include "tests/accuracy/work.h"
#include "tests/support.h"

static unsigned words_log2 = 24;

typedef struct sums {
    double mean, std, least, most; /* of the elements */
    uint64_t at_lo, at_hi;         /* elements that equal the nearest values of the type inside the bounds */
    double largest_z;
} sums;

/* Element k of 2^words_log2. */
static void draw(const lanes *l, const sow_params *p, sow_dtype dtype, uint64_t first, double *out)
{
    uint64_t w64[LANES_STEP];
    uint32_t w32[LANES_STEP];
    float out32[LANES_STEP];
    const unsigned shift = 64 - words_log2;
    for (uint64_t k = 0; k < LANES_STEP; k++) {
        w64[k] = (first + k) << shift | (UINT64_C(1) << (shift - 1)); /* the middle: an error of 2^-33 or 2^-54 */
        w32[k] = (uint32_t)(w64[k] >> 32);
    }
    if (dtype == SOW_F64) {
        l->truncnorm_f64(&p->f64, w64, out, LANES_STEP);
        return;
    }
    l->truncnorm_f32(&p->f32, w32, out32, LANES_STEP);
    for (size_t k = 0; k < LANES_STEP; k++)
        out[k] = (double)out32[k];
}

static sums measure(const law *l, sow_dtype dtype)
{
    const sow_params p = law_params(l, dtype);
    const double lo = dtype == SOW_F64 ? p.f64.lo : (double)p.f32.lo, hi = dtype == SOW_F64 ? p.f64.hi : (double)p.f32.hi;
    const double n = ldexp(1, (int)words_log2);
    sums s = {.least = INFINITY, .most = -INFINITY};
    double sum = 0, squares = 0, origin = 0;
    for (uint64_t i = 0; i < (UINT64_C(1) << words_log2); i += LANES_STEP) {
        double x[LANES_STEP];
        draw(lanes_named(NULL), &p, dtype, i, x);
        if (!i)
            origin = x[0]; /* near enough for narrow laws far from 0 */
        for (size_t k = 0; k < LANES_STEP; k++) {
            sum += x[k] - origin;
            squares += (x[k] - origin) * (x[k] - origin);
            s.at_lo += x[k] == lo;
            s.at_hi += x[k] == hi;
            s.least = fmin(s.least, x[k]);
            s.most = fmax(s.most, x[k]);
        }
    }
    s.mean = origin + sum / n;
    s.std = sqrt(squares / n - sum / n * (sum / n));
    s.largest_z = fmax(fabs(s.least - l->mean), fabs(s.most - l->mean)) / l->std;
    return s;
}

/* φ(x)/(Φ(β) - Φ(α)), from the nearer tail */
static double density(const law *l, double x)
{
    const double a = (l->a - l->mean) / l->std, b = (l->b - l->mean) / l->std, z = (x - l->mean) / l->std;
    const double lower = a > 0 ? a : b < 0 ? -b : a, upper = a > 0 ? b : b < 0 ? -a : b;
    return isfinite(z) ? exp(-z * z / 2) / sqrt(2 * acos(-1)) * 2 / (erfc(lower * sqrt(0.5)) - erfc(upper * sqrt(0.5))) : 0;
}

static void check_law(const law *l, sow_dtype dtype)
{
    const sums s = measure(l, dtype);
    const double n = ldexp(1, (int)words_log2);
    assert_true(s.least >= l->a && s.most <= l->b);
    assert_true(s.largest_z <= (dtype == SOW_F64 ? 8.58 : 6.34) || l->a > l->mean || l->b < l->mean || isinf(l->a) || isinf(l->b));
    const double fa = density(l, l->a), fb = density(l, l->b);
    if (!(fabs(l->a) < 30 || fabs(l->b) < 30)) /* erfc underflows further out, or the type has few values */
        return;
    /* α φ(α): 0 at an infinite bound */
    const double alpha = (l->a - l->mean) / l->std, beta = (l->b - l->mean) / l->std;
    const double m = fa - fb, v = 1 + (fa > 0 ? alpha * fa : 0) - (fb > 0 ? beta * fb : 0) - m * m;
    const double far = fmax(1, fmin(fabs(alpha), fabs(beta)));
    printf("#   %s N(%g, %g) on [%g, %g]: mean %.9f (formula %.9f), std %.9f (%.9f), %.2g and %.2g at the bounds\n", sow_dtype_name(dtype),
           l->mean, l->std, l->a, l->b, s.mean, l->mean + l->std * m, s.std, l->std * sqrt(v), (double)s.at_lo / n, (double)s.at_hi / n);
    assert_true(fabs(s.mean - (l->mean + l->std * m)) <= (2e-6 + 8 / n) * l->std * far);
    /* the formula itself loses digits as α² where the interval is narrow or far */
    assert_true(v < 1e-4 || fabs(s.std - l->std * sqrt(v)) <= (4e-6 + 64 / n + 1e-13 * far * far / v) * l->std * far);
    /* what the errors and the roundings of elements next to a bound bring there */
    const double reach = (law_limit(dtype) + (dtype == SOW_F64 ? 0x1p-52 : 0x1p-23)) * far;
    assert_true((double)s.at_lo <= 2 + n * fa * reach || reach * 4 > beta - alpha);
    assert_true((double)s.at_hi <= 2 + n * fb * reach || reach * 4 > beta - alpha);
}

static void test_laws(void **state)
{
    (void)state;
    for (size_t i = 0; i < law_count; i++) {
        check_law(&laws[i], SOW_F32);
        check_law(&laws[i], SOW_F64);
    }
}

/* Published or computed elsewhere (quadrature), not by the formula above. */
static void test_known_moments(void **state)
{
    (void)state;
    static const struct {
        law l;
        double mean, std, digits;
    } known[] = {
        {{0, 0.5, -0.5, 1}, 0.114819, 0.360473, 1e-6}, {{1, 1, -2, 2}, 0.717214, 0.784947, 1e-6},
        {{0, 1, 9, 10}, 9.10846, 0.10700, 1e-5},       {{0, 1, 5, 6}, 5.18315, 0.17162, 1e-5},
        {{0, 1, -1, 1}, 0, 0.5395600937548969, 1e-6},  {{0, 1, -2, 2}, 0, 0.8796256610342398, 1e-6},
        {{0, 1, -3, 3}, 0, 0.9865783925581086, 1e-6},  {{0, 1, -4, 4}, 0, 0.9994645018070796, 1e-6},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++)
        for (sow_dtype dtype = SOW_F32; dtype <= SOW_F64; dtype++) {
            const sums s = measure(&known[i].l, dtype);
            assert_true(fabs(s.mean - known[i].mean) <= known[i].digits + ldexp(8, -(int)words_log2));
            assert_true(fabs(s.std - known[i].std) <= known[i].digits + ldexp(8, -(int)words_log2));
        }
}

/* Through the front door, in every element type. */
static double element(sow_dtype dtype, const void *x, size_t i)
{
    uint32_t bits;
    float f;
    if (dtype == SOW_F64)
        return ((const double *)x)[i];
    if (dtype == SOW_F32)
        return (double)((const float *)x)[i];
    const uint16_t h = ((const uint16_t *)x)[i];
    if (dtype == SOW_BF16) {
        bits = (uint32_t)h << 16;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    const int e = h >> 10 & 31;
    const double m = e ? ldexp(1024 + (h & 1023), e - 25) : ldexp(h & 1023, -24);
    return h >> 15 ? -m : m;
}

static void test_bounds_are_hard(void **state)
{
    (void)state;
    const size_t n = test_emulated() ? 1 << 12 : 1 << 16;
    double *x = malloc(n * sizeof *x);
    for (size_t i = 0; i < law_count; i++)
        for (unsigned dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++) {
            const law *l = &laws[i];
            const sow_dist d = sow_dist_trunc_normal(l->mean, l->std, l->a, l->b);
            if (sow_check_dist(d, (sow_dtype)dtype, NULL, 0) != SOW_OK)
                continue; /* no value of the type inside */
            assert_int_equal(sow_fill(NULL, sow_stream_seed(7), d, (sow_dtype)dtype, 0, x, n), SOW_OK);
            for (size_t k = 0; k < n; k++) {
                const double value = element((sow_dtype)dtype, x, k);
                assert_true(value >= l->a && value <= l->b);
            }
        }
    free(x);
}

int main(void)
{
    if (test_emulated())
        words_log2 = 16;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_laws),
        cmocka_unit_test(test_known_moments),
        cmocka_unit_test(test_bounds_are_hard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
