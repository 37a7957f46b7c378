/* SPDX-License-Identifier: MIT */
/** @file fill.h A fill that was checked, without its range: many short runs of one tensor share what a call of sow_fill() finds out. */
#ifndef SOW_SRC_FILL_H
#define SOW_SRC_FILL_H

#include "simd/kernels.h"
#include "sow/context.h"
#include "sow/dist.h"
#include "sow/dtype.h"
#include "sow/stream.h"

typedef struct sow__source {
    sow_kernel *kernel;
    sow_params params;
    sow_stream stream;
    size_t size;              /* bytes of an element */
    unsigned blocks_in_group; /* Philox blocks behind SOW_GROUP elements */
} sow__source;

/** For arguments that sow_check_fill() accepts. */
void sow__source_make(sow__source *source, const sow_context *ctx, sow_stream stream, sow_dist dist, sow_dtype dtype);

/** Elements first .. first+n-1 to dst, n > 0, on this thread, in the default floating-point environment (src/fpenv.h). */
void sow__source_draw(const sow__source *source, uint64_t first, void *dst, size_t n);

#endif
