/* SPDX-License-Identifier: MIT */
#include "propagate/theory.h"

#include <math.h>
#include <stdlib.h>

#include "base/say.h"
#include "propagate/quadrature.h"

static double density(double x)
{
    return isinf(x) ? 0 : 0.39894228040143267794 * exp(-0.5 * x * x);
}

/* Φ(b) - Φ(a), from the tail in which both lie. */
static double mass(double a, double b)
{
    const double s = 0.70710678118654752440;
    return a > 0 ? 0.5 * (erfc(a * s) - erfc(b * s)) : 0.5 * (erfc(-b * s) - erfc(-a * s));
}

static struct law_moments truncated(const sow_dist *d)
{
    const double a = (d->a - d->mean) / d->std, b = (d->b - d->mean) / d->std, z = mass(a, b), pa = density(a), pb = density(b);
    const double shift = (pa - pb) / z, spread = ((isinf(a) ? 0 : a * pa) - (isinf(b) ? 0 : b * pb)) / z;
    return (struct law_moments){d->mean + d->std * shift, d->std * d->std * (1 + spread - shift * shift)};
}

struct law_moments law_moments(const sow_dist *d)
{
    switch (d->kind) {
    case SOW_DIST_CONSTANT:
        return (struct law_moments){d->mean, 0};
    case SOW_DIST_UNIFORM:
        return (struct law_moments){0.5 * (d->a + d->b), (d->b - d->a) * (d->b - d->a) / 12};
    case SOW_DIST_NORMAL:
        return (struct law_moments){d->mean, d->std * d->std};
    case SOW_DIST_TRUNC_NORMAL:
        if (d->std > 0)
            return truncated(d);
        return (struct law_moments){fmin(fmax(d->mean, d->a), d->b), 0};
    default:
        return (struct law_moments){NAN, NAN};
    }
}

/* A mean that is rounding: uniform(-b, b) and the like are meant to have none. */
static int has_mean(const struct theory_layer *l)
{
    return !(l->mean * l->mean <= 1e-20 * l->variance);
}

/* From one layer to the next. */
struct step {
    double stream;         /* variance that goes round the branch */
    double branch;         /* that of W·φ(u) */
    double back;           /* gradient's variance of h below over that above */
    double elastic, noise; /* of log branch: by log q, and the variance that finite width adds */
};

static struct step step_from(const struct theory_layer *l, enum activation a, enum residual residual, enum norm norm, double q)
{
    const double u = norm == NORM_NONE ? q : q / (q + NORM_EPSILON), jacobian = norm == NORM_NONE ? 1 : 1 / (q + NORM_EPSILON);
    const struct gaussian_means m = gaussian_means(a, u);
    const double chi = (double)l->fan_out * l->variance * m.slope;
    struct step s = {.branch = (double)l->fan_in * l->variance * m.square, .back = jacobian * chi};
    s.elastic = m.elasticity * (norm == NORM_NONE ? 1 : NORM_EPSILON / (q + NORM_EPSILON));
    s.noise = m.square > 0 ? (m.fourth / (m.square * m.square) - 1) / (double)l->fan_in : 0;
    if (l->residual && residual == RESIDUAL_PRE) {
        s.stream = q;
        s.back = 1 + jacobian * chi;
    } else if (l->residual && residual == RESIDUAL_POST) {
        s.stream = u;
        s.back = jacobian * (1 + chi);
    }
    return s;
}

/*
 * For a linear stack of independent normal weights the spread is known exactly: with G the Gram matrix of the batch, a layer of width N
 * makes of E[(tr G)²] and E[tr G²], for unit variance, E[(tr G)²] + 2/N E[tr G²] and (1 + 1/N) E[tr G²] + 1/N E[(tr G)²].
 */
struct gram {
    double trace2, square;
};

static double through(struct gram *g, double width)
{
    const struct gram before = *g;
    g->trace2 = before.trace2 + 2 / width * before.square;
    g->square = (1 + 1 / width) * before.square + before.trace2 / width;
    return g->trace2;
}

static void forward(const struct theory_layer *layer, size_t depth, int64_t batch, enum activation a, enum residual residual,
                    enum norm norm, struct theory *out, struct step *step)
{
    const double b = (double)batch, n = (double)layer[0].fan_in;
    const int exact = a == ACTIVATION_LINEAR && residual == RESIDUAL_NONE && norm == NORM_NONE;
    struct gram gram = {b * b + 2 * b / n, b + b * (b + 1) / n};
    double q = 1, spread = 2 / (b * n); /* of the input, over all its elements */
    for (size_t l = 0; l < depth; l++) {
        struct step s = {.branch = (double)layer[l].fan_in * layer[l].variance, .elastic = 1};
        if (l > 0)
            s = step_from(&layer[l], a, residual, norm, q);
        const double old = q, share = s.stream + s.branch > 0 ? s.branch / (s.stream + s.branch) : 1;
        step[l] = s;
        q = has_mean(&layer[l]) ? NAN : s.stream + s.branch;
        const double bypass = residual == RESIDUAL_POST && norm != NORM_NONE ? NORM_EPSILON / (old + NORM_EPSILON) : 1;
        const double elastic = share * s.elastic + (1 - share) * bypass;
        spread = elastic * elastic * spread + share * share * s.noise;
        out[l].variance = q;
        out[l].error = sqrt(spread + share * share * 2 / (double)layer[l].fan_out);
        if (exact)
            out[l].error = sqrt(log(through(&gram, (double)layer[l].fan_out) / (b * b)));
    }
}

void theory_run(const struct theory_layer *layer, size_t depth, int64_t batch, enum activation a, enum residual residual, enum norm norm,
                struct theory *out)
{
    struct step *const step = calloc(depth, sizeof *step);
    if (!step)
        fail_memory(depth * sizeof *step);
    forward(layer, depth, batch, a, residual, norm, out, step);
    double gradient = isnan(out[depth - 1].variance) ? NAN : 1;
    for (size_t l = depth; l-- > 0;) {
        out[l].gradient = gradient;
        gradient *= step[l].back;
    }
    free(step);
}
