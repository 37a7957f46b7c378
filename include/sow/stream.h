/* SPDX-License-Identifier: MIT */
/**
 * @file stream.h
 * A stream is 128 bits that name an endless sequence of random words. It has no state: any element of it can be computed at any time,
 * anywhere, by anyone who knows the 128 bits. Streams are derived like paths:
 *
 *     sow_stream model = sow_stream_seed(42);
 *     sow_stream w     = sow_stream_named(model, "h.0.attn.c_attn.weight", 22);
 *     sow_stream row7  = sow_stream_indexed(w, 7);
 *
 * Adding or reordering children never changes another child. All functions are pure and safe from any thread.
 */
#ifndef SOW_STREAM_H
#define SOW_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "sow/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The version of the contract that fixes every element's bits (docs/bits.md). `sow info` and every file that sow writes name it. */
#define SOW_STREAM_VERSION 1

typedef struct sow_stream {
    uint64_t key; /**< Philox key: {lo32, hi32}. */
    uint64_t id;  /**< Upper half of the Philox counter: {lo32, hi32}. */
} sow_stream;

/** The stream of a seed: key = seed, id = 0. Every 64-bit seed is a different stream. */
SOW_API sow_stream sow_stream_seed(uint64_t seed);

/**
 * The child of `parent` with that name: SipHash-2-4-128 of 0x02 ‖ name, keyed by the parent (Aumasson & Bernstein 2012).
 * `name` is `length` bytes, by convention UTF-8; it may hold zeros and may be empty (then NULL is fine).
 */
SOW_API sow_stream sow_stream_named(sow_stream parent, const char *name, size_t length);

/** The child of `parent` with that index: SipHash-2-4-128 of 0x01 ‖ index as 8 bytes, little endian, keyed by the parent. */
SOW_API sow_stream sow_stream_indexed(sow_stream parent, uint64_t index);

/**
 * Block `block` of the stream, words 4·block … 4·block+3: Philox4x32-10 (Salmon et al., SC11) of counter {block, id} and `key`.
 * For checks and for foreign kernels; sow_fill() with sow_dist_bits() is the fast way.
 */
SOW_API void sow_stream_block(sow_stream stream, uint64_t block, uint32_t words[4]);

#ifdef __cplusplus
}
#endif
#endif
