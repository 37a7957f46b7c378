/* SPDX-License-Identifier: MIT */
/**
 * @file pipeline.h
 * Draws and writes at the same time. Threads draw pieces of the file into a few buffers, each thread a piece of its own, so that nobody
 * waits for anybody; the calling thread writes the pieces in order. Memory is that of the buffers, whatever the model's size.
 */
#ifndef SOW_TOOLS_PIPELINE_H
#define SOW_TOOLS_PIPELINE_H

#include <sow/context.h>
#include <stdint.h>

#include "base/output.h"
#include "model/model.h"
#include "model/moments.h"

struct pipeline {
    const struct model *model;
    const struct part *part; /**< the file to write */
    struct output *output;
    const sow_context *context; /**< for its kernels; its threads are not used */
    unsigned threads;
    struct moments *moments; /**< by place in the model's order, cleared; NULL: not wanted */
    /** Called after each write with the bytes of this file so far and the tensor (place in the order) that the last one belongs to. */
    void (*progress)(void *user, uint64_t bytes, size_t tensor);
    void *user;
    void (*written)(void *user, const char *data, size_t length); /**< called with every piece, in the file's order; NULL: not wanted */
    void *written_user;
};

/** All bytes behind the header of one file. */
void pipeline_run(const struct pipeline *pipeline);

/** Elements [first, first + n) of a planned tensor; draw.c. `centre` of the moments, which may be NULL. */
struct draw {
    const sow_context *context;
    const struct tensor *tensor;
    struct law law;
    sow_stream stream;
    uint64_t whole; /* bits of a constant of whole numbers */
    bool copies;    /* it takes an array byte for byte */
    double centre;
};
struct draw draw_of(const struct model *model, const struct tensor *tensor, const sow_context *context);
/** Of a kept tensor: what is drawn anew, over the bytes that are in dst. */
sow_status draw_range(const struct draw *draw, uint64_t first, void *dst, size_t n, struct moments *moments);

#endif
