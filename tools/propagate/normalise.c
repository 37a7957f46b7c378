/* SPDX-License-Identifier: MIT */
#include "propagate/normalise.h"

#include <math.h>
#include <stdlib.h>

#include "base/say.h"

enum { COLUMNS = 16 }; /* of a task: a cache line of each row */

struct column_norm {
    enum norm kind;
    size_t depth;
    int64_t batch;
    float *shift, *scale;         /* [depth][batch] */
    float *mean, *product;        /* [batch]: of g, and of u·g */
    const float *matrix, *second; /* of the present loop */
    size_t layer;
    int64_t units;
};

struct column_norm *norm_open(enum norm kind, size_t depth, int64_t batch)
{
    const size_t b = (size_t)batch, count = 2 * (depth + 1) * b;
    struct column_norm *const n = calloc(1, sizeof *n);
    float *const memory = calloc(count, sizeof *memory);
    if (!n || !memory)
        fail_memory(count * sizeof *memory);
    *n = (struct column_norm){.kind = kind, .depth = depth, .batch = batch, .shift = memory, .scale = memory + depth * b};
    n->mean = memory + 2 * depth * b;
    n->product = n->mean + b;
    return n;
}

void norm_close(struct column_norm *n)
{
    if (n)
        free(n->shift);
    free(n);
}

/* Column sums of a and of a·b over the units. */
static void columns(const struct column_norm *n, const float *a, const float *b, int64_t from, int64_t count, double *sum, double *product)
{
    for (int64_t i = 0; i < n->units; i++)
        for (int64_t j = 0; j < count; j++) {
            const double x = (double)a[i * n->batch + from + j];
            sum[j] += x;
            product[j] += x * (double)b[i * n->batch + from + j];
        }
}

static void find_task(void *arg, size_t task)
{
    struct column_norm *const n = arg;
    const int64_t from = (int64_t)task * COLUMNS, count = n->batch - from < COLUMNS ? n->batch - from : COLUMNS;
    double sum[COLUMNS] = {0}, squares[COLUMNS] = {0};
    columns(n, n->matrix, n->matrix, from, count, sum, squares);
    for (int64_t j = 0; j < count; j++) {
        const double mean = n->kind == NORM_LAYER ? sum[j] / (double)n->units : 0;
        const size_t at = n->layer * (size_t)n->batch + (size_t)(from + j);
        n->shift[at] = (float)mean;
        n->scale[at] = (float)(1 / sqrt(fmax(squares[j] / (double)n->units - mean * mean, 0) + NORM_EPSILON));
    }
}

static void gradient_task(void *arg, size_t task)
{
    struct column_norm *const n = arg;
    const int64_t from = (int64_t)task * COLUMNS, count = n->batch - from < COLUMNS ? n->batch - from : COLUMNS;
    double sum[COLUMNS] = {0}, product[COLUMNS] = {0};
    columns(n, n->matrix, n->second, from, count, sum, product);
    for (int64_t j = 0; j < count; j++) {
        n->mean[from + j] = n->kind == NORM_LAYER ? (float)(sum[j] / (double)n->units) : 0;
        n->product[from + j] = (float)(product[j] / (double)n->units);
    }
}

static void run(struct column_norm *n, size_t l, const float *matrix, const float *second, int64_t units, struct crew *crew,
                void (*task)(void *arg, size_t task))
{
    n->matrix = matrix, n->second = second, n->layer = l, n->units = units;
    crew_run(crew, (size_t)((n->batch + COLUMNS - 1) / COLUMNS), task, n);
}

void norm_find(struct column_norm *n, size_t l, const float *h, int64_t units, struct crew *crew)
{
    run(n, l, h, h, units, crew, find_task);
}

void normalise_row(const struct column_norm *n, size_t l, float *h)
{
    const float *const shift = n->shift + l * (size_t)n->batch, *const scale = n->scale + l * (size_t)n->batch;
    for (int64_t j = 0; j < n->batch; j++)
        h[j] = (h[j] - shift[j]) * scale[j];
}

void norm_find_gradient(struct column_norm *n, size_t l, const float *u, const float *g, int64_t units, struct crew *crew)
{
    run(n, l, g, u, units, crew, gradient_task);
}

void normalise_gradient_row(const struct column_norm *n, size_t l, const float *u, float *g)
{
    const float *const scale = n->scale + l * (size_t)n->batch;
    for (int64_t j = 0; j < n->batch; j++)
        g[j] = scale[j] * (g[j] - n->mean[j] - u[j] * n->product[j]);
}
