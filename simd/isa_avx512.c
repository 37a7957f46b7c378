/* SPDX-License-Identifier: MIT */
/* The AVX-512 instantiation of the kernels. The instruction set is stated here, not in build flags. */
#include "simd/kernels.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#else
/* Scheduling before register allocation, off by default on x86, interleaves the units: 7 % for the normal, 14 % for the truncated one. */
#pragma GCC optimize("fp-contract=off", "schedule-insns", "sched-pressure")
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c,prefer-vector-width=512")
#endif

#include "simd/vec_avx512.h"

#define SOW_KERNEL_ISA avx512
#if defined(__clang__)
#define SOW_DEPTH_WORDS      6
#define SOW_DEPTH_NORMAL     6
#define SOW_DEPTH_NORMAL_F64 6
#define SOW_DEPTH_TRUNC      8
#define SOW_DEPTH_TRUNC_F64  8
#else
#define SOW_DEPTH_WORDS      8
#define SOW_DEPTH_NORMAL     8
#define SOW_DEPTH_NORMAL_F64 8
#define SOW_DEPTH_TRUNC      8
#define SOW_DEPTH_TRUNC_F64  8
#endif
#include "simd/kernels_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
