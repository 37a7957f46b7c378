/* SPDX-License-Identifier: MIT */
/**
 * @file orthogonal_reference.h
 * The definition of docs/orthogonal.md, word for word and slowly, with libm's fma. Only the normals are sow's.
 */
#ifndef SOW_TESTS_ORTHOGONAL_REFERENCE_H
#define SOW_TESTS_ORTHOGONAL_REFERENCE_H

#include <math.h>
#include <stdlib.h>

#include "sow/fill.h"

/* Sum over i in [from, end) of product(i), cut at multiples of 64: a chain of fma from +0 each. */
#define REFERENCE_SUM(type, fused, result, i, from, end, a, b)                                                                             \
    do {                                                                                                                                   \
        result = 0;                                                                                                                        \
        for (int64_t i = (from); i < (end);) {                                                                                             \
            type chain = 0;                                                                                                                \
            do {                                                                                                                           \
                chain = fused(a, b, chain);                                                                                                \
                i++;                                                                                                                       \
            } while (i < (end) && i % 64 != 0);                                                                                            \
            result += chain;                                                                                                               \
        }                                                                                                                                  \
    } while (0)

#define ORTHOGONAL_REFERENCE(dtype, type, fused, id)                                                                                       \
    /* q is rows x columns, row-major. */                                                                                                  \
    static void orthogonal_reference_##dtype(type *q, int64_t rows, int64_t columns, sow_stream stream, double gain)                       \
    {                                                                                                                                      \
        const int64_t k = rows < columns ? rows : columns, length = rows < columns ? columns : rows;                                       \
        type *g = calloc((size_t)(k * length), sizeof *g), *x = calloc((size_t)(k * length), sizeof *x);                                   \
        type *v = malloc((size_t)(64 * length) * sizeof *v);                                                                               \
        double *sign = malloc((size_t)k * sizeof *sign);                                                                                   \
        (void)sow_fill(NULL, stream, sow_dist_normal(0, 1), id, 0, g, (size_t)(k * length));                                               \
        for (int64_t t = (k + 63) / 64; t-- > 0;) {                                                                                        \
            const int64_t r0 = 64 * t, w = k - r0 < 64 ? k - r0 : 64;                                                                      \
            double tau[64], gram[64][64], factor[64][64] = {{0}};                                                                          \
            for (int64_t i = 0; i < length; i++)                                                                                           \
                for (int64_t c = 0; c < w; c++)                                                                                            \
                    v[i * 64 + c] = i >= r0 + c ? g[i * k + r0 + c] : 0;                                                                   \
            for (int64_t c = 0; c < w; c++) {                                                                                              \
                double s;                                                                                                                  \
                REFERENCE_SUM(double, fma, s, i, r0 + c + 1, length, (double)v[i * 64 + c], (double)v[i * 64 + c]);                        \
                type *diagonal = &v[(r0 + c) * 64 + c];                                                                                    \
                const double d = (double)*diagonal, n = sqrt(fma(d, d, s));                                                                \
                *diagonal = (type)(signbit(d) ? d - n : d + n);                                                                            \
                tau[c] = n == 0 ? 0 : 2 / fma((double)*diagonal, (double)*diagonal, s);                                                    \
                sign[r0 + c] = signbit(d) || n == 0 ? 1 : -1;                                                                              \
            }                                                                                                                              \
            for (int64_t c = 0; c < w; c++) {                                                                                              \
                for (int64_t l = 0; l < c; l++)                                                                                            \
                    REFERENCE_SUM(double, fma, gram[l][c], i, r0, length, (double)v[i * 64 + l], (double)v[i * 64 + c]);                   \
                for (int64_t l = 0; l < c; l++) {                                                                                          \
                    double chain = 0;                                                                                                      \
                    for (int64_t p = l; p < c; p++)                                                                                        \
                        chain = fma(factor[l][p], gram[p][c], chain);                                                                      \
                    factor[l][c] = -(tau[c] * chain);                                                                                      \
                }                                                                                                                          \
                factor[c][c] = tau[c];                                                                                                     \
            }                                                                                                                              \
            for (int64_t j = r0; j < k; j++) {                                                                                             \
                type left[64], z[64], *row = x + j * length;                                                                               \
                if (j < r0 + w)                                                                                                            \
                    row[j] = 1;                                                                                                            \
                for (int64_t c = 0; c < w; c++)                                                                                            \
                    REFERENCE_SUM(type, fused, left[c], i, r0, length, row[i], v[i * 64 + c]);                                             \
                for (int64_t c = 0; c < w; c++) {                                                                                          \
                    z[c] = 0;                                                                                                              \
                    for (int64_t l = 0; l < w; l++)                                                                                        \
                        z[c] = fused(left[l], -(type)factor[c][l], z[c]);                                                                  \
                }                                                                                                                          \
                for (int64_t i = r0; i < length; i++) {                                                                                    \
                    type chain = 0;                                                                                                        \
                    for (int64_t c = 0; c < w; c++)                                                                                        \
                        chain = fused(z[c], v[i * 64 + c], chain);                                                                         \
                    row[i] += chain;                                                                                                       \
                }                                                                                                                          \
            }                                                                                                                              \
        }                                                                                                                                  \
        for (int64_t j = 0; j < k; j++)                                                                                                    \
            for (int64_t i = 0; i < length; i++)                                                                                           \
                q[rows <= columns ? j * columns + i : i * columns + j] = x[j * length + i] * (type)(gain * sign[j]);                       \
        free(g), free(x), free(v), free(sign);                                                                                             \
    }

ORTHOGONAL_REFERENCE(f32, float, fmaf, SOW_F32)
ORTHOGONAL_REFERENCE(f64, double, fma, SOW_F64)

#endif
