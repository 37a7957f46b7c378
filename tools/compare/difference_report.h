/* SPDX-License-Identifier: MIT */
/** @file difference_report.h What sow diff found, on stdout. */
#ifndef SOW_TOOLS_DIFFERENCE_REPORT_H
#define SOW_TOOLS_DIFFERENCE_REPORT_H

#include "compare/difference.h"

struct difference_report {
    const char *a, *b; /**< the checkpoints' names */
    const struct differences *differences;
    double seconds;
    const struct host *host;
};

/** Tensors that are not equal. */
size_t differences_count(const struct differences *differences);

/** A line for each of these, and a sum. */
void differences_text(const struct difference_report *report);
void differences_json(const struct difference_report *report);
/** A row for every tensor. */
void differences_csv(const struct difference_report *report);

#endif
