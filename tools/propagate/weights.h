/* SPDX-License-Identifier: MIT */
/** @file weights.h A stack's weights, one layer at a time, as often as they are wanted: drawing them again is cheaper than keeping them. */
#ifndef SOW_TOOLS_WEIGHTS_H
#define SOW_TOOLS_WEIGHTS_H

#include "propagate/simulate.h"

struct weights;

struct weights *weights_open(struct stack *stack, const struct settings *settings);

/**
 * The matrix of layer l, fan_out x fan_in, rounded to the arithmetic, until the next call. The law of a layer that is not drawn from a
 * distribution is measured.
 */
sow_matrix weights_draw(struct weights *weights, size_t l);

void weights_close(struct weights *weights);

#endif
