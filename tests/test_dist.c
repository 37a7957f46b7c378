/* SPDX-License-Identifier: MIT */
#include <fenv.h>
#include <math.h>
#include <string.h>

#include "simd/half.h"
#include "src/dist.h"
#include "src/format.h"
#include "tests/support.h"

#define INF INFINITY

/* What must be refused, and words that its sentence must hold: argument, value, limit. */
static const struct refusal {
    sow_dist dist;
    sow_dtype dtype;
    const char *words[3];
} refusals[] = {
    {{SOW_DIST_CONSTANT, 65520, 0, 0, 0}, SOW_F16, {"value", "65520", "65504"}},
    {{SOW_DIST_CONSTANT, -1e39, 0, 0, 0}, SOW_F32, {"value", "-9.99", "3.4028"}},
    {{SOW_DIST_CONSTANT, 0x1.ffp127, 0, 0, 0}, SOW_BF16, {"value", "bf16", "3.3895"}},
    {{SOW_DIST_UNIFORM, 0, 0, 1, 0}, SOW_F32, {"a is 1", "b is 0"}},
    {{SOW_DIST_UNIFORM, 0, 0, NAN, 1}, SOW_F32, {"a is nan", "finite"}},
    {{SOW_DIST_UNIFORM, 0, 0, 0, INF}, SOW_F64, {"b is inf", "finite"}},
    {{SOW_DIST_UNIFORM, 0, 0, 0, 1e39}, SOW_F32, {"b is", "f32", "3.4028"}},
    {{SOW_DIST_UNIFORM, 0, 0, -1e5, 0}, SOW_F16, {"a is -1", "f16", "65504"}},
    {{SOW_DIST_UNIFORM, 0, 0, -3e38, 3e38}, SOW_F32, {"b - a", "f32", "3.4028"}},
    {{SOW_DIST_UNIFORM, 0, 0, -3e38, 3e38}, SOW_BF16, {"b - a", "f32"}},
    {{SOW_DIST_UNIFORM, 0, 0, -1e308, 1e308}, SOW_F64, {"b - a", "inf", "f64"}},
    {{SOW_DIST_UNIFORM, 0, 0, 1.0001, 1.0002}, SOW_BF16, {"a is 1.0001", "b is 1.0002", "no value of bf16"}},
    {{SOW_DIST_UNIFORM, 0, 0, 0x1.000002p0 - 0x1p-40, 0x1.000002p0}, SOW_F32, {"no value of f32", "[a, b)"}},
    {{SOW_DIST_NORMAL, 0, -1, 0, 0}, SOW_F32, {"std is -1", "negative"}},
    {{SOW_DIST_NORMAL, NAN, 1, 0, 0}, SOW_F32, {"mean is nan", "finite"}},
    {{SOW_DIST_NORMAL, 0, NAN, 0, 0}, SOW_F32, {"std is nan", "finite"}},
    {{SOW_DIST_NORMAL, 0, INF, 0, 0}, SOW_F64, {"std is inf", "finite"}},
    {{SOW_DIST_NORMAL, 0, 1e4, 0, 0}, SOW_F16, {"std is 10000", "6.67", "65504"}},
    {{SOW_DIST_NORMAL, -65504, 10, 0, 0}, SOW_F16, {"mean is -65504", "65504"}},
    {{SOW_DIST_NORMAL, 0, 1e38, 0, 0}, SOW_F32, {"std is 1e+38", "3.4028"}},
    {{SOW_DIST_NORMAL, 0, 1e308, 0, 0}, SOW_F64, {"std is 1e+308", "8.58"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, -1, -1, 1}, SOW_F32, {"std is -1", "negative"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1, 1, 1}, SOW_F32, {"a is 1", "b is 1", "less"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1, 2, -2}, SOW_F32, {"a is 2", "b is -2"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1, NAN, 2}, SOW_F32, {"a is nan"}},
    {{SOW_DIST_TRUNC_NORMAL, INF, 1, -2, 2}, SOW_F32, {"mean is inf"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1e5, -INF, INF}, SOW_F16, {"std is 100000", "65504"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1, 1e5, INF}, SOW_F16, {"a is 100000", "65504"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1, 1.0001, 1.0002}, SOW_BF16, {"no value of bf16", "[a, b]"}},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1e39, -1, 1}, SOW_F32, {"std is", "f32"}},
    {{(sow_dist_kind)SOW_DIST_COUNT, 0, 0, 0, 0}, SOW_F32, {"kind 5", "4"}},
    {{(sow_dist_kind)-1, 0, 0, 0, 0}, SOW_F32, {"kind -1", "4"}},
};

