/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "propagate/propagation.h"

/* Curves of a picture: for each scheme measured and theory, forward and backward. */
struct curves {
    double *x, *y; /* [points] of each */
    size_t points;
    struct plot_series *series;
    size_t count;
};

static struct curves make(size_t count, size_t points)
{
    struct curves c = {.points = points};
    c.x = calloc(points, sizeof *c.x);
    c.y = calloc(count * points, sizeof *c.y);
    c.series = calloc(count, sizeof *c.series);
    if (!c.x || !c.y || !c.series)
        fail_memory(count * points * sizeof *c.y);
    return c;
}

static void drop(struct curves *c)
{
    free(c->x), free(c->y), free(c->series);
}

/* The next curve, still without numbers; a label of NULL: theory. */
static double *add(struct curves *c, const char *label, unsigned color)
{
    double *const y = c->y + c->count * c->points;
    c->series[c->count++] = (struct plot_series){
        .label = label, .x = c->x, .y = y, .count = c->points, .look = label ? PLOT_MEASURED : PLOT_THEORY, .color = color};
    return y;
}

/* In the legend a number alone says what it is. */
static const char *label_of(const struct trials *t, size_t scheme)
{
    static char labels[64][64];
    const char *const text = t->trial[scheme].scheme;
    if (scheme >= 64 || text[strspn(text, "0123456789.eE+-")] != '\0')
        return text;
    (void)snprintf(labels[scheme], sizeof labels[0], "d·Var(w) = %.40s", text);
    return labels[scheme];
}

/* Overflow is drawn as what it is. */
static double shown(double value, uint64_t broken)
{
    return broken ? INFINITY : value;
}

static struct curves over_layers(const struct trials *t, bool backward)
{
    const size_t depth = t->trial[0].stack.depth;
    struct curves c = make(2 * t->schemes, depth);
    for (size_t l = 0; l < depth; l++)
        c.x[l] = (double)l + 1;
    for (size_t s = 0; s < t->schemes; s++) {
        const struct trial *const k = &t->trial[s];
        double *const measured = add(&c, label_of(t, s), (unsigned)s), *const theory = add(&c, NULL, (unsigned)s);
        for (size_t l = 0; l < depth; l++) {
            measured[l] =
                backward ? shown(k->stats[l].gradient, k->stats[l].gradient_broken) : shown(k->stats[l].variance, k->stats[l].broken);
            theory[l] = backward ? k->theory[l].gradient : k->theory[l].variance;
        }
    }
    return c;
}

static struct curves over_widths(const struct trials *t, bool backward)
{
    struct curves c = make(2 * t->schemes, t->widths);
    for (size_t s = 0; s < t->schemes; s++) {
        double *const measured = add(&c, label_of(t, s), (unsigned)s), *const theory = add(&c, NULL, (unsigned)s);
        for (size_t w = 0; w < t->widths; w++) {
            const struct trial *const k = &t->trial[w * t->schemes + s];
            const size_t last = k->stack.depth - 1;
            c.x[w] = (double)k->width;
            measured[w] = sqrt(backward ? shown(k->stats[0].gradient, k->stats[0].gradient_broken)
                                        : shown(k->stats[last].variance, k->stats[last].broken));
            theory[w] = sqrt(backward ? k->theory[0].gradient : k->theory[last].variance);
        }
    }
    return c;
}

void trials_plot(struct plotter *plotter, const struct trials *t)
{
    const bool widths = t->widths > 1;
    const struct settings *const set = &t->settings;
    struct curves forward = (widths ? over_widths : over_layers)(t, false), backward = (widths ? over_widths : over_layers)(t, true);
    char title[160], note[160];
    const size_t depth = t->trial[0].stack.depth;
    if (t->model)
        (void)snprintf(title, sizeof title, "Signal propagation through %zu layers of %.80s", depth, t->model);
    else if (widths)
        (void)snprintf(title, sizeof title, "Scale of a signal over the width, %zu layers", depth);
    else
        (void)snprintf(title, sizeof title, "Signal propagation through %zu layers of width %lld", depth, (long long)t->trial[0].width);
    (void)snprintf(note, sizeof note, "%s, %s, batch %lld, residual %s, norm %s, seed %llu", activation_word(set->activation),
                   arithmetic_word(set->arithmetic), (long long)set->batch, residual_word(set->residual), norm_word(set->norm),
                   (unsigned long long)set->seed);
    const struct plot_axis x = {.label = widths ? "width" : "layer", .log = widths};
    const struct plot_panel panels[] = {
        {.title = widths ? "Forward: the last layer" : "Forward",
         .x = x,
         .y = {.label = widths ? "root mean square of pre-activations" : "variance of pre-activations", .log = true},
         .series = forward.series,
         .series_count = forward.count},
        {.title = widths ? "Backward: the first layer" : "Backward",
         .x = x,
         .y = {.label = widths ? "root mean square of gradients" : "variance of gradients", .log = true},
         .series = backward.series,
         .series_count = backward.count},
    };
    plot_draw(plotter, &(struct plot){.title = title, .note = note, .panel = panels, .panels = 2});
    drop(&forward);
    drop(&backward);
}
