/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/context.h"
#include "src/orthogonal.h"
#include "tests/orthogonal_reference.h"
#include "tests/support.h"

static sow_stream stream_of(uint64_t i)
{
    return sow_stream_indexed(sow_stream_seed(7), i);
}

static size_t bytes_of(const sow_tensor *t)
{
    return (size_t)sow_tensor_elements(t) * sow_dtype_size(t->dtype);
}

/* A whole tensor of fresh memory. */
static sow_tensor whole(sow_dtype dtype, int rank, const int64_t *shape)
{
    sow_tensor t = sow_tensor_make(NULL, dtype, rank, shape);
    t.data = malloc(bytes_of(&t));
    memset(t.data, 0xa5, bytes_of(&t));
    return t;
}

static sow_tensor filled(const sow_context *ctx, uint64_t stream, double gain, sow_dtype dtype, int rank, const int64_t *shape,
                         int out_axis)
{
    const sow_tensor t = whole(dtype, rank, shape);
    assert_int_equal(sow__orthogonal_fill(ctx, stream_of(stream), gain, &t, out_axis), SOW_OK);
    return t;
}

static const int64_t shapes[][2] = {{1, 1}, {1, 5}, {5, 1}, {7, 7}, {64, 64}, {65, 130}, {130, 65}, {67, 200}, {200, 67}, {129, 129}};

static void every_isa_and_thread_count_has_the_bits_of_the_definition(void **state)
{
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++)
        for (int d = SOW_F32; d <= SOW_F64; d++) {
            const double gain = s % 2 ? 1 : -1.7;
            const sow_tensor expected = whole((sow_dtype)d, 2, shapes[s]);
            if (d == SOW_F32)
                orthogonal_reference_f32(expected.data, shapes[s][0], shapes[s][1], stream_of(s), gain);
            else
                orthogonal_reference_f64(expected.data, shapes[s][0], shapes[s][1], stream_of(s), gain);
            for (size_t isa = 0; isa < sow_isa_count(); isa++)
                for (unsigned threads = 1; threads <= 3; threads++) {
                    sow_context *ctx = test_context(isa, threads);
                    if (!ctx)
                        continue;
                    const sow_tensor t = filled(ctx, s, gain, (sow_dtype)d, 2, shapes[s], 0);
                    assert_memory_equal(t.data, expected.data, bytes_of(&t));
                    free(t.data);
                    sow_context_destroy(ctx);
                }
            free(expected.data);
        }
}

