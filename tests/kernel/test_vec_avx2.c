/* SPDX-License-Identifier: MIT */
/* The vector layer for AVX2. The target region is that of simd/isa_avx2.c, and main() lies outside it. */
#define VEC_BEFORE
#include "tests/kernel/vec_main.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#pragma GCC target("avx2,fma,f16c")
#endif

#include "simd/vec_avx2.h"
#include "tests/kernel/vec_store_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#define VEC_ISA "avx2"
#include "tests/kernel/vec_main.h"
