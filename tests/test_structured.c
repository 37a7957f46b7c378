/* SPDX-License-Identifier: MIT */
/* Exact values of the schemes that are no distribution, and their errors. */
#include "tests/schemes.h"

static sow_stream stream_of(uint64_t i)
{
    return sow_stream_indexed(sow_stream_seed(11), i);
}

/* By definition: one element of each (…, i, i), or of each channel's centre. */
static void identity_and_dirac(void **state)
{
    (void)state;
    const int64_t batch[] = {2, 4, 3};
    double *w = test_whole(test_scheme("identity gain=2.5"), stream_of(0), 3, batch);
    for (int i = 0; i < 24; i++)
        assert_true(w[i] == (i / 3 % 4 == i % 3 ? 2.5 : 0));
    free(w);

    /* torch.nn.init.dirac_(empty(6, 2, 4, 3), groups=2): w[g·3 + j, j, 2, 1] = 1 for j < 2 */
    const int64_t conv[] = {6, 2, 4, 3};
    for (int down = 0; down < 2; down++) {
        w = test_whole(test_scheme(down ? "dirac groups=2 floor=1" : "dirac groups=2"), stream_of(0), 4, conv);
        for (int i = 0; i < 144; i++) {
            const int o = i / 24, in = i / 12 % 2, y = i / 3 % 4, x = i % 3;
            assert_true(w[i] == (o % 3 == in && y == 2 - down && x == 1));
        }
        free(w);
    }
}

/* Exactly ⌈sparsity·n⌉ zeros per line, in double: 0.07 · 100 gives 8 (torch). The others are the normals of the stream. */
static void sparse_counts(void **state)
{
    (void)state;
    static const struct {
        double sparsity;
        int64_t shape[2];
        int axis, zeros;
    } cases[] = {
        {0.07, {100, 9}, 0, 8}, {0.07, {9, 100}, 1, 8},    {0, {5, 5}, 0, 0},    {1, {5, 4}, 0, 5},
        {0.5, {3, 4}, 0, 2},    {0.9, {3000, 5}, 0, 2700}, {0.3, {1, 50}, 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const int64_t rows = cases[i].shape[0], columns = cases[i].shape[1];
        sow_scheme s = sow_scheme_named("sparse");
        sow_scheme_set(&s, "sparsity", cases[i].sparsity);
        sow_scheme_set(&s, "axis", cases[i].axis);
        double *w = test_whole(s, stream_of(i), 2, cases[i].shape),
               *dense = test_whole(sow_normal(0, 0.01), stream_of(i), 2, cases[i].shape);
        for (int64_t line = 0; line < (cases[i].axis ? rows : columns); line++) {
            int zeros = 0;
            for (int64_t k = 0; k < (cases[i].axis ? columns : rows); k++) {
                const int64_t at = cases[i].axis ? line * columns + k : k * columns + line;
                zeros += w[at] == 0;
                assert_true(w[at] == 0 || w[at] == dense[at]);
            }
            assert_int_equal(zeros, cases[i].zeros);
        }
        free(w);
        free(dense);
    }
}

/* Every subset of 2 of 5 rows is as likely as any other: χ² of 10 classes over 20000 columns; 9 degrees, below 40 but for p = 1e-5. */
static void sparse_subsets_are_uniform(void **state)
{
    (void)state;
    enum { COLUMNS = 20000 };
    const int64_t shape[] = {5, COLUMNS};
    double *w = test_whole(test_scheme("sparse sparsity=0.4"), stream_of(99), 2, shape), chi2 = 0;
    int count[32] = {0};
    for (int j = 0; j < COLUMNS; j++) {
        int set = 0;
        for (int i = 0; i < 5; i++)
            set |= (w[i * COLUMNS + j] == 0) << i;
        count[set]++;
    }
    for (int set = 0; set < 32; set++)
        if (__builtin_popcount((unsigned)set) == 2)
            chi2 += (count[set] - COLUMNS / 10.0) * (count[set] - COLUMNS / 10.0) / (COLUMNS / 10.0);
        else
            assert_int_equal(count[set], 0);
    assert_true(chi2 < 40);
    free(w);
}

/* NumPy's broadcasting, and tiling where a dimension is longer. Conversions round as every other value. */
static void templates(void **state)
{
    (void)state;
    static const double values[6] = {1, 2, 3, 4, 5, 1.0 + 0x1p-12};
    static const int64_t from[2] = {2, 3}, column[2] = {2, 1};
    sow_scheme_parts parts = {.values = values, .values_dtype = SOW_F64, .values_rank = 2, .values_shape = from};
    sow_scheme s = sow_scheme_named("template");
    s.parts = &parts;
    const int64_t shape[3] = {2, 5, 4};
    double *w = test_whole(s, stream_of(0), 3, shape);
    for (int i = 0; i < 40; i++)
        assert_true(w[i] == values[i / 4 % 5 % 2 * 3 + i % 4 % 3]);
    free(w);
    parts.values_shape = column;
    w = test_whole(s, stream_of(0), 3, shape);
    for (int i = 0; i < 40; i++)
        assert_true(w[i] == values[i / 4 % 5 % 2]);
    free(w);
    parts.values_rank = 0;
    w = test_whole(s, stream_of(0), 3, shape);
    for (int i = 0; i < 40; i++)
        assert_true(w[i] == 1);
    free(w);

    parts.values_rank = 2;
    parts.values_shape = from;
    uint16_t half[6];
    sow_tensor t = sow_tensor_make(half, SOW_F16, 2, from);
    assert_int_equal(sow_init(NULL, s, stream_of(0), &t), SOW_OK);
    assert_int_equal(half[1], 0x4000);
    assert_int_equal(half[5], 0x3c00);
}

/* A shard looks at its part of the array alone where nothing can overflow: the rest of this one faults. */
static void template_shards_read_their_share(void **state)
{
    (void)state;
    static const sow_dtype types[][2] = {
        {SOW_F32, SOW_F32}, {SOW_F16, SOW_F32}, {SOW_BF16, SOW_F64}, {SOW_F16, SOW_BF16}, {SOW_F64, SOW_F64}};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        test_guarded g = test_guarded_make(4096);
        const int64_t half = (int64_t)((size_t)(g.end - g.begin) / sow_dtype_size(types[i][0])), whole = 2 * half;
        memset(g.begin, 0, (size_t)(g.end - g.begin));
        const sow_scheme_parts parts = {.values = g.begin, .values_dtype = types[i][0], .values_rank = 1, .values_shape = &whole};
        sow_scheme s = sow_scheme_named("template");
        s.parts = &parts;
        unsigned char *const out = malloc((size_t)half * sow_dtype_size(types[i][1]) + 1);
        sow_tensor t = sow_tensor_make(out, types[i][1], 1, &half);
        t.global_shape[0] = whole;
        assert_int_equal(sow_init(NULL, s, stream_of(0), &t), SOW_OK);
        assert_int_equal(sow_init_range(NULL, s, stream_of(0), types[i][1], 1, &whole, 0, out, (size_t)half), SOW_OK);
        free(out);
        test_guarded_free(&g);
    }
}

