/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "tests/views.h"

static const sow_dtype dtypes[] = {SOW_F32, SOW_F64, SOW_F16, SOW_BF16};

/* Room for the largest random view, with strides up to thrice its size. */
enum { ROOM = 1 << 14 };

static double value(const void *data, sow_dtype dtype, int64_t i)
{
    uint32_t bits;
    float f;
    switch (dtype) {
    case SOW_F32:
        return (double)((const float *)data)[i];
    case SOW_F64:
        return ((const double *)data)[i];
    case SOW_BF16:
        bits = (uint32_t)((const uint16_t *)data)[i] << 16;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    default: {
        const uint16_t h = ((const uint16_t *)data)[i];
        const int exponent = h >> 10 & 31, fraction = h & 1023;
        const double magnitude = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
        return h >> 15 ? -magnitude : magnitude;
    }
    }
}

static sow_stream stream_of(const char *name)
{
    return sow_stream_named(sow_stream_seed(42), name, strlen(name));
}

static sow_scheme random_scheme(void)
{
    sow_scheme s = sow_scheme_named("wang");
    switch (test_random_below(5)) {
    case 0:
        return sow_uniform(-0.25, 0.75);
    case 1:
        return sow_normal(1, 0.5);
    case 2:
        return sow_truncated_normal(0, 0.02, -2, 2);
    case 3:
        return sow_constant(0.25);
    default:
        sow_scheme_set(&s, "layers", 32);
        sow_scheme_set(&s, "width", 4096);
        return s;
    }
}

/* The bytes of the whole logical tensor. */
static unsigned char *whole(const sow_tensor *view, sow_scheme scheme, sow_stream stream)
{
    sow_tensor t = sow_tensor_make(NULL, view->dtype, view->rank, view->global_shape);
    t.data = malloc((size_t)sow_tensor_elements(&t) * sow_dtype_size(t.dtype));
    assert_int_equal(sow_init(NULL, scheme, stream, &t), SOW_OK);
    return t.data;
}

/* The view has the bits of its slice of the whole, and the memory around it is as it was. */
static void assert_slice(const sow_tensor *t, const unsigned char *slice_of, const unsigned char *memory, size_t bytes, int64_t elements)
{
    const size_t size = sow_dtype_size(t->dtype);
    unsigned char *expected = malloc(bytes);
    memset(expected, 0xa5, bytes);
    for (int64_t e = 0; e < elements; e++) {
        int64_t global, offset;
        test_view_element(t, e, &global, &offset);
        memcpy(expected + ((unsigned char *)t->data - memory) + offset * (int64_t)size, slice_of + (size_t)global * size, size);
    }
    assert_memory_equal(memory, expected, bytes);
    free(expected);
}

static void whole_tensors_are_fills(void **state)
{
    (void)state;
    const int64_t shape[] = {37, 3, 11};
    static double a[37 * 3 * 11], b[37 * 3 * 11];
    for (size_t d = 0; d < COUNT_OF(dtypes); d++) {
        const sow_scheme scheme = sow_kaiming_normal(SOW_FAN_OUT, sow_gain_relu());
        const sow_tensor t = sow_tensor_make(a, dtypes[d], 3, shape);
        sow_dist dist;
        memset(a, 0xa5, sizeof a);
        memset(b, 0xa5, sizeof b);
        assert_int_equal(sow_init(NULL, scheme, stream_of("w"), &t), SOW_OK);
        assert_int_equal(sow_scheme_dist(&scheme, 3, shape, dtypes[d], &dist, NULL, 0), SOW_OK);
        assert_true(dist.kind == SOW_DIST_NORMAL && dist.std == sqrt(2) / sqrt(37 * 11));
        assert_int_equal(sow_fill(NULL, stream_of("w"), dist, dtypes[d], 0, b, 37 * 3 * 11), SOW_OK);
        assert_memory_equal(a, b, sizeof a);
    }
}

