/* SPDX-License-Identifier: MIT */
/** @file half_value.h The numbers that 16-bit types stand for. */
#ifndef SOW_SRC_HALF_VALUE_H
#define SOW_SRC_HALF_VALUE_H

#include <math.h>
#include <stdint.h>

#include "sow/dtype.h"
#include "src/central.h"

/** Of f16 or bf16; in integers, so that a host's flush-to-zero does not show. */
static inline double sow__half_value(sow_dtype dtype, uint16_t bits)
{
    const int fraction = dtype == SOW_F16 ? 10 : 7, least = dtype == SOW_F16 ? -14 : -126;
    const int exponent = (bits & 0x7fff) >> fraction, top = 0x7fff >> fraction;
    const int m = bits & ((1 << fraction) - 1);
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == top)
        return m ? (double)NAN : sign * (double)INFINITY;
    const int whole = exponent ? m + (1 << fraction) : m;
    return sign * sow__times_power(whole, (exponent ? exponent - 1 : 0) + least - fraction);
}

#endif
