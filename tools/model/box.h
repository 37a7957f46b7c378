/* SPDX-License-Identifier: MIT */
/** @file box.h Boxes of a tensor, and ranges of its row-major elements as boxes. */
#ifndef SOW_TOOLS_BOX_H
#define SOW_TOOLS_BOX_H

#include <sow/tensor.h>
#include <stdbool.h>
#include <stdint.h>

struct box {
    int64_t start[SOW_MAX_RANK], size[SOW_MAX_RANK];
};

/**
 * The longest box that elements *first .. end-1 of a shape start with, in their order; *first moves behind it. A range is at most
 * 2 * rank - 1 of them. Needs *first < end.
 */
struct box box_next(int rank, const int64_t *shape, uint64_t *first, uint64_t end);

/** What two boxes share; false: nothing. */
bool box_meet(int rank, const struct box *a, const struct box *b, struct box *both);

uint64_t box_elements(int rank, const struct box *box);

/** Row-major index of an element. */
uint64_t box_index(int rank, const int64_t *shape, const int64_t *at);

#endif
