/* SPDX-License-Identifier: MIT */
/* Schemes of schemes, and those that need a matrix or a row as a whole. Shards of all of them: tests/test_shards.c. */
#include "tests/schemes.h"

static sow_stream stream_of(uint64_t i)
{
    return sow_stream_indexed(sow_stream_seed(3), i);
}

/* Each block is a tensor of its own: its own fans (a fused q, k, v has not a fan_out of 3d) and its own stream. */
static void blocks_are_tensors(void **state)
{
    (void)state;
    static const int64_t splits[] = {4, 2, 2};
    const sow_scheme inner[3] = {sow_xavier_uniform(1), sow_scheme_named("identity"), sow_scheme_named("orthogonal")};
    const sow_scheme_parts parts = {.inner = inner, .inner_count = 3, .list = splits, .list_count = 3};
    sow_scheme s = sow_scheme_named("blocks");
    s.parts = &parts;
    const int64_t rows[] = {8, 5}, columns[] = {5, 8};
    double *w = test_whole(s, stream_of(1), 2, rows);
    sow_scheme_set(&s, "axis", -1);
    double *v = test_whole(s, stream_of(1), 2, columns);
    int64_t start = 0;
    for (int b = 0; b < 3; start += splits[b++]) {
        const int64_t block_rows[] = {splits[b], 5}, block_columns[] = {5, splits[b]};
        double *x = test_whole(inner[b], sow_stream_indexed(stream_of(1), (uint64_t)b), 2, block_rows);
        double *y = test_whole(inner[b], sow_stream_indexed(stream_of(1), (uint64_t)b), 2, block_columns);
        for (int64_t i = 0; i < splits[b]; i++)
            for (int64_t j = 0; j < 5; j++) {
                assert_true(w[(start + i) * 5 + j] == x[i * 5 + j]);
                assert_true(v[j * 8 + start + i] == y[j * splits[b] + i]);
            }
        free(x);
        free(y);
    }
    free(w);
    free(v);
}

/* One scheme for all blocks gives each its own numbers; so does a stack. */
static void stacks_differ_by_index(void **state)
{
    (void)state;
    const sow_scheme inner = sow_kaiming_normal(SOW_FAN_IN, 1);
    const sow_scheme_parts parts = {.inner = &inner, .inner_count = 1};
    sow_scheme s = sow_scheme_named("stack");
    s.parts = &parts;
    const int64_t experts[] = {3, 6, 16}, one[] = {6, 16};
    double *w = test_whole(s, stream_of(2), 3, experts);
    for (uint64_t x = 0; x < 3; x++) {
        double *e = test_whole(inner, sow_stream_indexed(stream_of(2), x), 2, one);
        assert_memory_equal(w + x * 96, e, 96 * sizeof *e);
        free(e);
    }
    assert_true(w[0] != w[96] && w[96] != w[192]);
    free(w);
}

static void scale_and_add(void **state)
{
    (void)state;
    const sow_scheme normal = sow_normal(0, 1), identity = sow_scheme_named("identity");
    const sow_scheme_parts of_normal = {.inner = &normal, .inner_count = 1}, of_identity = {.inner = &identity, .inner_count = 1};
    sow_scheme twice = test_scheme("scale k=2"), moved = test_scheme("add value=3");
    const sow_scheme_parts of_moved = {.inner = &moved, .inner_count = 1};
    const int64_t shape[] = {6, 6};
    twice.parts = moved.parts = &of_normal;
    double *x = test_whole(normal, stream_of(4), 2, shape), *w = test_whole(twice, stream_of(4), 2, shape),
           *v = test_whole(moved, stream_of(4), 2, shape);
    for (int i = 0; i < 36; i++)
        assert_true(w[i] == 2 * x[i] && v[i] == x[i] + 3);
    free(w);
    free(v);
    /* 2·(I + 3) */
    twice.parts = &of_moved;
    moved.parts = &of_identity;
    w = test_whole(twice, stream_of(4), 2, shape);
    for (int i = 0; i < 36; i++)
        assert_true(w[i] == (i % 7 == 0 ? 8 : 6));
    free(w);
    free(x);
}

