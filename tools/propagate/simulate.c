/* SPDX-License-Identifier: MIT */
#include "propagate/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "propagate/normalise.h"
#include "propagate/rows.h"
#include "propagate/weights.h"

struct run {
    struct stack *stack;
    const struct settings *set;
    const struct activation_kernels *kernels;
    struct layer_stats *out;
    int64_t batch;
    float **h; /* [depth]: fan_out x batch, kept for the way back */
    struct weights *weights;
    float *x, *u;    /* φ(u) and u of the present layer; u only where there is a norm */
    float *g, *next; /* gradients of h above and below */
    struct column_norm *norm;
    struct unit_sums *sums;  /* per unit: of h, or of a gradient */
    struct unit_sums *units; /* of u, where there is a norm */
    size_t layer;            /* of the present loop */
    bool slopes;             /* h becomes φ'(h), as nothing else will ask for h */
};

static void *cleared(size_t n, size_t size)
{
    void *const p = calloc(n ? n : 1, size);
    if (!p)
        fail_memory(n * size);
    return p;
}

static void check(sow_status status)
{
    if (status != SOW_OK)
        fail(EXIT_MACHINE, NOWHERE, "%s", sow_status_string(status)); /* the arguments were checked: memory */
}

/* Every loop over the units of a layer. */
static void each_unit(struct run *r, size_t layer, void (*unit)(void *user, int64_t i))
{
    r->layer = layer;
    each_row(r->set->host->crew, r->stack->layer[layer].fan_out, r->batch, unit, r);
}

/* Numbers of a named stream, rounded. */
static void draw_batch(struct run *r, const char *name, sow_dist dist, float *to, size_t n)
{
    const sow_stream stream = sow_stream_named(sow_stream_seed(r->set->seed), name, strlen(name));
    check(sow_fill(r->set->host->context, stream, dist, SOW_F32, 0, to, n));
    r->kernels->round(r->set->arithmetic, to, n);
}

static bool has_residual(const struct run *r, size_t l)
{
    return r->set->residual != RESIDUAL_NONE && l > 0 && r->stack->layer[l].fan_in == r->stack->layer[l].fan_out;
}

static size_t row_bytes(const struct run *r)
{
    return (size_t)r->batch * sizeof(float);
}

static void add_row(const struct run *r, float *to, const float *what)
{
    r->kernels->round(r->set->arithmetic, to, (size_t)r->batch);
    for (int64_t j = 0; j < r->batch; j++)
        to[j] += what[j];
}

/* W·φ(u) of unit i plus what goes round the branch; then, without a norm, its sums and activation. */
static void forward_row(void *user, int64_t i)
{
    struct run *const r = user;
    const size_t l = r->layer;
    float *const h = r->h[l] + i * r->batch, *const x = r->x + i * r->batch, *const u = r->u ? r->u + i * r->batch : NULL;
    if (has_residual(r, l))
        add_row(r, h, r->set->residual == RESIDUAL_POST && u ? u : r->h[l - 1] + i * r->batch);
    if (u)
        r->kernels->forward(ACTIVATION_LINEAR, r->set->arithmetic, h, u, (size_t)r->batch, &r->sums[i]);
    else if (r->slopes)
        r->kernels->forward_slope(r->set->activation, r->set->arithmetic, h, x, (size_t)r->batch, &r->sums[i]);
    else
        r->kernels->forward(r->set->activation, r->set->arithmetic, h, x, (size_t)r->batch, &r->sums[i]);
}

static void activate_row(void *user, int64_t i)
{
    struct run *const r = user;
    const size_t l = r->layer;
    float *const u = r->u + i * r->batch;
    normalise_row(r->norm, l, u);
    r->kernels->forward(r->set->activation, r->set->arithmetic, u, r->x + i * r->batch, (size_t)r->batch, &r->units[i]);
}

