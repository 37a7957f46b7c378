/* SPDX-License-Identifier: MIT */
/**
 * @file reflect.h
 * Blocks of SOW_PANEL random Householder reflectors, I - V·T·Vᵀ, and their product with rows of a matrix. Block t's reflectors act on
 * columns from SOW_PANEL·t on. docs/orthogonal.md fixes every operation here.
 */
#ifndef SOW_SRC_REFLECT_H
#define SOW_SRC_REFLECT_H

#include "simd/kernels.h"
#include "sow/stream.h"

/** A product of `count` reflectors of at most `length` >= count elements. */
typedef struct sow__reflect {
    const sow_kernels *kernels;
    const sow_matrix_kernels *matrix;
    sow_kernel *normal;
    sow_params params;
    sow_stream stream;
    sow_dtype dtype; /* f32 or f64 */
    size_t bytes;    /* of an element */
    int64_t count, length;
    int64_t panels; /* that cover the length */
} sow__reflect;

/** In the default floating-point environment, as is all below. */
sow__reflect sow__reflect_make(const sow_kernels *kernels, sow_stream stream, sow_dtype dtype, int64_t count, int64_t length);

/** Where block t lies behind block `from` <= t, in tiles of SOW_PANEL x SOW_PANEL elements. */
int64_t sow__reflect_tiles(const sow__reflect *r, int64_t from, int64_t t);

/** Doubles of scratch memory that sow__reflect_prepare() takes. */
enum { SOW_REFLECT_SCRATCH = 5 * SOW_PANEL * SOW_PANEL };

/** Makes block t in `block`, and the factor of each of its rows, -1 or 1, in sign[0 .. SOW_PANEL). */
void sow__reflect_prepare(const sow__reflect *r, int64_t t, void *block, double *sign, double *scratch);

/** Rows of a matrix, `stride` elements apart; index[i] is the i-th's row in the product, ascending. */
typedef struct sow__reflect_rows {
    void *x;
    ptrdiff_t stride;
    const int64_t *index;
    size_t n;
} sow__reflect_rows;

/**
 * Multiplies rows, all of them with index >= SOW_PANEL·t, by block t. What they hold in columns below SOW_PANEL·(t + 1), and in rows of
 * block t itself anywhere, is not read: a row starts as that of the unit matrix. `scratch` is 3·n·SOW_PANEL elements.
 */
void sow__reflect_apply(const sow__reflect *r, int64_t t, const void *block, sow__reflect_rows rows, void *scratch);

#endif
