/* SPDX-License-Identifier: MIT */
/* The vector layer for AVX-512. The target region is that of simd/isa_avx512.c, and main() lies outside it. */
#define VEC_BEFORE
#include "tests/kernel/vec_main.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c")
#endif

#include "simd/vec_avx512.h"
#include "tests/kernel/vec_store_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#define VEC_ISA "avx512"
#include "tests/kernel/vec_main.h"
