/* SPDX-License-Identifier: MIT */
/* The NEON instantiation of the activations. The instruction set is stated here, not in build flags. */
#include "propagate/activation.h" /* a file must hold something */

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <stdint.h>

#define LANES  4
#define HALVES 2
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef double vd __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) vd widen(vf x, int half)
{
    const float32x4_t v = (float32x4_t)x;
    return (vd)(half ? vcvt_high_f64_f32(v) : vcvt_f64_f32(vget_low_f32(v)));
}

#if defined(TOOLS_SLEEF)
float32x4_t Sleef_tanhf4_u10advsimd(float32x4_t);
float32x4_t Sleef_erff4_u10advsimd(float32x4_t);
float32x4_t Sleef_expf4_u10advsimd(float32x4_t);
float32x4_t Sleef_expm1f4_u10advsimd(float32x4_t);
#define v_tanh(x)  ((vf)Sleef_tanhf4_u10advsimd((float32x4_t)(x)))
#define v_erf(x)   ((vf)Sleef_erff4_u10advsimd((float32x4_t)(x)))
#define v_exp(x)   ((vf)Sleef_expf4_u10advsimd((float32x4_t)(x)))
#define v_expm1(x) ((vf)Sleef_expm1f4_u10advsimd((float32x4_t)(x)))
#else
#include "propagate/activation_libm.h"
#endif

#include "propagate/activation_tmpl.h"

extern const struct activation_kernels activation_kernels_neon;
const struct activation_kernels activation_kernels_neon = {"neon", forward, forward_slope, scale, backward, round_all};
#endif
