/* SPDX-License-Identifier: MIT */
/** @file audit_summary.h sow_stats of a tensor, with its histogram in the order of the values and added up. */
#ifndef SOW_TOOLS_AUDIT_SUMMARY_H
#define SOW_TOOLS_AUDIT_SUMMARY_H

#include <sow/stats.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/audit_values.h"

struct summary {
    sow_dtype dtype;
    uint64_t n, zeros, nans, infs, at_min, at_max;
    uint64_t finite;                                /**< of n */
    double mean, std, skewness, kurtosis, min, max; /**< of the finite ones */
    double collision;                               /**< probability that two elements fall into one bucket */
    uint64_t *below;                                /**< BUCKETS + 1 numbers: finite elements in the buckets before that place */
};

/** What a worker needs to make summaries; false: no memory. */
struct summing {
    sow_tally *tally;
    uint64_t *histogram, *below;
};
bool summing_start(struct summing *s, const sow_context *context);
void summing_end(struct summing *s);

/** `below` is that of `s`, until its next use. `done` hears which elements are read (NULL: nobody does). False: no memory. */
bool summarise(struct summing *s, sow_dtype dtype, const uint8_t *data, uint64_t n,
               void (*done)(const void *user, uint64_t first, uint64_t n), const void *user, struct summary *out);

/** The same without the zeros, which are no part of the law of a sparse tensor. The histogram is changed in place. */
struct summary without_zeros(const struct summary *s);

/** Values at the quantile p of the finite elements, to the resolution of a bucket. */
double summary_quantile(const struct summary *s, double p);

#endif
