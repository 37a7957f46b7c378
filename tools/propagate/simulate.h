/* SPDX-License-Identifier: MIT */
/**
 * @file simulate.h
 * A batch of inputs of variance 1 forward through a stack, a standard normal gradient back, and what each layer does to them.
 *
 *     h(1) = W(1)·x,  u(l) = norm(h(l)),  h(l+1) = s(l) + W(l+1)·φ(u(l))
 *
 * where s is 0 without a residual connection, h(l) with "pre", u(l) with "post". Gradients are ∂E/∂h(l); that of the last layer is drawn.
 * Sums of products are f32 in the library's fixed order; what is stored (weights, h, u, φ(u), gradients) is rounded to the arithmetic.
 */
#ifndef SOW_TOOLS_SIMULATE_H
#define SOW_TOOLS_SIMULATE_H

#include "base/host.h"
#include "propagate/stack.h"
#include "propagate/theory.h"

struct settings {
    enum activation activation;
    enum arithmetic arithmetic;
    enum residual residual;
    enum norm norm;
    sow_dist input; /**< mean 0, variance 1 */
    int64_t batch;
    uint64_t seed;
    const struct host *host;
    void (*progress)(uint64_t bytes, const char *name); /**< bytes of weights drawn so far in this simulation; NULL: none */
};

/** Of one layer, over units and examples. NaN: not reached, or without meaning for the activation. */
struct layer_stats {
    double mean, variance;            /**< of h */
    double dead;                      /**< relu: share of units with u <= 0 for every example */
    double saturated;                 /**< tanh, sigmoid: share of numbers with |φ'(u)| < SATURATED of its maximum */
    double gradient;                  /**< variance of ∂E/∂h */
    uint64_t broken, gradient_broken; /**< numbers that are not finite */
};

/**
 * out[0 .. depth). Stops behind the first layer with a number that is not finite, forward or back. Fills in the law of layers that were not
 * plain. Leaves if there is no memory.
 */
void simulate(struct stack *stack, const struct settings *settings, struct layer_stats *out);

/** Bytes of weights that it will draw. */
uint64_t simulate_bytes(const struct stack *stack);

#endif
