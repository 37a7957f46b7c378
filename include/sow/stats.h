/* SPDX-License-Identifier: MIT */
/**
 * @file stats.h
 * What the elements of a tensor look like: counts, moments, extremes and a histogram, in one pass.
 *
 *     sow_stats s;
 *     static uint64_t buckets[SOW_STATS_BUCKETS];
 *     if (sow_stats_of(ctx, SOW_BF16, data, n, &s, buckets) == SOW_OK)
 *         printf("mean %g, std %g\n", s.mean, sqrt(s.variance));
 *
 * Every result is a function of the element type and of the elements in their order: the same bits for every thread count, instruction set
 * and cut into ranges. docs/stats.md has the definitions and the order of the sums.
 */
#ifndef SOW_STATS_H
#define SOW_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "sow/context.h"
#include "sow/dtype.h"
#include "sow/export.h"
#include "sow/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Moments and extremes are of the finite elements. */
typedef struct sow_stats {
    uint64_t count;          /**< elements */
    uint64_t zeros;          /**< +0 and -0 */
    uint64_t nans, infs;     /**< infs of either sign */
    double mean;             /**< NaN if no element is finite */
    double variance;         /**< of the population: the mean square of x - mean; 0 for equal elements; NaN if no element is finite */
    double skewness;         /**< mean of ((x - mean) / std)^3; NaN where the variance is 0 */
    double kurtosis;         /**< mean of ((x - mean) / std)^4, 3 for a normal law; NaN where the variance is 0 */
    double min, max;         /**< never -0; NaN if no element is finite */
    uint64_t at_min, at_max; /**< elements equal to them: atoms at a bound */
} sow_stats;

/**
 * Buckets of the histogram, by the 16 bits that a value has as a bf16 rounded towards zero: sign, exponent, seven bits of fraction. For
 * bf16 that is the element itself; an f16's bucket is its own 16 bits. So in buckets of 16-bit types all elements are equal. An f64 too
 * large for f32 is in the last finite bucket of its sign, one below 2^-126 in that of zero. NaN and infinities have buckets, too.
 */
#define SOW_STATS_BUCKETS 65536

/**
 * Statistics of the n elements at `data`.
 *
 * data       elements of `dtype`, of any alignment. NULL is fine for n = 0, of which all counts are 0 and the rest is NaN.
 * histogram  SOW_STATS_BUCKETS counts, or NULL.
 * Returns    SOW_OK; SOW_ERR_DTYPE, SOW_ERR_NULL (out, or data while n > 0), SOW_ERR_RANGE (n elements do not fit in memory), SOW_ERR_ISA,
 *            SOW_ERR_MEMORY. On error nothing is written.
 * Threads    those of ctx, for 1 MiB and more. Each takes 1 MiB of scratch memory from the context's allocator.
 */
SOW_API sow_status sow_stats_of(const sow_context *ctx, sow_dtype dtype, const void *data, size_t n, sow_stats *out, uint64_t *histogram);

/**
 * The same in pieces, for what is not in memory as a whole or is cut among threads: tallies take ranges of one tensor, in any order, and
 * are merged, in any order. What comes out has the bits of sow_stats_of() over the whole.
 *
 *     sow_tally_create(ctx, SOW_F32, &t);
 *     while ((n = read_some(buffer)))
 *         sow_tally_add(t, first, buffer, n), first += n;
 *     sow_tally_finish(t, &stats, NULL);
 *
 * A tally is 1 MiB. It may be used by one thread at a time, any one.
 */
typedef struct sow_tally sow_tally;

/** Ranges that begin and end at multiples of it cost least: what is left of a block waits in the tally for its other elements. */
#define SOW_STATS_BLOCK 4096

/** An empty tally in *out, NULL on error: SOW_ERR_NULL, SOW_ERR_DTYPE, SOW_ERR_ISA, SOW_ERR_MEMORY. ctx gives kernels and memory. */
SOW_API sow_status sow_tally_create(const sow_context *ctx, sow_dtype dtype, sow_tally **out);

/** NULL is fine. */
SOW_API void sow_tally_destroy(sow_tally *tally);

/** Empty again, for another tensor of that type; an unknown type leaves the old one. NULL is fine. */
SOW_API void sow_tally_reset(sow_tally *tally, sow_dtype dtype);

/**
 * Adds elements first .. first+n-1 of the tensor, at `data`, on the calling thread. Errors: SOW_ERR_NULL, SOW_ERR_RANGE (some of these were
 * there already, or first + n passes 2^63), SOW_ERR_MEMORY. Then nothing has been added.
 */
SOW_API sow_status sow_tally_add(sow_tally *tally, uint64_t first, const void *data, size_t n);

/**
 * Moves all that `from` has into `tally` and leaves `from` empty. Errors: SOW_ERR_NULL, SOW_ERR_DTYPE (they differ in type), SOW_ERR_RANGE
 * (an element is in both), SOW_ERR_MEMORY. Then neither has changed.
 */
SOW_API sow_status sow_tally_merge(sow_tally *tally, sow_tally *from);

/**
 * The statistics of all that has been added, elements 0 .. n-1 without a gap; then the tally is empty. histogram: SOW_STATS_BUCKETS counts,
 * or NULL. Errors: SOW_ERR_NULL, SOW_ERR_RANGE (an element is missing before the last). Then nothing has changed.
 */
SOW_API sow_status sow_tally_finish(sow_tally *tally, sow_stats *out, uint64_t *histogram);

/**
 * Which values are in a bucket: all of type `dtype` from *low to *high, both included; NaN if there are none, or none that are finite. -0
 * is told from +0. Errors: SOW_ERR_DTYPE, SOW_ERR_RANGE (bucket >= SOW_STATS_BUCKETS), SOW_ERR_NULL.
 */
SOW_API sow_status sow_stats_bucket(sow_dtype dtype, uint32_t bucket, double *low, double *high);

/**
 * A histogram of equal bins: counts[i] gets what `histogram` has between low + i·w and low + (i+1)·w, w = (high - low)/bins. A bucket is
 * spread evenly over those of its values that are in [low, high] (for 16-bit types from half-way to the value below to half-way to the one
 * above), so counts are not whole; with low = min and high = max they add up to the finite elements. Errors: SOW_ERR_DTYPE, SOW_ERR_NULL,
 * SOW_ERR_RANGE (low < high, high - low and w finite and not 0, and bins > 0 are asked for).
 */
SOW_API sow_status sow_stats_bins(sow_dtype dtype, const uint64_t *histogram, double low, double high, size_t bins, double *counts);

#ifdef __cplusplus
}
#endif
#endif
