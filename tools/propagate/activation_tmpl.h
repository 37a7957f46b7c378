/* SPDX-License-Identifier: MIT */
/*
 * The kernels of activation.h, written once over the compiler's vectors. A shim defines first
 *   LANES           floats in a vector, a divisor of 16
 *   HALVES          vectors of double that hold as many
 *   vf, vi, vd      vectors of float, of int32_t, of double
 *   widen(x, half)  lanes of x, exactly
 *   v_tanh, v_erf, v_exp, v_expm1
 */
#include <string.h>

#include "propagate/activation.h"

enum { BLOCK = 16, PARTS = BLOCK / LANES };

#define INLINE static inline __attribute__((always_inline))

INLINE vf splat(float x)
{
    return x - (vf){0};
}

/* yes where the mask's lane is all ones, no where it is zero. */
INLINE vf choose(vi mask, vf yes, vf no)
{
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}

INLINE vf magnitude(vf x)
{
    return (vf)((vi)x & 0x7fffffff);
}

/* e = exp(-|x|) and 1/(1 + e), of which both sides of the logistic function are made without cancellation. */
INLINE void logistic(vf x, vf *e, vf *r)
{
    *e = v_exp(-magnitude(x));
    *r = 1.0f / (1.0f + *e);
}

INLINE vf value(enum activation a, vf x)
{
    const float inv_sqrt2 = 0.70710678118654752f;
    const vi negative = x < 0.0f;
    vf e, r;
    switch (a) {
    case ACTIVATION_RELU:
        return choose(negative, splat(0), x); /* a NaN stays one */
    case ACTIVATION_LEAKY:
        return choose(negative, (float)LEAKY_SLOPE * x, x);
    case ACTIVATION_TANH:
        return v_tanh(x);
    case ACTIVATION_SIGMOID:
        logistic(x, &e, &r);
        return choose(negative, e * r, r);
    case ACTIVATION_GELU:
        return x * (0.5f * (1.0f + v_erf(x * inv_sqrt2)));
    case ACTIVATION_SILU:
        logistic(x, &e, &r);
        return x * choose(negative, e * r, r);
    case ACTIVATION_SELU:
        return choose(negative, (float)(SELU_SCALE * SELU_ALPHA) * v_expm1(x), (float)SELU_SCALE * x);
    default:
        return x;
    }
}

INLINE vf slope(enum activation a, vf x)
{
    const float inv_sqrt2 = 0.70710678118654752f, inv_sqrt2pi = 0.39894228040143268f;
    const vi negative = x < 0.0f;
    vf e, r;
    switch (a) {
    case ACTIVATION_RELU:
        return choose(x > 0.0f, splat(1), splat(0));
    case ACTIVATION_LEAKY:
        return choose(negative, splat((float)LEAKY_SLOPE), splat(1));
    case ACTIVATION_TANH:
        e = v_exp(-2.0f * magnitude(x)); /* 1/cosh²: 1 - tanh² would cancel */
        r = 1.0f / (1.0f + e);
        return 4.0f * (e * r * r);
    case ACTIVATION_SIGMOID:
        logistic(x, &e, &r);
        return e * r * r;
    case ACTIVATION_GELU:
        return 0.5f * (1.0f + v_erf(x * inv_sqrt2)) + x * (inv_sqrt2pi * v_exp(-0.5f * (x * x)));
    case ACTIVATION_SILU:
        logistic(x, &e, &r);
        return choose(negative, e * r, r) + x * (e * r * r);
    case ACTIVATION_SELU:
        return choose(negative, (float)(SELU_SCALE * SELU_ALPHA) * v_exp(x), splat((float)SELU_SCALE));
    default:
        return splat(1);
    }
}

/* Both, bit for bit, with the functions that they share called once. */
INLINE void value_and_slope(enum activation a, vf x, vf *y, vf *s)
{
    const float inv_sqrt2 = 0.70710678118654752f, inv_sqrt2pi = 0.39894228040143268f;
    vf e, r, side;
    switch (a) {
    case ACTIVATION_SIGMOID:
        logistic(x, &e, &r);
        *y = choose(x < 0.0f, e * r, r);
        *s = e * r * r;
        break;
    case ACTIVATION_GELU:
        side = 0.5f * (1.0f + v_erf(x * inv_sqrt2));
        *y = x * side;
        *s = side + x * (inv_sqrt2pi * v_exp(-0.5f * (x * x)));
        break;
    case ACTIVATION_SILU:
        logistic(x, &e, &r);
        side = choose(x < 0.0f, e * r, r);
        *y = x * side;
        *s = side + x * (e * r * r);
        break;
    default:
        *y = value(a, x);
        *s = slope(a, x);
        break;
    }
}