static void refusals_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        char why[256] = "", cut[9] = "";
        const struct refusal *r = &refusals[i];
        if (sow_check_dist(r->dist, r->dtype, why, sizeof why) != SOW_ERR_DIST)
            fail_msg("row %zu is accepted", i);
        for (size_t w = 0; w < 3 && r->words[w]; w++)
            if (!strstr(why, r->words[w]))
                fail_msg("row %zu: \"%s\" lacks \"%s\"", i, why, r->words[w]);
        assert_int_equal(sow_check_dist(r->dist, r->dtype, NULL, 0), SOW_ERR_DIST);
        assert_int_equal(sow_check_dist(r->dist, r->dtype, cut, sizeof cut), SOW_ERR_DIST);
        assert_int_equal(strlen(cut), 8);
        assert_memory_equal(cut, why, 8);
    }
}

static void unknown_types(void **state)
{
    (void)state;
    char why[128];
    assert_int_equal(sow_check_dist(sow_dist_bits(), SOW_DTYPE_COUNT, why, sizeof why), SOW_ERR_DTYPE);
    assert_non_null(strstr(why, "dtype is 4"));
    assert_int_equal(sow_check_dist(sow_dist_normal(0, -1), (sow_dtype)-1, why, sizeof why), SOW_ERR_DTYPE);
}

static const struct {
    sow_dist dist;
    sow_dtype dtype;
} accepted[] = {
    {{SOW_DIST_CONSTANT, NAN, 0, 0, 0}, SOW_F16},
    {{SOW_DIST_CONSTANT, -INF, 0, 0, 0}, SOW_BF16},
    {{SOW_DIST_CONSTANT, 65519, 0, 0, 0}, SOW_F16},
    {{SOW_DIST_CONSTANT, 1e-60, 0, 0, 0}, SOW_F32},
    {{SOW_DIST_BITS, NAN, -1, 1, 0}, SOW_F64}, /* fields of other kinds are ignored */
    {{SOW_DIST_NORMAL, 0, 9000, NAN, NAN}, SOW_F16},
    {{SOW_DIST_NORMAL, 0, 5e37, 0, 0}, SOW_F32},
    {{SOW_DIST_UNIFORM, 0, 0, -65504, 65504}, SOW_F16},
    {{SOW_DIST_UNIFORM, 0, 0, 1.0001, 1.0001}, SOW_BF16},
    {{SOW_DIST_UNIFORM, 0, 0, -0x1p-149, 0x1p-149}, SOW_F32},
    {{SOW_DIST_TRUNC_NORMAL, 0, 0.02, -1e300, 1e300}, SOW_F16}, /* no value passes 6.67 std */
    {{SOW_DIST_TRUNC_NORMAL, 0, 1e30, -1, 1}, SOW_F16},
    {{SOW_DIST_TRUNC_NORMAL, 0, 1, -INF, INF}, SOW_F64},
    {{SOW_DIST_TRUNC_NORMAL, 3, 0, -1, 1}, SOW_F32},
};

static void the_rest_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        char why[256] = "?";
        if (sow_check_dist(accepted[i].dist, accepted[i].dtype, why, sizeof why) != SOW_OK)
            fail_msg("row %zu: %s", i, why);
        assert_string_equal(why, "");
    }
    for (size_t i = 0; i < test_dist_count; i++)
        for (int t = 0; t < SOW_DTYPE_COUNT; t++)
            assert_int_equal(sow_check_dist(test_dists[i], (sow_dtype)t, NULL, 0), SOW_OK);
}

static void names(void **state)
{
    (void)state;
#define X(id, name) assert_string_equal(sow_dist_name(id), #name);
    SOW_DIST_LIST(X)
#undef X
    assert_null(sow_dist_name(SOW_DIST_COUNT));
    assert_null(sow_dist_name((sow_dist_kind)-1));
}

static double random_double(void)
{
    const double m = (double)(int64_t)test_random() * 0x1p-63;
    return ldexp(m, (int)test_random_below(40) - 30);
}

/* The bounds are the outermost values inside the interval: found by looking at all 2^16. */
static void bounds_of_halves(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        const sow_dtype dtype = i % 2 ? SOW_F16 : SOW_BF16;
        double a = random_double(), b = random_double(), lo = INF, hi = -INF, hi_open = -INF;
        if (a > b) {
            const double c = a;
            a = b, b = c;
        }
        if (i % 3 == 0) /* a bound that is a value */
            b = sow__element_at_most(b, dtype);
        if (a >= b)
            continue;
        for (uint32_t bits = 0; bits < 0x10000; bits++) {
            const double v = sow__element_value(bits, dtype);
            if (v >= a && v < lo)
                lo = v;
            if (v <= b && v > hi)
                hi = v;
            if (v < b && v > hi_open)
                hi_open = v;
        }
        sow_params p;
        const sow_dist u = sow_dist_uniform(a, b), t = sow_dist_trunc_normal(0, 1, a, b);
        assert_int_equal(sow_check_dist(u, dtype, NULL, 0) == SOW_OK, lo <= hi_open);
        assert_int_equal(sow_check_dist(t, dtype, NULL, 0) == SOW_OK, lo <= hi);
        if (lo <= hi_open) {
            assert_int_equal(sow__dist_prepare(u, dtype, &p), SOW_DIST_UNIFORM);
            assert_true((double)p.f32.lo == lo && (double)p.f32.hi == hi_open);
        }
        if (lo <= hi) {
            assert_int_equal(sow__dist_prepare(t, dtype, &p), SOW_DIST_TRUNC_NORMAL);
            assert_true((double)p.f32.lo == lo && (double)p.f32.hi == hi);
        }
    }
}

