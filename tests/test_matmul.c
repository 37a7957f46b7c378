/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

/* Normals of that type, at even distances. */
static sow_matrix random_matrix(sow_dtype dtype, int64_t rows, int64_t columns, int turned, uint64_t stream)
{
    const size_t n = (size_t)(rows * columns) + 1;
    sow_matrix x = {malloc(n * sow_dtype_size(dtype)), turned ? 1 : (ptrdiff_t)columns, turned ? (ptrdiff_t)rows : 1};
    assert_int_equal(sow_fill(NULL, sow_stream_indexed(sow_stream_seed(1), stream), sow_dist_normal(0, 1), dtype, 0, x.data, n), SOW_OK);
    return x;
}

/* One element by the definition. */
#define REFERENCE(dtype, type, fused)                                                                                                      \
    static type reference_##dtype(const sow_matrix *a, const sow_matrix *b, int64_t i, int64_t c, int64_t k)                               \
    {                                                                                                                                      \
        const type *x = (const type *)a->data + i * a->row, *y = (const type *)b->data + c * b->column;                                    \
        type sum = 0;                                                                                                                      \
        for (int64_t p = 0; p < k;) {                                                                                                      \
            type chain = 0;                                                                                                                \
            do {                                                                                                                           \
                chain = fused(x[p * a->column], y[p * b->row], chain);                                                                     \
                p++;                                                                                                                       \
            } while (p < k && p % 64 != 0);                                                                                                \
            sum += chain;                                                                                                                  \
        }                                                                                                                                  \
        return sum;                                                                                                                        \
    }

REFERENCE(f32, float, fmaf)
REFERENCE(f64, double, fma)

static void assert_reference(sow_dtype dtype, int64_t m, int64_t n, int64_t k, const sow_matrix *a, const sow_matrix *b,
                             const sow_matrix *c)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t q = 0; q < n; q++) {
            const ptrdiff_t at = i * c->row + q * c->column;
            if (dtype == SOW_F32) {
                const float expected = reference_f32(a, b, i, q, k);
                assert_memory_equal((float *)c->data + at, &expected, sizeof expected);
            } else {
                const double expected = reference_f64(a, b, i, q, k);
                assert_memory_equal((double *)c->data + at, &expected, sizeof expected);
            }
        }
}

static void every_isa_and_thread_count_has_the_bits_of_the_definition(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{1, 1, 1}, {7, 65, 3}, {64, 64, 64}, {13, 5, 200}, {130, 70, 129}, {3, 1, 64}, {5, 9, 0}};
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
        for (int d = SOW_F32; d <= SOW_F64; d++)
            for (int turned = 0; turned < 4; turned++) {
                const sow_dtype dtype = (sow_dtype)d;
                const int64_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
                const sow_matrix a = random_matrix(dtype, m, k, turned & 1, 1), b = random_matrix(dtype, k, n, turned >> 1, 2);
                for (size_t isa = 0; isa < sow_isa_count(); isa++)
                    for (unsigned threads = 1; threads <= 2; threads++) {
                        sow_context *ctx = test_context(isa, threads);
                        if (!ctx)
                            continue;
                        const sow_matrix c = random_matrix(dtype, m, n, turned & 1, 3);
                        assert_int_equal(sow_matmul(ctx, dtype, m, n, k, a, b, c), SOW_OK);
                        assert_reference(dtype, m, n, k, &a, &b, &c);
                        free(c.data);
                        sow_context_destroy(ctx);
                    }
                free(a.data), free(b.data);
            }
}

/* More than one block of C either way, and threads that share them. Rows of C contiguous, then its columns: both have paths of their own.
 */
static void large_products_have_the_bits_of_the_definition(void **state)
{
    (void)state;
    static const int64_t sizes[][3] = {{251, 256, 65}, {97, 321, 130}, {500, 70, 64}};
    for (size_t s = 0; s < COUNT_OF(sizes); s++)
        for (int turned = 0; turned < 8; turned += test_emulated() ? 3 : 1)
            for (unsigned threads = 1; threads <= 3; threads += 2) {
                const int64_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
                const sow_matrix a = random_matrix(SOW_F32, m, k, turned & 1, 1), b = random_matrix(SOW_F32, k, n, turned >> 1 & 1, 2);
                const sow_matrix c = random_matrix(SOW_F32, m, n, turned >> 2, 3);
                sow_context *ctx = test_context(test_best_isa(), threads);
                assert_int_equal(sow_matmul(ctx, SOW_F32, m, n, k, a, b, c), SOW_OK);
                assert_reference(SOW_F32, m, n, k, &a, &b, &c);
                sow_context_destroy(ctx);
                free(a.data), free(b.data), free(c.data);
            }
}

