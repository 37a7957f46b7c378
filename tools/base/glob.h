/* SPDX-License-Identifier: MIT */
/**
 * @file glob.h
 * Globs over whole names: * any bytes (dots too), ? one character, [abc], [a-z], [!a-z] one character, anything else itself; [*] is a star.
 */
#ifndef SOW_TOOLS_GLOB_H
#define SOW_TOOLS_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sink.h"

enum { GLOB_MAX_WILDCARDS = 16 };

/** What each wildcard of a glob stood for, in order. */
struct captures {
    size_t count;
    struct {
        const char *text;
        size_t length;
    } part[GLOB_MAX_WILDCARDS];
};

/** NULL, or what is wrong with the glob, in words. */
const char *glob_check(const char *glob);

/** Bytes of `text` before its first "=" outside of a set, or all of them. */
size_t glob_end(const char *text);

/** `captures` may be NULL. A checked glob only. Each star takes as little as it can, from left to right. */
bool glob_match(const char *glob, const char *name, size_t length, struct captures *captures);

/** `text` with its stars replaced by the captures in order; false if it has more stars than there are. Emptied first. */
bool glob_replace(struct sink *sink, const char *text, const struct captures *captures);

#endif
