/* SPDX-License-Identifier: MIT */
/**
 * @file scheme_row.h
 * A row of the table of schemes. A row is a law, which turns arguments and fans into a distribution, or names a writer, which knows the
 * value of any element, or how a view splits into views of other schemes.
 */
#ifndef SOW_SRC_SCHEME_ROW_H
#define SOW_SRC_SCHEME_ROW_H

#include "sow/context.h"
#include "sow/scheme.h"
#include "sow/tensor.h"

typedef struct sow__scheme_row sow__scheme_row;

/* What the schemes around an inner one make of its values: mul · value + add, mul >= 0. */
typedef struct sow__affine {
    double mul, add;
} sow__affine;

/* One evaluation of a scheme, its arguments' types checked. */
typedef struct sow__scheme_call {
    const sow__scheme_row *row;
    const sow_scheme *scheme;
    int rank;
    const int64_t *shape; /* of the whole tensor */
    sow_dtype dtype;
    int empty; /* no elements: fans count as at least 1 */
    sow__affine affine;
    int depth; /* schemes around this one */
    char *why;
    size_t size;
} sow__scheme_call;

typedef sow_status sow__law(const sow__scheme_call *call, sow_dist *dist);

/* What an element's value needs, found once for many ranges. Numbers come from sow__leaf_draw(). */
typedef struct sow__leaf {
    const sow__scheme_call *call;
    const sow_context *ctx;
    sow_stream stream;
    double k[4];
    int64_t n[6];
} sow__leaf;

/* Where a scheme writes: a checked view, which is not empty. */
typedef struct sow__site {
    const sow_context *ctx;
    sow_stream stream;
    sow_tensor tensor;
} sow__site;

/*
 * `check` sees arguments and shape before anything is written. Then either `values` gives any range of the row-major whole, in double,
 * rounded to the element type by the caller, from constants that `begin` (NULL: none) left in the leaf; or `view` writes a view.
 */
typedef struct sow__writer {
    sow_status (*check)(const sow__scheme_call *call);
    void (*begin)(sow__leaf *leaf);
    void (*values)(const sow__leaf *leaf, int64_t first, double *values, int64_t n);
    sow_status (*view)(const sow__scheme_call *call, const sow__site *site);
} sow__writer;

/* `value`, `mode` and `draw` are what a law or writer uses where the row has no argument of that meaning. */
struct sow__scheme_row {
    sow_scheme_info info;
    sow__law *law;
    double value;
    sow_fan_mode mode;
    sow_law draw;
    const sow__writer *writer; /* where law is NULL */
};

extern const sow__scheme_row sow__scheme_rows[];
extern const size_t sow__scheme_row_count;

/* Everything that can be checked without the row's own check: pointers, row, dtype, shape, the arguments' types. */
sow_status sow__scheme_call_make(sow__scheme_call *call, const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype,
                                 char *why, size_t size);

/* The row's check. A law leaves its distribution, with call->affine, in *dist. */
sow_status sow__scheme_check(const sow__scheme_call *call, sow_dist *dist);

/* The argument's value; `fallback` where the row has no such argument, or it is an optional one that was not given. */
double sow__arg(const sow__scheme_call *call, const char *name, double fallback);
sow_status sow__arg_finite(const sow__scheme_call *call, const char *name, double fallback, double *x);
sow_status sow__arg_positive_or_0(const sow__scheme_call *call, const char *name, double fallback, double *x);

/* SOW_ERR_SHAPE with words on what the shape is and must be. */
sow_status sow__bad_shape(const sow__scheme_call *call, const char *must);

/* SOW_ERR_SCHEME if `value`, mul and add applied, is finite and overflows the element type. */
sow_status sow__check_value(const sow__scheme_call *call, double value);

/* Both fans: what the arguments give, else the shape's; at least 1 without elements. `mode`: the shape is looked at if that fan needs it.
 */
