/* SPDX-License-Identifier: MIT */
/** @file truncnorm.h Parameters of the truncated normal's kernels (simd/truncnorm_tmpl.h). */
#ifndef SOW_SRC_TRUNCNORM_H
#define SOW_SRC_TRUNCNORM_H

#include "simd/kernels.h"

/**
 * Sets split, scale, shift, tail, signed_std, exponent (f32: bits), centre and coef for a trunc_normal that sow_check_dist() accepts and
 * whose std is not 0; lo and hi, by which the kernel holds its results inside the bounds, are the caller's. Default floating-point
 * environment; only + - * / and sqrt, so the parameters are the same on every machine.
 */
void sow__truncnorm_prepare(const sow_dist *dist, sow_dtype dtype, sow_params *params);

#endif
