/* SPDX-License-Identifier: MIT */
/* The AVX-512 instantiation of the activations. The instruction set is stated here, not in build flags. */
#include "propagate/activation.h" /* a file must hold something */

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,prefer-vector-width=512")
#endif
#include <immintrin.h>
#include <math.h>
#include <stdint.h>

#define LANES  16
#define HALVES 2
typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef double vd __attribute__((vector_size(64)));

static inline __attribute__((always_inline)) vd widen(vf x, int half)
{
    const __m512 v = (__m512)x;
    return (vd)(half ? _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)) : _mm512_cvtps_pd(_mm512_castps512_ps256(v)));
}

#if defined(TOOLS_SLEEF)
__m512 Sleef_tanhf16_u10avx512f(__m512);
__m512 Sleef_erff16_u10avx512f(__m512);
__m512 Sleef_expf16_u10avx512f(__m512);
__m512 Sleef_expm1f16_u10avx512f(__m512);
#define v_tanh(x)  ((vf)Sleef_tanhf16_u10avx512f((__m512)(x)))
#define v_erf(x)   ((vf)Sleef_erff16_u10avx512f((__m512)(x)))
#define v_exp(x)   ((vf)Sleef_expf16_u10avx512f((__m512)(x)))
#define v_expm1(x) ((vf)Sleef_expm1f16_u10avx512f((__m512)(x)))
#else
#include "propagate/activation_libm.h"
#endif

#include "propagate/activation_tmpl.h"

extern const struct activation_kernels activation_kernels_avx512;
const struct activation_kernels activation_kernels_avx512 = {"avx512", forward, forward_slope, scale, backward, round_all};

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
