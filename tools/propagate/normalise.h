/* SPDX-License-Identifier: MIT */
/**
 * @file normalise.h
 * Layer and RMS norm, without gain and bias, over the units of a layer: matrices are units x batch, so each example is a column.
 *     u = (h - m)·r, r = 1/√(variance + NORM_EPSILON), m the column's mean (rms: 0, and the mean square for the variance)
 *     ∂E/∂h = r·(∂E/∂u - mean(∂E/∂u) - u·mean(u·∂E/∂u)), without the first mean for rms
 */
#ifndef SOW_TOOLS_NORMALISE_H
#define SOW_TOOLS_NORMALISE_H

#include "base/crew.h"
#include "propagate/theory.h"

struct column_norm;

struct column_norm *norm_open(enum norm kind, size_t depth, int64_t batch);
void norm_close(struct column_norm *norm);

/** m and r of layer l, which are kept, from its h. Sums in double, in the order of the units. */
void norm_find(struct column_norm *norm, size_t l, const float *h, int64_t units, struct crew *crew);
/** A unit's h into its u, in place. */
void normalise_row(const struct column_norm *norm, size_t l, float *h);

/** The means that the way back needs, from all of u and ∂E/∂u; then a unit's ∂E/∂u into ∂E/∂h, in place. */
void norm_find_gradient(struct column_norm *norm, size_t l, const float *u, const float *g, int64_t units, struct crew *crew);
void normalise_gradient_row(const struct column_norm *norm, size_t l, const float *u, float *g);

#endif
