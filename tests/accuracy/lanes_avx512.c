/* SPDX-License-Identifier: MIT */
/* lanes.h in AVX-512, with the pragmas of simd/isa_avx512.c. */
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

#define LANES_ISA avx512
#include "tests/accuracy/lanes_tmpl.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
