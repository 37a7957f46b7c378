/* SPDX-License-Identifier: MIT */
/* The plain C instantiation of the kernels, for any CPU. */
#include "simd/kernels.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#include "simd/vec_scalar.h"

#define SOW_KERNEL_ISA       scalar
#define SOW_DEPTH_WORDS      2
#define SOW_DEPTH_NORMAL     2
#define SOW_DEPTH_NORMAL_F64 4
#define SOW_DEPTH_TRUNC      2
#define SOW_DEPTH_TRUNC_F64  4
#include "simd/kernels_tmpl.h"
