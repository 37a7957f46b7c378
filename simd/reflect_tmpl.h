/* SPDX-License-Identifier: MIT */
/**
 * @file reflect_tmpl.h
 * What matrix products and block reflectors are made of: work on tiles of SOW_PANEL x SOW_PANEL elements, row-major, in f32 and f64.
 * Every sum is one chain of fma from +0 in ascending index, so neither the tile's shape nor the instruction set shows in the bits.
 */
#include "simd/vec.h"

/*
 * tile     C = A·B, or C += A·B if `add`, for m rows and V_TILE_VECTORS vectors of columns: all sums live in registers.
 * product  the same for any m and the SOW_PANEL columns of a tile B.
 */
#define MATRIX_KERNELS(dtype, type, vec)                                                                                                   \
    V_INLINE void tile_##dtype(const int m, const int add, size_t k, const type *a, ptrdiff_t a_row, ptrdiff_t a_k, const type *b,         \
                               type *c, ptrdiff_t c_row)                                                                                   \
    {                                                                                                                                      \
        enum { LANES = sizeof(vec) / sizeof(type) };                                                                                       \
        vec sum[V_TILE_ROWS][V_TILE_VECTORS];                                                                                              \
        EACH (r, m)                                                                                                                        \
            EACH (v, V_TILE_VECTORS)                                                                                                       \
                sum[r][v] = vec##_set1(0);                                                                                                 \
        for (size_t q = 0; q < k; q++, a += a_k, b += SOW_PANEL) {                                                                         \
            vec right[V_TILE_VECTORS];                                                                                                     \
            EACH (v, V_TILE_VECTORS)                                                                                                       \
                right[v] = vec##_load(b + v * LANES);                                                                                      \
            EACH (r, m) {                                                                                                                  \
                const vec left = vec##_set1(a[r * a_row]);                                                                                 \
                EACH (v, V_TILE_VECTORS)                                                                                                   \
                    sum[r][v] = vec##_fma(left, right[v], sum[r][v]);                                                                      \
            }                                                                                                                              \
        }                                                                                                                                  \
        EACH (r, m)                                                                                                                        \
            EACH (v, V_TILE_VECTORS) {                                                                                                     \
                type *to = c + r * c_row + v * LANES;                                                                                      \
                vec##_store(to, vec##_add(add ? vec##_load(to) : vec##_set1(0), sum[r][v]));                                               \
            }                                                                                                                              \
    }                                                                                                                                      \
    V_INLINE void product_rows_##dtype(const int add, size_t m, size_t k, const type *a, ptrdiff_t a_row, ptrdiff_t a_k, const type *b,    \
                                       type *c, ptrdiff_t c_row)                                                                           \
    {                                                                                                                                      \
        for (; m >= V_TILE_ROWS; m -= V_TILE_ROWS, a += V_TILE_ROWS * a_row, c += V_TILE_ROWS * c_row)                                     \
            tile_##dtype(V_TILE_ROWS, add, k, a, a_row, a_k, b, c, c_row);                                                                 \
        if (m & 4) {                                                                                                                       \
            tile_##dtype(4, add, k, a, a_row, a_k, b, c, c_row);                                                                           \
            a += 4 * a_row, c += 4 * c_row;                                                                                                \
        }                                                                                                                                  \
        if (m & 2) {                                                                                                                       \
            tile_##dtype(2, add, k, a, a_row, a_k, b, c, c_row);                                                                           \
            a += 2 * a_row, c += 2 * c_row;                                                                                                \
        }                                                                                                                                  \
        if (m & 1)                                                                                                                         \
            tile_##dtype(1, add, k, a, a_row, a_k, b, c, c_row);                                                                           \
    }                                                                                                                                      \
    static void product_##dtype(size_t m, size_t k, const void *a, ptrdiff_t a_row, ptrdiff_t a_k, const void *b, void *c,                 \
                                ptrdiff_t c_row, int add)                                                                                  \
    {                                                                                                                                      \
        enum { WIDTH = V_TILE_VECTORS * sizeof(vec) / sizeof(type) };                                                                      \
        _Static_assert(SOW_PANEL % WIDTH == 0 && V_TILE_ROWS <= 7, "a panel is a whole number of tiles");                                  \
        for (int at = 0; at < SOW_PANEL; at += WIDTH) {                                                                                    \
            const type *right = (const type *)b + at;                                                                                      \
            type *to = (type *)c + at;                                                                                                     \
            if (add)                                                                                                                       \
                product_rows_##dtype(1, m, k, a, a_row, a_k, right, to, c_row);                                                            \
            else                                                                                                                           \
                product_rows_##dtype(0, m, k, a, a_row, a_k, right, to, c_row);                                                            \
        }                                                                                                                                  \
    }                                                                                                                                      \
    static void transpose_##dtype(const void *tile, void *transposed)                                                                      \
    {                                                                                                                                      \
        enum { STEP = 8 };                                                                                                                 \
        const type *from = tile;                                                                                                           \
        type *to = transposed;                                                                                                             \
        for (int i = 0; i < SOW_PANEL; i += STEP)                                                                                          \
            for (int c = 0; c < SOW_PANEL; c++)                                                                                            \
                for (int r = 0; r < STEP; r++)                                                                                             \
                    to[c * SOW_PANEL + i + r] = from[(i + r) * SOW_PANEL + c];                                                             \
    }                                                                                                                                      \
    static void widen_##dtype(const void *tile, double *wide)                                                                              \
    {                                                                                                                                      \
        const type *from = tile;                                                                                                           \
        for (int i = 0; i < SOW_PANEL * SOW_PANEL; i++)                                                                                    \
            wide[i] = from[i];                                                                                                             \
    }                                                                                                                                      \
    static void negate_##dtype(const double *wide, void *tile)                                                                             \
    {                                                                                                                                      \
        type *to = tile;                                                                                                                   \
        for (int i = 0; i < SOW_PANEL * SOW_PANEL; i++)                                                                                    \
            to[i] = (type)-wide[i];                                                                                                        \
    }                                                                                                                                      \
    static void scale_##dtype(void *x, size_t n, double factor)                                                                            \
    {                                                                                                                                      \
        const type by = (type)factor;                                                                                                      \
        type *to = x;                                                                                                                      \
        for (size_t i = 0; i < n; i++)                                                                                                     \
            to[i] *= by;                                                                                                                   \
    }

MATRIX_KERNELS(f32, float, vf)
MATRIX_KERNELS(f64, double, vd)

static void squares(const double *wide, size_t rows, double *sums)
{
    enum { LANES = sizeof(vd) / sizeof(double) };
    for (int c = 0; c < SOW_PANEL; c += LANES) {
        vd sum = vd_set1(0);
        for (size_t i = 0; i < rows; i++) {
            const vd x = vd_load(wide + i * SOW_PANEL + (size_t)c);
            sum = vd_fma(x, x, sum);
        }
        vd_store(sums + c, vd_add(vd_load(sums + c), sum));
    }
}

static void square_add(const double *x, const double *s, double *out)
{
    enum { LANES = sizeof(vd) / sizeof(double) };
    for (int c = 0; c < SOW_PANEL; c += LANES)
        vd_store(out + c, vd_fma(vd_load(x + c), vd_load(x + c), vd_load(s + c)));
}

#define MATRIX_TABLE(dtype)                                                                                                                \
    {                                                                                                                                      \
        product_##dtype, transpose_##dtype, widen_##dtype, negate_##dtype, scale_##dtype                                                   \
    }