/* fma(k, scale, shift) is the contract's fma(k 2^-24, b - a, a), whatever the width. libm's fma is the judge. */
static void uniform_steps(void **state)
{
    (void)state;
    int two_steps = 0;
    for (int i = 0; i < 2000; i++) {
        const double a = ldexp(random_double(), -(int)test_random_below(130)),
                     b = a + fabs(ldexp(random_double(), -(int)test_random_below(130)));
        sow_params p;
        if (!(a < b) || sow_check_dist(sow_dist_uniform(a, b), SOW_F32, NULL, 0) != SOW_OK)
            continue;
        sow__dist_prepare(sow_dist_uniform(a, b), SOW_F32, &p);
        two_steps += p.f32.two_steps;
        assert_true(p.f32.shift == (float)a);
        for (int j = 0; j < 20; j++) {
            const float k = (float)test_random_below(1 << 24), unit = 0x1p-24f, width = (float)(b - a);
            const float contract = fmaf(k * unit, width, (float)a);
            assert_true(contract == fmaf(p.f32.two_steps ? k * unit : k, p.f32.scale, p.f32.shift));
        }
    }
    assert_true(two_steps > 100);
    sow_params p;
    sow__dist_prepare(sow_dist_uniform(0, 1), SOW_F64, &p);
    assert_true(p.f64.scale == 0x1p-53 && !p.f64.two_steps && p.f64.hi == 1 - 0x1p-53);
    sow__dist_prepare(sow_dist_uniform(0, 0x1.8p-1030), SOW_F64, &p);
    assert_true(p.f64.scale == 0x1.8p-1030 && p.f64.two_steps);
}

/* No width: a constant, with its pattern twice for the half types. */
static void constants(void **state)
{
    (void)state;
    static const struct {
        sow_dist dist;
        double value;
    } rows[] = {
        {{SOW_DIST_CONSTANT, 0.1, 0, 0, 0}, 0.1},          {{SOW_DIST_CONSTANT, -0.0, 0, 0, 0}, -0.0},
        {{SOW_DIST_UNIFORM, 0, 0, -0.3, -0.3}, -0.3},      {{SOW_DIST_NORMAL, 0.7, 0, 0, 0}, 0.7},
        {{SOW_DIST_TRUNC_NORMAL, 9, 0, -1, 0.5}, 0.5},     {{SOW_DIST_TRUNC_NORMAL, -9, 0, -1, 0.5}, -1},
        {{SOW_DIST_TRUNC_NORMAL, 0.25, 0, -1, 0.5}, 0.25}, {{SOW_DIST_CONSTANT, INF, 0, 0, 0}, INF},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        sow_params p;
        const float f = (float)rows[i].value;
        uint32_t bits32;
        uint64_t bits64;
        memcpy(&bits32, &f, 4);
        memcpy(&bits64, &rows[i].value, 8);
        for (int t = 0; t < SOW_DTYPE_COUNT; t++) {
            assert_int_equal(sow__dist_prepare(rows[i].dist, (sow_dtype)t, &p), SOW_DIST_CONSTANT);
            if (t == SOW_F64)
                assert_true(p.f64.bits == bits64);
            else if (t == SOW_F32)
                assert_int_equal(p.f32.bits, bits32);
            else
                assert_int_equal(p.f32.bits, 0x10001u * (t == SOW_F16 ? half_f16(f) : half_bf16(f)));
        }
    }
}

/* Checks and parameters under another rounding mode are those of the default. */
static void rounding_mode(void **state)
{
    (void)state;
    const double edge = 65519.999999999; /* as a float 65520, which is too much */
    const int modes[] = {FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < 3; i++) {
        fesetround(modes[i]);
        const sow_status status = sow_check_dist(sow_dist_constant(edge), SOW_F16, NULL, 0);
        const int kept = fegetround() == modes[i];
        fesetround(FE_TONEAREST);
        assert_int_equal(status, SOW_ERR_DIST);
        assert_true(kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(unknown_types),
        cmocka_unit_test(the_rest_is_accepted),
        cmocka_unit_test(names),
        cmocka_unit_test(bounds_of_halves),
        cmocka_unit_test(uniform_steps),
        cmocka_unit_test(constants),
        cmocka_unit_test(rounding_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
