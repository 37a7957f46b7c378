/* SPDX-License-Identifier: MIT */
/**
 * @file sleef_ref.h
 * SLEEF's double-precision vector functions over arrays, as the fast yardstick for f32: their errors (1 and ½ ulp of f64) are 2^-28 ulp of
 * f32.
 */
#ifndef SOW_TESTS_ACCURACY_SLEEF_REF_H
#define SOW_TESTS_ACCURACY_SLEEF_REF_H

#include <stddef.h>

typedef struct sleef_ref {
    const char *name;
    /** n a multiple of 8; in place is fine. */
    void (*log)(const double *x, double *y, size_t n);
    /** sin(πx), cos(πx) */
    void (*sincospi)(const double *x, double *s, double *c, size_t n);
} sleef_ref;

/** NULL, and why not: the library was not there at build time, or the CPU lacks what it needs. */
const sleef_ref *sleef_ref_get(const char **why);

#endif
