/* SPDX-License-Identifier: MIT */
/**
 * @file tally.h
 * Inside a tally. The histogram, counts and extremes do not care about order. The moments of f32 and f64 do: elements are cut in blocks of
 * SOW_STATS_BLOCK by index, and blocks are joined in the binary tree over their numbers; where the right half is empty, the left one stands
 * for both. A tally keeps the largest subtrees that it has in full (`nodes`), the elements of blocks that are not yet full (`partial`), and
 * which elements it has seen (`ranges`). The moments of 16-bit types come out of the histogram, which has every value exactly.
 */
#ifndef SOW_SRC_TALLY_H
#define SOW_SRC_TALLY_H

#include "simd/kernels.h"
#include "sow/context.h"
#include "sow/stats.h"
#include "src/central.h"

/** What block number `first`, and 2^level - 1 behind it, have in common. */
typedef struct sow__node {
    uint64_t first;
    unsigned level;
    sow__central central;
} sow__node;

typedef struct sow__range {
    uint64_t begin, end;
} sow__range;

typedef struct sow__partial {
    uint64_t block;
    size_t have;   /* elements */
    void *element; /* SOW_STATS_BLOCK of them, those that are there in their places */
} sow__partial;

/** A growing list of the tally's allocator. */
typedef struct sow__list {
    void *item;
    size_t count, capacity;
} sow__list;

struct sow_tally {
    sow_allocator allocator;
    const sow_kernels *kernels;
    sow_dtype dtype;
    uint64_t zeros, nans, infs, at_min, at_max; /* f32 and f64 */
    double min, max;                            /* +inf and -inf: nothing seen */
    sow__list nodes, ranges, partials;          /* each in the order of the elements */
    uint64_t histogram[SOW_STATS_BUCKETS];
    uint64_t seen[SOW_STATS_BUCKETS / 64]; /* a bit for each bucket of `histogram` that is not 0 */
    uint32_t fresh[SOW_STATS_COUNTS];      /* counts that are not yet in `histogram` */
    uint64_t in_fresh;                     /* elements */
};

/** tally.c: room for `pieces` ranges of whole blocks, so that adding them allocates nothing. SOW_ERR_MEMORY. */
sow_status sow__tally_reserve(sow_tally *t, size_t pieces);

/** tally_count.c: whether n elements, behind those that are there, are so few that fresh counts are not worth their clearing. */
int sow__tally_few(const sow_tally *t, size_t n);
/** Counts n buckets in the histogram itself, if they are few, or afresh. */
void sow__tally_count(sow_tally *t, const uint16_t *bucket, size_t n);
/** Moves the fresh counts to the histogram. */
void sow__tally_fold(sow_tally *t);
/** What has been counted in a bucket, wherever it stands. */
uint64_t sow__tally_bucket(const sow_tally *t, uint32_t bucket);

/** tally_block.c: counts and moments of one block of n elements of f32 or f64, aligned; `space` has room for a block. */
sow__central sow__tally_block(sow_tally *t, const void *x, size_t n, void *space);

/** tally_half.c: everything about 16-bit types, out of the folded histogram. */
void sow__tally_half(const sow_tally *t, sow_stats *out);

#endif
