/* SPDX-License-Identifier: MIT */
/**
 * @file bound_f32.h
 * From the two exhaustive passes to all 2^64 pairs of the f32 normal.
 *
 * With the exact radius R, sine S and cosine C of the words (the angle from the axis is x·π/4 but for x's rounding, which γ holds),
 * rotate_f32() computes
 *
 *     across   rx = fl(r·x)    z = fl(rx·k + fl(rx·p))    r = R(1 + ρ)    x·(k + p) = S(1 + γ)    k = π/4 in f32
 *              = fl(R·S·(1 + ρ)(1 + γ)(1 + δ + ε·|p|/(k + p)))     |δ| <= ½ ulp of r·x, |ε| <= 2^-24, |p|/(k + p) <= 0.12
 *     along    ry = fl(r·y)    z = fl(ry·q + r)           r = R(1 + ρ)    1 + y·q = C(1 + γ)
 *              = fl(R·C·(1 + ρ)(1 + γ)(1 + δ·(C - 1)/C))           |δ| <= ½ ulp of r·y, (1 - C)/C <= 0.4143
 *
 * ρ depends on the radius word alone and γ on the angle word alone, so the passes find their extremes; δ and fl() are roundings. x, p, y
 * and q do not depend on r, so nothing else is added where r is not 1. In ulps of z the sum counts mantissa(z)/2^24 · (ρ + γ + δ) and ½ for
 * fl() (1 where z may round into the next binade). A relative error is largest where a mantissa is near 1, but there z's mantissa is small,
 * too: the sum is therefore taken over cells, the mantissa of R times that of x, each with its own extremes. Products of errors are below
 * 2^-40. Errors in units of 2^-24.
 */
#ifndef SOW_TESTS_ACCURACY_BOUND_F32_H
#define SOW_TESTS_ACCURACY_BOUND_F32_H

#include <stdint.h>

#include "tests/accuracy/lanes.h"
#include "tests/accuracy/work.h"

enum {
    RADIUS_CELLS = 512,    /* of the mantissa */
    ANGLE_MANTISSAS = 256, /* of x */
    ANGLE_CELLS = 4 * 256, /* … times its binade: [½, 1], [¼, ½), [⅛, ¼), all below */
};

/** Extremes of a relative error and the words that have them; empty while lo > hi. `from` and `to` hold the exact values of an angle cell,
 * for across divided by the power of two below x. */
typedef struct cell {
    double lo, hi, from, to;
    uint32_t at_lo, at_hi;
} cell;

typedef struct cells {
    cell radius[RADIUS_CELLS], across[ANGLE_CELLS], along[ANGLE_CELLS];
} cells;

void cells_clear(cells *c);
void cells_merge(cells *c, const cells *other);
/** error: ρ; exact: R */
void cells_note_radius(cells *c, double error, double exact, uint32_t word);
/** x > 0; errors γ; exact values S, C > 0 */
void cells_note_angle(cells *c, double x, double across_error, double across, double along_error, double along, uint32_t word);

/** Largest error of any pair, in ulp of the exact value, at every size of it. */
double cells_bound(const cells *c);

/** The worst that pairs of extreme words reach: a lower bound of the largest error. `exact_radius` and `exact_angle` as in SLEEF's place.
 */
errors cells_worst_pairs(const cells *c, const lanes *l);

#endif
