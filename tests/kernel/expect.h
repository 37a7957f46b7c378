/* SPDX-License-Identifier: MIT */
/**
 * @file expect.h
 * What elements must be, from docs/bits.md alone: plain words, libm's correctly rounded fma, exact integers, and long double for the
 * normals, whose tolerances are the promised errors. Shares no code with simd/, so that a mistake in a template shows.
 */
#ifndef SOW_TESTS_KERNEL_EXPECT_H
#define SOW_TESTS_KERNEL_EXPECT_H

#include <stddef.h>
#include <stdint.h>

#include "sow/dist.h"

/** Philox4x32 with a number of rounds (10 is right) of counter {block, id}. */
void expect_philox(uint64_t key, uint64_t id, uint64_t block, int rounds, uint32_t words[4]);

/** x rounded to nearest even: to binary16, to bfloat16. Infinities and NaN are kept, a NaN becomes some quiet NaN of its sign. */
uint16_t expect_f16(float x);
uint16_t expect_bf16(float x);
/** The value of a 16-bit element. */
double expect_f16_value(uint16_t h);
double expect_bf16_value(uint16_t h);

/** An element of `dtype` as a number. */
double expect_number(sow_dtype dtype, const void *element);

/** Whether element i of those that start at `block` may look like `element`: 1, or 0 with words at `why`. */
int expect_element(uint64_t key, uint64_t id, uint64_t block, sow_dist dist, sow_dtype dtype, uint64_t i, const void *element, char *why,
                   size_t size);

#endif
