/* SPDX-License-Identifier: MIT */
/* The lesson of docs/lesson.md through the API: equal units stay equal; a variance to the power of a hundred layers; schemes of one's own.
 */
#include <math.h>
#include <sow/sow.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the comments claim is checked: the example fails if a claim does not hold. */
static int claims_broken;

static void claim(int holds, const char *what)
{
    if (!holds)
        fprintf(stderr, "lesson: not so: %s\n", what);
    claims_broken += !holds;
}

static void must(sow_status status, const char *what)
{
    if (status == SOW_OK)
        return;
    fprintf(stderr, "lesson: %s: %s\n", what, sow_status_string(status));
    exit(1);
}

static sow_stream named(const char *name)
{
    return sow_stream_named(sow_stream_seed(42), name, strlen(name));
}

/* ---- 1. Symmetry: XOR by eight ReLU units, a linear unit on top, gradient descent on the squared error. ---- */

enum { UNITS = 8, POINTS = 4, IN = 3 }; /* the third input is 1, so its weight is the bias */

static double relu(double z)
{
    return z > 0 ? z : 0;
}

/* Trains w (UNITS x IN) and v (UNITS) and returns the loss. The same lines for every unit: nothing but the weights tells units apart. */
static double train(double *w, double *v, int steps)
{
    static double x[IN * POINTS] = {-1, -1, 1, 1, -1, 1, -1, 1, 1, 1, 1, 1}; /* IN x POINTS */
    static const double target[POINTS] = {-1, 1, 1, -1};
    double z[UNITS * POINTS], delta[UNITS * POINTS], dw[UNITS * IN], miss[POINTS], loss = 0;
    for (int step = 0; step <= steps; step++) {
        must(sow_matmul(NULL, SOW_F64, UNITS, POINTS, IN, (sow_matrix){w, IN, 1}, (sow_matrix){x, POINTS, 1}, (sow_matrix){z, POINTS, 1}),
             "z = w x");
        loss = 0;
        for (int p = 0; p < POINTS; p++) {
            miss[p] = -target[p];
            for (int u = 0; u < UNITS; u++)
                miss[p] += v[u] * relu(z[u * POINTS + p]);
            loss += miss[p] * miss[p] / POINTS;
        }
        for (int u = 0; u < UNITS; u++) {
            double slope = 0;
            for (int p = 0; p < POINTS; p++) {
                slope += miss[p] * relu(z[u * POINTS + p]);
                delta[u * POINTS + p] = z[u * POINTS + p] > 0 ? miss[p] * v[u] : 0;
            }
            v[u] -= 0.05 * slope;
        }
        must(sow_matmul(NULL, SOW_F64, UNITS, IN, POINTS, (sow_matrix){delta, POINTS, 1}, (sow_matrix){x, 1, POINTS},
                        (sow_matrix){dw, IN, 1}),
             "dw = delta x'");
        for (int i = 0; i < UNITS * IN; i++)
            w[i] -= 0.05 * dw[i];
    }
    return loss;
}

static int distinct_units(const double *w)
{
    int count = 0;
    for (int a = 0; a < UNITS; a++) {
        int fresh = 1;
        for (int b = 0; b < a; b++)
            fresh &= memcmp(w + a * IN, w + b * IN, IN * sizeof *w) != 0;
        count += fresh;
    }
    return count;
}

static void symmetry(void)
{
    const sow_scheme schemes[] = {sow_zeros(), sow_constant(0.5), sow_kaiming_normal(SOW_FAN_IN, sow_gain_relu())};
    static const char *const names[] = {"zeros", "constant 0.5", "kaiming_normal"};
    printf("1. XOR by %d units, 500 steps\n", UNITS);
    for (int i = 0; i < 3; i++) {
        double w[UNITS * IN], v[UNITS];
        const sow_tensor tw = sow_tensor_make(w, SOW_F64, 2, (const int64_t[]){UNITS, IN});
        const sow_tensor tv = sow_tensor_make(v, SOW_F64, 2, (const int64_t[]){1, UNITS});
        must(sow_init(NULL, schemes[i], named("w"), &tw), "w");
        must(sow_init(NULL, schemes[i], named("v"), &tv), "v");
        const double before = train(w, v, 0), after = train(w, v, 500);
        printf("   %-15s loss %.4f -> %.4f, %d distinct units\n", names[i], before, after, distinct_units(w));
        claim(i == 2 ? distinct_units(w) == UNITS && after < 0.01 : distinct_units(w) == 1 && after > 0.4, names[i]);
    }
}

