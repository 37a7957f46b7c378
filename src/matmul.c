/* SPDX-License-Identifier: MIT */
#include "src/matmul.h"

#include <stdatomic.h>
#include <string.h>

#include "src/alloc.h"
#include "src/context.h"
#include "src/fpenv.h"
#include "src/try.h"

enum { PANEL = SOW_PANEL, TILE = SOW_PANEL * SOW_PANEL };

/* Strips of C, PANEL columns wide and `height` rows high, are the pieces of work. */
typedef struct job {
    const sow_matrix_kernels *kernels;
    size_t bytes;
    int64_t m, n, k, height, strips;
    sow__matrix a, b, c;
    unsigned char *scratch;
    size_t worker_bytes;
    atomic_llong next;
} job;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static unsigned char *element(const job *j, const sow__matrix *x, int64_t row, int64_t column)
{
    return (unsigned char *)x->data + (row * x->row + column * x->column) * (int64_t)j->bytes;
}

/* Rows x columns of b at (row, column), zeros around them. */
static void copy_tile(const job *j, int64_t row, int64_t column, int64_t rows, int64_t columns, unsigned char *tile)
{
    memset(tile, 0, TILE * j->bytes);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < columns; c++)
            memcpy(tile + (size_t)(i * PANEL + c) * j->bytes, element(j, &j->b, row + i, column + c), j->bytes);
}

static void multiply_strip(const job *j, int64_t strip, unsigned char *memory)
{
    const int64_t across = (j->n + PANEL - 1) / PANEL, row = strip / across * j->height, column = strip % across * PANEL;
    const int64_t rows = smaller(j->height, j->m - row), columns = smaller(PANEL, j->n - column);
    unsigned char *tile = memory, *packed = tile + TILE * j->bytes, *sums = packed + TILE * j->bytes;
    memset(sums, 0, (size_t)rows * PANEL * j->bytes);
    for (int64_t p = 0; p < j->k; p += PANEL) {
        const int64_t terms = smaller(PANEL, j->k - p);
        copy_tile(j, p, column, terms, columns, tile);
        j->kernels->pack(tile, packed);
        j->kernels->product((size_t)rows, (size_t)terms, element(j, &j->a, row, p), j->a.row, j->a.column, packed, sums, PANEL, p > 0);
    }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < columns; c++)
            memcpy(element(j, &j->c, row + i, column + c), sums + (size_t)(i * PANEL + c) * j->bytes, j->bytes);
}

static void work(void *arg, size_t worker)
{
    job *j = arg;
    const sow__fpenv saved = sow__fpenv_enter();
    for (int64_t i; (i = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed)) < j->strips;)
        multiply_strip(j, i, j->scratch + worker * j->worker_bytes);
    sow__fpenv_leave(saved);
}

/* Rows of a strip: enough to forget the copying of B, few enough for a share of every thread. */
static int64_t height_for(int64_t m, int64_t threads)
{
    enum { STEP = 48, MOST = 480 };
    const int64_t share = (m / threads + STEP) / STEP * STEP;
    return smaller(share, MOST);
}

sow_status sow__matmul(const sow_context *ctx, sow_dtype dtype, int64_t m, int64_t n, int64_t k, sow__matrix a, sow__matrix b,
                       sow__matrix c)
{
    if (dtype != SOW_F32 && dtype != SOW_F64)
        return SOW_ERR_DTYPE;
    const sow_kernels *kernels = sow__context_kernels(ctx);
    if (!kernels)
        return SOW_ERR_ISA;
    if (m == 0 || n == 0)
        return SOW_OK;
    job j = {.kernels = &kernels->matrix[dtype], .bytes = sow_dtype_size(dtype), .m = m, .n = n, .k = k, .a = a, .b = b, .c = c};
    const int64_t threads = sow_context_threads(ctx);
    j.height = height_for(m, threads);
    j.strips = ((m + j.height - 1) / j.height) * ((n + PANEL - 1) / PANEL);
    const size_t workers = (size_t)smaller(threads, j.strips);
    j.worker_bytes = (2 * TILE + (size_t)j.height * PANEL) * j.bytes;
    const sow_allocator allocator = sow__context_allocator(ctx);
    void *memory = sow__allocate(&allocator, workers * j.worker_bytes + 64);
    if (!memory)
        return SOW_ERR_MEMORY;
    j.scratch = (unsigned char *)memory + (64 - (uintptr_t)memory % 64);
    atomic_init(&j.next, 0);
    sow__context_run(ctx, workers, work, &j);
    sow__release(&allocator, memory);
    return SOW_OK;
}
