/* SPDX-License-Identifier: MIT */
#include "sow/matmul.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "src/alloc.h"
#include "src/context.h"
#include "src/dispatch.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/fpenv.h"
#include "src/try.h"

/*
 * C is cut into blocks, the pieces of work: HEIGHT x BREADTH at most, so that a block, and one panel of terms of A and of B beside it, stay
 * in a core's second cache. Copying a panel of A is paid by BREADTH columns, one of B by the block's height.
 */
enum { PANEL = SOW_PANEL, TILE = SOW_PANEL * SOW_PANEL, HEIGHT = 240, BREADTH = 4 * SOW_PANEL };

typedef struct job {
    const sow_matrix_kernels *kernels;
    size_t bytes;
    int64_t m, n, k, height, blocks;
    sow_matrix a, b, c;
    unsigned char *scratch;
    size_t worker_bytes;
    atomic_llong next;
} job;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static unsigned char *element(const job *j, const sow_matrix *x, int64_t row, int64_t column)
{
    return (unsigned char *)x->data + (row * x->row + column * x->column) * (int64_t)j->bytes;
}

/* rows x columns of x at (row, column), row-major with rows `stride` elements apart. */
static void copy(const job *j, const sow_matrix *x, int64_t row, int64_t column, int64_t rows, int64_t columns, unsigned char *to,
                 int64_t stride)
{
    if (columns == 0)
        return; /* a product over no terms, whose operands may be NULL */
    for (int64_t i = 0; i < rows; i++, to += (size_t)stride * j->bytes) {
        if (x->column == 1) {
            memcpy(to, element(j, x, row + i, column), (size_t)columns * j->bytes);
            continue;
        }
        for (int64_t c = 0; c < columns; c++)
            memcpy(to + (size_t)c * j->bytes, element(j, x, row + i, column + c), j->bytes);
    }
}

/* A tile of B, zeros around it, as the kernel wants it. */
static void pack(const job *j, int64_t row, int64_t column, int64_t rows, int64_t columns, unsigned char *tile, unsigned char *packed)
{
    const int64_t width = j->kernels->width;
    if (columns < PANEL)
        memset(tile, 0, TILE * j->bytes);
    if (j->b.row == 1 && j->b.column != 1) {
        const sow_matrix turned = {j->b.data, j->b.column, 1};
        copy(j, &turned, column, row, columns, rows, tile, PANEL);
        j->kernels->pack_transposed(tile, packed);
    } else if (columns < PANEL) {
        copy(j, &j->b, row, column, rows, columns, tile, PANEL);
        j->kernels->pack(tile, packed);
    } else {
        for (int64_t at = 0; at < PANEL; at += width)
            copy(j, &j->b, row, column + at, rows, width, packed + (size_t)(at * PANEL) * j->bytes, width);
    }
}

/* A panel of A in its own order of rows and columns, whichever is contiguous. */
static sow_matrix gather(const job *j, int64_t row, int64_t column, int64_t rows, int64_t columns, unsigned char *to)
{
    if (j->a.row == 1 && j->a.column != 1) {
        const sow_matrix turned = {j->a.data, j->a.column, 1};
        copy(j, &turned, column, row, columns, rows, to, j->height);
        return (sow_matrix){to, 1, j->height};
    }
    copy(j, &j->a, row, column, rows, columns, to, PANEL);
    return (sow_matrix){to, PANEL, 1};
}

static void multiply_block(const job *j, int64_t block, unsigned char *memory)
{
    const int64_t across = (j->n + BREADTH - 1) / BREADTH, row = block / across * j->height, column = block % across * BREADTH;
    const int64_t rows = smaller(j->height, j->m - row), columns = smaller(BREADTH, j->n - column);
    const bool direct = j->c.column == 1 && columns % PANEL == 0;
    unsigned char *tile = memory, *packed = tile + TILE * j->bytes, *left = packed + TILE * j->bytes;
    unsigned char *sums = left + (size_t)j->height * PANEL * j->bytes;
    const ptrdiff_t sums_row = direct ? j->c.row : BREADTH;
    if (direct)
        sums = element(j, &j->c, row, column);
    for (int64_t p = 0; p == 0 || p < j->k; p += PANEL) { /* once for k = 0, which makes zeros */
        const int64_t terms = smaller(PANEL, j->k - p);
        const sow_matrix a = gather(j, row, p, rows, terms, left);
        for (int64_t at = 0; at < columns; at += PANEL) {
            pack(j, p, column + at, terms, smaller(PANEL, columns - at), tile, packed);
            j->kernels->product((size_t)rows, (size_t)terms, a.data, a.row, a.column, packed, sums + (size_t)at * j->bytes, sums_row,
                                p > 0);
        }
    }
    for (int64_t i = 0; i < rows && !direct; i++)
        for (int64_t c = 0; c < columns; c++)
            memcpy(element(j, &j->c, row + i, column + c), sums + (size_t)(i * BREADTH + c) * j->bytes, j->bytes);
}

