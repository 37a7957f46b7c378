/* SPDX-License-Identifier: MIT */
#include "propagate/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/say.h"
#include "propagate/normalise.h"

enum { ROWS = 16, SMALL = 1 << 15, KEPT_MAX = 1 << 28 }; /* rows of a task; numbers: some 20 µs; weights: a GiB */

struct run {
    struct stack *stack;
    const struct settings *set;
    const struct activation_kernels *kernels;
    struct layer_stats *out;
    int64_t batch;
    float **h;       /* [depth]: fan_out x batch, kept for the way back */
    float *weight;   /* of one layer, drawn again on the way back: drawing is cheaper than the memory */
    float **kept;    /* [depth]: weights that are dear to draw, or NULL */
    float *x, *u;    /* φ(u) and u of the present layer; u only where there is a norm */
    float *g, *next; /* gradients of h above and below */
    struct column_norm *norm;
    struct unit_sums *sums;  /* per unit: of h, or of a gradient */
    struct unit_sums *units; /* of u, where there is a norm */
    size_t kept_count;
    uint64_t drawn;
};

static float *numbers(size_t n)
{
    const size_t bytes = (n ? n : 1) * sizeof(float);
    void *const p = n > SIZE_MAX / 8 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        fail_memory(n > SIZE_MAX / 8 ? SIZE_MAX : bytes);
    (void)madvise(p, bytes, MADV_HUGEPAGE);
    return p;
}

static void forget(float *p, size_t n)
{
    if (p)
        (void)munmap(p, (n ? n : 1) * sizeof(float));
}

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

/* Every loop over the units of a layer, or over the rows of a weight. */
struct rows {
    struct run *run;
    size_t layer;
    int64_t rows;
    void (*row)(struct run *run, size_t layer, int64_t i);
};

static void rows_task(void *arg, size_t task)
{
    const struct rows *const r = arg;
    const int64_t from = (int64_t)task * ROWS, to = from + ROWS < r->rows ? from + ROWS : r->rows;
    for (int64_t i = from; i < to; i++)
        r->row(r->run, r->layer, i);
}

static void each_row(struct run *run, size_t layer, int64_t rows, void (*row)(struct run *run, size_t layer, int64_t i))
{
    struct rows r = {run, layer, rows, row};
    if (rows * run->batch < SMALL) { /* no thread need wake for it */
        for (int64_t i = 0; i < rows; i++)
            row(run, layer, i);
        return;
    }
    crew_run(run->set->host->crew, (size_t)((rows + ROWS - 1) / ROWS), rows_task, &r);
}

static size_t weight_count(const struct stack_layer *layer)
{
    return (size_t)layer->fan_in * (size_t)layer->fan_out;
}

static void weight_row(struct run *r, size_t l, int64_t i)
{
    const struct stack_layer *const layer = &r->stack->layer[l];
    float *const w = r->weight + i * layer->fan_in;
    struct unit_sums unused;
    if (!layer->plain)
        r->kernels->forward(ACTIVATION_LINEAR, r->set->arithmetic, w, w, (size_t)layer->fan_in, &r->sums[i]);
    else if (r->set->arithmetic != ARITHMETIC_F32)
        r->kernels->forward(ACTIVATION_LINEAR, r->set->arithmetic, w, w, (size_t)layer->fan_in, &unused);
}

/* The law of weights that no distribution stands for: theirs. */
static void measure_law(struct run *r, struct stack_layer *layer)
{
    const double n = (double)weight_count(layer);
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < layer->fan_out; i++) {
        sum += r->sums[i].sum;
        squares += r->sums[i].squares;
    }
    const double mean = sum / n, spread = squares / n;
    /* A mean within five of its own standard errors is none. */
    layer->law = mean * mean * n < 25 * spread ? (struct law_moments){0, spread} : (struct law_moments){mean, spread - mean * mean};
}

static void keep(struct run *r, size_t l, size_t count)
{
    if (count > KEPT_MAX - r->kept_count)
        return;
    r->kept_count += count;
    r->kept[l] = numbers(count);
    memcpy(r->kept[l], r->weight, count * sizeof *r->weight);
}

