/* SPDX-License-Identifier: MIT */
/** @file propagation.h One scheme in one stack, measured and by theory; and how all trials of a call are shown. */
#ifndef SOW_TOOLS_PROPAGATION_H
#define SOW_TOOLS_PROPAGATION_H

#include <stdbool.h>

#include "plot/plot.h"
#include "propagate/simulate.h"
#include "propagate/verdict.h"

struct trial {
    const char *scheme; /**< as it was written */
    int64_t width;      /**< of the stack's widest layer */
    struct stack stack;
    struct layer_stats *stats; /**< [depth] */
    struct theory *theory;     /**< [depth] */
    struct verdict forward, backward, theory_forward, theory_backward;
};

/** How a scale grows over widths, as width^slope: a line through the logarithms. */
struct growth {
    double slope, error; /**< its standard error, from the theory's sampling error */
    double theory;
};

struct trials {
    struct trial *trial; /**< by width, then by scheme */
    size_t count, schemes, widths;
    const char *input; /**< "normal" or "uniform" */
    struct settings settings;
    const char *model;       /**< its file, or NULL */
    struct growth *activity; /**< [schemes], if widths > 1: root of the last layer's variance */
    struct growth *gradient; /**< the same for the first layer's gradient */
};

/** Runs it: simulation, theory, verdicts. */
void propagation_run(struct trial *trial, const struct settings *settings);

/** growth.c: fills in activity and gradient. */
void growth_find(struct trials *trials);
/** "does not depend on the width", "grows as width^0.50", …; valid until four more calls. */
const char *growth_words(const struct growth *growth);

/** The words of settings. */
const char *residual_word(enum residual r);
enum residual residual_named(const char *word);
const char *norm_word(enum norm n);
enum norm norm_named(const char *word);

/** propagation_table.c, propagation_data.c, propagation_plot.c */
void trials_table(const struct trials *trials);
void trials_json(const struct trials *trials);
void trials_csv(const struct trials *trials);
void trials_plot(struct plotter *plotter, const struct trials *trials);

#endif
