/* SPDX-License-Identifier: MIT */
#include "propagate/quadrature.h"

#include <math.h>

enum { NODES = 16, REACH = 12 }; /* beyond 12 standard deviations lie 4e-33 of the normal */

struct rule {
    double at[NODES], weight[NODES];
};

/* Gauss-Legendre on [0, 1]: the roots of P16 by Newton's method. */
static struct rule make_rule(void)
{
    struct rule r;
    for (int i = 0; i < NODES; i++) {
        double x = cos(3.14159265358979323846 * (i + 0.75) / (NODES + 0.5)), slope = 1;
        for (int step = 0; step < 8; step++) {
            double p = 1, before = 0;
            for (int n = 1; n <= NODES; n++) {
                const double next = ((2 * n - 1) * x * p - (n - 1) * before) / n;
                before = p;
                p = next;
            }
            slope = NODES * (x * p - before) / (x * x - 1);
            x -= p / slope;
        }
        r.at[i] = (1 + x) / 2;
        r.weight[i] = 1 / ((1 - x * x) * slope * slope);
    }
    return r;
}

static void add_panel(const struct rule *r, enum activation a, double scale, double from, double to, struct gaussian_means *sum)
{
    for (int i = 0; i < NODES; i++) {
        const double z = from + (to - from) * r->at[i];
        const double density = (to - from) * r->weight[i] * 0.39894228040143267794 * exp(-0.5 * z * z);
        for (int side = -1; side <= 1; side += 2) {
            const double x = side * scale * z, y = activation_value(a, x), d = activation_slope(a, x);
            sum->value += density * y;
            sum->square += density * (y * y);
            sum->fourth += density * ((y * y) * (y * y));
            sum->slope += density * (d * d);
            sum->elasticity += density * (y * d * x);
        }
    }
}

struct gaussian_means gaussian_means(enum activation a, double q)
{
    const struct rule rule = make_rule();
    if (isnan(q))
        return (struct gaussian_means){NAN, NAN, NAN, NAN, NAN};
    const double scale = sqrt(fmin(q, 1e300)),
                 straight = 1.0 / 1024; /* nearer to 0 than this every activation is smooth enough for one panel */
    struct gaussian_means sum = {0};
    for (int i = REACH; i > 1; i--)
        add_panel(&rule, a, scale, i - 1, i, &sum);
    double to = 1;
    for (; to * scale > straight; to /= 2)
        add_panel(&rule, a, scale, to / 2, to, &sum);
    add_panel(&rule, a, scale, 0, to, &sum);
    sum.elasticity = sum.square > 0 ? sum.elasticity / sum.square : 0;
    return sum;
}
