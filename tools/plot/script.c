/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "plot/axis.h"
#include "plot/plot.h"
#include "plot/text.h"

/* Okabe & Ito, "Color Universal Design", 2008; without its yellow, which is too light for a line. Markers tell them apart, too. */
static const struct {
    unsigned color;
    int marker; /* circle, square, triangle, diamond, …: gnuplot's numbers for the svg terminal */
} palette[] = {{0x0072b2, 7}, {0xd55e00, 5}, {0x009e73, 13}, {0xcc79a7, 9}, {0xe69f00, 11}, {0x56b4e9, 15}, {0x000000, 4}};

enum { PALETTE = sizeof palette / sizeof palette[0], UP = 9, DOWN = 11, TITLE_ROOM = 40, NOTE_ROOM = 26, PIXELS_PER_LETTER = 7 };

static double x_of(const struct plot_series *c, size_t i)
{
    return c->x ? c->x[i] : (double)i;
}

struct view {
    const struct plot_panel *panel;
    struct axis x, y;
    bool above, below; /* some values lie there */
    struct sink marks; /* for the plot command */
    bool theory;       /* a curve of it has no label */
};

static struct view look_at(const struct plot_panel *p)
{
    struct view v = {.panel = p, .x = {.log = p->x.log}, .y = {.log = p->y.log}};
    for (size_t k = 0; k < p->series_count; k++)
        for (size_t i = 0; i < p->series[k].count; i++) {
            axis_see(&v.x, x_of(&p->series[k], i));
            axis_see(&v.y, p->series[k].y[i]);
        }
    if (p->bars.bins) {
        axis_see(&v.x, p->bars.low);
        axis_see(&v.x, p->bars.high);
        axis_see(&v.y, v.y.log ? 0.5 : 0);
    }
    for (size_t i = 0; i < p->bars.bins; i++)
        axis_see(&v.y, (double)p->bars.count[i]);
    axis_close(&v.x, &p->x, true);
    axis_close(&v.y, &p->y, false);
    return v;
}

static void put_point(struct sink *s, double x, double y)
{
    sink_format(s, "%.12g %.12g\n", x, y);
}

static enum axis_where where_is(const struct view *v, const struct plot_series *c, size_t i)
{
    return axis_where(&v->x, x_of(c, i)) == AXIS_INSIDE ? axis_where(&v->y, c->y[i]) : AXIS_NOWHERE;
}

/* The data block of a curve. */
static void put_curve(struct sink *s, const struct view *v, size_t k)
{
    const struct plot_series *const c = &v->panel->series[k];
    sink_format(s, "$in%zu << EOD\n", k);
    for (size_t i = 0; i < c->count; i++)
        if (where_is(v, c, i) == AXIS_INSIDE)
            put_point(s, x_of(c, i), c->y[i]);
        else
            sink_text(s, "NaN NaN\n");
    sink_text(s, "NaN NaN\nEOD\n"); /* a block must not be empty */
}

/* One mark for each run of what lies above, or below. Whether there is any. */
static bool put_marks(struct sink *s, const struct view *v, size_t k, enum axis_where where)
{
    const struct plot_series *const c = &v->panel->series[k];
    enum axis_where last = AXIS_NOWHERE;
    bool any = false;
    for (size_t i = 0; i < c->count; i++) {
        const enum axis_where here = where_is(v, c, i);
        if (here == where && here != last) {
            if (!any)
                sink_format(s, "$%s%zu << EOD\n", where == AXIS_ABOVE ? "up" : "dn", k);
            sink_format(s, "%.12g 1\n", x_of(c, i));
            any = true;
        }
        last = here;
    }
    if (any)
        sink_text(s, "EOD\n");
    return any;
}

/* Their outline, as one polygon. */
static void put_bars(struct sink *s, const struct view *v)
{
    const struct plot_bars *const b = &v->panel->bars;
    const bool one = b->low == b->high; /* one value: a thin bar of all that there is */
    const double thin = one ? (v->x.high - v->x.low) / 50 : 0, low = b->low - thin, width = (b->high + thin - low) / (double)b->bins;
    const double floor = !v->y.log ? 0 : v->y.first < v->y.last ? pow(10, v->y.first) : v->y.low;
    uint64_t all = 0;
    for (size_t i = 0; i < b->bins; i++)
        all += b->count[i];
    sink_text(s, "$bars << EOD\n");
    put_point(s, low, floor);
    for (size_t i = 0; i < b->bins; i++) {
        const double height = fmax(floor, (double)(one ? all : b->count[i]));
        put_point(s, low + width * (double)i, height);
        put_point(s, low + width * (double)(i + 1), height);
    }
    put_point(s, b->high + thin, floor);
    sink_text(s, "EOD\n");
}

