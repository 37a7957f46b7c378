/* SPDX-License-Identifier: MIT */
/**
 * @file scheme.h
 * A scheme is a value: which law a weight is drawn from, as a function of its shape. All schemes stand in one table (src/scheme_table.c)
 * that the C API, the program, the docs and the tests read. Arguments are set by name, or through the constructors below:
 *
 *     sow_scheme k = sow_kaiming_normal(SOW_FAN_OUT, sow_gain_relu());
 *
 *     sow_scheme v = sow_scheme_named("variance_scaling");
 *     sow_scheme_set(&v, "scale", 2);  sow_scheme_set_word(&v, "mode", "fan_avg");  sow_scheme_set_word(&v, "layout", "dense");
 */
#ifndef SOW_SCHEME_H
#define SOW_SCHEME_H

#include <stddef.h>
#include <stdint.h>

#include "sow/dist.h"
#include "sow/export.h"
#include "sow/status.h"
#include "sow/stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The lists below are X(enumerator, word); the words are what the program and sow_scheme_set_word() take. */

/** Which fan a variance is divided by; fan_avg = (in + out) / 2, fan_geo_avg = √(in · out) (JAX only). */
#define SOW_FAN_MODE_LIST(X) X(SOW_FAN_IN, fan_in) X(SOW_FAN_OUT, fan_out) X(SOW_FAN_AVG, fan_avg) X(SOW_FAN_GEO_AVG, fan_geo_avg)

/** The law of variance_scaling. truncated_normal is cut at ±2σ and rescaled to keep the variance. */
#define SOW_LAW_LIST(X) X(SOW_LAW_UNIFORM, uniform) X(SOW_LAW_NORMAL, normal) X(SOW_LAW_TRUNCATED_NORMAL, truncated_normal)

/** Whose fans: the true ones of the layout, or what a framework computes from the bare shape. */
#define SOW_FANS_LIST(X) X(SOW_FANS_TRUE, true) X(SOW_FANS_TORCH, torch) X(SOW_FANS_KERAS, keras) X(SOW_FANS_JAX, jax)

/** X(enumerator, word, shape): how a weight's axes are used. k are the kernel's spatial sizes, g groups, m the channel multiplier. */
#define SOW_LAYOUT_LIST(X)                                                                                                                 \
    X(SOW_LAYOUT_AUTO, auto, "(O, I, *k), rank 2 or more")                                                                                 \
    X(SOW_LAYOUT_LINEAR, linear, "(O, I)")                                                                                                 \
    X(SOW_LAYOUT_DENSE, dense, "(I, O)")                                                                                                   \
    X(SOW_LAYOUT_CONV, conv, "(O, I/g, *k)")                                                                                               \
    X(SOW_LAYOUT_CONV_LAST, conv_last, "(*k, I/g, O)")                                                                                     \
    X(SOW_LAYOUT_CONV_MLX, conv_mlx, "(O, *k, I/g)")                                                                                       \
    X(SOW_LAYOUT_CONV_T, conv_t, "(I, O/g, *k)")                                                                                           \
    X(SOW_LAYOUT_CONV_T_LAST, conv_t_last, "(*k, O, I)")                                                                                   \
    X(SOW_LAYOUT_CONV_T_FLAX, conv_t_flax, "(*k, I, O)")                                                                                   \
    X(SOW_LAYOUT_DEPTHWISE, depthwise, "(C·m, 1, *k)")                                                                                     \
    X(SOW_LAYOUT_DEPTHWISE_LAST, depthwise_last, "(*k, C, m)")                                                                             \
    X(SOW_LAYOUT_DEPTHWISE_HAIKU, depthwise_haiku, "(*k, 1, C·m)")                                                                         \
    X(SOW_LAYOUT_EMBEDDING, embedding, "(N, D)")                                                                                           \
    X(SOW_LAYOUT_BILINEAR, bilinear, "(O, I1, I2)")                                                                                        \
    X(SOW_LAYOUT_HEADS_IN, heads_in, "(E, H, D)")                                                                                          \
    X(SOW_LAYOUT_HEADS_OUT, heads_out, "(H, D, E)")

#define X(id, word) id,
typedef enum sow_fan_mode { SOW_FAN_MODE_LIST(X) SOW_FAN_MODE_COUNT } sow_fan_mode;
typedef enum sow_law { SOW_LAW_LIST(X) SOW_LAW_COUNT } sow_law;
typedef enum sow_fans { SOW_FANS_LIST(X) SOW_FANS_COUNT } sow_fans;
#undef X
#define X(id, word, shape) id,
typedef enum sow_layout { SOW_LAYOUT_LIST(X) SOW_LAYOUT_COUNT } sow_layout;
#undef X

