/* SPDX-License-Identifier: MIT */
/* The plain C instantiation of the activations. The instruction set is stated here, not in build flags. */
#include <math.h>
#include <stdint.h>

#define LANES  1
#define HALVES 1
typedef float vf __attribute__((vector_size(4)));
typedef int32_t vi __attribute__((vector_size(4)));
typedef double vd __attribute__((vector_size(8)));

static inline vd widen(vf x, int half)
{
    (void)half;
    return (vd){(double)x[0]};
}

/* SLEEF's prototypes stand in the shims because its header shows them under the compiler's own target only. */
#if defined(TOOLS_SLEEF)
float Sleef_tanhf_u10(float);
float Sleef_erff_u10(float);
float Sleef_expf_u10(float);
float Sleef_expm1f_u10(float);
#define SCALAR(name) Sleef_##name##_u10
#else
#define SCALAR(name) name
#endif
#define v_tanh(x)  ((vf){SCALAR(tanhf)((x)[0])})
#define v_erf(x)   ((vf){SCALAR(erff)((x)[0])})
#define v_exp(x)   ((vf){SCALAR(expf)((x)[0])})
#define v_expm1(x) ((vf){SCALAR(expm1f)((x)[0])})

#include "propagate/activation_tmpl.h"

extern const struct activation_kernels activation_kernels_scalar;
const struct activation_kernels activation_kernels_scalar = {"scalar", forward, forward_slope, scale, backward, round_all};