static void third(void *user, const sow_custom_range *range, double *values)
{
    (void)user;
    for (int64_t i = 0; i < range->n; i++)
        values[i] = (double)(range->first + i) / 3 + (double)range->shape[0];
}

static void custom_callbacks(void **state)
{
    (void)state;
    const sow_scheme_parts parts = {.custom = third};
    sow_scheme s = sow_scheme_named("custom");
    s.parts = &parts;
    const int64_t shape[] = {70, 10};
    double *w = test_whole(s, stream_of(0), 2, shape);
    for (int i = 0; i < 700; i++)
        assert_true(w[i] == i / 3.0 + 70);
    free(w);
}

static void errors_name_argument_value_and_limit(void **state)
{
    (void)state;
    static const double big[2] = {1, 1e6};
    static const int64_t two[1] = {2}, none[1] = {0}, matrix[2] = {1, 2};
    static const sow_scheme_parts overflow = {.values = big, .values_dtype = SOW_F64, .values_rank = 1, .values_shape = two},
                                  empty = {.values = big, .values_dtype = SOW_F64, .values_rank = 1, .values_shape = none},
                                  null = {.values_dtype = SOW_F64, .values_rank = 1, .values_shape = two},
                                  odd = {.values = big, .values_dtype = SOW_DTYPE_COUNT, .values_rank = 1, .values_shape = two},
                                  deep = {.values = big, .values_dtype = SOW_F64, .values_rank = 2, .values_shape = matrix}, nothing = {0};
    static const struct {
        const char *scheme;
        int rank;
        int64_t shape[6];
        const sow_scheme_parts *parts;
        sow_status status;
        const char *part, *part2;
    } cases[] = {
        {"identity", 1, {3}, NULL, SOW_ERR_SHAPE, "identity: shape is (3)", "rank 2"},
        {"identity gain=inf", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "gain is inf", "finite"},
        {"identity gain=1e6", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "1000000", "65504"},
        {"dirac", 2, {3, 3}, NULL, SOW_ERR_SHAPE, "dirac: shape is (3, 3)", "rank 3 to 5"},
        {"dirac", 6, {3, 3, 1, 1, 1, 1}, NULL, SOW_ERR_SHAPE, "dirac", "rank 3 to 5"},
        {"dirac groups=2", 3, {3, 3, 3}, NULL, SOW_ERR_SCHEME, "groups is 2", "divide the 3"},
        {"dirac groups=0", 3, {3, 3, 3}, NULL, SOW_ERR_SCHEME, "groups is 0", "whole number from 1"},
        {"sparse", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "sparsity is missing", "given"},
        {"sparse sparsity=1.5", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "sparsity is 1.5", "0 to 1"},
        {"sparse sparsity=-0.5", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "sparsity is -0.5", "0 to 1"},
        {"sparse sparsity=nan", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "sparsity is nan", "0 to 1"},
        {"sparse sparsity=0.5 std=-1", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "std is -1", "at least 0"},
        {"sparse sparsity=0.5 std=1e5", 2, {3, 3}, NULL, SOW_ERR_DIST, "100000", "65504"},
        {"sparse sparsity=0.5 axis=2", 2, {3, 3}, NULL, SOW_ERR_SCHEME, "axis is 2", "0 (columns)"},
        {"sparse sparsity=0.5", 3, {3, 3, 3}, NULL, SOW_ERR_SHAPE, "(3, 3, 3)", "rank 2"},
        {"template", 1, {4}, NULL, SOW_ERR_NULL, "parts", "null"},
        {"template", 1, {4}, &nothing, SOW_ERR_NULL, "values", "null"},
        {"template", 1, {4}, &overflow, SOW_ERR_SCHEME, "1000000", "65504"},
        {"template", 1, {4}, &empty, SOW_ERR_SHAPE, "0 elements", "1 or more"},
        {"template", 1, {4}, &null, SOW_ERR_NULL, "values", "null"},
        {"template", 1, {4}, &odd, SOW_ERR_DTYPE, "values_dtype is 4", "0 to 3"},
        {"template", 1, {4}, &deep, SOW_ERR_SHAPE, "values_rank is 2", "at most 1"},
        {"custom", 1, {4}, NULL, SOW_ERR_NULL, "parts", "null"},
        {"custom", 1, {4}, &nothing, SOW_ERR_NULL, "custom: custom", "null"},
    };
    static uint16_t data[128], before[128];
    memset(data, 0x5a, sizeof data);
    memcpy(before, data, sizeof data);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char why[300] = "";
        sow_scheme s = test_scheme(cases[i].scheme);
        s.parts = cases[i].parts;
        const sow_tensor t = sow_tensor_make(data, SOW_F16, cases[i].rank, cases[i].shape);
        const sow_status got = sow_check_init(NULL, s, stream_of(0), &t, why, sizeof why);
        if (got != cases[i].status || !strstr(why, cases[i].part) || !strstr(why, cases[i].part2))
            fail_msg("%s: %s \"%s\"", cases[i].scheme, sow_status_name(got), why);
        assert_true(got != SOW_OK);
        assert_int_equal(sow_init(NULL, s, stream_of(0), &t), got);
        assert_int_equal(sow_init_part(NULL, s, stream_of(0), &t, 0, 2), got);
        assert_int_equal(sow_init_range(NULL, s, stream_of(0), SOW_F16, t.rank, t.shape, 0, data, 2), got);
        assert_memory_equal(data, before, sizeof data);
    }
}