/** How a gain's name is read: torch's table, 1/√E[f(z)²] (He's argument), or 1/√Var[f(z)] (NFNets), z ~ N(0, 1). */
typedef enum sow_gain_rule { SOW_GAIN_TORCH, SOW_GAIN_RMS, SOW_GAIN_STD } sow_gain_rule;

/** Gains that need no look-up: √2 for ReLU, √(2/(1+slope²)) for leaky ReLU (He et al. 2015, eq. 14 f.), 5/3 for tanh (torch). */
static inline double sow_gain_relu(void)
{
    return 1.4142135623730951;
}
static inline double sow_gain_tanh(void)
{
    return 5.0 / 3.0;
}
/** Not inline, as a host's compiler may contract 1 + slope². */
SOW_API double sow_gain_leaky_relu(double slope);

/**
 * The gain of activation `name` ("relu", "tanh", "gelu", …) in *gain. `slope` is the parameter of leaky_relu (NaN: its default 0.01)
 * and must be NaN for the others. Errors: SOW_ERR_SCHEME for an unknown name, or one that torch's table lacks under SOW_GAIN_TORCH; the
 * sentence at `why` (NULL: none) lists the known ones or offers the other rules' values. *gain is untouched on error.
 */
SOW_API sow_status sow_gain(const char *name, double slope, sow_gain_rule rule, double *gain, char *why, size_t size);

/** What kind of value an argument of a scheme takes. */
typedef enum sow_arg_type {
    SOW_ARG_NUMBER, /**< any double that the scheme accepts */
    SOW_ARG_COUNT,  /**< a whole number ≥ 1 */
    SOW_ARG_FLAG,   /**< 0 or 1 */
    SOW_ARG_GAIN,   /**< a number, or the name of an activation (sow_gain) */
    SOW_ARG_MODE,   /**< a word of SOW_FAN_MODE_LIST */
    SOW_ARG_LAW,    /**< a word of SOW_LAW_LIST */
    SOW_ARG_LAYOUT, /**< a word of SOW_LAYOUT_LIST */
    SOW_ARG_FANS,   /**< a word of SOW_FANS_LIST */
    SOW_ARG_AXES    /**< axes of the shape, -8 to 7, below 0 from the end: one by sow_scheme_set(), several as the word "0,-1" */
} sow_arg_type;

#define SOW_SCHEME_MAX_ARGS 12

/** One argument: its name, kind, default (NaN: required, infinite: optional and without one), and a line of words. */
typedef struct sow_scheme_arg {
    const char *name;
    sow_arg_type type;
    double fallback;
    const char *text;
} sow_scheme_arg;

/** A row of the table of schemes. All strings are constant. */
typedef struct sow_scheme_info {
    const char *name;    /**< "kaiming_normal", "torch.linear", … */
    const char *formula; /**< one line, UTF-8 */
    const char *source;  /**< paper and framework */
    size_t arg_count;
    sow_scheme_arg arg[SOW_SCHEME_MAX_ARGS];
    const char *parts; /**< which fields of sow_scheme_parts it needs, "inner" or "list, inner", say; NULL: none */
    int plain;         /**< 1: every tensor is drawn from one distribution, which sow_scheme_dist() gives; 0: sow_init() alone writes it */
} sow_scheme_info;

/** Elements first .. first+n-1 (row-major) of a tensor of that shape, for a callback of the scheme "custom". */
typedef struct sow_custom_range {
    sow_stream stream; /**< of the tensor; children of it are the callback's own */
    sow_dtype dtype;   /**< what the values become */
    int rank;
    const int64_t *shape; /**< of the whole tensor */
    int64_t first, n;
} sow_custom_range;

/**
 * Writes values[0 .. n). Called for any ranges, in any order, more than once and on several threads, in the default floating-point
 * environment; a value must depend on stream, shape, dtype and index alone. Values are rounded to the element type as all others are.
 */
typedef void sow_custom(void *user, const sow_custom_range *range, double *values);

struct sow_scheme;

/** What does not fit into numbers. The caller owns all of it and keeps it, unchanged, for as long as the scheme is used. */
typedef struct sow_scheme_parts {
    const struct sow_scheme *inner; /**< schemes within this one */
    size_t inner_count;
    const int64_t *list; /**< blocks: their sizes; zero_rows: indices; mup: the base shape */
    size_t list_count;
    const void *values; /**< template: a row-major array, aligned to its elements */
    sow_dtype values_dtype;
    int values_rank;
    const int64_t *values_shape;
    sow_custom *custom; /**< custom: the callback and its first argument */
    void *user;
} sow_scheme_parts;

/** A scheme with its arguments; enumerations are stored as their number. Made by sow_scheme_named() or a constructor below. */
typedef struct sow_scheme {
    int row;        /**< Index into the table, -1 for none. */
    unsigned given; /**< Bit i: argument i was set, rather than left at its default. */
    double arg[SOW_SCHEME_MAX_ARGS];
    const sow_scheme_parts *parts; /**< NULL unless the row asks for some (sow_scheme_info.parts) */
} sow_scheme;