INLINE vi is_broken(vf x)
{
    return ((vi)x & 0x7f800000) == 0x7f800000;
}

/* To nearest even, subnormals kept; beyond the largest number: infinity. */
INLINE vf rounded(enum arithmetic d, vf x)
{
    if (d == ARITHMETIC_BF16) {
        const vi bits = (vi)x, even = bits >> 16 & 1;
        return choose(x != x, x, (vf)((bits + even + 0x7fff) & ~0xffff));
    }
    if (d == ARITHMETIC_F16) {
        const vi bits = (vi)magnitude(x), sign = (vi)x ^ bits, even = bits >> 13 & 1;
        const vf normal = (vf)((bits + even + 0xfff) & ~0x1fff), small = ((vf)bits + 0.5f) - 0.5f; /* steps of 2^-24 */
        vf y = choose((vf)bits < 0x1p-14f, small, normal);
        y = choose(y > 65504.0f, splat(__builtin_inff()), y);
        return choose(x != x, x, (vf)((vi)y | sign));
    }
    return x;
}

struct lanes {
    vd sum[PARTS][HALVES], squares[PARTS][HALVES];
    vi positive, saturated, broken; /* minus the counts: a mask's lane is -1 */
};

INLINE void take(struct lanes *s, int part, vf x, float limit)
{
    for (int h = 0; h < HALVES; h++) {
        const vd w = widen(x, h);
        s->sum[part][h] += w;
        s->squares[part][h] += w * w; /* the product is exact: contraction would change nothing */
    }
    s->positive += x > 0.0f;
    s->saturated += magnitude(x) > limit;
    s->broken += is_broken(x);
}

INLINE void total(const struct lanes *s, struct unit_sums *out)
{
    double sum[BLOCK], squares[BLOCK];
    memcpy(sum, s->sum, sizeof sum);
    memcpy(squares, s->squares, sizeof squares);
    *out = (struct unit_sums){0};
    for (int i = 0; i < BLOCK; i++) {
        out->sum += sum[i];
        out->squares += squares[i];
    }
    for (int i = 0; i < LANES; i++) {
        out->positive += (uint64_t)-s->positive[i];
        out->saturated += (uint64_t)-s->saturated[i];
        out->broken += (uint64_t)-s->broken[i];
    }
}

INLINE void forward_block(enum activation a, enum arithmetic d, int keep_slope, float limit, float *z, float *y, struct lanes *s)
{
    for (int p = 0; p < PARTS; p++) {
        vf x;
        memcpy(&x, z + p * LANES, sizeof x);
        x = rounded(d, x);
        vf v, kept = x;
        if (keep_slope)
            value_and_slope(a, x, &v, &kept);
        else
            v = value(a, x);
        v = rounded(d, v);
        memcpy(z + p * LANES, &kept, sizeof kept);
        memcpy(y + p * LANES, &v, sizeof v);
        take(s, p, x, limit);
    }
}

INLINE void backward_block(enum activation a, enum arithmetic d, int is_slope, const float *z, float *g, struct lanes *s)
{
    for (int p = 0; p < PARTS; p++) {
        vf x, v;
        memcpy(&x, z + p * LANES, sizeof x);
        memcpy(&v, g + p * LANES, sizeof v);
        if (is_slope)
            v *= x;
        else if (a != ACTIVATION_LINEAR)
            v *= slope(a, x);
        v = rounded(d, v);
        memcpy(g + p * LANES, &v, sizeof v);
        take(s, p, v, __builtin_inff());
    }
}

