/* SPDX-License-Identifier: MIT */
/**
 * @file kernels.h
 * All that src/ sees of simd/: one const table per instruction set. A kernel fills whole groups of SOW_GROUP elements of a stream; heads,
 * tails, threads and checks are src/fill.c's. Kernels allocate nothing, cannot fail, and expect the default floating-point environment
 * (round to nearest, no flush to zero), which src/fill.c sets.
 */
#ifndef SOW_SIMD_KERNELS_H
#define SOW_SIMD_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "sow/dist.h"
#include "sow/dtype.h"
#include "sow/stats.h"

/** Elements per group, for every element type and instruction set. Groups start at multiples of it: edges fall alike everywhere. */
#define SOW_GROUP 64

/** Coefficients of the truncated normal's polynomial (src/truncnorm_coeffs.h has them). */
#define SOW_PROBIT_COUNT_F32 10
#define SOW_PROBIT_COUNT_F64 23

/**
 * A distribution's parameters, rounded to the format of the element arithmetic by src/dist.c.
 *   constant       bits
 *   uniform        k = (word >> 8) or (x >> 11): fma(k, scale, shift), held in [lo, hi]; if `two_steps`, fma(k·unit, scale, shift)
 *   normal         fma(z, scale, shift)
 *   trunc_normal   simd/truncnorm_tmpl.h
 */
#define SOW_PARAMS(real, word)                                                                                                             \
    word bits;                                                                                                                             \
    word split;         /* trunc: words below it go to the lower tail, index 0 */                                                          \
    real scale, shift;  /* std or width, mean or a */                                                                                      \
    real lo, hi;        /* bounds that the type can represent */                                                                           \
    real tail[2];       /* trunc: probability beyond the bound, 0 lower, 1 upper, times 2^exponent */                                      \
    real signed_std[2]; /* trunc: -std, +std, or twice the same where both words' sides are one tail */                                    \
    real exponent;      /* trunc: a whole number */                                                                                        \
    real centre;        /* trunc: of the Möbius variable */                                                                               \
    const real *coef;   /* trunc: polynomial in it */                                                                                      \
    int two_steps

typedef struct sow_params_f32 {
    SOW_PARAMS(float, uint32_t);
} sow_params_f32;

typedef struct sow_params_f64 {
    SOW_PARAMS(double, uint64_t);
} sow_params_f64;

typedef union sow_params {
    sow_params_f32 f32; /* f32, f16, bf16 */
    sow_params_f64 f64;
} sow_params;

/** Fills `groups` groups at `dst` (aligned to the element), the first of which starts at block `block` of stream (key, id). */
typedef void sow_kernel(uint64_t key, uint64_t id, uint64_t block, const sow_params *params, void *dst, size_t groups);

/** Matrix work is cut in panels of so many rows, columns and terms, on the same grid everywhere: it decides bits (docs/orthogonal.md). */
#define SOW_PANEL 64

/**
 * Kernels over f32 or f64 (the type behind void). A tile is SOW_PANEL x SOW_PANEL elements, row-major; packed, it is slices of `width`
 * columns one after the other, each row-major. Strides are in elements.
 */
typedef struct sow_matrix_kernels {
    int width;
    /** C = A·B, m x SOW_PANEL, or C += A·B if `add`; B is the first k <= SOW_PANEL rows of a packed tile. A sum is one fma chain from +0.
     */
    void (*product)(size_t m, size_t k, const void *a, ptrdiff_t a_row, ptrdiff_t a_k, const void *b, void *c, ptrdiff_t c_row, int add);
    void (*pack)(const void *tile, void *packed);
    void (*pack_transposed)(const void *tile, void *packed);
    void (*scale)(void *x, size_t n, double factor); /**< By the factor, which is rounded first. */
} sow_matrix_kernels;

/** For reflectors: sums in f64. */
typedef struct sow_reflect_kernels {
    void (*widen)(const float *tile, double *wide);
    /** VᵀV on and above the diagonal, or += if `add`, of a tile's first rows, given both ways: one fma chain from +0. */
    void (*gram)(const double *tile, const double *packed, size_t rows, double *sums, int add);
    /** sums[c] += the squares of column c of a tile's first rows: one fma chain from +0. */
    void (*squares[2])(const void *tile, size_t rows, double *sums); /* SOW_F32, SOW_F64 */
    /** out[c] = fma(x[c], x[c], s[c]), c < SOW_PANEL. */
    void (*square_add)(const double *x, const double *s, double *out);
} sow_reflect_kernels;

/** A block of SOW_STATS_BLOCK elements, or of what there is, is filled up to a multiple of it. */
#define SOW_STATS_STEP 64

/** What one block is like. */
typedef struct sow_survey {
    double sum;           /**< of the finite elements; f64: of their SOW_STATS_BLOCK-ths. Not finite if one is not and nobody was careful */
    double low, high;     /**< the extremes of the finite elements, if there are any */
    double outside, nans; /**< elements that are not finite, and those that are NaN; only if careful */
} sow_survey;

/** Counts of buckets: elements of even and of odd index have their own, side by side, so that few wait for the one before. */
#define SOW_STATS_COUNTS (2 * SOW_STATS_BUCKETS)

/** Over n elements, f32 or f64, a multiple of SOW_STATS_STEP and at most SOW_STATS_BLOCK. */
typedef struct sow_stats_kernels {
    void (*survey)(const void *x, size_t n, int careful, sow_survey *s);
    /** Each element's bucket (sow/stats.h). */
    void (*buckets)(const void *x, size_t n, uint16_t *bucket);
    /** Sums of (scale·x - pivot)^k, k = 1 … 4; f32 has no scale. Counts the buckets in passing, unless bucket is NULL. */
    void (*powers)(const void *x, size_t n, int careful, double scale, double pivot, const uint16_t *bucket, uint32_t *counts,
                   double *sums);
    size_t (*equal)(const void *x, size_t n, double value); /**< How many are `value`, a number of their type. */
} sow_stats_kernels;

typedef struct sow_kernels {
    const char *isa;
    sow_kernel *fill[SOW_DIST_COUNT][SOW_DTYPE_COUNT];
    sow_matrix_kernels matrix[2]; /* SOW_F32, SOW_F64 */
    sow_reflect_kernels reflect;
    sow_stats_kernels stats[2];                                        /* SOW_F32, SOW_F64 */
    void (*count)(const uint16_t *bucket, size_t n, uint32_t *counts); /* n elements, the first of even index */
    /** a·b + c with two roundings, in f32 and f64: shows whether the compiler contracted this instantiation. */
    float (*probe_f32)(float a, float b, float c);
    double (*probe_f64)(double a, double b, double c);
} sow_kernels;

#define X(isa, needs) extern const sow_kernels sow_kernels_##isa;
#include "simd/isa.inc"
#undef X

#endif
