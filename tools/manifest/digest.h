/* SPDX-License-Identifier: MIT */
/**
 * @file digest.h
 * XXH3 with 128 bits, by libxxhash: the digest that xxh128sum prints. Fast enough to be made of every byte that goes by; it tells
 * accidents, not enemies, from the original.
 */
#ifndef SOW_TOOLS_DIGEST_H
#define SOW_TOOLS_DIGEST_H

#include <stddef.h>

#define DIGEST_NAME "xxh128"
enum { DIGEST_CHARS = 32 };

/** 32 lower-case hexadecimal digits and a zero. */
struct digest {
    char text[DIGEST_CHARS + 1];
};

/** Leaves if sow was built without libxxhash; `option` asked for it. */
void digest_needed(const char *option);

/** NULL: no memory. Freed by digest_end(). */
struct digester *digest_begin(void);
void digest_add(struct digester *digester, const void *data, size_t length);
struct digest digest_end(struct digester *digester);

/** "0.8.1", or NULL without libxxhash. */
const char *digest_library(void);

#endif
