/* SPDX-License-Identifier: MIT */
#include "plot/axis.h"

#include <math.h>

/* gnuplot computes differences of a linear axis's ends, which must not overflow: beyond is like infinity. */
static const double LARGEST = 1e300;

static bool shows(const struct axis *a, double value)
{
    return isfinite(value) && (a->log ? value > 0 : fabs(value) <= LARGEST);
}

void axis_see(struct axis *a, double value)
{
    if (!shows(a, value))
        return;
    a->low = a->any && a->low < value ? a->low : value;
    a->high = a->any && a->high > value ? a->high : value;
    a->any = true;
}

static void close_log(struct axis *a, bool tight)
{
    if (a->high / a->low >= 1e3) { /* whole decades, but not what doubles cannot hold */
        const double first = floor(log10(a->low)), last = ceil(log10(a->high));
        a->first = first < -307 ? -307 : (int)first;
        a->last = last > 308 ? 308 : (int)last;
    } else if (!tight || a->low == a->high) {
        const double room = a->low == a->high ? 2 : pow(a->high / a->low, 0.05);
        a->low /= room;
        a->high *= room;
    }
}

static void close_linear(struct axis *a, bool tight)
{
    const double span = a->high - a->low;
    if (span == 0) {
        const double room = a->low == 0 ? 1 : fabs(a->low) * 0.1;
        a->low -= room;
        a->high += room;
    } else if (!tight) {
        a->low = a->low >= 0 && a->low < 0.5 * a->high ? 0 : a->low - 0.05 * span; /* heights from 0, where that costs little */
        a->high += 0.05 * span;
    }
}

void axis_close(struct axis *a, const struct plot_axis *asked, bool tight)
{
    if (asked->low < asked->high && shows(a, asked->low) && shows(a, asked->high)) {
        a->low = asked->low;
        a->high = asked->high;
        return;
    }
    if (!a->any) {
        a->low = a->log ? 1 : 0;
        a->high = a->log ? 10 : 1;
    } else if (a->log) {
        close_log(a, tight);
    } else {
        close_linear(a, tight);
    }
}

enum axis_where axis_where(const struct axis *a, double value)
{
    if (isnan(value) || (a->log && value < 0))
        return AXIS_NOWHERE;
    if (shows(a, value))
        return AXIS_INSIDE;
    return value > 0 ? AXIS_ABOVE : AXIS_BELOW;
}

/* 1, 2 or 5 times a power of ten, at least `least`. */
static double round_step(double least)
{
    const double unit = pow(10, floor(log10(least)));
    return (least <= unit ? 1 : least <= 2 * unit ? 2 : least <= 5 * unit ? 5 : 10) * unit;
}

/* gnuplot's own ticks on logarithmic axes are powers of ten or nothing: over many decades too many, within one none. */
static void print_log_ticks(struct sink *s, const struct axis *a, char name, int most)
{
    const char *comma = "";
    sink_format(s, "set logscale %c\nset %ctics (", name, name);
    if (a->first < a->last) {
        const int step = (int)round_step(fmax(1, (double)(a->last - a->first) / most));
        for (int d = (a->first - 308) / step * step; d <= a->last; d += step) /* from a multiple below */
            if (d >= a->first) {
                sink_format(s, "%s'1e%d' 1e%d", comma, d, d);
                comma = ", ";
            }
    } else if (a->high / a->low < 8) {
        const double step = round_step((a->high - a->low) / most);
        for (double i = ceil(a->low / step); i * step <= a->high; i++, comma = ", ")
            sink_format(s, "%s'%g' %.12g", comma, i * step, i * step);
    } else {
        for (double unit = pow(10, floor(log10(a->low))); unit <= a->high; unit *= 10)
            for (int digit = 1; digit <= 5; digit += digit == 1 ? 1 : 3)
                if (unit * digit >= a->low && unit * digit <= a->high) {
                    sink_format(s, "%s'%g' %.12g", comma, unit * digit, unit * digit);
                    comma = ", ";
                }
    }
    sink_text(s, ")\n");
}

void axis_print(struct sink *s, const struct axis *a, char name, bool few_ticks)
{
    if (a->first < a->last)
        sink_format(s, "set %crange [1e%d:1e%d]\n", name, a->first, a->last);
    else
        sink_format(s, "set %crange [%.12g:%.12g]\n", name, a->low, a->high);
    if (a->log)
        print_log_ticks(s, a, name, few_ticks ? 3 : 8);
    else if (few_ticks)
        sink_format(s, "set %ctics %.12g\n", name, round_step((a->high - a->low) / 5));
    sink_format(s, "set format %c '%%g'\n", name);
}
