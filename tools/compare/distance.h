/* SPDX-License-Identifier: MIT */
/** @file distance.h How far numbers of two formats are apart, by value. Counts and maxima: the order plays no part. */
#ifndef SOW_TOOLS_DISTANCE_H
#define SOW_TOOLS_DISTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "files/formats.h"

struct distance {
    uint64_t differing;    /**< elements of different values; NaN is NaN's equal, and -0 that of 0 */
    uint64_t incomparable; /**< of these: one is NaN */
    double largest;        /**< |a - b| */
    size_t near_largest;   /**< the first element at that distance is this one of the last distance_add(), or a little behind it */
    double relative;       /**< the largest |a - b| / max(|a|, |b|), at most 2 */
};

/** Whether the values of that format are known. */
bool distance_knows(const struct format *format);

/** Adds n elements; all formats are known. The bytes may be unaligned. Whole numbers above 2^53 are rounded. */
void distance_add(struct distance *distance, const struct format *a, const uint8_t *a_data, const struct format *b, const uint8_t *b_data,
                  size_t n);

#endif
