/* SPDX-License-Identifier: MIT */
/** @file variant.h A rule's scheme for one tensor: with the tensor's own layout, groups and fan, also in the schemes within it. */
#ifndef SOW_TOOLS_VARIANT_H
#define SOW_TOOLS_VARIANT_H

#include <sow/scheme.h>
#include <stdbool.h>

#include "base/arena.h"

/** What a tensor says about itself; NaN: nothing. */
struct own {
    double layout, groups, fan_in, fan_out;
    double number; /**< in its name, for arguments that are "*": given, and NaN */
};

/** The values that the scheme takes are set; the schemes within it stay as they are. */
void own_set(const struct own *own, sow_scheme *scheme);

struct captures;
struct values_store;

/** What a copy is made with: room, what the tensor says, the arrays of templates and what their names' stars stand for. */
struct binding {
    struct arena *arena;
    const struct own *own;
    struct values_store *values;
    const struct captures *captures;
};

/** A copy in which all schemes, at every depth, have them. */
sow_scheme variant_make(const struct binding *binding, const sow_scheme *scheme);

/** The argument of the scheme, or of the first one within it that has it, as a finite number; else, or for NULL, `otherwise`. */
double variant_argument(const sow_scheme *scheme, const char *name, double otherwise);

/** Whether an argument of the scheme, or of one within it, is "*". */
bool variant_is_numbered(const sow_scheme *scheme);

/** Whether one number fills a tensor of that shape. */
bool variant_is_constant(const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype);

#endif