static void zero_rows_and_icnr(void **state)
{
    (void)state;
    static const int64_t indices[] = {4, 1, 4};
    const sow_scheme normal = sow_normal(0, 1);
    const sow_scheme_parts parts = {.inner = &normal, .inner_count = 1, .list = indices, .list_count = 3};
    sow_scheme padded = sow_scheme_named("zero_rows"), icnr = test_scheme("icnr r=2");
    padded.parts = icnr.parts = &parts;
    const int64_t shape[] = {8, 5}, small[] = {2, 5};
    double *x = test_whole(normal, stream_of(5), 2, shape), *w = test_whole(padded, stream_of(5), 2, shape);
    for (int i = 0; i < 40; i++)
        assert_true(w[i] == (i / 5 == 1 || i / 5 == 4 ? 0 : x[i]));
    free(w);
    free(x);
    x = test_whole(normal, stream_of(5), 2, small);
    w = test_whole(icnr, stream_of(5), 2, shape);
    for (int i = 0; i < 40; i++)
        assert_true(w[i] == x[i / 20 * 5 + i % 5]);
    free(w);
    free(x);
}

/* mup/init.py and MuReadout, base width 64, width 256: hidden std / √4 at the base's fans, input and output layers as at the base. */
static void mup_keeps_the_base(void **state)
{
    (void)state;
    static const struct {
        int64_t base[2], shape[2];
        double std;
    } cases[] = {
        {{64, 64}, {256, 256}, 0.125 / 2},                 /* hidden: 1/√64, over √4 */
        {{64, 10}, {256, 10}, 0.31622776601683794},        /* input: 1/√10 */
        {{10, 64}, {10, 256}, 0.125},                      /* readout: the base's 1/√64 */
        {{64, 64}, {64, 64}, 0.125},                       /* the base itself */
        {{64, 32}, {256, 128}, 0.17677669529663687 * 0.5}, /* m = 4 of inputs */
    };
    const sow_scheme inner = sow_kaiming_normal(SOW_FAN_IN, 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const sow_scheme_parts parts = {.inner = &inner, .inner_count = 1, .list = cases[i].base, .list_count = 2};
        sow_scheme s = sow_scheme_named("mup");
        sow_dist d;
        s.parts = &parts;
        assert_int_equal(sow_scheme_dist(&s, 2, cases[i].shape, SOW_F32, &d, NULL, 0), SOW_OK);
        assert_true(d.kind == SOW_DIST_NORMAL && fabs(d.std / cases[i].std - 1) < 1e-15);
    }
    /* A bias has no fans: the base's law. */
    static const int64_t base[] = {64}, shape[] = {256};
    const sow_scheme bias = sow_normal(0, 0.02);
    const sow_scheme_parts parts = {.inner = &bias, .inner_count = 1, .list = base, .list_count = 1};
    sow_scheme s = sow_scheme_named("mup");
    sow_dist d;
    s.parts = &parts;
    assert_int_equal(sow_scheme_dist(&s, 1, shape, SOW_F32, &d, NULL, 0), SOW_OK);
    assert_true(d.std == 0.02);
}

static void unit_balls_sum_to_one(void **state)
{
    (void)state;
    const int64_t shape[] = {5, 30, 20};
    double *w = test_whole(sow_scheme_named("unit_ball"), stream_of(6), 3, shape);
    for (int o = 0; o < 5; o++) {
        double sum = 0;
        for (int i = 0; i < 600; i++) {
            assert_true(w[o * 600 + i] >= 0);
            sum += w[o * 600 + i];
        }
        assert_true(fabs(sum - 1) < 1e-13);
    }
    free(w);
}

