/* SPDX-License-Identifier: MIT */
/* The AVX2 instantiation of the kernels. The instruction set is stated here, not in build flags. */
#include "simd/kernels.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC optimize("fp-contract=off")
#pragma GCC target("avx2,fma,f16c")
#endif

#include "simd/vec_avx2.h"

#define SOW_KERNEL_ISA avx2
#if defined(__clang__)
#define SOW_DEPTH_WORDS      2
#define SOW_DEPTH_NORMAL     2
#define SOW_DEPTH_NORMAL_F64 2
#define SOW_DEPTH_TRUNC      6
#define SOW_DEPTH_TRUNC_F64  6
#else
#define SOW_DEPTH_WORDS      6
#define SOW_DEPTH_NORMAL     8
#define SOW_DEPTH_NORMAL_F64 6
#define SOW_DEPTH_TRUNC      8
#define SOW_DEPTH_TRUNC_F64  6
#endif
#include "simd/kernels_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
