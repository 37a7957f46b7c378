/* SPDX-License-Identifier: MIT */
/* The vector layer for AArch64's Advanced SIMD. The target region is that of simd/isa_neon.c, and main() lies outside it. */
#define VEC_BEFORE
#include "tests/kernel/vec_main.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#include "simd/vec_neon.h"
#include "tests/kernel/vec_store_tmpl.h"

#define VEC_ISA "neon"
#include "tests/kernel/vec_main.h"
