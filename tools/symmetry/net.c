/* SPDX-License-Identifier: MIT */
#include "symmetry/net.h"

#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

static double *numbers(size_t count)
{
    double *const p = calloc(count, sizeof *p);
    if (!p)
        fail_memory(count * sizeof *p);
    return p;
}

void net_create(struct net *net, const sow_context *context, enum net_activation activation, const size_t *width, size_t layers,
                size_t points)
{
    *net = (struct net){.context = context, .activation = activation, .layers = layers};
    for (size_t l = 0; l < layers; l++) {
        const size_t in = l ? width[l - 1] : NET_INPUTS, out = width[l];
        net->layer[l] = (struct net_layer){.in = in,
                                           .out = out,
                                           .w = numbers(out * in),
                                           .b = numbers(out),
                                           .z = numbers(out * points),
                                           .a = numbers(out * points),
                                           .delta = numbers(out * points),
                                           .dw = numbers(out * in)};
    }
}

void net_free(struct net *net)
{
    for (size_t l = 0; l < net->layers; l++) {
        double *const all[] = {net->layer[l].w, net->layer[l].b, net->layer[l].z, net->layer[l].a, net->layer[l].delta, net->layer[l].dw};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            free(all[i]);
    }
    net->layers = 0;
}

void net_init(struct net *net, const sow_scheme *scheme, sow_stream stream)
{
    for (size_t l = 0; l < net->layers; l++) {
        struct net_layer *const y = &net->layer[l];
        char name[32], why[512];
        const sow_tensor t = sow_tensor_make(y->w, SOW_F64, 2, (const int64_t[]){(int64_t)y->out, (int64_t)y->in});
        const sow_stream s = sow_stream_named(stream, name, (size_t)sprintf(name, "%zu.weight", l));
        const sow_status status = sow_check_init(net->context, *scheme, s, &t, why, sizeof why);
        if (status != SOW_OK)
            fail(EXIT_INPUT, NOWHERE, "--scheme for layer %zu, %zu x %zu: %s", l, y->out, y->in, why);
        if (sow_init(net->context, *scheme, s, &t) != SOW_OK)
            fail_memory(y->out * y->in * sizeof *y->w);
    }
}

/* C = A·B, m x k by k x n, row-major, or with A or B transposed in memory. */
static void product(const struct net *net, size_t m, size_t n, size_t k, sow_matrix a, sow_matrix b, double *c)
{
    const sow_matrix out = {c, (ptrdiff_t)n, 1};
    const sow_status status = sow_matmul(net->context, SOW_F64, (int64_t)m, (int64_t)n, (int64_t)k, a, b, out);
    if (status != SOW_OK)
        fail(EXIT_MACHINE, NOWHERE, "matrix product: %s", sow_status_string(status));
}

static sow_matrix rows(double *data, size_t columns)
{
    return (sow_matrix){data, (ptrdiff_t)columns, 1};
}

static sow_matrix transposed(double *data, size_t columns)
{
    return (sow_matrix){data, 1, (ptrdiff_t)columns};
}

static double *input_of(struct net *net, const struct net_data *d, size_t l)
{
    return l ? net->layer[l - 1].a : d->x;
}

void net_forward(struct net *net, const struct net_data *d)
{
    for (size_t l = 0; l < net->layers; l++) {
        struct net_layer *const y = &net->layer[l];
        product(net, y->out, d->points, y->in, rows(y->w, y->in), rows(input_of(net, d, l), d->points), y->z);
        for (size_t i = 0; i < y->out * d->points; i++) {
            const double z = y->z[i] += y->b[i / d->points];
            y->a[i] = l + 1 == net->layers ? z : net->activation == NET_TANH ? net_tanh(z) : z > 0 ? z : 0;
        }
    }
}

double net_loss(const struct net *net, const struct net_data *d, double *right)
{
    const double *const answer = net->layer[net->layers - 1].a;
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < d->points; i++) {
        const double miss = answer[i] - d->t[i];
        sum += miss * miss;
        count += (answer[i] > 0) == (d->t[i] > 0);
    }
    *right = (double)count / (double)d->points;
    return sum / (double)d->points;
}

static void backward(struct net *net, const struct net_data *d)
{
    struct net_layer *const last = &net->layer[net->layers - 1];
    const double each = 2 / (double)d->points;
    for (size_t i = 0; i < d->points; i++)
        last->delta[i] = (last->a[i] - d->t[i]) * each;
    for (size_t l = net->layers - 1; l > 0; l--) {
        struct net_layer *const y = &net->layer[l], *const x = &net->layer[l - 1];
        product(net, y->in, d->points, y->out, transposed(y->w, y->in), rows(y->delta, d->points), x->delta);
        for (size_t i = 0; i < x->out * d->points; i++)
            x->delta[i] *= net->activation == NET_TANH ? 1 - x->a[i] * x->a[i] : x->z[i] > 0 ? 1 : 0;
    }
}

double net_step(struct net *net, const struct net_data *d, double rate)
{
    double most = 0;
    backward(net, d);
    for (size_t l = 0; l < net->layers; l++) {
        struct net_layer *const y = &net->layer[l];
        product(net, y->out, y->in, d->points, rows(y->delta, d->points), transposed(input_of(net, d, l), d->points), y->dw);
        for (size_t i = 0; i < y->out * y->in; i++) {
            const double slope = y->dw[i] < 0 ? -y->dw[i] : y->dw[i];
            most = slope != slope || slope > most ? slope : most; /* a NaN stays */
            y->w[i] -= rate * y->dw[i];
        }
        for (size_t u = 0; u < y->out; u++) {
            double sum = 0;
            for (size_t i = 0; i < d->points; i++)
                sum += y->delta[u * d->points + i];
            y->b[u] -= rate * sum;
        }
    }
    return most;
}
