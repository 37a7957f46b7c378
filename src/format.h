/* SPDX-License-Identifier: MIT */
/**
 * @file format.h
 * The element types as sets of real numbers: exact conversion to and from bit patterns, and the neighbours of a value. All arithmetic here
 * is exact or rounded to nearest even in integers, but for the one conversion double -> float, which needs the default environment.
 */
#ifndef SOW_SRC_FORMAT_H
#define SOW_SRC_FORMAT_H

#include <stdint.h>

#include "sow/dtype.h"

/** Bits of x as an element: f64 itself, f32 rounded once, f16 and bf16 the f32 rounded again (docs/bits.md). */
uint64_t sow__element_bits(double x, sow_dtype dtype);

/** The value of an element's bits, exactly. */
double sow__element_value(uint64_t bits, sow_dtype dtype);

/** Smallest value of the type >= x, largest <= x, and largest < x; infinite beyond the finite ones. Zeros come out as +0. */
double sow__element_at_least(double x, sow_dtype dtype);
double sow__element_at_most(double x, sow_dtype dtype);
double sow__element_below(double x, sow_dtype dtype);

/** Whether x becomes an infinity or NaN as an element. */
int sow__element_overflows(double x, sow_dtype dtype);

/** Largest finite value of the type. */
double sow__element_max(sow_dtype dtype);

#endif