static void ranges_are_checked(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 4}, empty[] = {3, 0};
    static float data[16];
    char why[300] = "";
    const sow_scheme s = sow_scheme_named("identity");
    assert_int_equal(sow_check_init_range(NULL, s, stream_of(0), SOW_F32, 2, shape, 3, data, 10, why, sizeof why), SOW_ERR_RANGE);
    assert_string_equal(why, "first is 3 and n is 10, first + n must be at most the 12 elements");
    assert_int_equal(sow_init_range(NULL, s, stream_of(0), SOW_F32, 2, shape, 13, data, 0), SOW_ERR_RANGE);
    assert_int_equal(sow_init_range(NULL, s, stream_of(0), SOW_F32, 2, shape, UINT64_MAX, data, SIZE_MAX), SOW_ERR_RANGE);
    assert_int_equal(sow_init_range(NULL, s, stream_of(0), SOW_F32, 2, shape, 0, NULL, 12), SOW_ERR_NULL);
    assert_int_equal(sow_init_range(NULL, s, stream_of(0), SOW_F32, 2, shape, 0, (char *)data + 1, 12), SOW_ERR_ALIGN);
    assert_int_equal(sow_init_range(NULL, s, stream_of(0), SOW_F32, 2, shape, 12, NULL, 0), SOW_OK);
    assert_int_equal(sow_init_range(NULL, s, stream_of(0), SOW_F32, 2, empty, 0, NULL, 0), SOW_OK);
    assert_int_equal(sow_init_range(NULL, sow_scheme_named("no"), stream_of(0), SOW_F32, 2, shape, 0, data, 1), SOW_ERR_SCHEME);
}

/* Writers answer to sow_init() alone: a distribution that they are not would be drawn in silence. */
static void writers_are_no_distribution(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 4};
    char why[300] = "";
    sow_dist d;
    const sow_scheme s = sow_scheme_named("identity");
    assert_int_equal(sow_scheme_dist(&s, 2, shape, SOW_F32, &d, why, sizeof why), SOW_ERR_SCHEME);
    assert_string_equal(why, "identity: is no plain distribution, must be written by sow_init()");
    assert_int_equal(sow_check_scheme(&s, 2, shape, SOW_F32, why, sizeof why), SOW_OK);
    assert_string_equal(why, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_and_dirac),
        cmocka_unit_test(sparse_counts),
        cmocka_unit_test(sparse_subsets_are_uniform),
        cmocka_unit_test(templates),
        cmocka_unit_test(template_shards_read_their_share),
        cmocka_unit_test(custom_callbacks),
        cmocka_unit_test(errors_name_argument_value_and_limit),
        cmocka_unit_test(ranges_are_checked),
        cmocka_unit_test(writers_are_no_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
