/* SPDX-License-Identifier: MIT */
/** @file stats_total.h All tensors together. */
#ifndef SOW_TOOLS_STATS_TOTAL_H
#define SOW_TOOLS_STATS_TOTAL_H

#include "stats/stats_gather.h"

struct total {
    uint64_t count, bytes, zeros, nans, infs; /**< of tensors that have statistics; bytes of all */
    double mean, variance, min, max;          /**< NaN if nothing is finite */
};

struct total total_of(const struct gather *gathered);

#endif
