/* SPDX-License-Identifier: MIT */
#include "propagate/activation.h"

#include <math.h>
#include <string.h>

extern const struct activation_kernels activation_kernels_scalar;
#if defined(__x86_64__)
extern const struct activation_kernels activation_kernels_avx2, activation_kernels_avx512;
#elif defined(__aarch64__)
extern const struct activation_kernels activation_kernels_neon;
#endif

#if defined(TOOLS_SLEEF)
const char *const activation_maths = "SLEEF";
#else
const char *const activation_maths = "libm";
#endif

static const char *const words[] = {
#define X(id, word, gain) #word,
    ACTIVATION_LIST(X)
#undef X
};

static const char *const arithmetic_words[] = {"f32", "bf16", "f16"};

static int find(const char *const *list, int count, const char *word)
{
    int i = 0;
    while (i < count && strcmp(list[i], word) != 0)
        i++;
    return i;
}

const char *activation_word(enum activation a)
{
    return words[a];
}

enum activation activation_named(const char *word)
{
    return (enum activation)find(words, ACTIVATION_COUNT, word);
}

const char *arithmetic_word(enum arithmetic a)
{
    return arithmetic_words[a];
}

enum arithmetic arithmetic_named(const char *word)
{
    return (enum arithmetic)find(arithmetic_words, ARITHMETIC_COUNT, word);
}

static double logistic(double x)
{
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

double activation_value(enum activation a, double x)
{
    switch (a) {
    case ACTIVATION_RELU:
        return x < 0 ? 0 : x;
    case ACTIVATION_LEAKY:
        return x < 0 ? LEAKY_SLOPE * x : x;
    case ACTIVATION_TANH:
        return tanh(x);
    case ACTIVATION_SIGMOID:
        return logistic(x);
    case ACTIVATION_GELU:
        return 0.5 * x * erfc(-x * 0.70710678118654752440);
    case ACTIVATION_SILU:
        return x * logistic(x);
    case ACTIVATION_SELU:
        return x < 0 ? SELU_SCALE * SELU_ALPHA * expm1(x) : SELU_SCALE * x;
    default:
        return x;
    }
}

double activation_slope(enum activation a, double x)
{
    const double e = exp(-fabs(x)), r = 1 / (1 + e);
    switch (a) {
    case ACTIVATION_RELU:
        return x > 0;
    case ACTIVATION_LEAKY:
        return x < 0 ? LEAKY_SLOPE : 1;
    case ACTIVATION_TANH:
        return 4 * (e * e) / ((1 + e * e) * (1 + e * e)); /* 1/cosh² */
    case ACTIVATION_SIGMOID:
        return e * r * r;
    case ACTIVATION_GELU:
        return 0.5 * erfc(-x * 0.70710678118654752440) + x * (0.39894228040143267794 * exp(-0.5 * x * x));
    case ACTIVATION_SILU:
        return logistic(x) + x * (e * r * r);
    case ACTIVATION_SELU:
        return x < 0 ? SELU_SCALE * SELU_ALPHA * exp(x) : SELU_SCALE;
    default:
        return 1;
    }
}

double activation_saturation(enum activation a)
{
    const double tanh_limit = 2.1782722103008750; /* artanh √(1 - SATURATED); sigmoid is a tanh of half the argument */
    return a == ACTIVATION_TANH ? tanh_limit : a == ACTIVATION_SIGMOID ? 2 * tanh_limit : INFINITY;
}

const struct activation_kernels *activation_kernels_named(const char *isa)
{
    static const struct activation_kernels *const all[] = {
        &activation_kernels_scalar,
#if defined(__x86_64__)
        &activation_kernels_avx2,
        &activation_kernels_avx512,
#elif defined(__aarch64__)
        &activation_kernels_neon,
#endif
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i]->isa, isa) == 0)
            return all[i];
    return &activation_kernels_scalar;
}