/* Rows of the matrix whose output axis is `out`: |w·wᵀ - gain²·I|. */
static void assert_orthonormal(const double *w, int rows, int columns, int row_stride, int column_stride, double square)
{
    for (int a = 0; a < rows; a++)
        for (int b = 0; b < rows; b++) {
            double dot = 0;
            for (int i = 0; i < columns; i++)
                dot += w[a * row_stride + i * column_stride] * w[b * row_stride + i * column_stride];
            assert_true(fabs(dot - (a == b ? square : 0)) < 1e-13);
        }
}

static void orthogonal_matrices(void **state)
{
    (void)state;
    const int64_t wide[] = {5, 12}, conv[] = {6, 2, 3}, last[] = {3, 2, 4, 6}, gates[] = {4, 16};
    double *w = test_whole(test_scheme("orthogonal gain=relu"), stream_of(7), 2, wide);
    assert_orthonormal(w, 5, 12, 12, 1, 2);
    free(w);
    w = test_whole(test_scheme("orthogonal out_axis=-1"), stream_of(7), 3, conv); /* Keras: the last axis against the others */
    assert_orthonormal(w, 3, 12, 1, 3, 1);
    free(w);
    w = test_whole(sow_scheme_named("orthogonal"), stream_of(7), 3, conv); /* torch: the first, square here */
    assert_orthonormal(w, 6, 6, 6, 1, 1);
    free(w);
    w = test_whole(sow_scheme_named("keras.lstm.recurrent"), stream_of(7), 2, gates); /* fused: element variance 1/(4u) */
    assert_orthonormal(w, 4, 16, 16, 1, 1);
    free(w);

    /* The tap (k-1)//2 of (3, 2, 4, 6) is (1, 0); its 4×6 matrix has orthonormal rows. */
    w = test_whole(sow_scheme_named("delta_orthogonal"), stream_of(8), 4, last);
    for (int i = 0; i < 144; i++)
        assert_true(i / 24 == 2 || w[i] == 0);
    assert_orthonormal(w + 48, 4, 6, 6, 1, 1);
    free(w);
}