/* ---- 2. Var(z) = d Var(w) Var(x): a hundred layers raise the factor to the hundredth power. ---- */

enum { WIDTH = 256, BATCH = 64, DEPTH = 100 };

static double mean_square(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return isfinite(sum) ? sum / (double)n : INFINITY;
}

/* The mean square of the activations behind each of DEPTH layers; returns the first layer where it is 0 or not finite, or 0. */
static int propagate(sow_context *ctx, sow_scheme scheme, int is_relu, double *square)
{
    const size_t n = (size_t)WIDTH * BATCH;
    float *const w = malloc(sizeof *w * WIDTH * WIDTH), *x = malloc(sizeof *x * n), *z = malloc(sizeof *z * n);
    int end = 0;
    if (!w || !x || !z)
        exit(1);
    const sow_tensor tw = sow_tensor_make(w, SOW_F32, 2, (const int64_t[]){WIDTH, WIDTH});
    must(sow_fill(ctx, named("input"), sow_dist_normal(0, 1), SOW_F32, 0, x, n), "input");
    for (int layer = 0; layer < DEPTH; layer++) {
        must(sow_init(ctx, scheme, sow_stream_indexed(named("layer"), (uint64_t)layer), &tw), "a layer");
        must(sow_matmul(ctx, SOW_F32, WIDTH, BATCH, WIDTH, (sow_matrix){w, WIDTH, 1}, (sow_matrix){x, BATCH, 1}, (sow_matrix){z, BATCH, 1}),
             "z = w x");
        for (size_t i = 0; i < n; i++)
            x[i] = is_relu && z[i] < 0 ? 0 : z[i];
        square[layer] = mean_square(x, n);
        if (!end && (square[layer] == 0 || !isfinite(square[layer])))
            end = layer + 1;
    }
    free(w);
    free(x);
    free(z);
    return end;
}

static void variance(sow_context *ctx)
{
    const struct {
        const char *name;
        sow_scheme scheme;
        int is_relu;
        double factor; /* of one layer, by the formula */
    } stacks[] = {
        {"normal(0, 0.01), linear", sow_normal(0, 0.01), 0, WIDTH * 1e-4},
        {"normal(0, 0.2), linear", sow_normal(0, 0.2), 0, WIDTH * 4e-2},
        {"xavier_normal, linear", sow_xavier_normal(1), 0, 1},
        {"xavier_normal, relu", sow_xavier_normal(1), 1, 0.5},
        {"kaiming_normal, relu", sow_kaiming_normal(SOW_FAN_IN, sow_gain_relu()), 1, 1},
    };
    printf("2. mean square of the activations, width %d: measured (factor^layer)\n", WIDTH);
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        double square[DEPTH];
        const int end = propagate(ctx, stacks[i].scheme, stacks[i].is_relu, square);
        printf("   %-24s", stacks[i].name);
        for (int layer = 10; layer <= DEPTH; layer += layer == 10 ? 40 : 50) {
            const double theory = pow(stacks[i].factor, layer), ratio = square[layer - 1] / theory;
            printf("  %d: %.1e (%.1e)", layer, square[layer - 1], theory);
            claim(layer != 10 || (ratio > 0.5 && ratio < 2), stacks[i].name);
        }
        if (end)
            printf("  %s from layer %d", square[end - 1] == 0 ? "all 0" : "infinite", end);
        printf("\n");
        claim((end > 0) == (stacks[i].factor < 0.1 || stacks[i].factor > 10), "which of them leave f32");
    }
}

