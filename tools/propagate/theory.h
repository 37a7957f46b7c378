/* SPDX-License-Identifier: MIT */
/**
 * @file theory.h
 * What mean-field theory says of a deep stack of wide layers: by formula and quadrature, nothing is simulated. docs/propagate.md derives
 * it.
 */
#ifndef SOW_TOOLS_THEORY_H
#define SOW_TOOLS_THEORY_H

#include <sow/dist.h>
#include <stddef.h>
#include <stdint.h>

#include "propagate/activation.h"

enum residual { RESIDUAL_NONE, RESIDUAL_PRE, RESIDUAL_POST, RESIDUAL_COUNT };
enum norm { NORM_NONE, NORM_LAYER, NORM_RMS, NORM_COUNT };
#define NORM_EPSILON 1e-5 /**< torch's default for LayerNorm */

/** Mean and variance of one element of a distribution. */
struct law_moments {
    double mean, variance;
};
struct law_moments law_moments(const sow_dist *dist);

/** What the theory knows of one layer. */
struct theory_layer {
    int64_t fan_in, fan_out;
    double mean, variance; /**< of its weights */
    int residual;          /**< whether it has the stack's residual connection: its input and output have one shape */
};

/** Of layer l = 1 …: NaN where no formula holds, that is behind weights whose mean is not 0. */
struct theory {
    double variance; /**< of the pre-activations h */
    double gradient; /**< of ∂E/∂h, where that of the last layer is 1 */
    double error;    /**< standard deviation of log(measured/theory) of `variance`, for the widths and the batch at hand */
};

void theory_run(const struct theory_layer *layer, size_t depth, int64_t batch, enum activation a, enum residual residual, enum norm norm,
                struct theory *out);

#endif
