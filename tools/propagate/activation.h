/* SPDX-License-Identifier: MIT */
/**
 * @file activation.h
 * Activations and their derivatives: for the layers in f32 (SLEEF's vector functions, by instruction set; libm where sow is built without
 * SLEEF), for the theory in double.
 */
#ifndef SOW_TOOLS_ACTIVATION_H
#define SOW_TOOLS_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

/* X(enumerator, word, the name of its exact gain in sow_gain()). gelu is the exact one, by erf. */
#define ACTIVATION_LIST(X)                                                                                                                 \
    X(ACTIVATION_LINEAR, linear, "linear")                                                                                                 \
    X(ACTIVATION_RELU, relu, "relu")                                                                                                       \
    X(ACTIVATION_LEAKY, leaky, "leaky_relu")                                                                                               \
    X(ACTIVATION_TANH, tanh, "tanh")                                                                                                       \
    X(ACTIVATION_SIGMOID, sigmoid, "sigmoid")                                                                                              \
    X(ACTIVATION_GELU, gelu, "gelu")                                                                                                       \
    X(ACTIVATION_SILU, silu, "silu")                                                                                                       \
    X(ACTIVATION_SELU, selu, "selu")

enum activation {
#define X(id, word, gain) id,
    ACTIVATION_LIST(X)
#undef X
        ACTIVATION_COUNT
};

#define LEAKY_SLOPE 0.01 /**< torch's default */
#define SELU_SCALE  1.0507009873554804934193349852946
#define SELU_ALPHA  1.6732632423543772848170429916717

/** What every stored number of a layer is rounded to; sums of products are f32 throughout. */
enum arithmetic { ARITHMETIC_F32, ARITHMETIC_BF16, ARITHMETIC_F16, ARITHMETIC_COUNT };

/** Words of the two lists above; the number of a word, or the list's COUNT. */
const char *activation_word(enum activation a);
enum activation activation_named(const char *word);
const char *arithmetic_word(enum arithmetic a);
enum arithmetic arithmetic_named(const char *word);

/** φ(x) and φ'(x) in double, by libm. φ'(0) of relu is 0. */
double activation_value(enum activation a, double x);
double activation_slope(enum activation a, double x);

/**
 * tanh and sigmoid are saturated where |φ'| < SATURATED · max |φ'|, that is where |x| > activation_saturation(); infinite for the others.
 */
#define SATURATED 0.05
double activation_saturation(enum activation a);

/** Sums over numbers of one unit, in double: 16 lanes, element i in lane i mod 16, lanes added in order; the same on every machine. */
struct unit_sums {
    double sum, squares;
    uint64_t positive, saturated, broken; /**< counts: > 0, saturated, NaN or infinite */
};

/** The same functions on each instruction set. Any n; y may be z; memory aligned to the element. */
struct activation_kernels {
    const char *isa;
    /** z[i] = rounded(z[i]), y[i] = rounded(φ(z[i])); *sums of z. */
    void (*forward)(enum activation a, enum arithmetic d, float *z, float *y, size_t n, struct unit_sums *sums);
    /** The same with z[i] = φ'(rounded(z[i])) afterwards, which costs less than to find it later. */
    void (*forward_slope)(enum activation a, enum arithmetic d, float *z, float *y, size_t n, struct unit_sums *sums);
    /** g[i] = rounded(g[i] · slope[i]); *sums of g. */
    void (*scale)(enum arithmetic d, const float *slope, float *g, size_t n, struct unit_sums *sums);
    /** g[i] = rounded(g[i] · φ'(z[i])); *sums of g. */
    void (*backward)(enum activation a, enum arithmetic d, const float *z, float *g, size_t n, struct unit_sums *sums);
    /** x[i] = rounded(x[i]); nothing for f32. */
    void (*round)(enum arithmetic d, float *x, size_t n);
};

/** Those of the instruction set that the library uses, by its name. */
const struct activation_kernels *activation_kernels_named(const char *isa);

/** "SLEEF" or "libm". */
extern const char *const activation_maths;

#endif
