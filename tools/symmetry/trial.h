/* SPDX-License-Identifier: MIT */
/** @file trial.h A network is trained, and at every step its hidden units are compared. */
#ifndef SOW_TOOLS_SYMMETRY_TRIAL_H
#define SOW_TOOLS_SYMMETRY_TRIAL_H

#include <stdbool.h>

#include "symmetry/net.h"

/** The units of a hidden layer: Euclidean distances between incoming weight vectors, biases included. */
struct units {
    size_t distinct;    /**< vectors that are equal number by number count once */
    double least, most; /**< over all pairs; 0 for a single unit */
};

/** After so many steps. */
struct moment {
    double loss, right;
    double slope; /**< the largest derivative of the loss by a weight, at the step that led here; NaN before the first */
    struct units hidden[NET_LAYERS_MAX - 1];
};

struct trial {
    const char *name;      /**< the scheme as it was asked for */
    size_t hidden;         /**< layers */
    size_t steps;          /**< done: fewer than wanted where the loss has left the finite numbers */
    struct moment *moment; /**< steps + 1 */
    bool diverged;
    bool is_stuck;      /**< every derivative by a weight was exactly 0 at every step */
    bool is_one;        /**< every hidden layer is one unit, many times */
    double one_differs; /**< is_one: how far the answers of a network with one unit per layer lie from its own, at most */
};

struct units units_compare(const struct net_layer *layer);

/** Trains `net` in place. `seen` is called after each step. */
void trial_run(struct trial *trial, struct net *net, const struct net_data *data, size_t steps, double rate,
               void (*seen)(const char *name));
void trial_free(struct trial *trial);

/** The largest distance between two units of one layer at any step. */
double trial_most(const struct trial *trial);
/** The smallest. */
double trial_least(const struct trial *trial);

#endif
