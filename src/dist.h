/* SPDX-License-Identifier: MIT */
/** @file dist.h From a distribution's value to a kernel's parameters. */
#ifndef SOW_SRC_DIST_H
#define SOW_SRC_DIST_H

#include "simd/kernels.h"
#include "sow/dist.h"

/**
 * Parameters of a distribution that sow_check_dist() accepts, in the default floating-point environment. Returns whose kernel draws it: a
 * distribution without width (a == b, or std = 0) is a constant. All fields hold for the kernel of dist.kind as well, but trunc_normal's
 * own.
 */
sow_dist_kind sow__dist_prepare(sow_dist dist, sow_dtype dtype, sow_params *params);

#endif
