/* SPDX-License-Identifier: MIT */
/** @file slices.h Python's slices: "0:10, -5:, :" for a box of a tensor. */
#ifndef SOW_TOOLS_SLICES_H
#define SOW_TOOLS_SLICES_H

#include <stddef.h>

#include "base/sink.h"
#include "model/box.h"

/** Where the slices start in GLOB[slices], behind the bracket; 0 if there are none. A set of a glob has no colon with numbers alone. */
size_t slices_find(const char *text);

/**
 * The box of a shape: start:stop for each axis, either may be missing or count from the end, axes at the end may be missing. NULL, or what
 * is wrong in words, valid until the next call. `end` of the slices is their closing bracket.
 */
const char *slices_box(const char *slices, int rank, const int64_t *shape, struct box *box);

/** "[50257:50304,0:768]" */
void slices_write(struct sink *sink, int rank, const struct box *box);

#endif
