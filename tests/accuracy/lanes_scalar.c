/* SPDX-License-Identifier: MIT */
/* lanes.h in plain C, with the pragmas of simd/isa_scalar.c. */
#include "simd/kernels.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#include "simd/vec_scalar.h"

#define LANES_ISA scalar
#include "tests/accuracy/lanes_tmpl.h"
