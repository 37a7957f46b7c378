/* SPDX-License-Identifier: MIT */
/** @file laws.h The truncated normals that the tests draw, and their parameters. */
#ifndef SOW_TESTS_ACCURACY_LAWS_H
#define SOW_TESTS_ACCURACY_LAWS_H

#include "simd/kernels.h"
#include "sow/sow.h"

typedef struct law {
    double mean, std, a, b;
} law;

extern const law laws[];
extern const size_t law_count;

/** Parameters as a fill makes them. */
sow_params law_params(const law *l, sow_dtype dtype);

/** The promise, in units of std: this times max(1, |z|). */
double law_limit(sow_dtype dtype);

#endif
