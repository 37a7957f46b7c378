/* SPDX-License-Identifier: MIT */
/** @file utf8.h What yajl 2 lets through: overlong forms, surrogates in UTF-8, and lone surrogates in \u escapes. */
#ifndef SOW_TOOLS_UTF8_H
#define SOW_TOOLS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** Strict UTF-8 (RFC 3629). */
bool utf8_is_valid(const char *text, size_t length);
/** The same without a zero byte. */
bool utf8_is_name(const char *text, size_t length);

/** Follows JSON text piece by piece; all zero at the start. */
struct escape_scan {
    unsigned state, digits, value;
    bool high; /* a high surrogate waits for its other half */
};

/** Offset of the first byte that makes a surrogate pair impossible, or `length`. Escapes that are no escapes are left to yajl. */
size_t escape_scan(struct escape_scan *scan, const char *text, size_t length);

/** Columns that a text takes on a terminal: one for each character. */
int utf8_columns(const char *text);

#endif
