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
 * Errors  those of sow_check_tensor(), sow_scheme_dist() and sow_fill(); then nothing is written. sow_check_init() says why, in words.
 * Threads safe with a shared ctx.
 */
SOW_API sow_status sow_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor);

/** Part `ith` of `nth` of the same, on the calling thread; see sow_fill_part(). */
SOW_API sow_status sow_init_part(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, size_t ith,
                                 size_t nth);

/** The checks of sow_init() alone; on error a sentence at `why` (NULL: none). Pure. */
SOW_API sow_status sow_check_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, char *why,
                                  size_t size);

#ifdef __cplusplus
}
#endif
#endif
