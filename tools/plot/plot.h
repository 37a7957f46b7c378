/* SPDX-License-Identifier: MIT */
/**
 * @file plot.h
 * Pictures as SVG, drawn by the program gnuplot: panels in a grid, each with curves or a histogram. gnuplot is wanted only when a picture
 * is.
 *
 *     struct plotter p = plot_open("loss.svg", force, NULL, 0);  // before long work: leaves if gnuplot or the place is missing
 *     …
 *     plot_draw(&p, &(struct plot){.title = "Loss", .panel = &panel, .panels = 1});
 *
 * Texts are plain UTF-8 (nothing in them is markup or a command); what cannot be shown becomes "?". The same plot gives the same bytes with
 * the same gnuplot: no date, no environment, no start-up files.
 */
#ifndef SOW_TOOLS_PLOT_H
#define SOW_TOOLS_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/output.h"
#include "base/sink.h"

enum plot_look {
    PLOT_MEASURED, /**< a solid line with a few markers */
    PLOT_THEORY,   /**< dashed, of the same colour but darker, on top of everything measured */
    PLOT_POINTS,   /**< markers alone */
};

/**
 * One curve. A value that is not a number is a gap. An infinite one, or one that a logarithmic axis cannot show because it is 0, is a
 * triangle at the edge, once for each run of them, which the legend explains.
 */
struct plot_series {
    const char *label; /**< in the legend; NULL: not there, but theory without labels is there once, as that */
    const double *x;   /**< NULL: 0, 1, 2, … */
    const double *y;
    size_t count;
    enum plot_look look;
    unsigned color; /**< of the palette of Okabe & Ito (2008), with a marker of its own; counted round */
};

/** A histogram of equal bins over low … high. */
struct plot_bars {
    const uint64_t *count;
    size_t bins; /**< 0: none */
    double low, high;
};

struct plot_axis {
    const char *label; /**< with the unit; NULL: none */
    bool log;
    double low, high; /**< shown; equal: as the values need */
};

struct plot_panel {
    const char *title; /**< shortened in the middle where it is too long; NULL: none */
    const char *note;  /**< small, in the upper right corner; NULL: none */
    struct plot_axis x, y;
    const struct plot_series *series; /**< with bars, in the bars' units */
    size_t series_count;
    struct plot_bars bars;
};

struct plot {
    const char *title; /**< also what a screen reader says */
    const char *note;  /**< small, below everything; NULL: none */
    const struct plot_panel *panel;
    size_t panels;
    unsigned columns;       /**< 0: curves side by side up to two, histograms up to four */
    unsigned width, height; /**< of a panel in pixels; 0: 560 x 400, histograms 260 x 170 */
};

struct plotter {
    struct output output;
    char *program; /**< where gnuplot is */
};

/**
 * Finds gnuplot and opens FILE, whose name must end in .svg, as output_open() does. Leaves with the reason if either cannot be had; nothing
 * has changed then.
 */
struct plotter plot_open(const char *file, bool force, const struct input *inputs, size_t input_count);

/** Draws, and puts the file in its place in one step. Leaves if gnuplot fails. */
void plot_draw(struct plotter *plotter, const struct plot *plot);

/** script.c: the commands for gnuplot, which prints the picture. */
void plot_script(struct sink *sink, const struct plot *plot);

#endif
