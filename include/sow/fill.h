/* SPDX-License-Identifier: MIT */
/**
 * @file fill.h
 * Any range of a stream into memory: the one door to every kernel.
 *
 *     float w[768];
 *     sow_stream s = sow_stream_named(sow_stream_seed(42), "wte", 3);
 *     sow_fill(NULL, s, sow_dist_normal(0, 0.02), SOW_F32, 0, w, 768);
 */
#ifndef SOW_FILL_H
#define SOW_FILL_H

#include <stddef.h>
#include <stdint.h>

#include "sow/context.h"
#include "sow/dist.h"
#include "sow/dtype.h"
#include "sow/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Fills dst[0 .. n) with elements first .. first+n-1 of `stream` under `dist`.
 *
 * Bits     a function of (stream, index, dist, dtype) alone. Calls may overlap, repeat, run on any thread or machine; the caller's
 *          rounding mode and flush-to-zero flags change nothing and are left as they were.
 * ctx      threads and kernels; NULL: the calling thread, the best kernels.
 * first    index in elements; first + n must not exceed 2^64.
 * dst      n elements of `dtype`, aligned to the element, not otherwise. NULL is fine for n = 0.
 * n        0 is a no-op, whose arguments are checked all the same.
 * Returns  SOW_OK; SOW_ERR_DTYPE, SOW_ERR_DIST, SOW_ERR_NULL, SOW_ERR_ALIGN, SOW_ERR_RANGE, SOW_ERR_ISA. On error dst is untouched;
 *          sow_check_fill() says why, in words.
 * Threads  safe with a shared ctx. A fill below 256 KiB stays on the calling thread: it neither locks, wakes nor allocates.
 * Cost     docs/performance.md. On memory never touched before, the page faults dominate: each thread touches first what it fills;
 *          madvise(MADV_HUGEPAGE) on the buffer makes it several times faster.
 */
SOW_API sow_status sow_fill(const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype, uint64_t first, void *dst, size_t n);

/**
 * Part `ith` of `nth` of the same fill, on the calling thread, for hosts with their own threads (0 <= ith < nth). The nth calls with the
 * same other arguments write disjoint pieces that make up the whole; dst and n describe the whole. ctx gives the kernels only.
 * Also SOW_ERR_PART.
 */
SOW_API sow_status sow_fill_part(const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype, uint64_t first, void *dst,
                                 size_t n, size_t ith, size_t nth);

/** The checks of sow_fill() alone. On error up to `size` bytes at `why` get a sentence with argument, value and limit. Pure. */
SOW_API sow_status sow_check_fill(const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype, uint64_t first,
                                  const void *dst, size_t n, char *why, size_t size);

#ifdef __cplusplus
}
#endif
#endif
