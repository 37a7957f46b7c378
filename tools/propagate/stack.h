/* SPDX-License-Identifier: MIT */
/** @file stack.h The layers that a signal goes through: their shapes, and what their weights are drawn from. */
#ifndef SOW_TOOLS_STACK_H
#define SOW_TOOLS_STACK_H

#include <sow/sow.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "propagate/theory.h"

struct model;

struct stack_layer {
    const char *name; /**< of the weight; "layers.7.weight" where there is no model */
    int64_t fan_in, fan_out;
    bool dense; /**< stored as (fan_in, fan_out) */
    sow_scheme scheme;
    sow_stream stream;
    bool plain;             /**< drawn from one distribution; else mean and variance are those of the drawn numbers */
    struct law_moments law; /**< NaN until drawn, if not plain */
};

struct stack {
    struct stack_layer *layer;
    size_t depth;
    size_t left_out; /**< two-dimensional tensors of the model that do not chain */
};

/** Room for that many layers, cleared. */
struct stack_layer *stack_layers(struct arena *arena, size_t depth);

/** `depth` square layers of that width. */
struct stack stack_square(struct arena *arena, size_t depth, int64_t width, uint64_t seed);

/**
 * stack_model.c: the longest chain of a planned model's two-dimensional tensors in which each layer's fan_out is the next one's fan_in, in
 * the order of the first number in their names, then of the description. Tensors of the layout "embedding" and tied ones are no layers.
 * Leaves if there is none.
 */
struct stack stack_of_model(struct arena *arena, const struct model *model);

/** Every layer's weights from that scheme. */
void stack_set_scheme(struct stack *stack, sow_scheme scheme);

/** Checks every layer's scheme and finds its law; leaves with the library's words behind `what`. */
void stack_check(struct stack *stack, const char *what);

/** Numbers of the widest layer's input or output, and of its largest weight. */
int64_t stack_widest(const struct stack *stack);
size_t stack_largest(const struct stack *stack);

#endif
