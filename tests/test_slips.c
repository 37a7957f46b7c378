/* SPDX-License-Identifier: MIT */
/*
 * Slips that other libraries made, each a test of this one. Where another test has it already: β of DeepNorm, attention's fans, q, k, v
 * apart, grouped, depthwise and transposed fans (test_scheme.c, test_fan.c); residual scales per tensor (cli/test_cli_recipes.py); bounds
 * that are hard over all words (accuracy/); shards as slices (test_shards.c); Haar measure (test_orthogonal.c).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/schemes.h"

enum { COUNT = 1 << 20 };

static double value_at(const void *data, sow_dtype dtype, size_t i)
{
    uint16_t half;
    uint32_t bits;
    float f;
    switch (dtype) {
    case SOW_F64:
        return ((const double *)data)[i];
    case SOW_F32:
        return (double)((const float *)data)[i];
    case SOW_BF16:
        memcpy(&half, (const char *)data + 2 * i, 2);
        bits = (uint32_t)half << 16;
        memcpy(&f, &bits, 4);
        return (double)f;
    default: /* f16, normal numbers and zero */
        memcpy(&half, (const char *)data + 2 * i, 2);
        if (!(half & 0x7fff))
            return 0;
        if (!(half & 0x7c00))
            return (half & 0x8000 ? -1 : 1) * ldexp(half & 0x3ff, -24);
        return (half & 0x8000 ? -1 : 1) * ldexp((half & 0x3ff) | 0x400, ((half >> 10) & 31) - 25);
    }
}

struct found {
    double mean, std, least, most;
    size_t at_least, at_most; /* elements that are the least, the most */
};

static struct found draw(const char *scheme, sow_dtype dtype)
{
    const int64_t shape[] = {COUNT};
    const sow_scheme s = test_scheme(scheme);
    char why[300];
    void *const data = malloc((size_t)COUNT * 8);
    sow_tensor t = sow_tensor_make(data, dtype, 1, shape);
    if (sow_check_init(NULL, s, sow_stream_seed(7), &t, why, sizeof why) != SOW_OK)
        fail_msg("%s: %s", scheme, why);
    assert_int_equal(sow_init(NULL, s, sow_stream_seed(7), &t), SOW_OK);
    struct found f = {.least = INFINITY, .most = -INFINITY};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const double x = value_at(data, dtype, i);
        sum += x;
        f.at_least = x < f.least ? 1 : f.at_least + (x == f.least);
        f.at_most = x > f.most ? 1 : f.at_most + (x == f.most);
        f.least = fmin(f.least, x);
        f.most = fmax(f.most, x);
    }
    f.mean = sum / COUNT;
    for (size_t i = 0; i < COUNT; i++)
        squares += (value_at(data, dtype, i) - f.mean) * (value_at(data, dtype, i) - f.mean);
    f.std = sqrt(squares / COUNT);
    free(data);
    return f;
}

/*
 * torch ≤ 2.11 in bf16 (torch#145498, #155588): std 0.02 cut at ±2 gives mean -0.0078, std 0.126 and 0.39 % of all elements at -2; in f32
 * it draws some at 2000σ, as its uniform number reaches the end of its range.
 */
static void wide_bounds_leave_a_plain_normal(void **state)
{
    (void)state;
    static const sow_dtype types[] = {SOW_F32, SOW_F64, SOW_F16, SOW_BF16};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const struct found f = draw("trunc_normal std=0.02 a=-2 b=2", types[i]);
        assert_true(fabs(f.mean) < 4 * 0.02 / 1024);
        assert_true(fabs(f.std / 0.02 - 1) < 4 / sqrt(2.0 * COUNT));
        /* The largest of 2^20 normals lies between 4 and 6.7σ; no value but those near zero is frequent. */
        assert_true(f.least < -0.08 && f.least > -0.134 && f.most > 0.08 && f.most < 0.134);
        assert_true(f.at_least < 4 && f.at_most < 4);
    }
}

