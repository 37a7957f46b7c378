/* SPDX-License-Identifier: MIT */
/** @file scheme_row.h A row of the table of schemes, and the laws that rows name. A law turns arguments and fans into a distribution. */
#ifndef SOW_SRC_SCHEME_ROW_H
#define SOW_SRC_SCHEME_ROW_H

#include "sow/scheme.h"

typedef struct sow__scheme_row sow__scheme_row;

/* One evaluation of a scheme, its arguments' types checked. */
typedef struct sow__scheme_call {
    const sow__scheme_row *row;
    const sow_scheme *scheme;
    int rank;
    const int64_t *shape;
    int empty; /* no elements: fans count as at least 1 */
    char *why;
    size_t size;
} sow__scheme_call;

typedef sow_status sow__law(const sow__scheme_call *call, sow_dist *dist);

/* `value`, `mode` and `draw` are what a law uses where the row has no argument of that meaning. */
struct sow__scheme_row {
    sow_scheme_info info;
    sow__law *law;
    double value;
    sow_fan_mode mode;
    sow_law draw;
};

extern const sow__scheme_row sow__scheme_rows[];
extern const size_t sow__scheme_row_count;

sow__law sow__law_constant;         /* value */
sow__law sow__law_uniform;          /* U(a, b) */
sow__law sow__law_uniform_scale;    /* U(0, scale), jax.uniform */
sow__law sow__law_symmetric;        /* U(±value) */
sow__law sow__law_normal;           /* N(mean, std) */
sow__law sow__law_trunc_normal;     /* bounds in the units of the values */
sow__law sow__law_truncated_normal; /* bounds in std */
sow__law sow__law_xavier;
sow__law sow__law_kaiming;
sow__law sow__law_variance_scaling;
sow__law sow__law_uniform_scaling;
sow__law sow__law_unit_fan; /* 1/√fan as the bound, the std, or the std before a cut at ±2 */
sow__law sow__law_mlx_conv;
sow__law sow__law_bilinear;
sow__law sow__law_hidden;
sow__law sow__law_residual_scale;
sow__law sow__law_small_init;
sow__law sow__law_wang;
sow__law sow__law_siren;

#endif
