/* SPDX-License-Identifier: MIT */
/** @file context.h What a fill finds in its context. */
#ifndef SOW_SRC_CONTEXT_H
#define SOW_SRC_CONTEXT_H

#include "simd/kernels.h"
#include "sow/context.h"
#include "src/pool.h"

struct sow_context {
    sow_allocator allocator;
    const sow_kernels *kernels;
    unsigned threads;
    sow__pool *pool;                /* NULL: parallel_for, or the calling thread alone */
    sow_parallel_for *parallel_for; /* NULL: pool */
    void *parallel_user;
};

/** The kernels of ctx, which may be NULL; NULL if SOW_ISA is no good. */
const sow_kernels *sow__context_kernels(const sow_context *ctx);

/** The allocator of ctx, which may be NULL. */
sow_allocator sow__context_allocator(const sow_context *ctx);

/** task(arg, i) for each i < n, on the threads of ctx, which may be NULL. */
void sow__context_run(const sow_context *ctx, size_t n, void (*task)(void *arg, size_t i), void *arg);

#endif