/* torch ≤ 2.11: N(0, 1) on [9, 10] is 10 throughout, as its cdf is 1 there. */
static void far_tails_keep_their_law(void **state)
{
    (void)state;
    static const struct {
        const char *scheme;
        double mean, std;
    } tails[] = {
        {"trunc_normal a=9 b=10", 9.10846, 0.10700},
        {"trunc_normal a=-10 b=-9", -9.10846, 0.10700},
        {"trunc_normal a=5 b=6", 5.18315, 0.17162},
    };
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        const struct found f = draw(tails[i].scheme, SOW_F64);
        assert_true(fabs(f.mean - tails[i].mean) < 1e-5 + 4 * tails[i].std / 1024);
        assert_true(fabs(f.std - tails[i].std) < 1e-5 + 8 * tails[i].std / 1024);
        assert_true(f.at_least < 4 && f.at_most < 4);
    }
}

/* Keras' torch backend picks among four draws only, so one in 4.3e-6 is past two standard deviations. In half types, too. */
static void two_sigma_is_a_hard_bound(void **state)
{
    (void)state;
    static const sow_dtype types[] = {SOW_F32, SOW_F64, SOW_F16, SOW_BF16};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const struct found f = draw("truncated_normal", types[i]);
        assert_true(f.least >= -2 && f.most <= 2 && f.least < -1.98 && f.most > 1.98);
    }
}

/* Sonnet casts fans to the element type: 70000 is infinite in f16, and the std 0. */
static void fans_are_not_rounded_to_the_type(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 70000};
    sow_dist d;
    const sow_scheme s = test_scheme("kaiming_normal gain=1");
    assert_int_equal(sow_scheme_dist(&s, 2, shape, SOW_F16, &d, NULL, 0), SOW_OK);
    assert_true(fabs(d.std * sqrt(70000.0) - 1) < 1e-15);
}

/* gpt-neox passes a bool as the number of layers of its orthogonal's gain and divides by zero. */
static void a_bool_is_no_number(void **state)
{
    (void)state;
    sow_scheme s = sow_scheme_named("orthogonal"), r = sow_scheme_named("residual_scale");
    assert_int_equal(sow_scheme_set_word(&s, "gain", "true"), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set_word(&r, "layers", "false"), SOW_ERR_SCHEME);
    const int64_t shape[] = {4, 4};
    char why[300];
    sow_dist d;
    assert_int_equal(sow_scheme_set(&r, "layers", 0), SOW_OK);
    assert_int_equal(sow_scheme_dist(&r, 2, shape, SOW_F32, &d, why, sizeof why), SOW_ERR_SCHEME);
    assert_non_null(strstr(why, "layers is 0"));
}

/* ZerO: the paper's text and its code differ by √2; both can be had. */
static void both_factors_of_hadamard(void **state)
{
    (void)state;
    const int64_t shape[] = {8, 4};
    double *const code = test_whole(test_scheme("hadamard"), sow_stream_seed(1), 2, shape);
    double *const paper = test_whole(test_scheme("hadamard paper=true"), sow_stream_seed(1), 2, shape);
    for (size_t i = 0; i < 32; i++) {
        assert_true(fabs(fabs(code[i]) - sqrt(0.125)) < 1e-15);
        assert_true(fabs(paper[i] - code[i] * sqrt(2.0)) < 1e-15);
    }
    free(code);
    free(paper);
}

/* flax#2665: one key for all of a batch. Elements of a stack differ, and so do blocks. */
static void a_stack_is_not_one_matrix_again(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 16, 16}, sizes[] = {1, 1, 1};
    const sow_scheme each = sow_normal(0, 1);
    const sow_scheme_parts stack = {.inner = &each, .inner_count = 1},
                           blocks = {.inner = &each, .inner_count = 1, .list = sizes, .list_count = 3};
    const struct {
        const char *name;
        const sow_scheme_parts *parts;
    } both[] = {{"stack", &stack}, {"blocks", &blocks}};
    for (size_t k = 0; k < COUNT_OF(both); k++) {
        sow_scheme s = sow_scheme_named(both[k].name);
        s.parts = both[k].parts;
        double *const w = test_whole(s, sow_stream_seed(1), 3, shape);
        for (size_t i = 0; i < 256; i++)
            assert_true(w[i] != w[256 + i] && w[i] != w[512 + i] && w[256 + i] != w[512 + i]);
        free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_bounds_leave_a_plain_normal),
        cmocka_unit_test(far_tails_keep_their_law),
        cmocka_unit_test(two_sigma_is_a_hard_bound),
        cmocka_unit_test(fans_are_not_rounded_to_the_type),
        cmocka_unit_test(a_bool_is_no_number),
        cmocka_unit_test(both_factors_of_hadamard),
        cmocka_unit_test(a_stack_is_not_one_matrix_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
