/* SPDX-License-Identifier: MIT */
/** @file unequal.h Elements of other bits. */
#ifndef SOW_TOOLS_UNEQUAL_H
#define SOW_TOOLS_UNEQUAL_H

#include <stddef.h>
#include <stdint.h>

/** Of n elements of 1, 2, 4 or 8 bytes; they may be unaligned. */
uint64_t count_unequal(const uint8_t *a, const uint8_t *b, size_t size, size_t n);

#endif
