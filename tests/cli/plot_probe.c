/* SPDX-License-Identifier: MIT */
/* Draws one of some pictures: plot_probe CASE FILE.svg [--force] [TEXT]. test_cli_plot.py looks at them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot/plot.h"

enum { N = 101 };

static double y[8][N], x[N];

static struct plot_series curve(const char *label, unsigned row, enum plot_look look, unsigned color)
{
    return (struct plot_series){.label = label, .x = x, .y = y[row], .count = N, .look = look, .color = color};
}

/* Variances of some stacks, measured with a little noise, and theory. */
static void draw_curves(struct plotter *p, const char *text)
{
    static const double factor[] = {0.5, 0.9, 1, 1.1, 2};
    static const char *const names[] = {"0.5", "0.9", "1", "1.1", "2"};
    struct plot_series series[10];
    for (unsigned i = 0; i < N; i++)
        x[i] = i;
    static double noisy[5][N];
    for (unsigned k = 0; k < 5; k++) {
        for (unsigned i = 0; i < N; i++) {
            y[k][i] = pow(factor[k], i);
            noisy[k][i] = y[k][i] * (1 + 0.3 * sin(i * (k + 1)));
        }
        series[2 * k] = curve(names[k], k, PLOT_MEASURED, k);
        series[2 * k].y = noisy[k];
        series[2 * k + 1] = curve(NULL, k, PLOT_THEORY, k);
    }
    const struct plot_panel panels[] = {
        {.title = text, .x = {.label = "layer"}, .y = {.label = "variance", .log = true}, .series = series, .series_count = 10},
        {.title = "backward", .x = {.label = "layer"}, .y = {.label = "variance", .log = true}, .series = series + 2, .series_count = 6},
    };
    plot_draw(p, &(struct plot){.title = text, .note = text, .panel = panels, .panels = 2});
}

static void draw_bars(struct plotter *p, const char *text)
{
    enum { BINS = 64, PANELS = 7 };
    static uint64_t count[BINS];
    for (int i = 0; i < BINS; i++)
        count[i] = (uint64_t)(1e6 * exp(-0.5 * pow((i - 31.5) / 10, 2)));
    struct plot_panel panels[PANELS];
    for (int i = 0; i < PANELS; i++)
        panels[i] = (struct plot_panel){.title = text, .note = "std 0.02", .bars = {count, BINS, -0.064 * (i + 1), 0.064 * (i + 1)}};
    panels[5].bars.high = panels[5].bars.low; /* a constant tensor */
    plot_draw(p, &(struct plot){.title = text, .panel = panels, .panels = PANELS});
}

/* What overflows, vanishes, is not a number, or is not there. */
static void draw_odd(struct plotter *p, const char *text)
{
    for (unsigned i = 0; i < N; i++) {
        x[i] = i;
        y[0][i] = i < 60 ? exp(i) : INFINITY;
        y[1][i] = i < 40 ? exp(-15. * i) : 0;
        y[2][i] = i % 20 < 5 ? NAN : 1. + i;
        y[3][i] = NAN;
        y[4][i] = 1e308 * (i % 2 ? 1 : -1);
        y[5][i] = 0.95 + 0.002 * i;
        y[6][i] = 7;
    }
    const struct plot_series all[] = {
        curve("overflows", 0, PLOT_MEASURED, 0), curve("vanishes", 1, PLOT_MEASURED, 1), curve("has gaps", 2, PLOT_MEASURED, 2),
        curve("none", 3, PLOT_MEASURED, 3),      curve("huge", 4, PLOT_MEASURED, 4),     curve("narrow", 5, PLOT_POINTS, 5),
        curve("constant", 6, PLOT_THEORY, 6),
    };
    const struct plot_panel panels[] = {
        {.title = "log", .y = {.log = true}, .series = all, .series_count = 3},
        {.title = "none", .y = {.log = true}, .series = all + 3, .series_count = 1},
        {.title = "linear", .series = all, .series_count = 3},
        {.title = "huge", .series = all + 4, .series_count = 1},
        {.title = "narrow", .y = {.log = true}, .series = all + 5, .series_count = 1},
        {.title = "constant", .series = all + 6, .series_count = 1},
        {.title = "asked for", .y = {.low = 2, .high = 50}, .series = all + 2, .series_count = 1},
        {.title = "nothing"},
        {.title = "log x", .x = {.log = true}, .series = all + 2, .series_count = 1},
    };
    plot_draw(p, &(struct plot){.title = text, .panel = panels, .panels = 9});
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    const bool force = argc > 3 && strcmp(argv[3], "--force") == 0;
    const char *const text = argc > 3 + force ? argv[3 + force] : "Variance";
    struct plotter p = plot_open(argv[2], force, NULL, 0);
    if (strcmp(argv[1], "curves") == 0)
        draw_curves(&p, text);
    else if (strcmp(argv[1], "bars") == 0)
        draw_bars(&p, text);
    else if (strcmp(argv[1], "odd") == 0)
        draw_odd(&p, text);
    else if (strcmp(argv[1], "empty") == 0)
        plot_draw(&p, &(struct plot){.title = text});
    else
        return 64;
    return 0;
}
