/* SPDX-License-Identifier: MIT */
#include "symmetry/trial.h"

#include <math.h>
#include <stdlib.h>

#include "base/say.h"

static double distance(const struct net_layer *y, size_t a, size_t b, bool *equal)
{
    const double bias = y->b[a] - y->b[b];
    double sum = bias * bias;
    *equal = y->b[a] == y->b[b];
    for (size_t i = 0; i < y->in; i++) {
        const double d = y->w[a * y->in + i] - y->w[b * y->in + i];
        *equal = *equal && y->w[a * y->in + i] == y->w[b * y->in + i];
        sum += d * d;
    }
    /* Squares of the smallest differences vanish: two units that differ are never at 0. */
    return sum == 0 && !*equal ? 0x1p-537 : sqrt(sum);
}

struct units units_compare(const struct net_layer *y)
{
    struct units u = {.distinct = 0, .least = INFINITY, .most = 0};
    for (size_t a = 0; a < y->out; a++) {
        bool fresh = true;
        for (size_t b = 0; b < a; b++) {
            bool equal;
            const double d = distance(y, a, b, &equal);
            fresh = fresh && !equal;
            u.least = isnan(d) || d < u.least ? d : u.least; /* a NaN stays */
            u.most = isnan(d) || d > u.most ? d : u.most;
        }
        u.distinct += fresh;
    }
    u.least = y->out > 1 ? u.least : 0;
    return u;
}

static void look(struct trial *t, const struct net *net, const struct net_data *data, double slope)
{
    struct moment *const m = &t->moment[t->steps];
    m->slope = slope;
    m->loss = net_loss(net, data, &m->right);
    for (size_t l = 0; l < t->hidden; l++)
        m->hidden[l] = units_compare(&net->layer[l]);
    t->diverged = !isfinite(m->loss);
}

/* One unit per layer does what its copies did together: the next layer's weight is the sum of theirs. */
static double compare_with_one(const struct net *net, const struct net_data *data)
{
    struct net one;
    size_t width[NET_LAYERS_MAX];
    double most = 0;
    for (size_t l = 0; l < net->layers; l++)
        width[l] = 1;
    net_create(&one, net->context, net->activation, width, net->layers, data->points);
    for (size_t l = 0; l < net->layers; l++) {
        const struct net_layer *const y = &net->layer[l];
        one.layer[l].b[0] = y->b[0];
        for (size_t i = 0; i < y->in; i++)
            one.layer[l].w[l ? 0 : i] += y->w[i];
    }
    net_forward(&one, data);
    for (size_t i = 0; i < data->points; i++)
        most = fmax(most, fabs(one.layer[net->layers - 1].a[i] - net->layer[net->layers - 1].a[i]));
    net_free(&one);
    return most;
}

void trial_run(struct trial *t, struct net *net, const struct net_data *data, size_t steps, double rate, void (*seen)(const char *name))
{
    t->hidden = net->layers - 1;
    t->moment = calloc(steps + 1, sizeof *t->moment);
    if (!t->moment)
        fail_memory((steps + 1) * sizeof *t->moment);
    net_forward(net, data);
    look(t, net, data, NAN);
    t->is_stuck = true;
    while (t->steps < steps && !t->diverged) {
        const double slope = net_step(net, data, rate);
        net_forward(net, data);
        t->steps++;
        look(t, net, data, slope);
        t->is_stuck = t->is_stuck && slope == 0;
        seen(t->name);
    }
    t->is_one = !t->diverged;
    for (size_t l = 0; l < t->hidden; l++)
        t->is_one = t->is_one && t->moment[t->steps].hidden[l].distinct == 1;
    t->one_differs = t->is_one ? compare_with_one(net, data) : NAN;
}

void trial_free(struct trial *t)
{
    free(t->moment);
}

double trial_most(const struct trial *t)
{
    double most = 0;
    for (size_t i = 0; i <= t->steps; i++)
        for (size_t l = 0; l < t->hidden; l++)
            most = fmax(most, t->moment[i].hidden[l].most);
    return most;
}

double trial_least(const struct trial *t)
{
    double least = INFINITY;
    for (size_t i = 0; i <= t->steps; i++)
        for (size_t l = 0; l < t->hidden; l++)
            least = fmin(least, t->moment[i].hidden[l].least);
    return least;
}