static void work(void *arg, size_t worker)
{
    job *j = arg;
    const sow__fpenv saved = sow__fpenv_enter();
    for (int64_t i; (i = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed)) < j->blocks;)
        multiply_block(j, i, j->scratch + worker * j->worker_bytes);
    sow__fpenv_leave(saved);
}

/* Cuts the rows so that every thread gets as many blocks as the others, or so many that it does not matter. */
static void cut(job *j, int64_t threads)
{
    enum { STEP = 12, MANY = 8 }; /* a multiple of every kernel's rows */
    const int64_t across = (j->n + BREADTH - 1) / BREADTH;
    int64_t down = (j->m + HEIGHT - 1) / HEIGHT;
    while (down * across % threads != 0 && down * across < MANY * threads && down < j->m / STEP)
        down++;
    j->height = ((j->m + down - 1) / down + STEP - 1) / STEP * STEP;
    j->blocks = (j->m + j->height - 1) / j->height * across;
}

static sow_status check_matrix(const char *name, sow_dtype dtype, int64_t rows, int64_t columns, const sow_matrix *x, char *why,
                               size_t size)
{
    if (rows == 0 || columns == 0)
        return SOW_OK;
    if (!x->data)
        return sow__fail(SOW_ERR_NULL, why, size, "%s.data is null, must point to %lld x %lld elements", name, (long long)rows,
                         (long long)columns);
    if ((uintptr_t)x->data % sow_dtype_size(dtype) != 0)
        return sow__fail(SOW_ERR_ALIGN, why, size, "%s.data is %p, must be a multiple of %d bytes for %s", name, x->data,
                         (int)sow_dtype_size(dtype), sow_dtype_name(dtype));
    return SOW_OK;
}

sow_status sow_check_matmul(const sow_context *ctx, sow_dtype dtype, int64_t m, int64_t n, int64_t k, sow_matrix a, sow_matrix b,
                            sow_matrix c, char *why, size_t size)
{
    const int64_t sizes[] = {m, n, k};
    if (dtype != SOW_F32 && dtype != SOW_F64)
        return sow__fail(SOW_ERR_DTYPE, why, size, "dtype is %d, must be f32 (%d) or f64 (%d)", (int)dtype, SOW_F32, SOW_F64);
    for (int i = 0; i < 3; i++)
        if (sizes[i] < 0)
            return sow__fail(SOW_ERR_SHAPE, why, size, "%c is %lld, must be 0 or more", "mnk"[i], (long long)sizes[i]);
    if (m > 0 && n > 0) {
        SOW_TRY(check_matrix("a", dtype, m, k, &a, why, size));
        SOW_TRY(check_matrix("b", dtype, k, n, &b, why, size));
        SOW_TRY(check_matrix("c", dtype, m, n, &c, why, size));
    }
    if (!sow__context_kernels(ctx))
        return sow__check_isa(NULL, why, size);
    return sow__pass(why, size);
}

sow_status sow_matmul(const sow_context *ctx, sow_dtype dtype, int64_t m, int64_t n, int64_t k, sow_matrix a, sow_matrix b, sow_matrix c)
{
    enum { SMALL = 1 << 21 }; /* some 20 µs */
    SOW_TRY(sow_check_matmul(ctx, dtype, m, n, k, a, b, c, NULL, 0));
    if (m == 0 || n == 0)
        return SOW_OK;
    if (c.row == 1 && c.column != 1) { /* the transposed product: its rows are contiguous, and fma does not mind */
        const sow_matrix a_t = {a.data, a.column, a.row}, b_t = {b.data, b.column, b.row}, c_t = {c.data, c.column, c.row};
        return sow_matmul(ctx, dtype, n, m, k, b_t, a_t, c_t);
    }
    const sow_kernels *kernels = sow__context_kernels(ctx);
    job j = {.kernels = &kernels->matrix[dtype], .bytes = sow_dtype_size(dtype), .m = m, .n = n, .k = k, .a = a, .b = b, .c = c};
    const bool small = (double)m * (double)n * (double)k < SMALL;
    const int64_t threads = small ? 1 : (int64_t)sow_context_threads(ctx);
    cut(&j, threads);
    const size_t workers = (size_t)smaller(threads, j.blocks);
    j.worker_bytes = (2 * TILE + (size_t)j.height * (PANEL + BREADTH)) * j.bytes;
    const sow_allocator allocator = sow__context_allocator(ctx);
    void *memory = sow__allocate(&allocator, workers * j.worker_bytes + 64);
    if (!memory)
        return SOW_ERR_MEMORY;
    j.scratch = (unsigned char *)memory + (64 - (uintptr_t)memory % 64);
    atomic_init(&j.next, 0);
    if (workers == 1)
        work(&j, 0);
    else
        sow__context_run(ctx, workers, work, &j);
    sow__release(&allocator, memory);
    return SOW_OK;
}