static void views_are_slices(void **state)
{
    (void)state;
    static double memory[ROOM];
    sow_context *ctx;
    const sow_context_options options = {.threads = 3};
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    for (int round = 0; round < 3000; round++) {
        const sow_tensor t = test_random_view(memory, ROOM, dtypes[test_random_below(COUNT_OF(dtypes))]);
        const sow_scheme scheme = random_scheme();
        const sow_stream stream = sow_stream_indexed(stream_of("views"), (uint64_t)round);
        const size_t bytes = ROOM * sow_dtype_size(t.dtype);
        unsigned char *expected = whole(&t, scheme, stream);
        memset(memory, 0xa5, bytes);
        assert_int_equal(sow_init(round % 2 ? ctx : NULL, scheme, stream, &t), SOW_OK);
        assert_slice(&t, expected, (unsigned char *)memory, bytes, sow_tensor_elements(&t));

        memset(memory, 0xa5, bytes);
        const size_t nth = 1 + (size_t)test_random_below(9);
        for (size_t ith = nth; ith-- > 0;)
            assert_int_equal(sow_init_part(NULL, scheme, stream, &t, ith, nth), SOW_OK);
        assert_slice(&t, expected, (unsigned char *)memory, bytes, sow_tensor_elements(&t));
        free(expected);
    }
    sow_context_destroy(ctx);
}

/* Large enough for threads: whole rows, columns, a stepped, a transposed and a flipped view. */
static void large_views_are_slices(void **state)
{
    (void)state;
    enum { R = 700, C = 900 };
    static const struct {
        int64_t shape[2], offset[2], stride[2], at;
    } views[] = {
        {{500, C}, {100, 0}, {C, 1}, 0},         /* rows */
        {{R, 450}, {0, 450}, {450, 1}, 0},       /* half of the columns */
        {{R, 301}, {0, 5}, {2000, 3}, 7},        /* stepped */
        {{R, C}, {0, 0}, {1, R}, 0},             /* transposed */
        {{R, C}, {0, 0}, {-C, -1}, (R * C) - 1}, /* flipped */
        {{R, 3}, {0, 897}, {3, 1}, 0},           /* a few columns */
        {{R, 1}, {0, 1}, {1, 1}, 0},             /* one column */
    };
    const size_t room = 2000 * R;
    const int64_t global[] = {R, C};
    unsigned char *memory = malloc(room * 8);
    for (unsigned threads = 1; threads <= 4; threads += 3)
        for (size_t v = 0; v < COUNT_OF(views); v++)
            for (size_t d = 0; d < COUNT_OF(dtypes); d++) {
                sow_context *ctx;
                const sow_context_options options = {.threads = threads};
                assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
                sow_tensor t = sow_tensor_make(memory, dtypes[d], 2, global);
                const size_t size = sow_dtype_size(t.dtype);
                memcpy(t.shape, views[v].shape, sizeof views[v].shape);
                memcpy(t.offset, views[v].offset, sizeof views[v].offset);
                memcpy(t.stride, views[v].stride, sizeof views[v].stride);
                t.data = memory + (size_t)views[v].at * size;
                unsigned char *expected = whole(&t, sow_xavier_normal(1), stream_of("large"));
                memset(memory, 0xa5, room * size);
                assert_int_equal(sow_init(ctx, sow_xavier_normal(1), stream_of("large"), &t), SOW_OK);
                assert_slice(&t, expected, memory, room * size, sow_tensor_elements(&t));
                free(expected);
                sow_context_destroy(ctx);
            }
    free(memory);
}

/* The fan of a shard is that of the whole: torchtitan, OLMo and others have drawn shards √TP too wide. */
static void shards_have_the_global_fan(void **state)
{
    (void)state;
    static float shard[96 * 768];
    sow_tensor t = sow_tensor_make(shard, SOW_F32, 2, (int64_t[]){96, 768});
    t.global_shape[0] = 3072;
    t.offset[0] = 960;
    assert_int_equal(sow_init(NULL, sow_xavier_uniform(1), stream_of("w"), &t), SOW_OK);
    double most = 0;
    for (size_t i = 0; i < COUNT_OF(shard); i++)
        most = fmax(most, fabs((double)shard[i]));
    assert_true(most <= 0.03952847075210474 && most > 0.0395);
}

static void moments(const sow_tensor *t, double *mean, double *std, double *least, double *most)
{
    const int64_t n = sow_tensor_elements(t);
    double sum = 0, squares = 0;
    *least = INFINITY;
    *most = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        const double x = value(t->data, t->dtype, i);
        sum += x;
        squares += x * x;
        *least = fmin(*least, x);
        *most = fmax(*most, x);
    }
    *mean = sum / (double)n;
    *std = sqrt(squares / (double)n - *mean * *mean);
}

