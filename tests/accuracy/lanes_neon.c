/* SPDX-License-Identifier: MIT */
/* lanes.h in Advanced SIMD, with the pragmas of simd/isa_neon.c. */
#include "simd/kernels.h"

#if defined(__aarch64__)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#include "simd/vec_neon.h"

#define LANES_ISA neon
#include "tests/accuracy/lanes_tmpl.h"
#endif
