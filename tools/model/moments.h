/* SPDX-License-Identifier: MIT */
/** @file moments.h Mean and standard deviation of what was drawn, while it is still in the cache. */
#ifndef SOW_TOOLS_MOMENTS_H
#define SOW_TOOLS_MOMENTS_H

#include <sow/dist.h>
#include <sow/dtype.h>
#include <stddef.h>

/** Sums of x - centre and of its square. */
struct moments {
    double sum, squares;
};

/** A number near the mean, so that nothing cancels. */
double moments_centre(const sow_dist *dist);

/** Adds n elements; the order of the sums is fixed, whatever the machine. */
void moments_add(struct moments *m, sow_dtype dtype, const void *data, size_t n, double centre);

#endif