/* Sums of one layer, in the order of its units. */
static struct unit_sums total(const struct unit_sums *unit, int64_t units)
{
    struct unit_sums all = {0};
    for (int64_t i = 0; i < units; i++) {
        all.sum += unit[i].sum;
        all.squares += unit[i].squares;
        all.positive += unit[i].positive;
        all.saturated += unit[i].saturated;
        all.broken += unit[i].broken;
    }
    return all;
}

static double variance(const struct unit_sums *s, double n)
{
    const double mean = s->sum / n;
    return fmax(s->squares / n - mean * mean, 0);
}

static void note_forward(struct run *r, size_t l)
{
    const int64_t units = r->stack->layer[l].fan_out;
    const double n = (double)units * (double)r->batch;
    const struct unit_sums *const unit = r->u ? r->units : r->sums; /* of what φ sees */
    const struct unit_sums h = total(r->sums, units), u = total(unit, units);
    struct layer_stats *const o = &r->out[l];
    o->broken = h.broken;
    if (h.broken)
        return;
    o->mean = h.sum / n;
    o->variance = variance(&h, n);
    if (isfinite(activation_saturation(r->set->activation)))
        o->saturated = (double)u.saturated / n;
    if (r->set->activation == ACTIVATION_RELU) {
        int64_t dead = 0;
        for (int64_t i = 0; i < units; i++)
            dead += unit[i].positive == 0;
        o->dead = (double)dead / (double)units;
    }
}

/* Whether every number was finite. */
static bool go_forward(struct run *r)
{
    const sow_context *const ctx = r->set->host->context;
    const int64_t b = r->batch;
    draw_batch(r, "propagate.input", r->set->input, r->x, (size_t)(r->stack->layer[0].fan_in * b));
    for (size_t l = 0; l < r->stack->depth; l++) {
        const struct stack_layer *const layer = &r->stack->layer[l];
        const sow_matrix w = weights_draw(r->weights, l), x = {r->x, b, 1}, h = {r->h[l], b, 1};
        check(sow_matmul(ctx, SOW_F32, layer->fan_out, b, layer->fan_in, w, x, h));
        each_unit(r, l, forward_row);
        if (r->u) {
            norm_find(r->norm, l, r->h[l], layer->fan_out, r->set->host->crew);
            each_unit(r, l, activate_row);
        }
        note_forward(r, l);
        if (r->out[l].broken)
            return false;
    }
    return true;
}

/* Of the layer below the weights l + 1: r->next holds Wᵀ·g and becomes the gradient of h(l). */
static void backward_row(void *user, int64_t i)
{
    struct run *const r = user;
    const size_t l = r->layer;
    const size_t n = (size_t)r->batch;
    float *const g = r->next + i * r->batch, *const h = r->h[l] + i * r->batch, *const above = r->g + i * r->batch;
    const bool residual = has_residual(r, l + 1), post = r->set->residual == RESIDUAL_POST;
    r->kernels->round(r->set->arithmetic, g, n);
    if (r->slopes) {
        r->kernels->scale(r->set->arithmetic, h, g, n, &r->sums[i]);
        return;
    }
    const float *u = h;
    if (r->u) {
        float *const own = r->u + i * r->batch;
        memcpy(own, h, row_bytes(r));
        normalise_row(r->norm, l, own);
        r->kernels->round(r->set->arithmetic, own, n);
        u = own;
    }
    r->kernels->backward(r->set->activation, r->set->arithmetic, u, g, n, &r->sums[i]);
    if (residual && (post || !r->u)) { /* without a norm both kinds are one */
        add_row(r, g, above);
        r->kernels->backward(ACTIVATION_LINEAR, r->set->arithmetic, u, g, n, &r->sums[i]);
    }
}

static void backward_norm_row(void *user, int64_t i)
{
    struct run *const r = user;
    const size_t l = r->layer;
    float *const g = r->next + i * r->batch, *const u = r->u + i * r->batch;
    normalise_gradient_row(r->norm, l, u, g);
    if (has_residual(r, l + 1) && r->set->residual == RESIDUAL_PRE)
        add_row(r, g, r->g + i * r->batch);
    r->kernels->backward(ACTIVATION_LINEAR, r->set->arithmetic, u, g, (size_t)r->batch, &r->sums[i]);
}

