/* SPDX-License-Identifier: MIT */
/** @file sixteen_bits.h The values of f16 and bf16 elements, exactly; inline, so that loops over them become vectors. */
#ifndef SOW_TOOLS_SIXTEEN_BITS_H
#define SOW_TOOLS_SIXTEEN_BITS_H

#include <stdint.h>
#include <string.h>

static inline float bits_as_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline float bf16_as_float(uint16_t bits)
{
    return bits_as_float((uint32_t)bits << 16);
}

/* The fraction and exponent at f32's places are 2^-112 times the number, subnormal ones too; the largest exponent is infinity's and NaN's.
 */
static inline float f16_as_float(uint16_t half)
{
    const uint32_t rest = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t bits;
    const float x = bits_as_float(rest) * 0x1p112f;
    memcpy(&bits, &x, sizeof bits);
    return bits_as_float(((half & 0x7c00) == 0x7c00 ? rest | 0x7f800000u : bits) | sign);
}

#endif
