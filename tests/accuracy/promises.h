/* SPDX-License-Identifier: MIT */
/** @file promises.h What the tests assert. ulp of the exact value where it is at least 2^-10; smaller values are held to the same in
 * absolute terms. */
#ifndef SOW_TESTS_ACCURACY_PROMISES_H
#define SOW_TESTS_ACCURACY_PROMISES_H

/* f32: the radius of a word, the cosine and sine of a word, any pair of words (Figures of docs/accuracy.md; the last is the promise). */
#define RADIUS_F32_ULPS 1.4
#define ANGLE_F32_ULPS  1.6
#define PAIR_F32_ULPS   4.0
#define PAIR_F64_ULPS   4.0
/* What the derivation in bound_f32.h gives for all 2^64 pairs. */
#define PAIR_F32_BOUND 4.7

/* Below 2^-10, whose last place is 2^-34 (f64: 2^-63). */
#define SMALL_F32(ulps) ((ulps)*0x1p-34)
#define SMALL_F64(ulps) ((ulps)*0x1p-63)

#endif
