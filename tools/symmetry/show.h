/* SPDX-License-Identifier: MIT */
/** @file show.h The two trials as a table with words, as JSON, as CSV and as a picture. */
#ifndef SOW_TOOLS_SYMMETRY_SHOW_H
#define SOW_TOOLS_SYMMETRY_SHOW_H

#include <stdint.h>

#include "plot/plot.h"
#include "symmetry/trial.h"

enum { TRIALS = 2, CONSTANT = 0, RANDOM = 1 };

struct show {
    const char *task, *activation;
    size_t points, layers;
    const size_t *width; /**< of each layer */
    uint64_t seed;
    double rate, constant;
    bool nudged; /**< the first weight of the constant network was moved to the next number */
    size_t steps, every;
    const struct trial *trial; /**< TRIALS of them */
};

void show_table(const struct show *show);
void show_json(const struct show *show);
void show_csv(const struct show *show);
void show_plot(const struct show *show, struct plotter *plotter);

#endif
