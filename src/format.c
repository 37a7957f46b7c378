/* SPDX-License-Identifier: MIT */
#include "src/format.h"

#include <math.h>
#include <string.h>

#include "simd/half.h"
#include "src/exact.h"

static uint32_t bits_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static float f32_of_f16(uint16_t half)
{
    const uint32_t exponent = half >> 10 & 31u, mantissa = half & 0x3ffu, sign = (uint32_t)(half & 0x8000u) << 16;
    if (exponent == 31)
        return float_of_bits(sign | 0x7f800000u | mantissa << 13);
    if (exponent)
        return float_of_bits(sign | (exponent + 112) << 23 | mantissa << 13);
    const float magnitude = (float)mantissa * 0x1p-24f;
    return sign ? -magnitude : magnitude;
}

uint64_t sow__element_bits(double x, sow_dtype dtype)
{
    uint64_t bits;
    switch (dtype) {
    case SOW_F16:
        return half_f16((float)x);
    case SOW_BF16:
        return half_bf16((float)x);
    case SOW_F32:
        return bits_of_float((float)x);
    default:
        memcpy(&bits, &x, sizeof bits);
        return bits;
    }
}

double sow__element_value(uint64_t bits, sow_dtype dtype)
{
    double x;
    switch (dtype) {
    case SOW_F16:
        return (double)f32_of_f16((uint16_t)bits);
    case SOW_BF16:
        return (double)float_of_bits((uint32_t)bits << 16);
    case SOW_F32:
        return (double)float_of_bits((uint32_t)bits);
    default:
        memcpy(&x, &bits, sizeof x);
        return x;
    }
}

/* The next value of the type above x, which is a value of the type; not for +inf. */
static double next_up(double x, sow_dtype dtype)
{
    const uint64_t bits = sow__element_bits(x, dtype);
    if (x == 0)
        return sow__element_value(1, dtype);
    return sow__element_value(x > 0 ? bits + 1 : bits - 1, dtype);
}

/* Rounding goes through f32 for the half types, so it may land one step off on either side: hence the loops. */
double sow__element_at_least(double x, sow_dtype dtype)
{
    double y = sow__element_value(sow__element_bits(x, dtype), dtype);
    while (y < x)
        y = next_up(y, dtype);
    for (double down = y; (down = -next_up(-down, dtype)) >= x && down < y;)
        y = down;
    return y + 0.0;
}

double sow__element_at_most(double x, sow_dtype dtype)
{
    return 0.0 - sow__element_at_least(-x, dtype);
}

double sow__element_below(double x, sow_dtype dtype)
{
    const double y = sow__element_at_most(x, dtype);
    return y < x ? y : -next_up(-y, dtype) + 0.0;
}

double sow__element_max(sow_dtype dtype)
{
    static const uint64_t max_bits[SOW_DTYPE_COUNT] = {
        [SOW_F32] = 0x7f7fffff, [SOW_F64] = 0x7fefffffffffffff, [SOW_F16] = 0x7bff, [SOW_BF16] = 0x7f7f};
    return sow__element_value(max_bits[dtype], dtype);
}

int sow__element_overflows(double x, sow_dtype dtype)
{
    return !isfinite(sow__element_value(sow__element_bits(x, dtype), dtype));
}
