/* SPDX-License-Identifier: MIT */
/**
 * @file exact.h
 * A header of every file here that computes with floating-point numbers: no contraction of a·b + c, whatever flags a host that vendors the
 * sources compiles with (-march=native, say). simd/ says the same in each shim. clang's -ffp-contract=fast overrides it: leave it out.
 */
#ifndef SOW_SRC_EXACT_H
#define SOW_SRC_EXACT_H

#if defined(__FAST_MATH__)
#error "sow's bits need IEEE arithmetic: do not compile src/ with -ffast-math"
#endif

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#endif