/* Seeds are fixed, so these hold or they do not: 6 standard errors. Cuts and half-open bounds are never passed, in any type. */
static void laws_have_their_moments(void **state)
{
    (void)state;
    sow_scheme match = sow_truncated_normal(0, 1, -1, 1), torch = sow_scheme_named("torch.linear"), he = sow_scheme_named("he_normal"),
               embed = sow_scheme_named("haiku.embed"), residual = sow_scheme_named("residual_scale");
    sow_scheme_set(&match, "match_std", 1);
    sow_scheme_set(&residual, "layers", 12);
    const struct {
        sow_scheme scheme;
        double mean, std, least, most;
    } laws[] = {
        {sow_uniform(-0.05, 0.05), 0, 0.02886751346, -0.05, 0.05},
        {sow_normal(0, 0.02), 0, 0.02, -0.14, 0.14},
        {sow_trunc_normal(0, 0.5, -0.5, 1), 0.114819, 0.360473, -0.5, 1},
        {sow_trunc_normal(1, 1, -2, 2), 0.717214, 0.784947, -2, 2},
        {sow_trunc_normal(0, 0.02, -2, 2), 0, 0.02, -0.127, 0.127}, /* ±100 std: a plain normal, and no atom at the bound */
        {sow_trunc_normal(0, 1, 9, 10), 9.10846, 0.10700, 9, 10},
        {sow_trunc_normal(0, 1, 5, 6), 5.18315, 0.17162, 5, 6},
        {sow_truncated_normal(0, 0.02, -2, 2), 0, 0.01759251, -0.04, 0.04}, /* BERT in TF */
        {match, 0, 1, -1 / 0.5395600937548969, 1 / 0.5395600937548969},
        {torch, 0, 0.02083333333, -0.03608439182435161, 0.03608439182435161},
        {he, 0, 0.05103103631, -0.1160290, 0.1160290},
        {sow_xavier_normal(1), 0, 0.02795084972, -0.19, 0.19},
        {sow_kaiming_uniform(SOW_FAN_IN, 1), 0, 0.03608439182, -0.0625, 0.0625},
        {embed, 0, 0.8796256610, -2, 2},
        {residual, 0, 0.004082483, -0.0273, 0.0273},
    };
    const int64_t shape[] = {1792, 768}, rows = test_emulated() ? 112 : shape[0];
    double *data = malloc((size_t)rows * 768 * 8);
    for (size_t i = 0; i < COUNT_OF(laws); i++)
        for (size_t d = 0; d < COUNT_OF(dtypes); d++) {
            sow_tensor t = sow_tensor_make(data, dtypes[d], 2, shape);
            t.shape[0] = rows;
            const double n = (double)sow_tensor_elements(&t), wide = dtypes[d] == SOW_BF16 ? 0x1p-7 : 0x1p-10;
            double mean, std, least, most;
            assert_int_equal(sow_init(NULL, laws[i].scheme, stream_of("moments"), &t), SOW_OK);
            moments(&t, &mean, &std, &least, &most);
            /* A half type rounds large means in steps far wider than the sampling error. */
            const double step = dtypes[d] == SOW_F32 || dtypes[d] == SOW_F64 ? 0 : fabs(laws[i].mean) * wide;
            if (fabs(mean - laws[i].mean) > 6 * laws[i].std / sqrt(n) + step / 16 + 1e-6)
                fail_msg("law %zu, %s: mean %.9g, not %.9g", i, sow_dtype_name(dtypes[d]), mean, laws[i].mean);
            if (fabs(std - laws[i].std) > laws[i].std * 6 / sqrt(n) + step / 4 + 1e-6)
                fail_msg("law %zu, %s: std %.9g, not %.9g", i, sow_dtype_name(dtypes[d]), std, laws[i].std);
            if (least < laws[i].least - 1e-9 || most > laws[i].most + 1e-9)
                fail_msg("law %zu, %s: %.17g to %.17g", i, sow_dtype_name(dtypes[d]), least, most);
        }
    free(data);
}

static void empty_tensors_succeed(void **state)
{
    (void)state;
    const int64_t shape[] = {0, 0};
    const sow_tensor t = sow_tensor_make(NULL, SOW_F16, 2, shape);
    assert_int_equal(sow_init(NULL, sow_kaiming_uniform(SOW_FAN_IN, 1), stream_of("w"), &t), SOW_OK);
    assert_int_equal(sow_init(NULL, sow_xavier_normal(1), stream_of("w"), &t), SOW_OK);
    assert_int_equal(sow_init_part(NULL, sow_xavier_normal(1), stream_of("w"), &t, 2, 3), SOW_OK);
    assert_int_equal(sow_check_init(NULL, sow_zeros(), stream_of("w"), &t, NULL, 0), SOW_OK);
}

