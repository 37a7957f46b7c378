/* SPDX-License-Identifier: MIT */
/* The Advanced SIMD instantiation of the kernels: baseline of every AArch64 CPU. */
#include "simd/kernels.h"

#if defined(__aarch64__)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#include "simd/vec_neon.h"

#define SOW_KERNEL_ISA       neon
#define SOW_DEPTH_WORDS      2
#define SOW_DEPTH_NORMAL     2
#define SOW_DEPTH_NORMAL_F64 2
#define SOW_DEPTH_TRUNC      2
#define SOW_DEPTH_TRUNC_F64  2
#include "simd/kernels_tmpl.h"
#endif
