/* SPDX-License-Identifier: MIT */
/**
 * @file stats_gather.h
 * Statistics of many tensors of a checkpoint: threads take pieces in the order of the bytes, of one large tensor or of many small ones
 * alike. What comes out does not depend on which thread took what.
 */
#ifndef SOW_TOOLS_STATS_GATHER_H
#define SOW_TOOLS_STATS_GATHER_H

#include <sow/sow.h>

#include "base/host.h"
#include "files/checkpoint.h"

/** A histogram is taken over the mean and so many standard deviations on each side of it, or from min to max where these are nearer. */
enum { GATHER_DEVIATIONS = 5 };

struct row {
    uint32_t tensor;
    sow_dtype dtype; /**< whose statistics these are; SOW_DTYPE_COUNT: the format has none, and all below is 0 */
    sow_stats stats;
    double low, high;      /**< of the bins; equal if min and max are: then there are none */
    uint64_t below, above; /**< finite elements beside the bins */
    uint64_t *bin;
};

struct gather {
    const struct checkpoint *checkpoint;
    struct row *row; /**< with `tensor` set; the rest is set here */
    size_t rows, bins;
    const struct host *host;
};

/** All rows, with a progress bar. Leaves if the machine fails. */
void gather(const struct gather *job);

#endif
