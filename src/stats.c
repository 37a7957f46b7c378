/* SPDX-License-Identifier: MIT */
#include "sow/stats.h"

#include <stdatomic.h>

#include "src/alloc.h"
#include "src/context.h"
#include "src/tally.h"
#include "src/try.h"

#define PARALLEL_BYTES ((size_t)1 << 20)
enum { PIECES_PER_THREAD = 16, PIECE_BLOCKS_MIN = 16 };

/* Pieces of whole blocks, which the threads take in turn, each for a tally of its own. A host's allocator is called by the caller alone. */
typedef struct job {
    const unsigned char *data;
    size_t n, size, piece; /* elements in whole blocks, bytes of one, elements of a piece */
    sow_tally **tally;
    atomic_size_t next;
} job;

static void work(void *arg, size_t worker)
{
    job *const j = arg;
    for (size_t first; (first = atomic_fetch_add_explicit(&j->next, j->piece, memory_order_relaxed)) < j->n;) {
        const size_t left = j->n - first;
        (void)sow_tally_add(j->tally[worker], first, j->data + first * j->size, left < j->piece ? left : j->piece);
    }
}

static sow_status run(const sow_context *ctx, job *j, size_t workers, size_t rest, sow_stats *out, uint64_t *histogram)
{
    const size_t pieces = j->n / j->piece + 1;
    for (size_t i = 0; i < workers; i++)
        SOW_TRY(sow__tally_reserve(j->tally[i], pieces));
    sow__context_run(workers > 1 ? ctx : NULL, workers, work, j);
    for (size_t i = 1; i < workers; i++)
        SOW_TRY(sow_tally_merge(j->tally[0], j->tally[i]));
    SOW_TRY(sow_tally_add(j->tally[0], j->n, j->data + j->n * j->size, rest));
    return sow_tally_finish(j->tally[0], out, histogram);
}

/* A power of two of blocks, so that pieces are whole subtrees. */
static size_t piece_of(size_t n, size_t workers)
{
    size_t piece = (size_t)PIECE_BLOCKS_MIN * SOW_STATS_BLOCK;
    while (piece < n / (workers * PIECES_PER_THREAD))
        piece *= 2;
    return piece;
}

sow_status sow_stats_of(const sow_context *ctx, sow_dtype dtype, const void *data, size_t n, sow_stats *out, uint64_t *histogram)
{
    const size_t size = sow_dtype_size(dtype);
    if (size == 0)
        return SOW_ERR_DTYPE;
    if (!out || (n && !data))
        return SOW_ERR_NULL;
    if (n > (SIZE_MAX - (uintptr_t)data) / size)
        return SOW_ERR_RANGE;
    const size_t threads = n * size < PARALLEL_BYTES ? 1 : sow_context_threads(ctx);
    const size_t rest = n % SOW_STATS_BLOCK;
    job j = {.data = data, .n = n - rest, .size = size, .piece = piece_of(n, threads)};
    const size_t pieces = n / j.piece + (n % j.piece != 0), workers = pieces < threads ? (pieces ? pieces : 1) : threads;
    const sow_allocator allocator = sow__context_allocator(ctx);
    j.tally = sow__allocate(&allocator, workers * sizeof(sow_tally *));
    if (!j.tally)
        return SOW_ERR_MEMORY;
    atomic_init(&j.next, 0);
    sow_status status = SOW_OK;
    size_t made = 0;
    while (made < workers && (status = sow_tally_create(ctx, dtype, &j.tally[made])) == SOW_OK)
        made++;
    if (status == SOW_OK)
        status = run(ctx, &j, workers, rest, out, histogram);
    while (made)
        sow_tally_destroy(j.tally[--made]);
    sow__release(&allocator, j.tally);
    return status;
}
