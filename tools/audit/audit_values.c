/* SPDX-License-Identifier: MIT */
#include "audit/audit_values.h"

#include <math.h>
#include <string.h>

#include "files/sixteen_bits.h"

static uint16_t load16(const uint8_t *p)
{
    uint16_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

void values_load_f32(sow_dtype dtype, const uint8_t *data, uint64_t first, size_t n, float *values)
{
    const uint8_t *const p = data + first * sow_dtype_size(dtype);
    double d;
    switch (dtype) {
    case SOW_F32:
        memcpy(values, p, n * sizeof *values);
        return;
    case SOW_F64:
        for (size_t i = 0; i < n; i++) {
            memcpy(&d, p + 8 * i, sizeof d);
            values[i] = (float)d;
        }
        return;
    case SOW_F16:
        for (size_t i = 0; i < n; i++)
            values[i] = f16_as_float(load16(p + 2 * i));
        return;
    default:
        for (size_t i = 0; i < n; i++)
            values[i] = bf16_as_float(load16(p + 2 * i));
    }
}

void values_load(sow_dtype dtype, const uint8_t *data, uint64_t first, size_t n, double *values)
{
    if (dtype == SOW_F64) {
        memcpy(values, data + first * 8, n * sizeof *values);
        return;
    }
    float piece[512];
    for (size_t done = 0; done < n;) {
        const size_t k = n - done < 512 ? n - done : 512;
        values_load_f32(dtype, data, first + done, k, piece);
        for (size_t i = 0; i < k; i++)
            values[done + i] = (double)piece[i];
        done += k;
    }
}

void values_bits(sow_dtype dtype, const uint8_t *data, uint64_t first, size_t n, uint32_t *bits)
{
    const uint8_t *const p = data + first * sow_dtype_size(dtype);
    uint64_t x;
    switch (dtype) {
    case SOW_F32:
        memcpy(bits, p, n * sizeof *bits);
        for (size_t i = 0; i < n; i++)
            bits[i] = bits[i] << 1 ? bits[i] : 0;
        return;
    case SOW_F64:
        for (size_t i = 0; i < n; i++) {
            memcpy(&x, p + 8 * i, sizeof x);
            x = x << 1 ? x * 0x9e3779b97f4a7c15u : 0;
            bits[i] = (uint32_t)(x >> 32) ^ (uint32_t)x;
        }
        return;
    default:
        for (size_t i = 0; i < n; i++) {
            const uint32_t h = load16(p + 2 * i);
            bits[i] = h & 0x7fffu ? h : 0;
        }
    }
}

double values_at(sow_dtype dtype, const uint8_t *data, uint64_t i)
{
    double x;
    values_load(dtype, data, i, 1, &x);
    return x;
}

/* Where bucket `upper` begins away from zero: buckets are halves or bf16s rounded towards zero (sow/stats.h). */
static double of_upper(sow_dtype dtype, uint32_t upper)
{
    return (double)(dtype == SOW_F16 ? f16_as_float((uint16_t)upper) : bf16_as_float((uint16_t)upper));
}

/* Bucket `upper` begins, away from zero, at this magnitude. */
static double magnitude_edge(sow_dtype dtype, uint32_t upper)
{
    if (upper >= 0x8000u)
        return INFINITY;
    const double at = of_upper(dtype, upper);
    if (sow_dtype_size(dtype) > 2 || upper == 0)
        return isnan(at) ? INFINITY : at;
    return isfinite(at) ? 0.5 * (at + of_upper(dtype, upper - 1)) : INFINITY;
}

double bucket_edge(sow_dtype dtype, uint32_t place)
{
    return place >= 0x8000u ? magnitude_edge(dtype, place - 0x8000u) : -magnitude_edge(dtype, 0x8000u - place);
}

uint32_t bucket_of(sow_dtype dtype, double x)
{
    uint32_t low = 0, high = BUCKETS;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (bucket_edge(dtype, middle) <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double values_step(sow_dtype dtype, double x)
{
    static const int fraction[] = {[SOW_F32] = 23, [SOW_F64] = 52, [SOW_F16] = 10, [SOW_BF16] = 7};
    static const int least[] = {[SOW_F32] = -149, [SOW_F64] = -1074, [SOW_F16] = -24, [SOW_BF16] = -133};
    int exponent;
    (void)frexp(x, &exponent);
    const int step = exponent - 1 - fraction[dtype];
    return ldexp(1, x == 0 || step < least[dtype] ? least[dtype] : step);
}
