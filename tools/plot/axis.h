/* SPDX-License-Identifier: MIT */
/** @file axis.h What an axis shows: its ends, its ticks, and where a value lies on it. */
#ifndef SOW_TOOLS_PLOT_AXIS_H
#define SOW_TOOLS_PLOT_AXIS_H

#include "plot/plot.h"

/** Where a value is drawn: inside, at an end with a mark, or not at all. */
enum axis_where { AXIS_INSIDE, AXIS_ABOVE, AXIS_BELOW, AXIS_NOWHERE };

struct axis {
    bool log, any;    /**< any: it has seen a value that it can show */
    double low, high; /**< as text: axis_print() */
    int first, last;  /**< a logarithmic axis over some decades ends at 1e<first> and 1e<last>; else equal */
};

/** All that is on the axis goes by, one by one. */
void axis_see(struct axis *axis, double value);
/** Then the ends: as asked for, or from what was seen, with some room. */
void axis_close(struct axis *axis, const struct plot_axis *asked, bool tight);
/** After axis_close(). */
enum axis_where axis_where(const struct axis *axis, double value);

/** "set xrange …" and what belongs to it; `name` is 'x' or 'y'. */
void axis_print(struct sink *sink, const struct axis *axis, char name, bool few_ticks);

#endif
