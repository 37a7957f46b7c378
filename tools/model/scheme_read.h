/* SPDX-License-Identifier: MIT */
/**
 * @file scheme_read.h
 * A scheme out of JSON: its name, its arguments, and what does not fit into numbers, schemes within it above all. The text form of the
 * command line (scheme_text.h) becomes the same JSON first, so there is one reader. Faults leave with their place.
 */
#ifndef SOW_TOOLS_SCHEME_READ_H
#define SOW_TOOLS_SCHEME_READ_H

#include <sow/scheme.h>

#include "base/arena.h"
#include "base/json.h"

struct values_store;

struct scheme_reader {
    const char *file;            /**< in messages */
    struct arena *arena;         /**< for the parts of the scheme, which live as long */
    struct values_store *values; /**< for the arrays of templates (values.h); NULL: none are possible */
};

/**
 * `node` is an object with "scheme" and the scheme's arguments, or a string, the name alone. Other keys of the object are refused, but for
 * the `own_count` ones of the caller's own.
 */
sow_scheme scheme_read(const struct scheme_reader *reader, const struct json *node, const char *const *own, size_t own_count);

/** The scheme that a string names; leaves with a suggestion if there is none. */
sow_scheme scheme_read_name(const char *file, const struct json *name);

/** Whether the scheme needs that part, "list", "inner" or "values" (sow_scheme_info.parts). */
int scheme_needs(const sow_scheme *scheme, const char *part);

/** Whether the scheme, or one within it, has that argument. */
int scheme_takes(const sow_scheme *scheme, const char *argument);

#endif
