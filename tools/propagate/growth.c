/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/say.h"
#include "propagate/propagation.h"

/* The least-squares line through (log width, log root variance). */
struct line {
    double n, x, y, xx, xy;
};

static void add(struct line *l, double width, double variance)
{
    const double x = log(width), y = 0.5 * log(variance);
    l->n++;
    l->x += x;
    l->y += y;
    l->xx += x * x;
    l->xy += x * y;
}

static double slope(const struct line *l)
{
    return (l->n * l->xy - l->x * l->y) / (l->n * l->xx - l->x * l->x);
}

static struct growth find(const struct trials *t, size_t scheme, bool gradient)
{
    struct line measured = {0}, theory = {0};
    double middle = 0, spread = 0, noise = 0;
    for (size_t w = 0; w < t->widths; w++) {
        const struct trial *const k = &t->trial[w * t->schemes + scheme];
        const size_t last = k->stack.depth - 1;
        add(&measured, (double)k->width, gradient ? k->stats[0].gradient : k->stats[last].variance);
        add(&theory, (double)k->width, gradient ? k->theory[0].gradient : k->theory[last].variance);
        middle += log((double)k->width) / (double)t->widths;
    }
    for (size_t w = 0; w < t->widths; w++) {
        const struct trial *const k = &t->trial[w * t->schemes + scheme];
        const double x = log((double)k->width) - middle, error = 0.5 * k->theory[k->stack.depth - 1].error;
        spread += x * x;
        noise += x * x * error * error;
    }
    return (struct growth){slope(&measured), sqrt(noise) / spread, slope(&theory)};
}

void growth_find(struct trials *t)
{
    if (t->widths < 2)
        return;
    t->activity = calloc(t->schemes, sizeof *t->activity);
    t->gradient = calloc(t->schemes, sizeof *t->gradient);
    if (!t->activity || !t->gradient)
        fail_memory(t->schemes * sizeof *t->activity);
    for (size_t s = 0; s < t->schemes; s++) {
        t->activity[s] = find(t, s, false);
        t->gradient[s] = find(t, s, true);
    }
}

const char *growth_words(const struct growth *g)
{
    static char ring[4][64];
    static unsigned turn;
    char *const text = ring[turn++ % 4];
    const double limit = fmax(0.1, 2 * g->error);
    if (!isfinite(g->slope))
        (void)snprintf(text, sizeof ring[0], "has no finite scale");
    else if (fabs(g->slope) < limit)
        (void)snprintf(text, sizeof ring[0], "does not depend on the width");
    else
        (void)snprintf(text, sizeof ring[0], "%s as width^%.2f", g->slope > 0 ? "grows" : "shrinks", g->slope);
    return text;
}