/* Element `flat` of a row-major tensor, by the halves' own definition. */
static double element(const sow_tensor *t, int64_t flat)
{
    if (t->dtype == SOW_F32)
        return (double)((const float *)t->data)[flat];
    if (t->dtype == SOW_F64)
        return ((const double *)t->data)[flat];
    const uint16_t h = ((const uint16_t *)t->data)[flat];
    if (t->dtype == SOW_BF16) {
        const uint32_t bits = (uint32_t)h << 16;
        float f;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    const int exponent = h >> 10 & 31, fraction = h & 1023;
    const double magnitude = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return h >> 15 ? -magnitude : magnitude;
}

static void halves_are_the_rounded_f32_matrix(void **state)
{
    (void)state;
    static const int64_t cases[][2] = {{70, 90}, {90, 70}};
    for (size_t s = 0; s < COUNT_OF(cases); s++) {
        const sow_tensor f = filled(NULL, 3, 2, SOW_F32, 2, cases[s], 0), h = filled(NULL, 3, 2, SOW_F16, 2, cases[s], 0),
                         b = filled(NULL, 3, 2, SOW_BF16, 2, cases[s], 0);
        for (int64_t i = 0; i < sow_tensor_elements(&f); i++) {
            const double x = element(&f, i);
            int e;
            frexp(x, &e);
            /* half a unit in the last place: 11 and 8 bits, 2^-24 at least in f16 */
            assert_true(fabs(element(&h, i) - x) <= ldexp(1, e - 12 > -25 ? e - 12 : -25));
            assert_true(fabs(element(&b, i) - x) <= ldexp(1, e - 9));
        }
        free(f.data), free(h.data), free(b.data);
    }
}

/* A box of the whole with strides of its own: a permutation of the dimensions, with gaps. */
static sow_tensor random_box(sow_dtype dtype, int rank, const int64_t *shape, size_t *elements)
{
    sow_tensor t = sow_tensor_make(NULL, dtype, rank, shape);
    int order[SOW_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        t.offset[i] = (int64_t)test_random_below((uint64_t)shape[i]);
        t.shape[i] = 1 + (int64_t)test_random_below((uint64_t)(shape[i] - t.offset[i]));
        if (test_random_below(3) == 0)
            t.offset[i] = 0, t.shape[i] = shape[i];
        order[i] = i;
    }
    for (int i = rank; i-- > 1;) {
        const int k = (int)test_random_below((uint64_t)i + 1), swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
    int64_t stride = 1 + (int64_t)test_random_below(2);
    for (int i = 0; i < rank; i++) {
        t.stride[order[i]] = stride;
        stride *= t.shape[order[i]] + (int64_t)test_random_below(2);
    }
    *elements = (size_t)stride;
    return t;
}

/* Compares the box with its slice, all other bytes with what they were. */
static void assert_slice(const sow_tensor *box, const sow_tensor *all, size_t elements)
{
    const size_t size = sow_dtype_size(box->dtype);
    unsigned char *expected = malloc(elements * size);
    memset(expected, 0xa5, elements * size);
    for (int64_t e = 0, n = sow_tensor_elements(box); e < n; e++) {
        int64_t rest = e, global = 0, offset = 0, skip = 1;
        for (int d = box->rank; d-- > 0; rest /= box->shape[d]) {
            global += (box->offset[d] + rest % box->shape[d]) * skip;
            offset += rest % box->shape[d] * box->stride[d];
            skip *= box->global_shape[d];
        }
        memcpy(expected + (size_t)offset * size, (unsigned char *)all->data + (size_t)global * size, size);
    }
    assert_memory_equal(box->data, expected, elements * size);
    free(expected);
}

static void any_box_is_a_slice_of_the_whole(void **state)
{
    (void)state;
    static const struct {
        int rank;
        int64_t shape[4];
    } cases[] = {{2, {90, 70}},      {2, {70, 90}},     {2, {150, 150}}, {4, {20, 3, 2, 5}},
                 {4, {2, 3, 40, 9}}, {3, {1, 60, 100}}, {3, {9, 8, 130}}};
    static const sow_dtype dtypes[] = {SOW_F32, SOW_F64, SOW_F16, SOW_BF16};
    sow_context *ctx = test_context(test_best_isa(), 2);
    for (size_t s = 0; s < COUNT_OF(cases); s++)
        for (int out = 0; out < cases[s].rank; out++)
            for (size_t d = 0; d < COUNT_OF(dtypes); d++) {
                const sow_tensor all = filled(NULL, s, 1.5, dtypes[d], cases[s].rank, cases[s].shape, out);
                for (int i = 0; i < (test_emulated() ? 2 : 10); i++) {
                    size_t elements;
                    sow_tensor box = random_box(dtypes[d], cases[s].rank, cases[s].shape, &elements);
                    box.data = malloc(elements * sow_dtype_size(box.dtype));
                    memset(box.data, 0xa5, elements * sow_dtype_size(box.dtype));
                    assert_int_equal(sow_check_tensor(&box, NULL, 0), SOW_OK);
                    assert_int_equal(sow__orthogonal_fill(i % 2 ? ctx : NULL, stream_of(s), 1.5, &box, out), SOW_OK);
                    assert_slice(&box, &all, elements);
                    free(box.data);
                }
                free(all.data);
            }
    sow_context_destroy(ctx);
}

static void the_other_axis_gives_the_transpose(void **state)
{
    (void)state;
    const int64_t shape[2] = {50, 80}, turned[2] = {80, 50};
    const sow_tensor a = filled(NULL, 1, 1, SOW_F32, 2, shape, 0), b = filled(NULL, 1, 1, SOW_F32, 2, turned, 1);
    for (int64_t i = 0; i < 50; i++)
        for (int64_t k = 0; k < 80; k++)
            assert_true(element(&a, i * 80 + k) == element(&b, k * 50 + i));
    free(a.data), free(b.data);
}

/* Largest entry of QᵀQ - I over the shorter side; in pieces of 16, lest the sum's own rounding be what is measured. */
static double defect(const sow_tensor *t)
{
    const int64_t rows = t->shape[0], columns = t->shape[1], wide = rows < columns;
    const int64_t k = wide ? rows : columns, length = wide ? columns : rows, next = wide ? 1 : columns, row = wide ? columns : 1;
    double worst = 0;
    for (int64_t a = 0; a < k; a++)
        for (int64_t b = 0; b <= a; b++) {
            double sum = a == b ? -1 : 0, piece = 0;
            for (int64_t i = 0; i < length; i++) {
                piece = fma(element(t, a * row + i * next), element(t, b * row + i * next), piece);
                if (i % 16 == 15 || i == length - 1) {
                    sum += piece;
                    piece = 0;
                }
            }
            worst = fmax(worst, fabs(sum));
        }
    return worst;
}

static void vectors_are_orthonormal(void **state)
{
    (void)state;
    static const int64_t cases[][2] = {{300, 300}, {300, 77}, {77, 300}, {1, 1000}, {1000, 2}};
    for (size_t s = 0; s < COUNT_OF(cases); s++) {
        const int64_t part = test_emulated() ? 3 : 1; /* without FMA the emulator takes minutes for the whole */
        const int64_t shape[2] = {(cases[s][0] + part - 1) / part, (cases[s][1] + part - 1) / part};
        const sow_tensor f = filled(NULL, s, 1, SOW_F32, 2, shape, 0), d = filled(NULL, s, 1, SOW_F64, 2, shape, 0);
        assert_true(defect(&f) < 5e-7);
        assert_true(defect(&d) < 2e-15);
        free(f.data), free(d.data);
    }
}

/*
 * Haar measure on O(n): E tr Q^j is 0 for odd j and 1 for even j, its variance is j (Diaconis & Shahshahani 1994). Repelling eigenvalues
 * show in it: independent phases would have n.
 */
static void traces_of_powers_are_those_of_haar_measure(void **state)
{
    (void)state;
    enum { N = 64, POWERS = 5 };
    const int seeds = test_emulated() ? 40 : 400;
    static double power[N][N], next[N][N];
    double sum[POWERS + 1] = {0}, squares[POWERS + 1] = {0}, corner = 0, corner4 = 0;
    const int64_t shape[2] = {N, N};
    for (int seed = 0; seed < seeds; seed++) {
        const sow_tensor q = filled(NULL, (uint64_t)seed, 1, SOW_F64, 2, shape, 0);
        const double *m = q.data;
        memcpy(power, m, sizeof power);
        for (int j = 1; j <= POWERS; j++) {
            double trace = j % 2 ? 0 : -1;
            for (int i = 0; i < N; i++)
                trace += power[i][i];
            sum[j] += trace;
            squares[j] += trace * trace;
            memset(next, 0, sizeof next);
            for (int a = 0; a < N; a++)
                for (int b = 0; b < N; b++)
                    for (int c = 0; c < N; c++)
                        next[a][c] += power[a][b] * m[b * N + c];
            memcpy(power, next, sizeof power);
        }
        for (int i = 0; i < N; i++) {
            corner += m[i * N] * m[i * N + 1]; /* zero: the first two columns are orthogonal */
            corner4 += pow(m[i * N], 4);
        }
        free(q.data);
    }
    for (int j = 1; j <= POWERS; j++) {
        assert_true(fabs(sum[j] / seeds) < 4.5 * sqrt((double)j / seeds));
        assert_true(fabs(squares[j] / seeds / j - 1) < 4.5 * sqrt(2.0 / seeds));
    }
    assert_true(fabs(corner) < 1e-9);
    /* a uniform unit vector's fourth moments: 3 / (n (n + 2)) */
    assert_true(fabs(corner4 / seeds * (N + 2) / 3 - 1) < 0.05 * sqrt(400.0 / seeds));
}

static void signs_of_first_rows_are_even(void **state)
{
    (void)state;
    enum { SEEDS = 400 };
    const int64_t shape[2] = {2, 2};
    int positive[5] = {0};
    for (int seed = 0; seed < SEEDS; seed++) {
        const sow_tensor q = filled(NULL, 1000 + (uint64_t)seed, 1, SOW_F32, 2, shape, 0);
        for (int i = 0; i < 4; i++)
            positive[i] += element(&q, i) > 0;
        positive[4] += element(&q, 0) * element(&q, 3) - element(&q, 1) * element(&q, 2) > 0;
        free(q.data);
    }
    for (int i = 0; i < 5; i++) /* ±4.5 standard errors of 10 */
        assert_in_range(positive[i], SEEDS / 2 - 45, SEEDS / 2 + 45);
}

static void all_zero(uint64_t key, uint64_t id, uint64_t block, const sow_params *params, void *dst, size_t groups)
{
    (void)key, (void)id, (void)block, (void)params;
    memset(dst, 0, groups * SOW_GROUP * sizeof(float));
}

static void a_vector_of_zeros_reflects_nothing(void **state)
{
    (void)state;
    sow_context *ctx = test_context(test_best_isa(), 1);
    sow_kernels kernels = *ctx->kernels;
    kernels.fill[SOW_DIST_NORMAL][SOW_F32] = all_zero;
    ctx->kernels = &kernels;
    const int64_t shape[2] = {70, 80};
    const sow_tensor q = filled(ctx, 0, 1, SOW_F32, 2, shape, 0);
    for (int64_t i = 0; i < 70; i++)
        for (int64_t k = 0; k < 80; k++)
            assert_true(element(&q, i * 80 + k) == (i == k));
    free(q.data);
    sow_context_destroy(ctx);
}

static void backwards(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    (void)user;
    while (n-- > 0)
        task(arg, n);
}

static void a_hosts_loop_may_run_in_any_order(void **state)
{
    (void)state;
    const sow_context_options options = {.threads = 7, .parallel_for = backwards};
    sow_context *ctx;
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    const int64_t shape[2] = {200, 200};
    const sow_tensor a = filled(ctx, 0, 1, SOW_F32, 2, shape, 0), b = filled(NULL, 0, 1, SOW_F32, 2, shape, 0);
    assert_memory_equal(a.data, b.data, bytes_of(&a));
    free(a.data), free(b.data);
    sow_context_destroy(ctx);
}

static void bad_arguments_write_nothing(void **state)
{
    (void)state;
    const int64_t shape[2] = {6, 6};
    unsigned char untouched[6 * 6 * sizeof(float)];
    memset(untouched, 0xa5, sizeof untouched);
    static const struct {
        double gain;
        sow_dtype dtype;
        int rank, out;
        sow_status status;
        const char *text;
    } cases[] = {
        {1, SOW_F32, 1, 0, SOW_ERR_SHAPE, "orthogonal: rank is 1, must be at least 2"},
        {1, SOW_F32, 2, 2, SOW_ERR_SHAPE, "orthogonal: out_axis is 2, must be 0 to 1"},
        {1, SOW_F32, 2, -1, SOW_ERR_SHAPE, "orthogonal: out_axis is -1, must be 0 to 1"},
        {NAN, SOW_F32, 2, 0, SOW_ERR_SCHEME, "orthogonal: gain is nan, must be within ±1.70141e+38, half of what f32 holds"},
        {-INFINITY, SOW_F32, 2, 0, SOW_ERR_SCHEME, "orthogonal: gain is -inf, must be within ±1.70141e+38, half of what f32 holds"},
        {40000, SOW_F16, 2, 0, SOW_ERR_SCHEME, "orthogonal: gain is 40000, must be within ±32752, half of what f16 holds"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char why[256];
        const sow_tensor t = sow_tensor_make(NULL, cases[i].dtype, cases[i].rank, shape);
        sow_tensor here = t;
        here.data = malloc(sizeof untouched);
        memset(here.data, 0xa5, sizeof untouched);
        assert_int_equal(sow__orthogonal_check(NULL, cases[i].gain, &here, cases[i].out, why, sizeof why), cases[i].status);
        assert_string_equal(why, cases[i].text);
        assert_int_equal(sow__orthogonal_fill(NULL, stream_of(0), cases[i].gain, &here, cases[i].out), cases[i].status);
        assert_memory_equal(here.data, untouched, sizeof untouched);
        free(here.data);
    }
}

static void out_of_memory_writes_nothing(void **state)
{
    (void)state;
    const int64_t shape[2] = {100, 80};
    for (unsigned threads = 1; threads <= 2; threads++)
        for (int d = SOW_F32; d <= SOW_F16; d++) {
            test_allocator a;
            test_allocator_init(&a);
            const sow_context_options options = {.threads = threads, .allocator = a.allocator};
            sow_context *ctx;
            assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
            const int live = a.live;
            sow_status status = SOW_ERR_MEMORY;
            for (unsigned n = 1; status != SOW_OK; n++) {
                const sow_tensor t = whole((sow_dtype)d, 2, shape), old = whole((sow_dtype)d, 2, shape);
                a.fail_at = a.calls + n;
                status = sow__orthogonal_fill(ctx, stream_of(0), 1, &t, 0);
                assert_int_equal(a.live, live);
                if (status != SOW_OK) {
                    assert_int_equal(status, SOW_ERR_MEMORY);
                    assert_memory_equal(t.data, old.data, bytes_of(&t));
                } else {
                    assert_true(n > 1);
                }
                free(t.data), free(old.data);
            }
            a.fail_at = 0;
            sow_context_destroy(ctx);
        }
}

static void an_empty_view_needs_nothing(void **state)
{
    (void)state;
    const int64_t shape[2] = {0, 8};
    const sow_tensor t = sow_tensor_make(NULL, SOW_F32, 2, shape);
    assert_int_equal(sow__orthogonal_fill(NULL, stream_of(0), 1, &t, 0), SOW_OK);
    assert_int_equal(sow__orthogonal_fill(NULL, stream_of(0), 1, &t, 1), SOW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_isa_and_thread_count_has_the_bits_of_the_definition),
        cmocka_unit_test(halves_are_the_rounded_f32_matrix),
        cmocka_unit_test(any_box_is_a_slice_of_the_whole),
        cmocka_unit_test(the_other_axis_gives_the_transpose),
        cmocka_unit_test(vectors_are_orthonormal),
        cmocka_unit_test(traces_of_powers_are_those_of_haar_measure),
        cmocka_unit_test(signs_of_first_rows_are_even),
        cmocka_unit_test(a_vector_of_zeros_reflects_nothing),
        cmocka_unit_test(a_hosts_loop_may_run_in_any_order),
        cmocka_unit_test(bad_arguments_write_nothing),
        cmocka_unit_test(out_of_memory_writes_nothing),
        cmocka_unit_test(an_empty_view_needs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
