/* SPDX-License-Identifier: MIT */
/**
 * @file reflect_tmpl.h
 * What matrix products and block reflectors are made of: work on tiles of SOW_PANEL x SOW_PANEL elements in f32 and f64.
 * Every sum is one chain of fma from +0 in ascending index, so neither the tile's shape nor the instruction set shows in the bits.
 */
#include "simd/vec.h"

/*
 * WIDTH    columns whose sums, for V_TILE_ROWS rows, live in registers; a packed tile is slices of so many columns, each row-major, so
 *          that a product reads it from front to back.
 * sums     C = A·B, or C += A·B if `add`, for m rows and one slice of B.
 * rows     the same for any m.
 */
#define MATRIX_KERNELS(dtype, type, vec)                                                                                                   \
    enum { WIDTH_##dtype = V_TILE_VECTORS * sizeof(vec) / sizeof(type) };                                                                  \
    _Static_assert(SOW_PANEL % WIDTH_##dtype == 0 && V_TILE_ROWS <= 7, "a panel is a whole number of slices");                             \
    V_INLINE void sums_##dtype(const int m, const int add, size_t k, const type *a, ptrdiff_t a_row, ptrdiff_t a_k, const type *b,         \
                               type *c, ptrdiff_t c_row)                                                                                   \
    {                                                                                                                                      \
        enum { LANES = sizeof(vec) / sizeof(type) };                                                                                       \
        vec sum[V_TILE_ROWS][V_TILE_VECTORS];                                                                                              \
        EACH (r, m)                                                                                                                        \
            EACH (v, V_TILE_VECTORS)                                                                                                       \
                sum[r][v] = vec##_set1(0);                                                                                                 \
        for (size_t q = 0; q < k; q++, a += a_k, b += WIDTH_##dtype) {                                                                     \
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
    V_INLINE void rows_##dtype(const int add, size_t m, size_t k, const type *a, ptrdiff_t a_row, ptrdiff_t a_k, const type *b, type *c,   \
                               ptrdiff_t c_row)                                                                                            \
    {                                                                                                                                      \
        for (; m >= V_TILE_ROWS; m -= V_TILE_ROWS, a += V_TILE_ROWS * a_row, c += V_TILE_ROWS * c_row)                                     \
            sums_##dtype(V_TILE_ROWS, add, k, a, a_row, a_k, b, c, c_row);                                                                 \
        if (m & 4) {                                                                                                                       \
            sums_##dtype(4, add, k, a, a_row, a_k, b, c, c_row);                                                                           \
            a += 4 * a_row, c += 4 * c_row;                                                                                                \
        }                                                                                                                                  \
        if (m & 2) {                                                                                                                       \
            sums_##dtype(2, add, k, a, a_row, a_k, b, c, c_row);                                                                           \
            a += 2 * a_row, c += 2 * c_row;                                                                                                \
        }                                                                                                                                  \
        if (m & 1)                                                                                                                         \
            sums_##dtype(1, add, k, a, a_row, a_k, b, c, c_row);                                                                           \
    }                                                                                                                                      \
    static void product_##dtype(size_t m, size_t k, const void *a, ptrdiff_t a_row, ptrdiff_t a_k, const void *b, void *c,                 \
                                ptrdiff_t c_row, int add)                                                                                  \
    {                                                                                                                                      \
        for (int at = 0; at < SOW_PANEL; at += WIDTH_##dtype) {                                                                            \
            const type *slice = (const type *)b + at * SOW_PANEL;                                                                          \
            type *to = (type *)c + at;                                                                                                     \
            if (add)                                                                                                                       \
                rows_##dtype(1, m, k, a, a_row, a_k, slice, to, c_row);                                                                    \
            else                                                                                                                           \
                rows_##dtype(0, m, k, a, a_row, a_k, slice, to, c_row);                                                                    \
        }                                                                                                                                  \
    }                                                                                                                                      \
    static void pack_##dtype(const void *tile, void *packed)                                                                               \
    {                                                                                                                                      \
        type *to = packed;                                                                                                                 \
        for (int at = 0; at < SOW_PANEL; at += WIDTH_##dtype)                                                                              \
            for (int i = 0; i < SOW_PANEL; i++, to += WIDTH_##dtype)                                                                       \
                memcpy(to, (const type *)tile + i * SOW_PANEL + at, WIDTH_##dtype * sizeof(type));                                         \
    }                                                                                                                                      \
    static void pack_transposed_##dtype(const void *tile, void *packed)                                                                    \
    {                                                                                                                                      \
        enum { STEP = WIDTH_##dtype < 8 ? WIDTH_##dtype : 8 };                                                                             \
        for (int at = 0; at < SOW_PANEL; at += STEP) {                                                                                     \
            const type *from = (const type *)tile + at * SOW_PANEL;                                                                        \
            type *to = (type *)packed + at / WIDTH_##dtype * WIDTH_##dtype * SOW_PANEL + at % WIDTH_##dtype;                               \
            for (int c = 0; c < SOW_PANEL; c++, from++, to += WIDTH_##dtype)                                                               \
                for (int r = 0; r < STEP; r++)                                                                                             \
                    to[r] = from[r * SOW_PANEL];                                                                                           \
        }                                                                                                                                  \
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

static void widen(const float *tile, double *wide)
{
    for (int i = 0; i < SOW_PANEL * SOW_PANEL; i++)
        wide[i] = (double)tile[i];
}

static void gram(const double *tile, const double *packed, size_t rows, double *sums, int add)
{
    for (int at = 0; at < SOW_PANEL; at += WIDTH_f64) {
        const double *slice = packed + at * SOW_PANEL;
        const size_t m = (size_t)at + WIDTH_f64; /* columns from at on: rows below are not wanted */
        if (add)
            rows_f64(1, m, rows, tile, 1, SOW_PANEL, slice, sums + at, SOW_PANEL);
        else
            rows_f64(0, m, rows, tile, 1, SOW_PANEL, slice, sums + at, SOW_PANEL);
    }
}

/* A square of a float is exact in binary64, so that a product and a sum are an fma. */
static void squares_f32(const void *tile, size_t rows, double *sums)
{
    enum { STEP = 16 };
    for (int at = 0; at < SOW_PANEL; at += STEP) {
        const float *from = (const float *)tile + at;
        double sum[STEP] = {0};
        for (size_t i = 0; i < rows; i++, from += SOW_PANEL)
            EACH (c, STEP)
                sum[c] += (double)from[c] * (double)from[c];
        for (int c = 0; c < STEP; c++)
            sums[at + c] += sum[c];
    }
}

static void squares_f64(const void *tile, size_t rows, double *sums)
{
    enum { LANES = sizeof(vd) / sizeof(double) };
    for (int c = 0; c < SOW_PANEL; c += LANES) {
        vd sum = vd_set1(0);
        for (size_t i = 0; i < rows; i++) {
            const vd x = vd_load((const double *)tile + i * SOW_PANEL + (size_t)c);
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
        WIDTH_##dtype, product_##dtype, pack_##dtype, pack_transposed_##dtype, scale_##dtype                                               \
    }

#define REFLECT_TABLE                                                                                                                      \
    {                                                                                                                                      \
        widen, gram, {squares_f32, squares_f64}, square_add                                                                                \
    }
