/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "tests/schemes.h"
#include "tests/support.h"

/* A shape by its non-zero prefix. */
typedef struct fan_case {
    sow_layout layout;
    sow_fans fans;
    int groups, rank;
    int64_t shape[5];
    double in, out;
} fan_case;

#define T SOW_FANS_TRUE

/* By hand, from the definition of a fan: how many inputs feed one output, how many outputs one input feeds. */
static const fan_case true_fans[] = {
    {SOW_LAYOUT_AUTO, T, 0, 2, {3072, 768}, 768, 3072},
    {SOW_LAYOUT_AUTO, T, 0, 4, {64, 3, 7, 7}, 147, 3136},
    {SOW_LAYOUT_AUTO, T, 4, 4, {64, 2, 3, 3}, 18, 144},
    {SOW_LAYOUT_LINEAR, T, 0, 2, {10, 20}, 20, 10},
    {SOW_LAYOUT_LINEAR, T, 1, 2, {10, 20}, 20, 10},
    {SOW_LAYOUT_DENSE, T, 0, 2, {10, 20}, 10, 20},
    {SOW_LAYOUT_CONV, T, 0, 3, {64, 8, 5}, 40, 320},
    {SOW_LAYOUT_CONV, T, 4, 4, {64, 2, 3, 3}, 18, 144}, /* Conv2d(8, 64, 3, groups=4) */
    {SOW_LAYOUT_CONV_LAST, T, 0, 4, {3, 3, 64, 128}, 576, 1152},
    {SOW_LAYOUT_CONV_LAST, T, 4, 4, {3, 3, 16, 128}, 144, 288},
    {SOW_LAYOUT_CONV_MLX, T, 0, 4, {128, 3, 3, 64}, 576, 1152},
    {SOW_LAYOUT_CONV_MLX, T, 4, 4, {128, 3, 3, 16}, 144, 288},
    {SOW_LAYOUT_CONV_T, T, 0, 4, {8, 64, 3, 3}, 72, 576}, /* ConvTranspose2d(8, 64, 3) */
    {SOW_LAYOUT_CONV_T, T, 4, 4, {8, 16, 3, 3}, 18, 144},
    {SOW_LAYOUT_CONV_T_LAST, T, 0, 4, {3, 3, 64, 8}, 72, 576},
    {SOW_LAYOUT_CONV_T_FLAX, T, 0, 4, {3, 3, 8, 64}, 72, 576},
    {SOW_LAYOUT_DEPTHWISE, T, 0, 4, {96, 1, 3, 3}, 9, 9},
    {SOW_LAYOUT_DEPTHWISE, T, 32, 4, {96, 1, 3, 3}, 9, 27},
    {SOW_LAYOUT_DEPTHWISE_LAST, T, 0, 4, {3, 3, 32, 3}, 9, 27},
    {SOW_LAYOUT_DEPTHWISE_HAIKU, T, 0, 4, {3, 3, 1, 96}, 9, 9},
    {SOW_LAYOUT_DEPTHWISE_HAIKU, T, 32, 4, {3, 3, 1, 96}, 9, 27},
    {SOW_LAYOUT_EMBEDDING, T, 0, 2, {50257, 768}, 768, 768},
    {SOW_LAYOUT_BILINEAR, T, 0, 3, {5, 6, 7}, 42, 5},
    {SOW_LAYOUT_HEADS_IN, T, 0, 3, {768, 12, 64}, 768, 768},
    {SOW_LAYOUT_HEADS_IN, T, 0, 3, {512, 4, 32}, 512, 128},
    {SOW_LAYOUT_HEADS_OUT, T, 0, 3, {4, 32, 512}, 128, 512},
};