static unsigned color_of(const struct plot_series *c)
{
    const unsigned full = palette[c->color % PALETTE].color;
    return c->look == PLOT_THEORY ? full >> 1 & 0x7f7f7f : full;
}

static void plot_curve(struct sink *s, struct view *v, size_t k)
{
    const struct plot_series *const c = &v->panel->series[k];
    const unsigned color = color_of(c);
    const int marker = palette[c->color % PALETTE].marker;
    sink_format(s, ", $in%zu using 1:2 with ", k);
    if (c->look == PLOT_THEORY)
        sink_format(s, "lines lw 1.6 dt (10,6) lc rgb '#%06x'", color);
    else if (c->look == PLOT_POINTS)
        sink_format(s, "points pt %d ps 0.6 lc rgb '#%06x'", marker, color);
    else
        sink_format(s, "linespoints lw 2.2 pt %d ps 0.7 pi %zu lc rgb '#%06x'", marker, c->count / 12 + 1, color);
    sink_text(s, " title ");
    plot_quoted(s, c->label ? c->label : "", SIZE_MAX);
    v->theory = v->theory || (c->look == PLOT_THEORY && !c->label);
}

/* The marks at an edge, in the panel's own units: graph coordinates are no axis. */
static bool plot_marks(struct sink *s, struct view *v, size_t k, enum axis_where where)
{
    const bool above = where == AXIS_ABOVE;
    if (!put_marks(s, v, k, where))
        return false;
    sink_format(&v->marks, ", $%s%zu using 1:(%s) with points pt %d ps 1 lc rgb '#%06x' title ''", above ? "up" : "dn", k,
                above ? "gtop" : "gbottom", above ? UP : DOWN, color_of(&v->panel->series[k]));
    return true;
}

static void put_end(struct sink *s, const char *variable, const struct axis *a, bool top)
{
    if (a->first < a->last)
        sink_format(s, "%s = 1e%d\n", variable, top ? a->last : a->first);
    else
        sink_format(s, "%s = %.12g\n", variable, top ? a->high : a->low);
}

static void put_axis(struct sink *s, const struct plot_axis *asked, const struct axis *a, char name, bool small)
{
    axis_print(s, a, name, small);
    if (name == 'x')
        sink_text(s, "set xtics offset 0,0.4\n");
    if (!asked->label)
        return;
    sink_format(s, "set %clabel ", name);
    plot_quoted(s, asked->label, SIZE_MAX);
    sink_text(s, small ? " font ',10'" : " font ',12'");
    sink_text(s, name == 'x' ? " offset 0,0.9\n" : "\n");
}