static void gradient_row(void *user, int64_t i)
{
    struct run *const r = user;
    float *const g = r->g + i * r->batch;
    r->kernels->backward(ACTIVATION_LINEAR, r->set->arithmetic, g, g, (size_t)r->batch, &r->sums[i]);
}

static bool note_gradient(struct run *r, size_t l)
{
    const int64_t units = r->stack->layer[l].fan_out;
    const struct unit_sums s = total(r->sums, units);
    r->out[l].gradient_broken = s.broken;
    if (s.broken == 0)
        r->out[l].gradient = variance(&s, (double)units * (double)r->batch);
    return s.broken == 0;
}

static void go_back(struct run *r)
{
    const size_t last = r->stack->depth - 1;
    const int64_t b = r->batch;
    draw_batch(r, "propagate.gradient", sow_dist_normal(0, 1), r->g, (size_t)(r->stack->layer[last].fan_out * b));
    each_unit(r, last, gradient_row);
    (void)note_gradient(r, last);
    for (size_t l = last; l-- > 0;) {
        const struct stack_layer *const above = &r->stack->layer[l + 1];
        const sow_matrix w = weights_draw(r->weights, l + 1), turned = {w.data, w.column, w.row}, g = {r->g, b, 1}, next = {r->next, b, 1};
        check(sow_matmul(r->set->host->context, SOW_F32, above->fan_in, b, above->fan_out, turned, g, next));
        each_unit(r, l, backward_row);
        if (r->u) {
            norm_find_gradient(r->norm, l, r->u, r->next, above->fan_in, r->set->host->crew);
            each_unit(r, l, backward_norm_row);
        }
        float *const swap = r->g;
        r->g = r->next;
        r->next = swap;
        if (!note_gradient(r, l))
            return;
    }
}

uint64_t simulate_bytes(const struct stack *s)
{
    uint64_t n = 0;
    for (size_t l = 0; l < s->depth; l++)
        n += (l ? 2 : 1) * (uint64_t)s->layer[l].fan_in * (uint64_t)s->layer[l].fan_out; /* the first layer's are not needed again */
    return n * sizeof(float);
}

void simulate(struct stack *stack, const struct settings *set, struct layer_stats *out)
{
    const size_t depth = stack->depth, widest = (size_t)stack_widest(stack), batch = (size_t)set->batch;
    struct run r = {.stack = stack, .set = set, .out = out, .batch = set->batch};
    size_t units = 0;
    for (size_t l = 0; l < depth; l++)
        units += (size_t)stack->layer[l].fan_out;
    float *const all = numbers_new(units * batch);
    r.kernels = activation_kernels_named(set->host->isa);
    r.weights = weights_open(stack, set);
    r.slopes = set->norm == NORM_NONE && set->residual == RESIDUAL_NONE;
    r.x = numbers_new(widest * batch), r.g = numbers_new(widest * batch), r.next = numbers_new(widest * batch);
    r.sums = cleared(widest, sizeof *r.sums);
    r.h = cleared(depth, sizeof *r.h);
    if (set->norm != NORM_NONE) {
        r.u = numbers_new(widest * batch);
        r.units = cleared(widest, sizeof *r.units);
        r.norm = norm_open(set->norm, depth, set->batch);
    }
    for (size_t l = 0; l < depth; l++) {
        r.h[l] = l ? r.h[l - 1] + (size_t)stack->layer[l - 1].fan_out * batch : all;
        out[l] = (struct layer_stats){.mean = NAN, .variance = NAN, .dead = NAN, .saturated = NAN, .gradient = NAN};
    }
    if (go_forward(&r))
        go_back(&r);
    numbers_free(all, units * batch);
    weights_close(r.weights);
    numbers_free(r.x, widest * batch), numbers_free(r.g, widest * batch), numbers_free(r.next, widest * batch),
        numbers_free(r.u, widest * batch);
    norm_close(r.norm);
    free(r.sums), free(r.units), free(r.h);
}
