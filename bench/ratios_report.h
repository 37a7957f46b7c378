/* SPDX-License-Identifier: MIT */
/** @file ratios_report.h Samples to medians, medians to a table or to JSON. */
#ifndef BENCH_RATIOS_REPORT_H
#define BENCH_RATIOS_REPORT_H

#include <stddef.h>

/** Which side of its target a ratio should be on. */
typedef enum aim { AIM_NONE, AIM_BELOW, AIM_ABOVE } aim;

/** One line: a time beside its yardstick's, and their ratio. */
typedef struct line {
    const char *section;     /* "cache", "small", "large", "fresh" */
    char name[48];           /* "normal/f32" */
    double time, yard;       /* medians, in the section's unit */
    double ratio, low, high; /* median of the pairs' ratios, and their quartiles */
    double target;
    aim aim;
} line;

/** Sorts `samples`; the value below which `share` of them lie. */
double quantile(double *samples, size_t n, double share);

/** Fills time, yard, ratio, low and high from n pairs; ratio is time over yard, or yard over time if `inverse`. Sorts both arrays. */
void line_set(line *l, double *times, double *yards, size_t n, int inverse);

/** What was measured where. */
typedef struct machine {
    const char *isa;
    unsigned threads;
} machine;

/** What a section's lines mean, printed before them. NULL unit: no such section. */
typedef struct heading {
    const char *section, *title, *unit, *ratio;
} heading;

/** Both to stdout. */
void print_table(const machine *m, const heading *headings, size_t sections, const line *lines, size_t n);
void print_json(const machine *m, const heading *headings, size_t sections, const line *lines, size_t n);

#endif