/* Every second element of rows that run backwards; A without any stride along k. */
static void any_stride_will_do(void **state)
{
    (void)state;
    enum { M = 9, N = 70, K = 66 };
    const sow_matrix b = random_matrix(SOW_F64, K, 2 * N, 0, 2), c = random_matrix(SOW_F64, M, N, 0, 3);
    const sow_matrix backwards = {(double *)b.data + (K - 1) * b.row, -b.row, 2}, column = {random_matrix(SOW_F64, M, 1, 0, 1).data, 1, 0};
    assert_int_equal(sow_matmul(NULL, SOW_F64, M, N, K, column, backwards, c), SOW_OK);
    for (int64_t i = 0; i < M; i++)
        for (int64_t q = 0; q < N; q++) {
            double sum = 0;
            for (int64_t p = 0; p < K;) {
                double chain = 0;
                do
                    chain = fma(((const double *)column.data)[i], ((const double *)b.data)[(K - 1 - p) * 2 * N + 2 * q], chain);
                while (++p % 64 != 0 && p < K);
                sum += chain;
            }
            assert_memory_equal((const double *)c.data + i * N + q, &sum, sizeof sum);
        }
    free(b.data), free(c.data), free(column.data);
}

static void nothing_is_written_beside_the_result(void **state)
{
    (void)state;
    enum { M = 5, N = 7, K = 9, GAP = 3 };
    const sow_matrix a = random_matrix(SOW_F32, M, K, 0, 1), b = random_matrix(SOW_F32, K, N, 0, 2);
    float memory[M * (N + GAP)];
    memset(memory, 0xa5, sizeof memory);
    const float untouched = memory[0];
    const sow_matrix c = {memory, N + GAP, 1};
    assert_int_equal(sow_matmul(NULL, SOW_F32, M, N, K, a, b, c), SOW_OK);
    assert_reference(SOW_F32, M, N, K, &a, &b, &c);
    for (int i = 0; i < M; i++)
        for (int q = N; q < N + GAP; q++)
            assert_memory_equal(&memory[i * (N + GAP) + q], &untouched, sizeof untouched);
    free(a.data), free(b.data);
}

static void checks_say_what_is_wrong(void **state)
{
    (void)state;
    char why[200];
    float x[4] = {0};
    const sow_matrix good = {x, 2, 1}, null = {NULL, 2, 1}, odd = {(char *)x + 1, 2, 1};
    const struct {
        sow_status status;
        sow_dtype dtype;
        int64_t m, n, k;
        sow_matrix a, b, c;
        const char *words;
    } rows[] = {
        {SOW_ERR_DTYPE, SOW_BF16, 2, 2, 2, good, good, good, "dtype is 3, must be f32 (0) or f64 (1)"},
        {SOW_ERR_SHAPE, SOW_F32, 2, -1, 2, good, good, good, "n is -1, must be 0 or more"},
        {SOW_ERR_NULL, SOW_F32, 2, 2, 2, null, good, good, "a.data is null, must point to 2 x 2 elements"},
        {SOW_ERR_NULL, SOW_F32, 2, 2, 2, good, good, null, "c.data is null, must point to 2 x 2 elements"},
        {SOW_ERR_ALIGN, SOW_F32, 2, 2, 2, good, odd, good, "must be a multiple of 4 bytes for f32"},
        {SOW_OK, SOW_F32, 2, 2, 0, null, null, good, ""},
        {SOW_OK, SOW_F32, 0, 2, 2, null, null, null, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(
            sow_check_matmul(NULL, rows[i].dtype, rows[i].m, rows[i].n, rows[i].k, rows[i].a, rows[i].b, rows[i].c, why, sizeof why),
            rows[i].status);
        assert_non_null(strstr(why, rows[i].words));
        assert_int_equal(sow_matmul(NULL, rows[i].dtype, rows[i].m, rows[i].n, rows[i].k, rows[i].a, rows[i].b, rows[i].c), rows[i].status);
    }
}

static void errors_write_nothing(void **state)
{
    (void)state;
    test_allocator allocator;
    test_allocator_init(&allocator);
    const sow_context_options options = {.threads = 1, .allocator = allocator.allocator};
    sow_context *ctx;
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    float one = 1, two = 2, result = 3;
    const sow_matrix a = {&one, 1, 1}, b = {&two, 1, 1}, c = {&result, 1, 1};
    allocator.fail_at = allocator.calls + 1;
    assert_int_equal(sow_matmul(ctx, SOW_F32, 1, 1, 1, a, b, c), SOW_ERR_MEMORY);
    assert_int_equal(sow_matmul(ctx, SOW_F16, 1, 1, 1, a, b, c), SOW_ERR_DTYPE);
    assert_true(result == 3);
    assert_int_equal(sow_matmul(ctx, SOW_F32, 1, 1, 1, a, b, c), SOW_OK);
    assert_true(result == 2);
    assert_int_equal(sow_matmul(ctx, SOW_F32, 0, 1, 1, a, b, c), SOW_OK);
    assert_true(result == 2);
    sow_context_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_isa_and_thread_count_has_the_bits_of_the_definition),
        cmocka_unit_test(large_products_have_the_bits_of_the_definition),
        cmocka_unit_test(any_stride_will_do),
        cmocka_unit_test(nothing_is_written_beside_the_result),
        cmocka_unit_test(checks_say_what_is_wrong),
        cmocka_unit_test(errors_write_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
