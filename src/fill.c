/* SPDX-License-Identifier: MIT */
#include "sow/fill.h"

#include <inttypes.h>
#include <string.h>

#include "src/context.h"
#include "src/dispatch.h"
#include "src/dist.h"
#include "src/explain.h"
#include "src/fill.h"
#include "src/fpenv.h"

/* Below this waking a thread costs more than it brings: some 20 us, in which the fastest kernels fill as much (docs/performance.md). */
#define PARALLEL_BYTES ((size_t)256 << 10)
/* Chunks: large enough to forget the counter, small enough that every thread gets some and that the last one is not waited for long. */
#define CHUNK_BYTES_MIN ((size_t)64 << 10)
#define CHUNK_BYTES_MAX ((size_t)2 << 20)
enum { CHUNKS_PER_THREAD = 8 };
/* Heads, tails and short ragged ranges pass through a buffer of so many groups, 8 KiB of f64. */
enum { STACK_GROUPS = 16 };

/* One fill, checked, with all that its chunks share. Positions within it count from 0, as first + n may be 2^64. */
typedef struct fill {
    sow__source source;
    uint64_t first;
    unsigned char *dst;
    size_t n;
    size_t groups; /* that the fill touches */
    size_t groups_in_chunk;
} fill;

static sow_status check_memory(sow_dtype dtype, const void *dst, size_t n, char *why, size_t size)
{
    const size_t bytes = sow_dtype_size(dtype);
    if (n && !dst)
        return sow__fail(SOW_ERR_NULL, why, size, "dst is null; n is %zu", n);
    if ((uintptr_t)dst % bytes)
        return sow__fail(SOW_ERR_ALIGN, why, size, "dst is %p, which is not a multiple of the %zu bytes of %s", (void *)(uintptr_t)dst,
                         bytes, sow_dtype_name(dtype));
    if (n > (SIZE_MAX - (uintptr_t)dst) / bytes)
        return sow__fail(SOW_ERR_RANGE, why, size, "n is %zu: that many elements of %s do not fit in memory behind dst", n,
                         sow_dtype_name(dtype));
    return SOW_OK;
}

/* All but the distribution, which is checked first. */
static sow_status check_rest(const sow_context *ctx, sow_dtype dtype, uint64_t first, const void *dst, size_t n, char *why, size_t size)
{
    if (n && first > UINT64_MAX - (n - 1))
        return sow__fail(SOW_ERR_RANGE, why, size, "first is %" PRIu64 " and n is %zu; first + n must not exceed 2^64", first, n);
    const sow_status status = check_memory(dtype, dst, n, why, size);
    if (status != SOW_OK)
        return status;
    if (!sow__context_kernels(ctx))
        return sow__check_isa(NULL, why, size);
    return SOW_OK;
}

sow_status sow_check_fill(const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype, uint64_t first, const void *dst,
                          size_t n, char *why, size_t size)
{
    (void)stream; /* all 2^128 are fine */
    sow_status status = sow_check_dist(dist, dtype, why, size);
    if (status == SOW_OK)
        status = check_rest(ctx, dtype, first, dst, n, why, size);
    return status == SOW_OK ? sow__pass(why, size) : status;
}

/* At most STACK_GROUPS groups: whole ones go to the stack, what is wanted of them to dst. */
static void draw_by_copy(const sow__source *s, uint64_t first, unsigned char *dst, size_t n)
{
    _Alignas(64) unsigned char copy[STACK_GROUPS * SOW_GROUP * sizeof(uint64_t)];
    const size_t into = (size_t)(first % SOW_GROUP), groups = (into + n + SOW_GROUP - 1) / SOW_GROUP;
    s->kernel(s->stream.key, s->stream.id, first / SOW_GROUP * s->blocks_in_group, &s->params, copy, groups);
    memcpy(dst, copy + into * s->size, n * s->size);
}

void sow__source_draw(const sow__source *s, uint64_t first, void *dst, size_t n)
{
    unsigned char *p = dst;
    const size_t into = (size_t)(first % SOW_GROUP), tail = (into + n) % SOW_GROUP;
    /* A short range with ragged ends: one kernel call and a copy cost less than three calls. */
    if ((into || tail) && into + n <= STACK_GROUPS * SOW_GROUP) {
        draw_by_copy(s, first, p, n);
        return;
    }
    if (into) {
        const size_t head = SOW_GROUP - into;
        draw_by_copy(s, first, p, head);
        first += head;
        p += head * s->size;
        n -= head;
    }
    const size_t whole = n - tail;
    if (whole)
        s->kernel(s->stream.key, s->stream.id, first / SOW_GROUP * s->blocks_in_group, &s->params, p, whole / SOW_GROUP);
    if (tail)
        draw_by_copy(s, first + whole, p + whole * s->size, tail);
}

