/* SPDX-License-Identifier: MIT */
/** @file stats_show.h Statistics as a table with sparklines, as JSON, as CSV and as a picture. */
#ifndef SOW_TOOLS_STATS_SHOW_H
#define SOW_TOOLS_STATS_SHOW_H

#include "plot/plot.h"
#include "stats/stats_gather.h"

struct stats_show {
    const struct gather *gathered;
    const char *file;
    double seconds;
};

/** stats_table.c */
void stats_table(const struct stats_show *show);
/** stats_print.c */
void stats_json(const struct stats_show *show);
void stats_csv(const struct stats_show *show);
/** stats_picture.c: a histogram for each of the first PICTURE_MAX tensors that have one. */
enum { PICTURE_MAX = 64 };
void stats_picture(const struct stats_show *show, struct plotter *plotter);

#endif
