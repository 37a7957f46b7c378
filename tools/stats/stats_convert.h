/* SPDX-License-Identifier: MIT */
/**
 * @file stats_convert.h
 * Statistics of types that the library has none for: each is turned, block by block, into one that has all its values. Whole numbers of 64
 * bits are rounded to f64; all others are exact.
 */
#ifndef SOW_TOOLS_STATS_CONVERT_H
#define SOW_TOOLS_STATS_CONVERT_H

#include <stddef.h>
#include <stdint.h>

#include "files/formats.h"

/** The type whose statistics are taken; SOW_DTYPE_COUNT if the format's elements are no bytes, or no real numbers. */
sow_dtype convert_dtype(uint8_t format);

/** n elements at `from`, of any alignment, as elements of convert_dtype(format). Only for formats that are no FORMAT_FLOAT. */
void convert(uint8_t format, const uint8_t *from, size_t n, void *to);

#endif
