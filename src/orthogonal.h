/* SPDX-License-Identifier: MIT */
/**
 * @file orthogonal.h
 * Haar-distributed orthogonal matrices without a QR decomposition: products of Householder reflectors drawn straight from normals (Stewart,
 * SIAM J. Numer. Anal. 17, 1980), in blocks of 64 (Schreiber & Van Loan, SIAM J. Sci. Stat. Comput. 10, 1989). docs/orthogonal.md says
 * which operations fix the bits.
 */
#ifndef SOW_SRC_ORTHOGONAL_H
#define SOW_SRC_ORTHOGONAL_H

#include "sow/context.h"
#include "sow/stream.h"
#include "sow/tensor.h"

/**
 * Checks what sow__orthogonal_fill() needs beyond a valid tensor: rank >= 2, 0 <= out_axis < rank (SOW_ERR_SHAPE), a gain that is finite in
 * the element type (SOW_ERR_SCHEME), usable kernels (SOW_ERR_ISA). Pure.
 */
sow_status sow__orthogonal_check(const sow_context *ctx, double gain, const sow_tensor *tensor, int out_axis, char *why, size_t size);

/**
 * Fills the view, a box of a logical tensor of global shape (n0, n1, …), with its part of gain times a random matrix M of
 * R = n[out_axis] rows and C = the product of the other dimensions (in their row-major order) columns, whose rows (R <= C) or columns
 * (R >= C) are orthonormal; the R x C matrix is Haar-distributed. torch's matrix is out_axis 0; that of JAX and Keras is the last axis.
 *
 * `tensor` must pass sow_check_tensor(), and all must pass sow__orthogonal_check(); otherwise that status is returned. SOW_ERR_MEMORY if
 * scratch memory cannot be had. On error nothing is written. An empty view needs nothing. For a delta-orthogonal convolution pass the
 * centre tap as a view of rank 2.
 *
 * Bits     a function of (stream, gain, global shape with out_axis, dtype) alone; f16 and bf16 are the rounded f32 matrix.
 * Cost     4/3 k²(3L-k)/2 flops for L = max(R, C), k = min(R, C). A box along the smaller side costs its share of that (rows of the square:
 *          along out_axis); a box along the larger side costs the whole work.
 * Memory   a view with unit stride along the larger side, whole along it, of f32 or f64: some MiB; others: the reflectors, k(2L-k) elements
 *          of f32 or f64, and some rows.
 */
sow_status sow__orthogonal_fill(const sow_context *ctx, sow_stream stream, double gain, const sow_tensor *tensor, int out_axis);

#endif