/* torch 1.13's _calculate_fan_in_and_fan_out, Keras' compute_fans, JAX's defaults, run on these shapes. */
static const fan_case framework_fans[] = {
    {SOW_LAYOUT_CONV, SOW_FANS_TORCH, 4, 4, {64, 2, 3, 3}, 18, 576},
    {SOW_LAYOUT_CONV_T, SOW_FANS_TORCH, 0, 4, {8, 64, 3, 3}, 576, 72},
    {SOW_LAYOUT_CONV_T, SOW_FANS_TORCH, 4, 4, {8, 16, 3, 3}, 144, 72},
    {SOW_LAYOUT_DENSE, SOW_FANS_TORCH, 0, 2, {10, 20}, 20, 10},
    {SOW_LAYOUT_DEPTHWISE, SOW_FANS_TORCH, 96, 4, {96, 1, 3, 3}, 9, 864},
    {SOW_LAYOUT_BILINEAR, SOW_FANS_TORCH, 0, 3, {5, 6, 7}, 42, 35},
    {SOW_LAYOUT_CONV_LAST, SOW_FANS_KERAS, 4, 4, {3, 3, 16, 128}, 144, 1152},
    {SOW_LAYOUT_CONV_T_LAST, SOW_FANS_KERAS, 0, 4, {3, 3, 64, 8}, 576, 72},
    {SOW_LAYOUT_CONV_T_FLAX, SOW_FANS_JAX, 0, 4, {3, 3, 8, 64}, 72, 576},
    {SOW_LAYOUT_DEPTHWISE_LAST, SOW_FANS_KERAS, 0, 4, {3, 3, 32, 3}, 288, 27},
    {SOW_LAYOUT_DEPTHWISE_HAIKU, SOW_FANS_JAX, 0, 4, {3, 3, 1, 96}, 9, 864},
    {SOW_LAYOUT_EMBEDDING, SOW_FANS_JAX, 0, 2, {50257, 768}, 768, 768},
    {SOW_LAYOUT_EMBEDDING, SOW_FANS_KERAS, 0, 2, {50257, 768}, 50257, 768},
    {SOW_LAYOUT_HEADS_IN, SOW_FANS_KERAS, 0, 3, {768, 12, 64}, 768, 768},
    {SOW_LAYOUT_HEADS_OUT, SOW_FANS_JAX, 0, 3, {12, 64, 768}, 768, 768},
    /* Keras before PR 22789 looked at the bare shape. */
    {SOW_LAYOUT_AUTO, SOW_FANS_KERAS, 0, 3, {768, 12, 64}, 9216, 49152},
    {SOW_LAYOUT_AUTO, SOW_FANS_KERAS, 0, 3, {12, 64, 768}, 768, 9216},
    {SOW_LAYOUT_AUTO, SOW_FANS_KERAS, 0, 0, {0}, 1, 1},
    {SOW_LAYOUT_AUTO, SOW_FANS_KERAS, 0, 1, {17}, 17, 17},
    {SOW_LAYOUT_AUTO, SOW_FANS_KERAS, 0, 2, {0, 5}, 1, 5},
    {SOW_LAYOUT_AUTO, SOW_FANS_JAX, 0, 5, {2, 3, 4, 5, 6}, 120, 144},
    {SOW_LAYOUT_AUTO, SOW_FANS_TORCH, 0, 5, {2, 3, 4, 5, 6}, 360, 240},
};

static void check_cases(const fan_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const fan_case *c = &cases[i];
        double in = -1, out = -1;
        char why[300];
        if (sow_fan(c->layout, c->fans, c->groups, c->rank, c->shape, &in, &out, why, sizeof why) != SOW_OK)
            fail_msg("case %zu: %s", i, why);
        if (in != c->in || out != c->out)
            fail_msg("case %zu: fans %g, %g, want %g, %g", i, in, out, c->in, c->out);
    }
}

static void layouts_have_their_true_fans(void **state)
{
    (void)state;
    check_cases(true_fans, COUNT_OF(true_fans));
}

static void frameworks_compute_theirs(void **state)
{
    (void)state;
    check_cases(framework_fans, COUNT_OF(framework_fans));
}

/* A zero dimension gives zero fans, and no error. */
static void empty_shapes_succeed(void **state)
{
    (void)state;
    double in, out;
    for (int layout = 0; layout < SOW_LAYOUT_COUNT; layout++) {
        const int rank = layout == SOW_LAYOUT_BILINEAR || layout == SOW_LAYOUT_HEADS_IN || layout == SOW_LAYOUT_HEADS_OUT ? 3 : 2;
        const int64_t shape[3] = {0, 0, 0};
        assert_int_equal(sow_fan((sow_layout)layout, SOW_FANS_TRUE, 0, rank, shape, &in, &out, NULL, 0), SOW_OK);
    }
    assert_int_equal(sow_fan(SOW_LAYOUT_LINEAR, SOW_FANS_TRUE, 0, 2, (int64_t[]){7, 0}, &in, &out, NULL, 0), SOW_OK);
    assert_true(in == 0 && out == 7);
}

static void refuses(const fan_case *c, sow_status status, const char *part, const char *part2)
{
    double in = 5, out = 6;
    char why[300] = "";
    const sow_status got = sow_fan(c->layout, c->fans, c->groups, c->rank, c->shape, &in, &out, why, sizeof why);
    if (got != status || !strstr(why, part) || !strstr(why, part2))
        fail_msg("%s \"%s\", wanted %s with \"%s\" and \"%s\"", sow_status_name(got), why, sow_status_name(status), part, part2);
    assert_true(in == 5 && out == 6);
}

