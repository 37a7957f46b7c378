/* SPDX-License-Identifier: MIT */
/** @file pass_f32.h The f32 radius and the f32 angle of given words against SLEEF in double precision. */
#ifndef SOW_TESTS_ACCURACY_PASS_F32_H
#define SOW_TESTS_ACCURACY_PASS_F32_H

#include "tests/accuracy/bound_f32.h"
#include "tests/accuracy/lanes.h"
#include "tests/accuracy/sleef_ref.h"
#include "tests/accuracy/work.h"

/** A result to spoil: that of `word` moves by `ulps` (none: 0). */
typedef struct spoil {
    uint32_t word;
    int ulps;
} spoil;

/** What a pass finds. `wrong`: results that are wrong at any size of error: not zero where exactly zero is due, and the like. */
typedef struct found {
    errors e;
    cells c;
    uint64_t words, sum, wrong; /* how many words, and their sum */
} found;

void found_clear(found *f);
void found_merge(found *f, const found *other);

/** One word of each of first + [0, stride), first + [stride, 2 stride), …, n of them (a multiple of LANES_STEP, at most PASS_MAX). r = 1
 * for the angle. */
enum { PASS_MAX = 4096 };
typedef void pass_f32(const lanes *l, const sleef_ref *ref, uint64_t first, uint64_t stride, size_t n, const spoil *s, found *f);
pass_f32 pass_radius_f32, pass_angle_f32;

/** Every stride-th of all 2^32 words on all processors; stride a power of two. */
void pass_all(pass_f32 *pass, const lanes *l, const sleef_ref *ref, uint64_t stride, found *f);

#endif
