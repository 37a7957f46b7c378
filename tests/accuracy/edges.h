/* SPDX-License-Identifier: MIT */
/** @file edges.h Words at which something changes: both ends, borders of octants, powers of two and their complements, each with its
 * neighbours. */
#ifndef SOW_TESTS_ACCURACY_EDGES_H
#define SOW_TESTS_ACCURACY_EDGES_H

#include <stddef.h>
#include <stdint.h>

enum { EDGES_MAX = 1024 };

/** Words of `bits` bits, held in the upper bits where `bits` is 53; a multiple of 64 of them (the last ones repeat). */
static inline size_t edges_make(int bits, uint64_t *words)
{
    const uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    size_t n = 0;
    for (int k = 0; k < bits; k++) {
        const uint64_t p = UINT64_C(1) << k;
        for (uint64_t d = 0; d < 3; d++) {
            words[n++] = (p + d - 1) & all;
            words[n++] = ~(p + d - 1) & all;
        }
    }
    for (uint64_t k = 0; k < 8; k++) {
        const uint64_t border = k << (bits - 3);
        for (uint64_t d = 0; d < 9; d++)
            words[n++] = (border + d - 4) & all;
        words[n++] = (border + (UINT64_C(1) << (bits - 4))) & all; /* the middle of an octant */
        words[n++] = (border + (all >> 7)) & all;
    }
    while (n % 64)
        words[n++] = all;
    return n;
}

#endif