/* The rest of a row goes through a block of zeros, which add nothing to any sum. */
INLINE void forward_as(enum activation a, enum arithmetic d, int keep_slope, float *z, float *y, size_t n, struct unit_sums *sums)
{
    struct lanes s = {0};
    const float limit = (float)activation_saturation(a);
    for (; n >= BLOCK; n -= BLOCK, z += BLOCK, y += BLOCK)
        forward_block(a, d, keep_slope, limit, z, y, &s);
    if (n) {
        float rest_z[BLOCK] = {0}, rest_y[BLOCK];
        memcpy(rest_z, z, n * sizeof *z);
        forward_block(a, d, keep_slope, limit, rest_z, rest_y, &s);
        memcpy(z, rest_z, n * sizeof *z);
        memcpy(y, rest_y, n * sizeof *y);
    }
    total(&s, sums);
}

INLINE void backward_as(enum activation a, enum arithmetic d, int is_slope, const float *z, float *g, size_t n, struct unit_sums *sums)
{
    struct lanes s = {0};
    for (; n >= BLOCK; n -= BLOCK, z += BLOCK, g += BLOCK)
        backward_block(a, d, is_slope, z, g, &s);
    if (n) {
        float rest_z[BLOCK] = {0}, rest_g[BLOCK] = {0};
        memcpy(rest_z, z, n * sizeof *z);
        memcpy(rest_g, g, n * sizeof *g);
        backward_block(a, d, is_slope, rest_z, rest_g, &s);
        memcpy(g, rest_g, n * sizeof *g);
    }
    total(&s, sums);
}

/* One loop for each activation and rounding. */
#define EACH_ARITHMETIC(call, id)                                                                                                          \
    case id:                                                                                                                               \
        if (d == ARITHMETIC_BF16)                                                                                                          \
            call(id, ARITHMETIC_BF16);                                                                                                     \
        else if (d == ARITHMETIC_F16)                                                                                                      \
            call(id, ARITHMETIC_F16);                                                                                                      \
        else                                                                                                                               \
            call(id, ARITHMETIC_F32);                                                                                                      \
        break;

static void forward(enum activation a, enum arithmetic d, float *z, float *y, size_t n, struct unit_sums *sums)
{
#define FORWARD(id, arithmetic) forward_as(id, arithmetic, 0, z, y, n, sums)
#define X(id, word, gain)       EACH_ARITHMETIC(FORWARD, id)
    switch (a) {
        ACTIVATION_LIST(X)
    default:
        break;
    }
#undef X
}

static void forward_slope(enum activation a, enum arithmetic d, float *z, float *y, size_t n, struct unit_sums *sums)
{
#define FORWARD_SLOPE(id, arithmetic) forward_as(id, arithmetic, 1, z, y, n, sums)
#define X(id, word, gain)             EACH_ARITHMETIC(FORWARD_SLOPE, id)
    switch (a) {
        ACTIVATION_LIST(X)
    default:
        break;
    }
#undef X
}

static void scale(enum arithmetic d, const float *z, float *g, size_t n, struct unit_sums *sums)
{
    if (d == ARITHMETIC_BF16)
        backward_as(ACTIVATION_LINEAR, ARITHMETIC_BF16, 1, z, g, n, sums);
    else if (d == ARITHMETIC_F16)
        backward_as(ACTIVATION_LINEAR, ARITHMETIC_F16, 1, z, g, n, sums);
    else
        backward_as(ACTIVATION_LINEAR, ARITHMETIC_F32, 1, z, g, n, sums);
}

static void backward(enum activation a, enum arithmetic d, const float *z, float *g, size_t n, struct unit_sums *sums)
{
#define BACKWARD(id, arithmetic) backward_as(id, arithmetic, 0, z, g, n, sums)
#define X(id, word, gain)        EACH_ARITHMETIC(BACKWARD, id)
    switch (a) {
        ACTIVATION_LIST(X)
    default:
        break;
    }
#undef X
}

INLINE void round_as(enum arithmetic d, float *x, size_t n)
{
    vf v;
    for (; n >= LANES; n -= LANES, x += LANES) {
        memcpy(&v, x, sizeof v);
        v = rounded(d, v);
        memcpy(x, &v, sizeof v);
    }
    for (; n; n--, x++) {
        v = splat(0);
        memcpy(&v, x, sizeof *x);
        v = rounded(d, v);
        memcpy(x, &v, sizeof *x);
    }
}

static void round_all(enum arithmetic d, float *x, size_t n)
{
    if (d == ARITHMETIC_BF16)
        round_as(ARITHMETIC_BF16, x, n);
    else if (d == ARITHMETIC_F16)
        round_as(ARITHMETIC_F16, x, n);
}
