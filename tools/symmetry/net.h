/* SPDX-License-Identifier: MIT */
/**
 * @file net.h
 * A small network of dense layers in f64, trained by full-batch gradient descent on the mean squared error. Its products are sow_matmul()'s
 * and the rest is plain IEEE 754 arithmetic in a fixed order, without libm: the same bits on every machine, and equal units get equal bits.
 */
#ifndef SOW_TOOLS_SYMMETRY_NET_H
#define SOW_TOOLS_SYMMETRY_NET_H

#include <sow/context.h>
#include <sow/scheme.h>
#include <sow/stream.h>
#include <stddef.h>

enum { NET_LAYERS_MAX = 5, NET_WIDTH_MAX = 64, NET_INPUTS = 2 };

enum net_activation { NET_TANH, NET_RELU };

/** `x` is inputs x points, `t` the targets, +1 or -1. */
struct net_data {
    size_t points;
    double *x, *t;
};

/** One dense layer and what its last pass left: `out` units, `in` inputs, columns are points. */
struct net_layer {
    size_t in, out;
    double *w, *b; /**< out x in, out */
    double *z, *a; /**< out x points: before and after the activation */
    double *delta; /**< out x points: d loss / d z */
    double *dw;    /**< out x in */
};

struct net {
    const sow_context *context;
    enum net_activation activation;
    size_t layers;
    struct net_layer layer[NET_LAYERS_MAX];
};

/** `width` of `layers` layers, the last of which is linear; all zero. Leaves if there is no memory. */
void net_create(struct net *net, const sow_context *context, enum net_activation activation, const size_t *width, size_t layers,
                size_t points);
void net_free(struct net *net);

/** Weights "0.weight", "1.weight", … of that stream; biases stay 0. Leaves in words if the scheme cannot. */
void net_init(struct net *net, const sow_scheme *scheme, sow_stream stream);

/** Answers of the network in layer[layers - 1].a. */
void net_forward(struct net *net, const struct net_data *data);
/** After net_forward(): the loss, and the share of answers with the sign of their target. */
double net_loss(const struct net *net, const struct net_data *data, double *right);
/** After net_forward(): one step downhill. The largest derivative of the loss by a weight (not a bias), without its sign. */
double net_step(struct net *net, const struct net_data *data, double rate);

/** tanh by +, -, *, / alone; within 4 units of the last place. */
double net_tanh(double x);

#endif