static sow_matrix draw(struct run *r, size_t l)
{
    struct stack_layer *const layer = &r->stack->layer[l];
    const int64_t shape[2] = {layer->dense ? layer->fan_in : layer->fan_out, layer->dense ? layer->fan_out : layer->fan_in};
    const size_t count = weight_count(layer);
    float *w = r->weight;
    if (r->kept[l]) {
        w = r->kept[l];
    } else {
        const sow_tensor t = sow_tensor_make(w, SOW_F32, 2, shape);
        check(sow_init(r->set->host->context, layer->scheme, layer->stream, &t));
        each_row(r, l, layer->fan_out, weight_row);
        if (!layer->plain) {
            measure_law(r, layer);
            keep(r, l, count);
        }
    }
    r->drawn += count * sizeof *w;
    if (r->set->progress)
        r->set->progress(r->drawn, layer->name);
    return layer->dense ? (sow_matrix){w, 1, layer->fan_out} : (sow_matrix){w, layer->fan_in, 1};
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
static void forward_row(struct run *r, size_t l, int64_t i)
{
    float *const h = r->h[l] + i * r->batch, *const x = r->x + i * r->batch, *const u = r->u ? r->u + i * r->batch : NULL;
    if (has_residual(r, l))
        add_row(r, h, r->set->residual == RESIDUAL_POST && u ? u : r->h[l - 1] + i * r->batch);
    if (u)
        r->kernels->forward(ACTIVATION_LINEAR, r->set->arithmetic, h, u, (size_t)r->batch, &r->sums[i]);
    else
        r->kernels->forward(r->set->activation, r->set->arithmetic, h, x, (size_t)r->batch, &r->sums[i]);
}

static void activate_row(struct run *r, size_t l, int64_t i)
{
    float *const u = r->u + i * r->batch;
    (void)l;
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
        const sow_matrix w = draw(r, l), x = {r->x, b, 1}, h = {r->h[l], b, 1};
        check(sow_matmul(ctx, SOW_F32, layer->fan_out, b, layer->fan_in, w, x, h));
        each_row(r, l, layer->fan_out, forward_row);
        if (r->u) {
            norm_find(r->norm, l, r->h[l], layer->fan_out, r->set->host->crew);
            each_row(r, l, layer->fan_out, activate_row);
        }
        note_forward(r, l);
        if (r->out[l].broken)
            return false;
    }
    return true;
}

/* Of the layer below the weights l + 1: r->next holds Wᵀ·g and becomes the gradient of h(l). */
static void backward_row(struct run *r, size_t l, int64_t i)
{
    const size_t n = (size_t)r->batch;
    float *const g = r->next + i * r->batch, *const h = r->h[l] + i * r->batch, *const above = r->g + i * r->batch;
    const bool residual = has_residual(r, l + 1), post = r->set->residual == RESIDUAL_POST;
    r->kernels->round(r->set->arithmetic, g, n);
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

static void backward_norm_row(struct run *r, size_t l, int64_t i)
{
    float *const g = r->next + i * r->batch, *const u = r->u + i * r->batch;
    normalise_gradient_row(r->norm, l, u, g);
    if (has_residual(r, l + 1) && r->set->residual == RESIDUAL_PRE)
        add_row(r, g, r->g + i * r->batch);
    r->kernels->backward(ACTIVATION_LINEAR, r->set->arithmetic, u, g, (size_t)r->batch, &r->sums[i]);
}

static void gradient_row(struct run *r, size_t l, int64_t i)
{
    float *const g = r->g + i * r->batch;
    (void)l;
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
    each_row(r, last, r->stack->layer[last].fan_out, gradient_row);
    (void)note_gradient(r, last);
    for (size_t l = last; l-- > 0;) {
        const struct stack_layer *const above = &r->stack->layer[l + 1];
        const sow_matrix w = draw(r, l + 1), turned = {w.data, w.column, w.row}, g = {r->g, b, 1}, next = {r->next, b, 1};
        check(sow_matmul(r->set->host->context, SOW_F32, above->fan_in, b, above->fan_out, turned, g, next));
        each_row(r, l, above->fan_in, backward_row);
        if (r->u) {
            norm_find_gradient(r->norm, l, r->u, r->next, above->fan_in, r->set->host->crew);
            each_row(r, l, above->fan_in, backward_norm_row);
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
        n += (l ? 2 : 1) * weight_count(&s->layer[l]); /* the first layer's are not needed again */
    return n * sizeof(float);
}

void simulate(struct stack *stack, const struct settings *set, struct layer_stats *out)
{
    const size_t depth = stack->depth, widest = (size_t)stack_widest(stack), batch = (size_t)set->batch;
    struct run r = {.stack = stack, .set = set, .out = out, .batch = set->batch};
    size_t units = 0;
    for (size_t l = 0; l < depth; l++)
        units += (size_t)stack->layer[l].fan_out;
    float *const all = numbers(units * batch);
    r.kernels = activation_kernels_named(set->host->isa);
    r.weight = numbers(stack_largest(stack));
    r.x = numbers(widest * batch), r.g = numbers(widest * batch), r.next = numbers(widest * batch);
    r.sums = cleared(widest, sizeof *r.sums);
    r.h = cleared(depth, sizeof *r.h), r.kept = cleared(depth, sizeof *r.kept);
    if (set->norm != NORM_NONE) {
        r.u = numbers(widest * batch);
        r.units = cleared(widest, sizeof *r.units);
        r.norm = norm_open(set->norm, depth, set->batch);
    }
    for (size_t l = 0; l < depth; l++) {
        r.h[l] = l ? r.h[l - 1] + (size_t)stack->layer[l - 1].fan_out * batch : all;
        out[l] = (struct layer_stats){.mean = NAN, .variance = NAN, .dead = NAN, .saturated = NAN, .gradient = NAN};
    }
    if (go_forward(&r))
        go_back(&r);
    for (size_t l = 0; l < depth; l++) {
        forget(r.kept[l], weight_count(&stack->layer[l]));
    }
    forget(all, units * batch);
    forget(r.weight, stack_largest(stack));
    forget(r.x, widest * batch), forget(r.g, widest * batch), forget(r.next, widest * batch), forget(r.u, widest * batch);
    norm_close(r.norm);
    free(r.sums), free(r.units), free(r.h), free(r.kept);
}
