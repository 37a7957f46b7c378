/* SPDX-License-Identifier: MIT */
/** @file half.h Scalar binary32 to binary16 and bfloat16, to nearest even, subnormals kept, infinities and NaN (quiet) kept. */
#ifndef SOW_SIMD_HALF_H
#define SOW_SIMD_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint16_t half_f16(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    const uint32_t sign = u >> 16 & 0x8000;
    u &= 0x7fffffff;
    if (u > 0x7f800000)
        return (uint16_t)(sign | 0x7e00 | (u >> 13 & 0x3ff));
    if (u >= 0x47800000) /* 2^16 and above, and infinity */
        return (uint16_t)(sign | 0x7c00);
    if (u < 0x33000000) /* below 2^-25; 2^-25 itself is a tie and goes to 0, too */
        return (uint16_t)sign;
    uint32_t m, drop;
    if (u < 0x38800000) { /* subnormal results: value = m 2^-24 after dropping bits */
        drop = 126 - (u >> 23);
        m = (u & 0x7fffff) | 0x800000;
    } else {
        drop = 13;
        m = u - 0x38000000;
    }
    const uint32_t half = 1u << (drop - 1), rest = m & ((half << 1) - 1);
    m >>= drop;
    m += rest > half || (rest == half && (m & 1)); /* a carry moves into the exponent, up to infinity */
    return (uint16_t)(sign | m);
}

static inline uint16_t half_bf16(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    if ((u & 0x7fffffff) > 0x7f800000)
        return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

#endif
