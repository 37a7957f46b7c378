/* SPDX-License-Identifier: MIT */
/* lanes.h in AVX2, with the pragmas of simd/isa_avx2.c. */
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

#define LANES_ISA avx2
#include "tests/accuracy/lanes_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
