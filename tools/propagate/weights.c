/* SPDX-License-Identifier: MIT */
#include "propagate/weights.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "propagate/rows.h"

enum { KEPT_MAX = 1 << 28 }; /* a GiB */

struct weights {
    struct stack *stack;
    const struct settings *set;
    const struct activation_kernels *kernels;
    float *buffer; /* of one layer */
    float **kept;  /* [depth]: those that are dear to draw, or NULL */
    size_t kept_count;
    struct unit_sums *sums; /* per row */
    int64_t row;            /* numbers of a row as stored */
    uint64_t drawn;         /* bytes */
};

static size_t count_of(const struct stack_layer *layer)
{
    return (size_t)layer->fan_in * (size_t)layer->fan_out;
}

struct weights *weights_open(struct stack *stack, const struct settings *set)
{
    struct weights *const w = calloc(1, sizeof *w);
    float **const kept = calloc(stack->depth, sizeof *kept);
    struct unit_sums *const sums = calloc((size_t)stack_widest(stack), sizeof *sums);
    if (!w || !kept || !sums)
        fail_memory(stack->depth * sizeof *kept);
    *w = (struct weights){.stack = stack, .set = set, .kept = kept, .sums = sums};
    w->kernels = activation_kernels_named(set->host->isa);
    w->buffer = numbers_new(stack_largest(stack));
    return w;
}

void weights_close(struct weights *w)
{
    for (size_t l = 0; l < w->stack->depth; l++)
        numbers_free(w->kept[l], count_of(&w->stack->layer[l]));
    numbers_free(w->buffer, stack_largest(w->stack));
    free(w->kept), free(w->sums), free(w);
}

static void round_row(void *user, int64_t i)
{
    struct weights *const w = user;
    float *const row = w->buffer + i * w->row;
    w->kernels->forward(ACTIVATION_LINEAR, w->set->arithmetic, row, row, (size_t)w->row, &w->sums[i]);
}

/* The law of weights that no distribution stands for: theirs. */
static void measure(const struct weights *w, struct stack_layer *layer, int64_t rows)
{
    const double n = (double)count_of(layer);
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < rows; i++) {
        sum += w->sums[i].sum;
        squares += w->sums[i].squares;
    }
    const double mean = sum / n, spread = squares / n;
    /* A mean within five of its own standard errors is none. */
    layer->law = mean * mean * n < 25 * spread ? (struct law_moments){0, spread} : (struct law_moments){mean, spread - mean * mean};
}

static void keep(struct weights *w, size_t l, size_t count)
{
    if (count > KEPT_MAX - w->kept_count)
        return;
    w->kept_count += count;
    w->kept[l] = numbers_new(count);
    memcpy(w->kept[l], w->buffer, count * sizeof *w->buffer);
}

static void draw(struct weights *w, size_t l)
{
    struct stack_layer *const layer = &w->stack->layer[l];
    const int64_t shape[2] = {layer->dense ? layer->fan_in : layer->fan_out, layer->dense ? layer->fan_out : layer->fan_in};
    const sow_tensor t = sow_tensor_make(w->buffer, SOW_F32, 2, shape);
    const sow_status status = sow_init(w->set->host->context, layer->scheme, layer->stream, &t);
    if (status != SOW_OK)
        fail(EXIT_MACHINE, NOWHERE, "%s: %s", layer->name, sow_status_string(status)); /* stack_check() has seen the rest: memory */
    w->row = shape[1];
    if (!layer->plain || w->set->arithmetic != ARITHMETIC_F32)
        each_row(w->set->host->crew, shape[0], shape[1], round_row, w);
    if (!layer->plain) {
        measure(w, layer, shape[0]);
        keep(w, l, count_of(layer));
    }
}

sow_matrix weights_draw(struct weights *w, size_t l)
{
    const struct stack_layer *const layer = &w->stack->layer[l];
    if (!w->kept[l])
        draw(w, l);
    float *const data = w->kept[l] ? w->kept[l] : w->buffer;
    w->drawn += count_of(layer) * sizeof *data;
    if (w->set->progress)
        w->set->progress(w->drawn, layer->name);
    return layer->dense ? (sow_matrix){data, 1, layer->fan_out} : (sow_matrix){data, layer->fan_in, 1};
}