/* Groups [begin, end) of those that the fill touches; the first and the last may be touched in part. */
static void fill_groups(const fill *f, size_t begin, size_t end)
{
    const size_t into = (size_t)(f->first % SOW_GROUP);
    const size_t from = begin ? begin * SOW_GROUP - into : 0;
    const size_t to = end < f->groups ? end * SOW_GROUP - into : f->n;
    const sow__fpenv saved = sow__fpenv_enter();
    sow__source_draw(&f->source, f->first + from, f->dst + from * f->source.size, to - from);
    sow__fpenv_leave(saved);
}

static void fill_chunk(void *arg, size_t i)
{
    const fill *f = arg;
    const size_t begin = i * f->groups_in_chunk, left = f->groups - begin;
    fill_groups(f, begin, begin + (left < f->groups_in_chunk ? left : f->groups_in_chunk));
}

void sow__source_make(sow__source *s, const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype)
{
    s->stream = stream;
    s->size = sow_dtype_size(dtype);
    s->blocks_in_group = dtype == SOW_F64 ? SOW_GROUP / 2 : SOW_GROUP / 4;
    const sow__fpenv saved = sow__fpenv_enter();
    s->kernel = sow__context_kernels(ctx)->fill[sow__dist_prepare(dist, dtype, &s->params)][dtype];
    sow__fpenv_leave(saved);
}

/* Checks everything, then prepares. */
static sow_status start(fill *f, const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype, uint64_t first, void *dst,
                        size_t n)
{
    const sow_status status = sow_check_fill(ctx, stream, dist, dtype, first, dst, n, NULL, 0);
    if (status != SOW_OK)
        return status;
    f->first = first;
    f->dst = dst;
    f->n = n;
    /* Without overflow: n is at most half of SIZE_MAX. */
    f->groups = n ? (size_t)(first % SOW_GROUP + n + SOW_GROUP - 1) / SOW_GROUP : 0;
    sow__source_make(&f->source, ctx, stream, dist, dtype);
    return SOW_OK;
}

static size_t chunk_groups(const sow_context *ctx, const fill *f)
{
    const size_t pieces = ctx->parallel_for ? ctx->threads : (size_t)ctx->threads * CHUNKS_PER_THREAD;
    const size_t group_bytes = SOW_GROUP * f->source.size, least = CHUNK_BYTES_MIN / group_bytes, most = CHUNK_BYTES_MAX / group_bytes;
    const size_t even = f->groups / pieces + (f->groups % pieces != 0);
    if (even < least)
        return least;
    return even > most && !ctx->parallel_for ? most : even;
}

sow_status sow_fill(const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype, uint64_t first, void *dst, size_t n)
{
    fill f;
    const sow_status status = start(&f, ctx, stream, dist, dtype, first, dst, n);
    if (status != SOW_OK || n == 0)
        return status;
    if (!ctx || ctx->threads == 1 || n * f.source.size < PARALLEL_BYTES) {
        fill_groups(&f, 0, f.groups);
        return SOW_OK;
    }
    f.groups_in_chunk = chunk_groups(ctx, &f);
    sow__context_run(ctx, f.groups / f.groups_in_chunk + (f.groups % f.groups_in_chunk != 0), fill_chunk, &f);
    return SOW_OK;
}

/* Where piece i of nth starts, in groups: pieces differ by one group at most. */
static size_t piece_start(size_t groups, size_t i, size_t nth)
{
    const size_t rest = groups % nth;
    return groups / nth * i + (i < rest ? i : rest);
}

sow_status sow_fill_part(const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype, uint64_t first, void *dst, size_t n,
                         size_t ith, size_t nth)
{
    fill f;
    if (ith >= nth)
        return SOW_ERR_PART;
    const sow_status status = start(&f, ctx, stream, dist, dtype, first, dst, n);
    if (status != SOW_OK)
        return status;
    const size_t begin = piece_start(f.groups, ith, nth), end = piece_start(f.groups, ith + 1, nth);
    if (begin < end)
        fill_groups(&f, begin, end);
    return SOW_OK;
}
