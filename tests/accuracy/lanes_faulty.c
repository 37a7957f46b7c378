/* SPDX-License-Identifier: MIT */
/* lanes.h in plain C with coefficients that can be spoilt: what a measurement must notice. */
#include "simd/kernels.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#include <math.h>

#include "simd/coeffs.h"
#include "simd/vec_scalar.h"

#define SPOILT(real, name) static real spoilt_##name[sizeof(name) / sizeof(name)[0]];
SPOILT(float, log_f32)
SPOILT(float, sin_f32)
SPOILT(float, cos_f32)
SPOILT(double, log_f64)
SPOILT(double, sin_f64)
SPOILT(double, cos_f64)

/* The template below finds these under the names of the right ones. */
#define RESTORE(name) memcpy(spoilt_##name, name, sizeof(name))
static void restore(void)
{
    RESTORE(log_f32);
    RESTORE(sin_f32);
    RESTORE(cos_f32);
    RESTORE(log_f64);
    RESTORE(sin_f64);
    RESTORE(cos_f64);
}
#define log_f32 spoilt_log_f32
#define sin_f32 spoilt_sin_f32
#define cos_f32 spoilt_cos_f32
#define log_f64 spoilt_log_f64
#define sin_f64 spoilt_sin_f64
#define cos_f64 spoilt_cos_f64

#define LANES_ISA faulty_table
#include "tests/accuracy/lanes_tmpl.h"

static void move_f32(float *coef, int ulps)
{
    for (; ulps > 0; ulps--)
        *coef = nextafterf(*coef, INFINITY);
}

static void move_f64(double *coef, int ulps)
{
    for (; ulps > 0; ulps--)
        *coef = nextafter(*coef, INFINITY);
}

const lanes *lanes_faulty(fault which, int i, int ulps)
{
    restore();
    switch (which) {
    case FAULT_NONE:
        break;
    case FAULT_LOG_F32:
        move_f32(&spoilt_log_f32[i], ulps);
        break;
    case FAULT_SIN_F32:
        move_f32(&spoilt_sin_f32[i], ulps);
        break;
    case FAULT_COS_F32:
        move_f32(&spoilt_cos_f32[i], ulps);
        break;
    case FAULT_LOG_F64:
        move_f64(&spoilt_log_f64[i], ulps);
        break;
    case FAULT_SIN_F64:
        move_f64(&spoilt_sin_f64[i], ulps);
        break;
    case FAULT_COS_F64:
        move_f64(&spoilt_cos_f64[i], ulps);
        break;
    }
    return &lanes_faulty_table;
}