static void errors(void **state)
{
    (void)state;
    const fan_case rank0 = {SOW_LAYOUT_AUTO, T, 0, 0, {0}, 0, 0}, rank1 = {SOW_LAYOUT_AUTO, SOW_FANS_TORCH, 0, 1, {9}, 0, 0},
                   rank1_jax = {SOW_LAYOUT_AUTO, SOW_FANS_JAX, 0, 1, {9}, 0, 0}, linear3 = {SOW_LAYOUT_LINEAR, T, 0, 3, {2, 3, 4}, 0, 0},
                   heads2 = {SOW_LAYOUT_HEADS_IN, SOW_FANS_KERAS, 0, 2, {2, 3}, 0, 0},
                   groups = {SOW_LAYOUT_CONV, T, 3, 4, {64, 2, 3, 3}, 0, 0}, grouped_linear = {SOW_LAYOUT_LINEAR, T, 2, 2, {4, 4}, 0, 0},
                   negative = {SOW_LAYOUT_CONV, T, -1, 4, {64, 2, 3, 3}, 0, 0}, depth = {SOW_LAYOUT_DEPTHWISE, T, 0, 4, {8, 2, 3, 3}, 0, 0},
                   bad_dim = {SOW_LAYOUT_AUTO, T, 0, 2, {4, -2}, 0, 0}, bad_rank = {SOW_LAYOUT_AUTO, T, 0, 9, {1}, 0, 0},
                   layout = {(sow_layout)99, T, 0, 2, {4, 4}, 0, 0}, fans = {SOW_LAYOUT_AUTO, (sow_fans)-1, 0, 2, {4, 4}, 0, 0},
                   huge = {SOW_LAYOUT_AUTO, T, 0, 2, {INT64_C(1) << 32, INT64_C(1) << 32}, 0, 0};
    refuses(&rank0, SOW_ERR_FAN, "rank 0", "rank 2 or more");
    refuses(&rank1, SOW_ERR_FAN, "torch", "rank 1");
    refuses(&rank1_jax, SOW_ERR_FAN, "jax", "rank 1");
    refuses(&linear3, SOW_ERR_FAN, "linear", "rank 3");
    refuses(&heads2, SOW_ERR_FAN, "heads_in", "must have rank 3");
    refuses(&groups, SOW_ERR_FAN, "groups is 3", "64 channels");
    refuses(&grouped_linear, SOW_ERR_FAN, "groups is 2", "must be 1 for layout linear");
    refuses(&negative, SOW_ERR_SCHEME, "groups is -1", "from 1");
    refuses(&depth, SOW_ERR_FAN, "depthwise is 2", "must be 1");
    refuses(&bad_dim, SOW_ERR_SHAPE, "shape[1] is -2", "at least 0");
    refuses(&bad_rank, SOW_ERR_SHAPE, "rank is 9", "8");
    refuses(&layout, SOW_ERR_SCHEME, "layout is 99", "0 to 15");
    refuses(&fans, SOW_ERR_SCHEME, "fans is -1", "0 to 3");
    refuses(&huge, SOW_ERR_SHAPE, "(4294967296, 4294967296)", "2^63");
    double out;
    assert_int_equal(sow_fan(SOW_LAYOUT_AUTO, T, 0, 2, linear3.shape, NULL, &out, NULL, 0), SOW_ERR_NULL);
    assert_int_equal(sow_fan(SOW_LAYOUT_AUTO, T, 0, 2, NULL, &out, &out, NULL, 0), SOW_ERR_NULL);
    assert_int_equal(sow_fan(SOW_LAYOUT_AUTO, T, 1.5, 2, linear3.shape, &out, &out, NULL, 0), SOW_ERR_SCHEME);
    assert_int_equal(sow_fan(SOW_LAYOUT_AUTO, T, NAN, 2, linear3.shape, &out, &out, NULL, 0), SOW_ERR_SCHEME);
}

/* Every layout's word and rank: the list in the header and the rows here go together. */
static void lists_have_their_words(void **state)
{
    (void)state;
    static const char *const words[] = {"auto",      "linear",      "dense",       "conv",      "conv_last",      "conv_mlx",
                                        "conv_t",    "conv_t_last", "conv_t_flax", "depthwise", "depthwise_last", "depthwise_haiku",
                                        "embedding", "bilinear",    "heads_in",    "heads_out"};
    assert_int_equal(COUNT_OF(words), SOW_LAYOUT_COUNT);
    sow_scheme s = sow_scheme_named("he_normal");
    const int at = sow_scheme_arg_index(&s, "layout");
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        assert_int_equal(sow_scheme_set_word(&s, "layout", words[i]), SOW_OK);
        assert_int_equal((int)s.arg[at], (int)i);
    }
}

