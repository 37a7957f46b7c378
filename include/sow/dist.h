/* SPDX-License-Identifier: MIT */
/**
 * @file dist.h
 * A distribution is a value: what sow_fill() draws. Parameters are double; each is rounded once to the format of the element arithmetic
 * (binary64 for f64, binary32 for f32, f16 and bf16). f16 and bf16 elements are the f32 element rounded to nearest even, held inside
 * the bounds where the distribution has bounds.
 *
 * For element i of a stream with words w[0], w[1], … (docs/bits.md has the whole contract):
 *
 * | distribution                       | element i of an f32, f16 or bf16 tensor                     | f64                     |
 * | ---------------------------------- | ----------------------------------------------------------- | ----------------------- |
 * | bits                               | w[i]; f16 and bf16: its low 16 bits                         | w[2i] + 2^32 w[2i+1]    |
 * | constant(v)                        | v                                                           | v                       |
 * | uniform(a, b)                      | a + (b-a) (w[i] >> 8) 2^-24, in [a, b)                      | 53 bits instead of 24   |
 * | normal(mean, std)                  | Box-Muller of words 2⌊i/2⌋ (radius), 2⌊i/2⌋+1 (angle)       | 53 bits each            |
 * | trunc_normal(mean, std, a, b)      | inverse cdf of (w[i] + ½) 2^-32, in [a, b]                  | 53 bits                 |
 */
#ifndef SOW_DIST_H
#define SOW_DIST_H

#include <stddef.h>

#include "sow/dtype.h"
#include "sow/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(enumerator, lower-case name). The only list of distributions: kernel tables, tests and benchmarks read it. */
#define SOW_DIST_LIST(X)                                                                                                                   \
    X(SOW_DIST_BITS, bits)                                                                                                                 \
    X(SOW_DIST_CONSTANT, constant)                                                                                                         \
    X(SOW_DIST_UNIFORM, uniform)                                                                                                           \
    X(SOW_DIST_NORMAL, normal)                                                                                                             \
    X(SOW_DIST_TRUNC_NORMAL, trunc_normal)

typedef enum sow_dist_kind {
#define X(id, name) id,
    SOW_DIST_LIST(X)
#undef X
        SOW_DIST_COUNT
} sow_dist_kind;

/** Fields that a kind does not use are ignored. Make one with the functions below. */
typedef struct sow_dist {
    sow_dist_kind kind;
    double mean, std; /**< normal, trunc_normal: of the parent normal; constant: `mean` is the value. */
    double a, b;      /**< uniform: [a, b). trunc_normal: [a, b], in the units of the values, not in std. */
} sow_dist;

/** Raw words. */
static inline sow_dist sow_dist_bits(void)
{
    sow_dist d = {SOW_DIST_BITS, 0, 0, 0, 0};
    return d;
}

/** Every element `value`. NaN and infinities are allowed; a finite value must stay finite in the element type (f16: |value| < 65520). */
static inline sow_dist sow_dist_constant(double value)
{
    sow_dist d = {SOW_DIST_CONSTANT, value, 0, 0, 0};
    return d;
}

/** Uniform on [a, b); a == b fills with a. Errors: a > b, NaN, infinite, b - a or a bound outside the type, no value inside. */
static inline sow_dist sow_dist_uniform(double a, double b)
{
    sow_dist d = {SOW_DIST_UNIFORM, 0, 0, a, b};
    return d;
}

/** Normal (Box & Muller 1958); std = 0 fills with the mean. Errors: std < 0, NaN, infinite, |mean| + 6.67 std (f64: 8.58) overflows. */
static inline sow_dist sow_dist_normal(double mean, double std)
{
    sow_dist d = {SOW_DIST_NORMAL, mean, std, 0, 0};
    return d;
}

/**
 * Normal(mean, std) cut to [a, b] (both in the units of the values), by inverse cdf: one word per element, no rejection, both tails
 * accurate far out. a = -inf and b = +inf are allowed. std = 0 fills with the mean held inside [a, b].
 * Errors: std < 0, a >= b, NaN, mean or std infinite, a result that could overflow the type, no value of the type inside [a, b].
 */
static inline sow_dist sow_dist_trunc_normal(double mean, double std, double a, double b)
{
    sow_dist d = {SOW_DIST_TRUNC_NORMAL, mean, std, a, b};
    return d;
}

/** "bits", "constant", "uniform", "normal" or "trunc_normal"; NULL for an unknown kind. */
SOW_API const char *sow_dist_name(sow_dist_kind kind);

/**
 * Whether `dist` can be drawn as `dtype`. Pure. On error up to `size` bytes at `why` (NULL: none) get one English sentence that names
 * the argument, its value and the limit; on success an empty string. Returns SOW_OK, SOW_ERR_DTYPE or SOW_ERR_DIST.
 */
SOW_API sow_status sow_check_dist(sow_dist dist, sow_dtype dtype, char *why, size_t size);

#ifdef __cplusplus
}
#endif
#endif