static void put_panel(struct sink *s, const struct plot_panel *p, unsigned width)
{
    struct view v = look_at(p);
    const bool small = p->bars.bins != 0;
    sink_format(s, "reset\nset border 3 lc rgb '#555555'\nset tics nomirror out font ',%d'\nunset mxtics\nunset mytics\n", small ? 9 : 11);
    sink_text(s, small ? "unset grid\n" : "set grid xtics ytics lt 1 lw 0.6 lc rgb '#dddddd'\n");
    sink_text(s, small ? "set nokey\n" : "set key bmargin center horizontal height 0.6 Left reverse samplen 3 spacing 1.1 font ',11'\n");
    put_axis(s, &p->x, &v.x, 'x', small);
    put_axis(s, &p->y, &v.y, 'y', small);
    if (small && !p->y.label)
        sink_text(s, "unset ytics\nset border 1\n");
    if (p->title) {
        sink_text(s, "set title ");
        plot_quoted(s, p->title, width / PIXELS_PER_LETTER);
        sink_format(s, " font ',%d' offset 0,-0.4\n", small ? 11 : 13);
    }
    if (p->note) {
        sink_text(s, "set label 1 ");
        plot_quoted(s, p->note, width / PIXELS_PER_LETTER);
        sink_format(s, " at graph 0.99,0.%d right font ',9' tc rgb '#555555' front\n", small ? 93 : 97);
    }
    if (!v.x.any || !v.y.any)
        sink_text(s, "set label 2 'no finite values' at graph 0.5,0.5 center tc rgb '#555555'\n");
    put_end(s, "gtop", &v.y, true);
    put_end(s, "gbottom", &v.y, false);
    for (size_t k = 0; k < p->series_count; k++) {
        put_curve(s, &v, k);
        v.above |= plot_marks(s, &v, k, AXIS_ABOVE);
        v.below |= plot_marks(s, &v, k, AXIS_BELOW);
    }
    if (p->bars.bins)
        put_bars(s, &v);
    sink_text(s, "plot 1/0 title ''");
    if (p->bars.bins)
        sink_format(s, ", $bars using 1:2 with filledcurves closed fs solid noborder lc rgb '#%06x' title ''", palette[0].color);
    for (int theory = 0; theory < 2; theory++)
        for (size_t k = 0; k < p->series_count; k++)
            if ((p->series[k].look == PLOT_THEORY) == theory)
                plot_curve(s, &v, k);
    sink_put(s, v.marks.data, v.marks.used);
    sink_free(&v.marks);
    if (v.theory)
        sink_text(s, ", keyentry with lines lw 1.6 dt (10,6) lc rgb '#333333' title 'theory'");
    if (v.above)
        sink_format(s, ", keyentry with points pt %d ps 1 lc rgb '#555555' title 'infinite'", UP);
    if (v.below)
        sink_format(s, ", keyentry with points pt %d ps 1 lc rgb '#555555' title '%s'", DOWN, v.y.log ? "zero" : "minus infinite");
    sink_text(s, "\n");
}

void plot_script(struct sink *s, const struct plot *plot)
{
    const bool small = plot->panels && plot->panel[0].bars.bins;
    const size_t rows_most = small ? 4 : 2, columns = plot->columns ? plot->columns : plot->panels < rows_most ? plot->panels : rows_most;
    const size_t across = columns ? columns : 1, rows = (plot->panels + across - 1) / across;
    const unsigned w = plot->width ? plot->width : small ? 260 : 560, h = plot->height ? plot->height : small ? 170 : 400;
    const double all_w = (double)(w * across), all_h = (double)(h * (rows ? rows : 1)) + TITLE_ROOM + (plot->note ? NOTE_ROOM : 0);
    sink_format(s, "set encoding utf8\nset terminal svg size %.0f,%.0f noenhanced font 'sans-serif,12' background rgb 'white'\n", all_w,
                all_h);
    sink_text(s, "set multiplot\nset label 1 ");
    plot_quoted(s, plot->title, (size_t)(all_w / 10));
    sink_format(s, " at screen 0.5,%.6f center font ',16'\n", 1 - 0.55 * TITLE_ROOM / all_h);
    if (plot->note) {
        sink_text(s, "set label 2 ");
        plot_quoted(s, plot->note, (size_t)(all_w / 6));
        sink_format(s, " at screen 0.5,%.6f center font ',10' tc rgb '#555555'\n", 0.5 * NOTE_ROOM / all_h);
    }
    /* An empty plot carries the labels that belong to no panel. */
    sink_text(s, "unset border\nunset tics\nunset key\nset xrange [0:1]\nset yrange [0:1]\nset origin 0,0\nset size 1,1\nplot 1/0\n");
    for (size_t i = 0; i < plot->panels; i++) {
        struct sink panel = {0};
        put_panel(&panel, &plot->panel[i], w);
        /* "reset" comes first, so the place goes behind it. */
        const size_t line = strlen("reset\n");
        sink_put(s, panel.data, line);
        sink_format(s, "set origin %.6f,%.6f\nset size %.6f,%.6f\n", (double)(i % across) / (double)across,
                    1 - (TITLE_ROOM + (double)h * (double)(i / across + 1)) / all_h, 1 / (double)across, h / all_h);
        sink_put(s, panel.data + line, panel.used - line);
        sink_free(&panel);
    }
    sink_text(s, "unset multiplot\n");
}