static void errors_name_argument_value_and_limit(void **state)
{
    (void)state;
    static sow_scheme inner[2], chain[SOW_SCHEME_MAX_DEPTH + 1];
    static sow_scheme_parts links[SOW_SCHEME_MAX_DEPTH + 1];
    static const int64_t splits[] = {3, 2}, low[] = {3}, high[] = {3, 9}, outside[] = {1, 8};
    static const sow_scheme_parts nothing = {0}, few = {.inner = inner, .inner_count = 1, .list = low, .list_count = 1},
                                  many = {.inner = inner, .inner_count = 1, .list = high, .list_count = 2},
                                  good = {.inner = inner, .inner_count = 1, .list = splits, .list_count = 2},
                                  out = {.inner = inner, .inner_count = 1, .list = outside, .list_count = 2},
                                  matrix = {.inner = inner + 1, .inner_count = 1, .list = splits, .list_count = 2};
    inner[0] = sow_xavier_uniform(1);
    inner[1] = sow_scheme_named("orthogonal");
    for (size_t i = 0; i < COUNT_OF(chain); i++) {
        chain[i] = i ? test_scheme("scale k=1") : sow_zeros();
        links[i] = (sow_scheme_parts){.inner = &chain[i], .inner_count = 1};
        if (i)
            chain[i].parts = &links[i - 1];
    }
    const struct {
        const char *scheme;
        int rank;
        int64_t shape[3];
        const sow_scheme_parts *parts;
        sow_status status;
        const char *part, *part2;
    } cases[] = {
        {"blocks", 2, {5, 3}, NULL, SOW_ERR_NULL, "parts", "null"},
        {"blocks", 2, {5, 3}, &nothing, SOW_ERR_NULL, "inner", "null"},
        {"blocks", 2, {5, 3}, &few, SOW_ERR_SCHEME, "leaves 2 of dimension 0", "add up to 5"},
        {"blocks", 2, {5, 3}, &many, SOW_ERR_SCHEME, "list[1] is 9", "0 to the 2"},
        {"blocks axis=2", 2, {5, 3}, &good, SOW_ERR_SCHEME, "axis is 2", "-2 to 1"},
        {"blocks", 1, {5}, &good, SOW_ERR_FAN, "rank 1", "rank 2"},
        {"stack axis=0.5", 2, {5, 3}, &good, SOW_ERR_SCHEME, "axis is 0.5", "whole"},
        {"stack", 2, {5, 3}, &good, SOW_ERR_FAN, "rank 1", "rank 2"},
        {"scale", 2, {5, 3}, &good, SOW_ERR_SCHEME, "k is missing", "given"},
        {"scale k=-1", 2, {5, 3}, &good, SOW_ERR_SCHEME, "k is -1", "at least 0"},
        {"scale k=1e9", 2, {5, 3}, &good, SOW_ERR_DIST, "", "65504"},
        {"add value=inf", 2, {5, 3}, &good, SOW_ERR_SCHEME, "value is inf", "finite"},
        {"add value=1", 2, {5, 3}, &matrix, SOW_ERR_SCHEME, "add is 1", "must be 0"},
        {"zero_rows", 2, {5, 3}, &out, SOW_ERR_SCHEME, "list[1] is 8", "0 to 4"},
        {"icnr r=2", 2, {6, 3}, &good, SOW_ERR_SCHEME, "r is 2", "divide the 6"},
        {"mup", 3, {5, 3, 3}, &good, SOW_ERR_SCHEME, "list_count is 2", "must be 3"},
        {"mup", 2, {5, 3}, &matrix, SOW_ERR_SCHEME, "inner is orthogonal", "plain"},
        {"scale k=1", 2, {5, 3}, &links[SOW_SCHEME_MAX_DEPTH], SOW_ERR_SCHEME, "depth", "more than 8"},
        {"orthogonal", 1, {5}, NULL, SOW_ERR_SHAPE, "shape is (5)", "rank 2"},
        {"orthogonal out_axis=3", 2, {5, 3}, NULL, SOW_ERR_SCHEME, "out_axis is 3", "-2 to 1"},
        {"orthogonal gain=nan", 2, {5, 3}, NULL, SOW_ERR_SCHEME, "gain is nan", "finite"},
        {"delta_orthogonal", 2, {5, 3}, NULL, SOW_ERR_SHAPE, "shape is (5, 3)", "rank 3 to 5"},
        {"delta_orthogonal", 3, {3, 6, 4}, NULL, SOW_ERR_SHAPE, "inputs are 6", "at most the 4"},
        {"unit_ball", 1, {4}, NULL, SOW_ERR_SHAPE, "shape is (4)", "rank 2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char why[300] = "";
        sow_scheme s = test_scheme(cases[i].scheme);
        s.parts = cases[i].parts;
        const sow_status got = sow_check_scheme(&s, cases[i].rank, cases[i].shape, SOW_F16, why, sizeof why);
        if (got != cases[i].status || !strstr(why, cases[i].part) || !strstr(why, cases[i].part2))
            fail_msg("%s: %s \"%s\"", cases[i].scheme, sow_status_name(got), why);
    }
    sow_scheme s = test_scheme("scale k=1");
    const int64_t shape[] = {2, 2};
    s.parts = &links[SOW_SCHEME_MAX_DEPTH - 2];
    assert_int_equal(sow_check_scheme(&s, 2, shape, SOW_F32, NULL, 0), SOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_tensors),  cmocka_unit_test(stacks_differ_by_index),
        cmocka_unit_test(scale_and_add),       cmocka_unit_test(zero_rows_and_icnr),
        cmocka_unit_test(mup_keeps_the_base),  cmocka_unit_test(unit_balls_sum_to_one),
        cmocka_unit_test(orthogonal_matrices), cmocka_unit_test(errors_name_argument_value_and_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