/* jax.nn.initializers.variance_scaling's in_axis, out_axis and batch_axis; fans by its formula. */
static void axes_have_jax_fans(void **state)
{
    (void)state;
    static const struct {
        const char *text; /* scheme, arguments */
        int rank;
        int64_t shape[4];
        double in, out;
    } cases[] = {
        {"variance_scaling in_axis=-2 out_axis=-1", 4, {8, 8, 128, 256}, 8192, 16384},
        {"variance_scaling in_axis=0", 3, {12, 64, 768}, 768, 49152},             /* out_axis: the last */
        {"variance_scaling out_axis=0", 2, {50257, 768}, 768, 768},               /* flax default_embed_init: both are axis 0 */
        {"variance_scaling in_axis=0 out_axis=1,2", 3, {768, 12, 64}, 768, 768},  /* heads_in */
        {"variance_scaling in_axis=0,1 out_axis=-1", 3, {12, 64, 768}, 768, 768}, /* heads_out */
        {"variance_scaling in_axis=1 out_axis=2 batch_axis=0", 3, {8, 512, 2048}, 512, 2048},
        {"variance_scaling batch_axis=0 layout=linear", 3, {8, 512, 2048}, 2048, 512}, /* experts of (O, I) */
        {"variance_scaling batch_axis=0 layout=conv groups=2", 4, {8, 64, 16, 3}, 48, 96},
        {"xavier_uniform batch_axis=0,1", 4, {2, 3, 40, 50}, 50, 40},
        {"torch.linear in_axis=0 out_axis=1", 2, {30, 40}, 30, 40}, /* instead of the preset's layout */
        {"kaiming_normal in_axis=-1 out_axis=0 fan_out=7", 2, {30, 40}, 40, 7},
        {"normal", 2, {30, 40}, 40, 30},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const sow_scheme s = test_scheme(cases[i].text);
        double in = 0, out = 0;
        char why[200] = "";
        if (sow_scheme_fans(&s, cases[i].rank, cases[i].shape, &in, &out, why, sizeof why) != SOW_OK || in != cases[i].in ||
            out != cases[i].out)
            fail_msg("%s: fans %g and %g, must be %g and %g; %s", cases[i].text, in, out, cases[i].in, cases[i].out, why);
    }
    /* The law sees them: lecun_normal of experts. */
    const sow_scheme s = test_scheme("variance_scaling dist=normal in_axis=1 out_axis=2 batch_axis=0");
    sow_dist dist;
    assert_int_equal(sow_scheme_dist(&s, 3, (const int64_t[]){8, 256, 2048}, SOW_F32, &dist, NULL, 0), SOW_OK);
    assert_true(dist.std == 1.0 / 16);
}

static void wrong_axes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word, *other;
    } cases[] = {
        {"variance_scaling in_axis=3", "in_axis is 3", "must be -3 to 2 for rank 3"},
        {"variance_scaling batch_axis=-4", "batch_axis is -4", "rank 3"},
        {"variance_scaling in_axis=0 batch_axis=-3", "batch_axis", "must not"},
        {"variance_scaling in_axis=0 layout=conv", "layout", "left out"},
        {"variance_scaling in_axis=0 groups=2", "groups", "left out"},
    };
    const int64_t shape[] = {4, 5, 6};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const sow_scheme s = test_scheme(cases[i].text);
        double in = -1, out = -1;
        char why[200] = "";
        assert_int_equal(sow_scheme_fans(&s, 3, shape, &in, &out, why, sizeof why), SOW_ERR_FAN);
        if (!strstr(why, cases[i].word) || !strstr(why, cases[i].other))
            fail_msg("%s: \"%s\"", cases[i].text, why);
        assert_true(in == -1 && out == -1);
    }
    sow_scheme s = sow_scheme_named("he_normal");
    static const char *const bad[] = {"", "8", "-9", "-0", "1,", ",1", "1 2", "a", "10"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(sow_scheme_set_word(&s, "in_axis", bad[i]), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set(&s, "in_axis", 8), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set(&s, "in_axis", 0.5), SOW_ERR_SCHEME);
    assert_int_equal(s.given, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_have_their_true_fans), cmocka_unit_test(frameworks_compute_theirs),
        cmocka_unit_test(empty_shapes_succeed),         cmocka_unit_test(errors),
        cmocka_unit_test(lists_have_their_words),       cmocka_unit_test(axes_have_jax_fans),
        cmocka_unit_test(wrong_axes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
