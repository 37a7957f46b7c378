/* SPDX-License-Identifier: MIT */
/**
 * @file matmul.h
 * A matrix product whose bits depend on its operands alone: no BLAS promises that. A sum is cut at multiples of SOW_PANEL terms; each panel
 * is one chain of fma from +0, and panels are added in ascending order. Threads, kernels and shapes of tiles do not show, and a part of C
 * has the bits of the whole.
 */
#ifndef SOW_SRC_MATMUL_H
#define SOW_SRC_MATMUL_H

#include <stdint.h>

#include "sow/context.h"
#include "sow/dtype.h"

/** A matrix in memory; strides in elements, any but such that elements of a result overlap. */
typedef struct sow__matrix {
    void *data;
    ptrdiff_t row, column;
} sow__matrix;

/**
 * C = A·B, C m x n, A m x k, B k x n, of f32 or f64. C must not overlap A or B. Errors: SOW_ERR_DTYPE (other types), SOW_ERR_ISA,
 * SOW_ERR_MEMORY (some tens of KiB per thread); then nothing is written. k = 0 gives +0.
 */
sow_status sow__matmul(const sow_context *ctx, sow_dtype dtype, int64_t m, int64_t n, int64_t k, sow__matrix a, sow__matrix b,
                       sow__matrix c);

#endif
