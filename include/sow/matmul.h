/* SPDX-License-Identifier: MIT */
/**
 * @file matmul.h
 * A matrix product whose bits depend on its operands alone, which no BLAS promises: the same for every thread count, instruction set,
 * stride and machine, and a part of C has the bits of the whole.
 *
 *     const sow_matrix w = {weights, 768, 1}, x = {input, 256, 1}, z = {output, 256, 1};   // row-major
 *     sow_matmul(ctx, SOW_F32, 3072, 256, 768, w, x, z);                                   // z = w·x
 *     const sow_matrix w_t = {weights, 1, 768};                                            // its transpose: the strides change places
 *     sow_matmul(ctx, SOW_F32, 768, 256, 3072, w_t, z, x);
 */
#ifndef SOW_MATMUL_H
#define SOW_MATMUL_H

#include <stddef.h>
#include <stdint.h>

#include "sow/context.h"
#include "sow/dtype.h"
#include "sow/export.h"
#include "sow/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Element (i, j) is at data + i·row + j·column, strides in elements, of either sign or 0. */
typedef struct sow_matrix {
    void *data;
    ptrdiff_t row, column;
} sow_matrix;

/**
 * C = A·B, where A is m x k, B is k x n and C is m x n, all of `dtype`, SOW_F32 or SOW_F64.
 *
 * Bits     C[i,j] = S0 + S1 + …, added in that order from +0, each rounded; Sp is one chain from +0 over the terms t = 64p … 64p+63 in
 *          ascending order, S = fma(A[i,t], B[t,j], S). k = 0 gives +0. NaNs and infinities go the way of IEEE 754 (which NaN is not said);
 *          subnormals are kept. The caller's rounding mode and flush-to-zero flags change nothing and are left as they were.
 * ctx      threads and kernels; NULL: the calling thread, the best kernels. A product of less than 2^21 terms stays on the calling thread.
 * m, n, k  from 0. With m or n = 0 nothing is read or written.
 * a, b     are read only and may be one matrix; rows or columns that lie contiguous are the fast case, either is as good.
 * c        must overlap neither a nor b, and its own elements must not overlap.
 * Returns  SOW_OK; SOW_ERR_DTYPE (other types), SOW_ERR_SHAPE (a negative size), SOW_ERR_NULL, SOW_ERR_ALIGN, SOW_ERR_ISA, SOW_ERR_MEMORY
 *          (scratch of up to a MiB per thread). On error c is untouched; sow_check_matmul() says why, in words.
 * Threads  safe with a shared ctx.
 * Cost     2·m·n·k operations near the speed of OpenBLAS (docs/propagate.md has figures).
 */
SOW_API sow_status sow_matmul(const sow_context *ctx, sow_dtype dtype, int64_t m, int64_t n, int64_t k, sow_matrix a, sow_matrix b,
                              sow_matrix c);

/** The checks of sow_matmul() alone; on error up to `size` bytes at `why` (NULL: none) get a sentence. Pure. */
SOW_API sow_status sow_check_matmul(const sow_context *ctx, sow_dtype dtype, int64_t m, int64_t n, int64_t k, sow_matrix a, sow_matrix b,
                                    sow_matrix c, char *why, size_t size);

#ifdef __cplusplus
}
#endif
#endif