sow_status sow__fans_of(const sow__scheme_call *call, sow_fan_mode mode, double *fan_in, double *fan_out);

/*
 * fan.c: fans by axes, JAX's rule: fan_in = ∏in · rf, rf = ∏all / (∏in · ∏out · ∏batch). Sets of axes as sow__axes_of() makes them.
 * Where neither `in` nor `out` names one, the layout decides, over the shape without the batch axes.
 */
typedef struct sow__axes {
    unsigned in, out, batch;
} sow__axes;
sow_status sow__fan_by_axes(const sow__axes *axes, sow_layout layout, sow_fans fans, double groups, int rank, const int64_t *shape,
                            double *fan_in, double *fan_out, char *why, size_t size);

/* A set of axes as an argument holds it: bit a for axis a >= 0, bit 8 + k for axis -1 - k. */
#define SOW__AXIS_BIT(axis) (1U << ((axis) >= 0 ? (axis) : 7 - (axis)))

/* The fan that the arguments give, else that of the shape. */
sow_status sow__fan_of(const sow__scheme_call *call, sow_fan_mode mode, double *fan);

/* The axes of a layout's inputs and outputs in a shape of that rank. */
void sow__layout_axes(sow_layout layout, int rank, int *in, int *out);

/* The distribution of mul · x + add. */
sow_dist sow__transform(sow_dist dist, sow__affine f);

/* Elements first .. first+n-1 of the leaf's stream as double: drawn as f64 for f64, else as f32. */
void sow__leaf_draw(const sow__leaf *leaf, sow_dist dist, int64_t first, double *values, int64_t n);

/* x, rounded to the element type, at dst. */
void sow__element_store(double x, sow_dtype dtype, unsigned char *dst);

/* inner scheme i of a combinator, over that shape. */
sow_status sow__check_inner(const sow__scheme_call *call, size_t i, sow__affine affine, int rank, const int64_t *shape);
sow_status sow__write_inner(const sow__scheme_call *call, size_t i, sow__affine affine, const sow__site *site);
void sow__write_dist(sow_dist dist, const sow__site *site);

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

/* scheme_depth.c */
sow__law sow__law_depth_scaled, sow__law_mitchell, sow__law_mitchell_out, sow__law_megatron, sow__law_megatron_out, sow__law_ds_init;
sow__law sow__law_fixup, sow__law_tfixup_embedding, sow__law_tfixup_encoder, sow__law_tfixup_decoder;
sow__law sow__law_deepnorm, sow__law_deepnorm_encoder, sow__law_subln, sow__law_subln_encoder;
sow__law sow__law_layerscale, sow__law_spectral, sow__law_class_prior, sow__law_classes, sow__law_s4d_log_dt, sow__law_mamba_dt_proj;

/* structured.c, template.c, sparse.c */
extern const sow__writer sow__writer_identity, sow__writer_dirac, sow__writer_template, sow__writer_custom, sow__writer_sparse;
/* waves.c */
extern const sow__writer sow__writer_hadamard, sow__writer_bilinear_upsample, sow__writer_stft, sow__writer_sinusoidal;
/* haar.c, combine.c, unit_ball.c */
extern const sow__writer sow__writer_orthogonal, sow__writer_delta_orthogonal, sow__writer_unit_ball;
extern const sow__writer sow__writer_blocks, sow__writer_stack, sow__writer_affine, sow__writer_zero_rows, sow__writer_icnr;
sow__law sow__law_mup;
/* recurrent.c */
extern const sow__writer sow__writer_lstm_bias, sow__writer_chrono, sow__writer_transition, sow__writer_by_state, sow__writer_s4d_inv;
extern const sow__writer sow__writer_log_uniform, sow__writer_uniform_log, sow__writer_mamba_dt_bias;
extern const sow__writer sow__writer_lru_nu, sow__writer_lru_gamma, sow__writer_lru_theta;

#endif
