/* SPDX-License-Identifier: MIT */
/* The AVX-512 instantiation of the kernels. The instruction set is stated here, not in build flags. */
#include "simd/kernels.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC optimize("fp-contract=off")
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c,prefer-vector-width=512")
#endif

#include "simd/vec_avx512.h"

#define SOW_KERNEL_ISA       avx512
#define SOW_DEPTH_WORDS      6
#define SOW_DEPTH_NORMAL     6
#define SOW_DEPTH_NORMAL_F64 6
#define SOW_DEPTH_TRUNC      8
#define SOW_DEPTH_TRUNC_F64  8
#include "simd/kernels_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
