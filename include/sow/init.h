/* SPDX-License-Identifier: MIT */
/**
 * @file init.h
 * A scheme over a tensor: checks everything, then writes. The scheme sees the global shape, the elements keep their global indices, so a
 * shard, a strided view or a piece of a fill has the bits of that slice of the whole.
 */
#ifndef SOW_INIT_H
#define SOW_INIT_H

#include <stddef.h>
#include <stdint.h>

#include "sow/context.h"
#include "sow/scheme.h"
#include "sow/stream.h"
#include "sow/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Initialises `tensor` by `scheme` with the numbers of `stream`.
 * Errors  those of sow_check_tensor(), sow_check_scheme() and sow_fill(); then nothing is written. sow_check_init() says why, in words.
 *         SOW_ERR_MEMORY: `orthogonal` had no scratch memory; within `blocks`, `stack` and the like, and around the tap of
 *         `delta_orthogonal`, other elements may have been written by then.
 * Threads safe with a shared ctx.
 */
SOW_API sow_status sow_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor);

/** Part `ith` of `nth` of the same, on the calling thread; see sow_fill_part(). */
SOW_API sow_status sow_init_part(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, size_t ith,
                                 size_t nth);

/**
 * Elements first .. first+n-1, counted row-major, of a tensor of that shape, to dst[0 .. n): what a writer of files needs, who holds a
 * piece of a tensor at a time. Bits are those of sow_init(). A range costs its share of the whole; with `sparse` each call costs the
 * columns it touches, with `orthogonal` what the boxes of the range cost: call these two with large ranges. Errors  as sow_init();
 * SOW_ERR_RANGE if first + n passes the number of elements; SOW_ERR_NULL and SOW_ERR_ALIGN for dst.
 */
SOW_API sow_status sow_init_range(const sow_context *ctx, sow_scheme scheme, sow_stream stream, sow_dtype dtype, int rank,
                                  const int64_t *shape, uint64_t first, void *dst, size_t n);

/** The checks of sow_init_range() alone; on error a sentence at `why` (NULL: none). Pure. */
SOW_API sow_status sow_check_init_range(const sow_context *ctx, sow_scheme scheme, sow_stream stream, sow_dtype dtype, int rank,
                                        const int64_t *shape, uint64_t first, const void *dst, size_t n, char *why, size_t size);

/** The checks of sow_init() alone; on error a sentence at `why` (NULL: none). Pure. */
SOW_API sow_status sow_check_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, char *why,
                                  size_t size);

#ifdef __cplusplus
}
#endif
#endif
