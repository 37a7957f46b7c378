/* SPDX-License-Identifier: MIT */
/* The AVX2 instantiation of the activations. The instruction set is stated here, not in build flags. */
#include "propagate/activation.h" /* a file must hold something */

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>
#include <math.h>
#include <stdint.h>

#define LANES  8
#define HALVES 2
typedef float vf __attribute__((vector_size(32)));
typedef int32_t vi __attribute__((vector_size(32)));
typedef double vd __attribute__((vector_size(32)));

static inline __attribute__((always_inline)) vd widen(vf x, int half)
{
    const __m256 v = (__m256)x;
    return (vd)(half ? _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)) : _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
}

#if defined(TOOLS_SLEEF)
__m256 Sleef_tanhf8_u10avx2(__m256);
__m256 Sleef_erff8_u10avx2(__m256);
__m256 Sleef_expf8_u10avx2(__m256);
__m256 Sleef_expm1f8_u10avx2(__m256);
#define v_tanh(x)  ((vf)Sleef_tanhf8_u10avx2((__m256)(x)))
#define v_erf(x)   ((vf)Sleef_erff8_u10avx2((__m256)(x)))
#define v_exp(x)   ((vf)Sleef_expf8_u10avx2((__m256)(x)))
#define v_expm1(x) ((vf)Sleef_expm1f8_u10avx2((__m256)(x)))
#else
#include "propagate/activation_libm.h"
#endif

#include "propagate/activation_tmpl.h"

extern const struct activation_kernels activation_kernels_avx2;
const struct activation_kernels activation_kernels_avx2 = {"avx2", forward, forward_slope, scale, backward, round_all};

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
