/* SPDX-License-Identifier: MIT */
/**
 * @file siphash.h
 * SipHash-2-4 with 128 bits of output (Aumasson & Bernstein, INDOCRYPT 2012; the 128-bit variant is the authors' own). A message comes in
 * pieces, so that a tag byte can precede a name without a copy.
 */
#ifndef SOW_SRC_SIPHASH_H
#define SOW_SRC_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct sow__siphash {
    uint64_t v[4];
    uint64_t word;   /* the bytes since the last whole word, first byte lowest */
    uint64_t length; /* of the message so far */
} sow__siphash;

void sow__siphash_start(sow__siphash *hash, uint64_t key0, uint64_t key1);
void sow__siphash_add(sow__siphash *hash, const void *bytes, size_t count);
/** The 16 output bytes as two little-endian words. */
void sow__siphash_finish(sow__siphash *hash, uint64_t out[2]);

#endif
