/* SPDX-License-Identifier: MIT */
/* Everything that was found, for people: schemes side by side, a choice of layers, the verdicts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "propagate/propagation.h"

enum { SIDE_BY_SIDE = 2, COLUMN = 11, COLUMNS_OF_TRIAL = 4 };

static const char *number(double x)
{
    static char ring[8][24];
    static unsigned turn;
    char *const text = ring[turn++ % 8];
    (void)snprintf(text, sizeof ring[0], isnan(x) ? "-" : "%.3g", x);
    return text;
}

static const char *share(double x)
{
    static char ring[8][24];
    static unsigned turn;
    char *const text = ring[turn++ % 8];
    (void)snprintf(text, sizeof ring[0], isnan(x) ? "-" : "%.1f %%", 100 * x);
    return text;
}

/* 1 2 3 5 10 20 30 50 100 200 …, and the last. */
static bool is_shown(size_t layer, size_t depth)
{
    size_t unit = 1;
    while (unit * 10 <= layer)
        unit *= 10;
    return layer == depth || layer == unit || layer == 2 * unit || layer == 3 * unit || layer == 5 * unit;
}

/* The column that the activation adds: dead or saturated units. */
static const char *extra_title(const struct trials *t)
{
    return t->settings.activation == ACTIVATION_RELU                 ? "dead"
           : isfinite(activation_saturation(t->settings.activation)) ? "saturated"
                                                                     : NULL;
}

static double extra(const struct trials *t, const struct layer_stats *s)
{
    return t->settings.activation == ACTIVATION_RELU ? s->dead : s->saturated;
}

static void print_names(const struct trial *trial, size_t count, int width)
{
    printf("%7s", "");
    for (size_t i = 0; i < count; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", width - 2, trial[i].scheme);
        printf("  %-*s", width - 2, name);
    }
    printf("\n");
}

static void print_block(const struct trials *t, const struct trial *trial, size_t count)
{
    const char *const title = extra_title(t);
    const size_t depth = trial[0].stack.depth;
    print_names(trial, count, COLUMN * (COLUMNS_OF_TRIAL + (title != NULL)));
    printf("%7s", "layer");
    for (size_t i = 0; i < count; i++) {
        printf("%*s%*s%*s%*s", COLUMN, "variance", COLUMN, "theory", COLUMN, "gradient", COLUMN, "theory");
        if (title)
            printf("%*s", COLUMN, title);
    }
    printf("\n");
    for (size_t l = 0; l < depth; l++) {
        if (!is_shown(l + 1, depth))
            continue;
        printf("%7zu", l + 1);
        for (size_t i = 0; i < count; i++) {
            const struct layer_stats *const s = &trial[i].stats[l];
            const struct theory *const theory = &trial[i].theory[l];
            printf("%*s%*s%*s%*s", COLUMN, s->broken ? "overflow" : number(s->variance), COLUMN, number(theory->variance), COLUMN,
                   s->gradient_broken ? "overflow" : number(s->gradient), COLUMN, number(theory->gradient));
            if (title)
                printf("%*s", COLUMN, share(extra(t, s)));
        }
        printf("\n");
    }
    printf("\n");
}

static void print_fate(const char *way, const struct verdict *v, const struct verdict *theory)
{
    printf("  %-9s%s", way, verdict_words(v));
    if (theory->fate == FATE_UNKNOWN)
        printf("; no theory: the weights have a mean");
    else
        printf("; theory: %s", verdict_words(theory));
    printf("\n");
}

static void print_verdict(const struct trial *t)
{
    const double error = t->theory[t->stack.depth - 1].error;
    printf("%s, width %lld\n", t->scheme, (long long)t->width);
    print_fate("forward", &t->forward, &t->theory_forward);
    print_fate("backward", &t->backward, &t->theory_backward);
    if (error > 0.005 && t->theory_forward.fate != FATE_UNKNOWN)
        printf("  at such a width one standard deviation of the last variance is a factor of %.3g\n", exp(error));
}

static void print_head(const struct trials *t)
{
    const struct settings *const s = &t->settings;
    const struct stack *const k = &t->trial[0].stack;
    if (t->model)
        printf("%s: %zu layers in a chain, %zu two-dimensional tensors left out", t->model, k->depth, k->left_out);
    else if (t->widths == 1)
        printf("%zu layers of width %lld", k->depth, (long long)t->trial[0].width);
    else
        printf("%zu layers of %zu widths", k->depth, t->widths);
    printf(", %s, batch %lld, %s, residual %s, norm %s, seed %llu\n", activation_word(s->activation), (long long)s->batch,
           arithmetic_word(s->arithmetic), residual_word(s->residual), norm_word(s->norm), (unsigned long long)s->seed);
    printf("Variances of pre-activations and of their gradients; theory is the mean-field map. The input and the last gradient have "
           "variance 1.\n\n");
}

static void print_growth(const struct trials *t)
{
    printf("%-40s%10s%14s%14s\n", "scheme", "width", "activation", "gradient");
    for (size_t s = 0; s < t->schemes; s++) {
        for (size_t w = 0; w < t->widths; w++) {
            const struct trial *const k = &t->trial[w * t->schemes + s];
            printf("%-40.38s%10lld%14s%14s\n", w ? "" : k->scheme, (long long)k->width, number(sqrt(k->stats[k->stack.depth - 1].variance)),
                   number(sqrt(k->stats[0].gradient)));
        }
        printf("  the last layer's scale %s (slope %.3f ± %.3f, theory %.3f);\n", growth_words(&t->activity[s]), t->activity[s].slope,
               t->activity[s].error, t->activity[s].theory);
        printf("  the first layer's gradient %s (slope %.3f, theory %.3f)\n", growth_words(&t->gradient[s]), t->gradient[s].slope,
               t->gradient[s].theory);
    }
}

void trials_table(const struct trials *t)
{
    print_head(t);
    if (t->widths > 1) {
        print_growth(t);
        return;
    }
    for (size_t i = 0; i < t->count; i += SIDE_BY_SIDE)
        print_block(t, &t->trial[i], t->count - i < SIDE_BY_SIDE ? t->count - i : SIDE_BY_SIDE);
    for (size_t i = 0; i < t->count; i++)
        print_verdict(&t->trial[i]);
}
