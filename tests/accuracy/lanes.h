/* SPDX-License-Identifier: MIT */
/**
 * @file lanes.h
 * The transforms of simd/normal_tmpl.h and simd/truncnorm_tmpl.h as functions over arrays, so that a test can choose the words: the same
 * templates, instantiated with the same pragmas as the shims in simd/.
 */
#ifndef SOW_TESTS_ACCURACY_LANES_H
#define SOW_TESTS_ACCURACY_LANES_H

#include <stddef.h>
#include <stdint.h>

#include "simd/kernels.h"

/** Every n is a multiple of this. */
enum { LANES_STEP = 64 };

typedef struct lanes {
    const char *isa;
    void (*radius_f32)(const uint32_t *w, float *r, size_t n);
    void (*rotate_f32)(const float *r, const uint32_t *w, float *c, float *s, size_t n);
    /** What rotate_f32() multiplies by: sine is x·first + x·p, cosine is 1 + y·q, before r and before any rounding. Returns first. */
    float (*angle_parts_f32)(const uint32_t *w, float *x, float *p, float *y, float *q, size_t n);
    void (*radius_f64)(const uint64_t *w, double *r, size_t n);
    void (*rotate_f64)(const double *r, const uint64_t *w, double *c, double *s, size_t n);
    void (*truncnorm_f32)(const sow_params_f32 *p, const uint32_t *w, float *out, size_t n);
    void (*truncnorm_f64)(const sow_params_f64 *p, const uint64_t *w, double *out, size_t n);
} lanes;

/** Of this instruction set (NULL: SOW_ISA, else the machine's best), or NULL where the machine lacks it. */
const lanes *lanes_named(const char *isa);

/** Plain C whose coefficients can be spoilt: coefficient `i` of polynomial `which` moves by `ulps`; the others are right. */
typedef enum fault { FAULT_NONE, FAULT_LOG_F32, FAULT_SIN_F32, FAULT_COS_F32, FAULT_LOG_F64, FAULT_SIN_F64, FAULT_COS_F64 } fault;
const lanes *lanes_faulty(fault which, int i, int ulps);

#endif