static void scalars_take_plain_laws(void **state)
{
    (void)state;
    float x = 0, first;
    const sow_tensor t = sow_tensor_make(&x, SOW_F32, 0, NULL);
    assert_int_equal(sow_init(NULL, sow_normal(0, 1), stream_of("x"), &t), SOW_OK);
    assert_int_equal(sow_fill(NULL, stream_of("x"), sow_dist_normal(0, 1), SOW_F32, 0, &first, 1), SOW_OK);
    assert_true(x == first && x != 0);
}

/* Every error is found before a byte is written, and says what, how much and what would do. */
static void errors_change_nothing(void **state)
{
    (void)state;
    static double memory[64], before[64];
    const int64_t shape[] = {4, 8};
    const sow_tensor f32 = sow_tensor_make(memory, SOW_F32, 2, shape), f16 = sow_tensor_make(memory, SOW_F16, 2, shape),
                     bf16 = sow_tensor_make(memory, SOW_BF16, 2, shape), vector = sow_tensor_make(memory, SOW_F32, 1, shape);
    sow_tensor overlap = f32, odd = f32, alien = f32;
    overlap.stride[0] = 7;
    odd.data = (char *)memory + 2;
    alien.dtype = (sow_dtype)17;
    const struct {
        const sow_tensor *tensor;
        sow_scheme scheme;
        sow_status status;
        const char *part, *part2;
    } cases[] = {
        {NULL, sow_zeros(), SOW_ERR_NULL, "tensor", "null"},
        {&overlap, sow_zeros(), SOW_ERR_SHAPE, "stride[0] is 7", "at least 8"},
        {&odd, sow_zeros(), SOW_ERR_ALIGN, "data", "4 bytes"},
        {&alien, sow_zeros(), SOW_ERR_DTYPE, "17", "3"},
        {&f32, sow_scheme_named("xaver_normal"), SOW_ERR_SCHEME, "row is -1", "0 to"},
        {&vector, sow_xavier_normal(1), SOW_ERR_FAN, "rank 1", "fan_in and fan_out"},
        {&f32, sow_xavier_normal(-1), SOW_ERR_SCHEME, "gain is -1", "at least 0"},
        {&f16, sow_constant(65520), SOW_ERR_DIST, "65520", "65504"},
        {&f16, sow_uniform(0, 1e5), SOW_ERR_DIST, "100000", "65504"},
        {&f16, sow_normal(0, 1e4), SOW_ERR_DIST, "10000", "65504"},
        {&bf16, sow_constant(3.4e38), SOW_ERR_DIST, "3.4", "3.38953139e+38"},
        {&f32, sow_constant(3.5e38), SOW_ERR_DIST, "3.5", "3.40282347e+38"},
        {&f32, sow_uniform(1, 0), SOW_ERR_DIST, "a is 1", "b is 0"},
    };
    memset(memory, 0xa5, sizeof memory);
    memcpy(before, memory, sizeof memory);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char why[300] = "";
        const sow_status got = sow_check_init(NULL, cases[i].scheme, stream_of("w"), cases[i].tensor, why, sizeof why);
        if (got != cases[i].status || !strstr(why, cases[i].part) || !strstr(why, cases[i].part2))
            fail_msg("case %zu: %s \"%s\"", i, sow_status_name(got), why);
        assert_int_equal(sow_init(NULL, cases[i].scheme, stream_of("w"), cases[i].tensor), cases[i].status);
        assert_int_equal(sow_init_part(NULL, cases[i].scheme, stream_of("w"), cases[i].tensor, 0, 1), cases[i].status);
    }
    assert_int_equal(sow_init_part(NULL, sow_zeros(), stream_of("w"), &f32, 3, 3), SOW_ERR_PART);
    assert_int_equal(sow_init_part(NULL, sow_zeros(), stream_of("w"), &f32, 0, 0), SOW_ERR_PART);
    assert_memory_equal(memory, before, sizeof memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_tensors_are_fills),    cmocka_unit_test(views_are_slices),        cmocka_unit_test(large_views_are_slices),
        cmocka_unit_test(shards_have_the_global_fan), cmocka_unit_test(laws_have_their_moments), cmocka_unit_test(empty_tensors_succeed),
        cmocka_unit_test(scalars_take_plain_laws),    cmocka_unit_test(errors_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
