/* SPDX-License-Identifier: MIT */
#include "propagate/stack.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"

struct stack_layer *stack_layers(struct arena *arena, size_t depth)
{
    struct stack_layer *const layer = arena_alloc(arena, depth * sizeof *layer);
    memset(layer, 0, depth * sizeof *layer);
    return layer;
}

struct stack stack_square(struct arena *arena, size_t depth, int64_t width, uint64_t seed)
{
    const struct stack s = {.layer = stack_layers(arena, depth), .depth = depth};
    for (size_t l = 0; l < depth; l++) {
        char name[40];
        const int n = snprintf(name, sizeof name, "layers.%zu.weight", l);
        s.layer[l].name = arena_copy(arena, name, (size_t)n);
        s.layer[l].fan_in = s.layer[l].fan_out = width;
        s.layer[l].stream = sow_stream_named(sow_stream_seed(seed), name, (size_t)n);
    }
    return s;
}

void stack_set_scheme(struct stack *s, sow_scheme scheme)
{
    for (size_t l = 0; l < s->depth; l++) {
        s->layer[l].scheme = scheme;
        if (s->layer[l].dense && sow_scheme_arg_index(&scheme, "layout") >= 0)
            (void)sow_scheme_set_word(&s->layer[l].scheme, "layout", "dense");
    }
}

void stack_check(struct stack *s, const char *what)
{
    for (size_t l = 0; l < s->depth; l++) {
        struct stack_layer *const layer = &s->layer[l];
        const int64_t shape[2] = {layer->dense ? layer->fan_in : layer->fan_out, layer->dense ? layer->fan_out : layer->fan_in};
        char why[512];
        sow_dist dist;
        if (sow_check_scheme(&layer->scheme, 2, shape, SOW_F32, why, sizeof why) != SOW_OK)
            fail(EXIT_INPUT, NOWHERE, "%s: %s", what, why);
        const sow_scheme_info *const info = sow_scheme_info_at((size_t)layer->scheme.row);
        layer->plain = info->plain != 0;
        layer->law = (struct law_moments){NAN, NAN};
        if (!layer->plain)
            continue;
        if (sow_scheme_dist(&layer->scheme, 2, shape, SOW_F32, &dist, why, sizeof why) != SOW_OK)
            fail(EXIT_INPUT, NOWHERE, "%s: %s", what, why);
        layer->law = law_moments(&dist);
    }
}

int64_t stack_widest(const struct stack *s)
{
    int64_t most = s->layer[0].fan_in;
    for (size_t l = 0; l < s->depth; l++)
        most = s->layer[l].fan_out > most ? s->layer[l].fan_out : most;
    return most;
}

size_t stack_largest(const struct stack *s)
{
    size_t most = 0;
    for (size_t l = 0; l < s->depth; l++) {
        const size_t n = (size_t)s->layer[l].fan_in * (size_t)s->layer[l].fan_out;
        most = n > most ? n : most;
    }
    return most;
}
