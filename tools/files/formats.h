/* SPDX-License-Identifier: MIT */
/**
 * @file formats.h
 * The element formats of safetensors files. Those of sow are drawn by it; whole numbers take constants; the rest is known by name, so that
 * a file's sizes can be checked and the message can say what is not supported.
 */
#ifndef SOW_TOOLS_FORMATS_H
#define SOW_TOOLS_FORMATS_H

#include <sow/dtype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum format_kind { FORMAT_FLOAT, FORMAT_FOREIGN_FLOAT, FORMAT_SIGNED, FORMAT_UNSIGNED, FORMAT_BOOL, FORMAT_OTHER };

struct format {
    const char *name;  /**< as in the file: "BF16" */
    const char *lower; /**< as in a description: "bf16" */
    unsigned bits;
    enum format_kind kind;
    sow_dtype dtype; /**< of a FORMAT_FLOAT, else SOW_DTYPE_COUNT */
};

enum { FORMAT_NONE = 255 };

extern const struct format formats[];
extern const size_t format_count;

/** Index into the table, or FORMAT_NONE. */
uint8_t format_named(const char *name);
uint8_t format_of(sow_dtype dtype);

/** Bytes of that many elements; false if they are not whole bytes or pass 2^63. */
bool format_bytes(const struct format *format, uint64_t elements, uint64_t *bytes);
/** Alignment in bytes, at least 1. */
unsigned format_align(const struct format *format);
/** Whether sow can write it. */
bool format_is_writable(const struct format *format);
/** The bytes of a whole number in that format (little endian, in the low bits); false if it has none. */
bool format_whole(const struct format *format, double value, uint64_t *bits);

#endif
