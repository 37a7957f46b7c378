/* SPDX-License-Identifier: MIT */
/**
 * @file sow.h
 * sow fills large buffers with reproducible random numbers: the initial weights of a neural network. This header includes the others.
 *
 *     #include <sow/sow.h>
 *
 *     sow_context *ctx;                                                     // threads and kernels; NULL works everywhere, too
 *     sow_context_create(NULL, &ctx);
 *     sow_stream model = sow_stream_seed(42);                               // a seed is a stream …
 *     sow_stream s = sow_stream_named(model, "fc.weight", 9);               // … and each tensor is a child of it
 *
 *     const int64_t shape[2] = {3072, 768};
 *     sow_tensor t = sow_tensor_make(data, SOW_BF16, 2, shape);
 *     sow_status err = sow_init(ctx, sow_kaiming_normal(SOW_FAN_IN, sow_gain_relu()), s, &t);
 *     sow_fill(ctx, s, sow_dist_uniform(-1, 1), SOW_F32, 1000000, part, 4096);   // any range of a stream, without the rest
 *     sow_context_destroy(ctx);
 *
 * The bits of an element depend on (stream, index, distribution, element type) alone: the same for every thread count, chunk, shard,
 * instruction set, compiler and machine. docs/bits.md says exactly how.
 */
#ifndef SOW_SOW_H
#define SOW_SOW_H

#include "sow/context.h"
#include "sow/dist.h"
#include "sow/dtype.h"
#include "sow/fill.h"
#include "sow/init.h"
#include "sow/matmul.h"
#include "sow/scheme.h"
#include "sow/stats.h"
#include "sow/status.h"
#include "sow/stream.h"
#include "sow/tensor.h"
#include "sow/version.h"

#endif