/* ---- 3. Overriding: an array, a callback, and a part of a tensor drawn again. ---- */

/* Positions as sines of falling frequency (Vaswani et al. 2017): a value depends on the index alone, so any range on any thread will do. */
static void positions(void *user, const sow_custom_range *range, double *values)
{
    const int64_t width = range->shape[1];
    (void)user;
    for (int64_t k = 0; k < range->n; k++) {
        const int64_t row = (range->first + k) / width, column = (range->first + k) % width;
        const double angle = (double)row / pow(1e4, (double)(column / 2 * 2) / (double)width);
        values[k] = column % 2 ? cos(angle) : sin(angle);
    }
}

static void overrides(sow_context *ctx)
{
    enum { ROWS = 64, COLS = 32, CELLS = ROWS * COLS };
    static float w[CELLS], before[CELLS];
    const int64_t shape[2] = {ROWS, COLS};
    const sow_tensor t = sow_tensor_make(w, SOW_F32, 2, shape);
    printf("3. overrides\n");

    /* An array in the place of numbers, repeated where it is smaller than the tensor: here one row for all. */
    float row[COLS];
    for (int i = 0; i < COLS; i++)
        row[i] = (float)i;
    const int64_t row_shape[1] = {COLS};
    const sow_scheme_parts array = {.values = row, .values_dtype = SOW_F32, .values_rank = 1, .values_shape = row_shape};
    sow_scheme from_array = sow_scheme_named("template");
    from_array.parts = &array;
    must(sow_init(ctx, from_array, named("template"), &t), "template");
    printf("   template: w[0][5] = %g, w[63][5] = %g\n", (double)w[5], (double)w[63 * COLS + 5]);
    claim(w[5] == 5 && w[63 * COLS + 5] == 5, "template repeats the row");

    const sow_scheme_parts callback = {.custom = positions};
    sow_scheme custom = sow_scheme_named("custom");
    custom.parts = &callback;
    must(sow_init(ctx, custom, named("positions"), &t), "custom");
    printf("   custom: w[1][0] = sin 1 = %.6f, w[1][1] = cos 1 = %.6f\n", (double)w[COLS], (double)w[COLS + 1]);
    claim(fabs((double)w[COLS] - sin(1)) < 1e-7 && fabs((double)w[COLS + 1] - cos(1)) < 1e-7, "custom calls back");

    /* Sixteen new rows under forty-eight that are kept: the view names its place in the whole, so its fan and its numbers are the whole's.
     */
    const sow_scheme kaiming = sow_kaiming_normal(SOW_FAN_IN, sow_gain_relu());
    must(sow_init(ctx, kaiming, named("old"), &t), "whole");
    memcpy(before, w, sizeof w);
    sow_tensor part = sow_tensor_make(w + 48 * COLS, SOW_F32, 2, (const int64_t[]){16, COLS});
    part.global_shape[0] = ROWS;
    part.offset[0] = 48;
    must(sow_init(ctx, kaiming, named("new"), &part), "part");
    const int kept = memcmp(before, w, sizeof *w * 48 * COLS) == 0;
    int changed = 0;
    for (int i = 48 * COLS; i < CELLS; i++)
        changed += w[i] != before[i];
    printf("   partial: 48 rows %s, %d of %d numbers of the other rows are new\n", kept ? "kept" : "LOST", changed, 16 * COLS);
    claim(kept && changed == 16 * COLS, "partial re-initialisation");
    must(sow_init(ctx, kaiming, named("old"), &part), "part again"); /* the old numbers, without the other rows */
    claim(memcmp(before, w, sizeof w) == 0, "a part has the numbers of the whole");
}

int main(void)
{
    sow_context *ctx;
    must(sow_context_create(NULL, &ctx), "context");
    symmetry();
    variance(ctx);
    overrides(ctx);
    sow_context_destroy(ctx);
    return claims_broken != 0;
}