/** Schemes may nest this deep. */
#define SOW_SCHEME_MAX_DEPTH 8

/** Rows in the table. */
SOW_API size_t sow_scheme_count(void);
/** Row i, or NULL when i is out of range. */
SOW_API const sow_scheme_info *sow_scheme_info_at(size_t i);

/**
 * The scheme of that name with its defaults; row = -1 if there is none, which every later call refuses with SOW_ERR_SCHEME.
 * The weight of a layer preset may be named with or without ".weight".
 */
SOW_API sow_scheme sow_scheme_named(const char *name);

/** Index of the argument, or -1. */
SOW_API int sow_scheme_arg_index(const sow_scheme *scheme, const char *name);

/**
 * Sets an argument to a number. Errors: SOW_ERR_SCHEME for an unknown argument or row, or an axis that is not -8 to 7; other ranges are
 * checked with the shape, later.
 */
SOW_API sow_status sow_scheme_set(sow_scheme *scheme, const char *name, double value);

/**
 * Sets an argument to a word: an enumerator, "true" or "false", axes separated by commas, or a gain's activation: "relu" (torch's table),
 * "leaky_relu:0.2" with its slope, "rms:gelu" or "std:gelu" by another rule (sow_gain). Errors: SOW_ERR_SCHEME.
 */
SOW_API sow_status sow_scheme_set_word(sow_scheme *scheme, const char *name, const char *word);

/**
 * The distribution of `scheme` for a tensor of that (global) shape and type in *dist; fans are computed in double from the shape. Pure.
 * A shape without elements succeeds whatever its fans (they count as at least 1): nothing will be drawn.
 * Errors: SOW_ERR_SCHEME, SOW_ERR_FAN, SOW_ERR_SHAPE, SOW_ERR_DIST, SOW_ERR_DTYPE, with a sentence at `why` (NULL: none) that names
 * argument, value and limit; *dist is untouched then.
 */
SOW_API sow_status sow_scheme_dist(const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype, sow_dist *dist, char *why,
                                   size_t size);

/**
 * Whether `scheme` can initialise a tensor of that (global) shape and type. Errors: as sow_scheme_dist(), SOW_ERR_NULL for missing parts.
 * A scheme that is not plain (sow_scheme_info.plain) passes here where sow_scheme_dist() returns SOW_ERR_SCHEME. Pure.
 */
SOW_API sow_status sow_check_scheme(const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype, char *why, size_t size);

/**
 * fan_in and fan_out of a shape in *fan_in, *fan_out. `groups` matters to the true fans of the conv and depthwise layouts; 0: not given,
 * that is 1, or for depthwise layouts one group per output channel (m = 1). Frameworks' fans ignore the layout (docs/schemes.md has the two
 * exceptions). Errors: SOW_ERR_SHAPE, SOW_ERR_FAN (rank, divisibility), SOW_ERR_SCHEME (an enumerator, groups), SOW_ERR_NULL; then
 * nothing is written but the sentence at `why`.
 */
SOW_API sow_status sow_fan(sow_layout layout, sow_fans fans, double groups, int rank, const int64_t *shape, double *fan_in, double *fan_out,
                           char *why, size_t size);

/**
 * The fans that `scheme` sees in a tensor of that (global) shape in *fan_in, *fan_out: those of its arguments (fan_in, in_axis, layout,
 * fans, groups …), and of the layout `auto` where it has none. Errors: as sow_fan(), and for arguments that the scheme refuses. Pure.
 */
SOW_API sow_status sow_scheme_fans(const sow_scheme *scheme, int rank, const int64_t *shape, double *fan_in, double *fan_out, char *why,
                                   size_t size);

/* Constructors for the everyday schemes; everything else by name. Each gives the same value as sow_scheme_named() and sow_scheme_set(). */
SOW_API sow_scheme sow_zeros(void);
SOW_API sow_scheme sow_ones(void);
SOW_API sow_scheme sow_constant(double value);
SOW_API sow_scheme sow_uniform(double a, double b);
SOW_API sow_scheme sow_normal(double mean, double std);
SOW_API sow_scheme sow_trunc_normal(double mean, double std, double a, double b); /**< torch: bounds in the units of the values */
SOW_API sow_scheme sow_truncated_normal(double mean, double std, double lower, double upper); /**< JAX, Keras: bounds in std */
SOW_API sow_scheme sow_xavier_uniform(double gain);
SOW_API sow_scheme sow_xavier_normal(double gain);
SOW_API sow_scheme sow_kaiming_uniform(sow_fan_mode mode, double gain);
SOW_API sow_scheme sow_kaiming_normal(sow_fan_mode mode, double gain);
SOW_API sow_scheme sow_variance_scaling(double scale, sow_fan_mode mode, sow_law law);

#ifdef __cplusplus
}
#endif
#endif
