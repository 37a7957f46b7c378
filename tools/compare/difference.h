/* SPDX-License-Identifier: MIT */
/** @file difference.h Two checkpoints, tensor by tensor. */
#ifndef SOW_TOOLS_DIFFERENCE_H
#define SOW_TOOLS_DIFFERENCE_H

#include "base/host.h"
#include "compare/distance.h"
#include "compare/finding.h"
#include "files/checkpoint.h"

/** MISSING: only in A; EXTRA: only in B; OTHER_DTYPE: compared by value, `differing` may be 0. */
struct difference {
    const struct tensor *a, *b;
    enum verdict verdict;
    uint64_t differing; /**< elements: of other bits, or of other values where the types differ */
    uint64_t first;     /**< the first of these; only if there are any */
    uint64_t first_a, first_b;
    bool measured; /**< what follows is known: the types are numbers */
    struct distance distance;
    uint64_t largest_at; /**< the first element at the largest distance, if that is above 0 */
};

struct differences {
    struct difference *difference; /**< A's tensors in the order of their bytes, then B's own */
    size_t count, capacity;
    uint64_t bytes; /**< of both sides, that were compared */
};

/** The caller frees `difference`. */
struct differences differences_of(const struct checkpoint *a, const struct checkpoint *b, const struct host *host, bool show);

#endif
