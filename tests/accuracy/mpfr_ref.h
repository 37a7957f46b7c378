/* SPDX-License-Identifier: MIT */
/** @file mpfr_ref.h Exact values by MPFR, and how far ours are from them. One mpfr_ref per thread. */
#ifndef SOW_TESTS_ACCURACY_MPFR_REF_H
#define SOW_TESTS_ACCURACY_MPFR_REF_H

#include <mpfr.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/accuracy/work.h"

typedef struct mpfr_ref {
    mpfr_t two_pi, u, r, s, c, z, t;
} mpfr_ref;

void mpfr_ref_init(mpfr_ref *m, int precision);
void mpfr_ref_clear(mpfr_ref *m);

/** Notes the errors of c and s as the Box-Muller pair of u₁ = (n + 1)·2^-bits and θ = 2π·a·2^-bits; bits: 32 for f32, 53 for f64. */
void mpfr_ref_normal(mpfr_ref *m, int bits, uint64_t n, uint64_t a, double c, double s, errors *e);

#endif
