/* SPDX-License-Identifier: MIT */
/** @file audit_values.h Elements of any floating-point type as numbers and as bits. `data` need not be aligned. */
#ifndef SOW_TOOLS_AUDIT_VALUES_H
#define SOW_TOOLS_AUDIT_VALUES_H

#include <sow/dtype.h>
#include <stddef.h>
#include <stdint.h>

void values_load(sow_dtype dtype, const uint8_t *data, uint64_t first, size_t n, double *values);
/** In single precision: an f64 is rounded. */
void values_load_f32(sow_dtype dtype, const uint8_t *data, uint64_t first, size_t n, float *values);
/** 32 bits that are equal where the elements are (an f64's are a mix of its 64); 0 for both zeros. */
void values_bits(sow_dtype dtype, const uint8_t *data, uint64_t first, size_t n, uint32_t *bits);
double values_at(sow_dtype dtype, const uint8_t *data, uint64_t i);

/** sow_stats' buckets in the order of their values: the one at a place, 0 the lowest. */
enum { BUCKETS = 65536 };
static inline uint32_t bucket_upper(uint32_t place)
{
    return place < 0x8000u ? 0xffffu - place : place - 0x8000u;
}
/** The value at which the bucket at that place begins: for 16-bit types half way to the one below, where rounding puts it. */
double bucket_edge(sow_dtype dtype, uint32_t place);
/** The place of the bucket that holds x. */
uint32_t bucket_of(sow_dtype dtype, double x);
/** The type's step at |x|. */
double values_step(sow_dtype dtype, double x);

#endif
