/* SPDX-License-Identifier: MIT */
/** @file mpfr_law.h The truncated normal's exact values. One mpfr_law per thread. */
#ifndef SOW_TESTS_ACCURACY_MPFR_LAW_H
#define SOW_TESTS_ACCURACY_MPFR_LAW_H

#include <mpfr.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/accuracy/laws.h"

typedef struct mpfr_law {
    int upper; /* both bounds above the mean; mirrored where both are below */
    double mean, std;
    mpfr_t below, above, width; /* probabilities beyond the bounds, and between them */
    mpfr_t v, p, q, z, t, u, log_p, half, sqrt_half, inv_sqrt_2pi;
} mpfr_law;

void mpfr_law_init(mpfr_law *m, const law *l);
void mpfr_law_clear(mpfr_law *m);

/** Upper tail of the standard normal, x as given. */
void mpfr_upper_tail(mpfr_t q, mpfr_t x, mpfr_t sqrt_half);

/** (ours - exact)/std for v = (2n + 1)·2^-(bits + 1), and the exact z in units of std. */
double mpfr_law_error(mpfr_law *m, int bits, uint64_t n, double ours, double *z);

#endif
