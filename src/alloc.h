/* SPDX-License-Identifier: MIT */
/** @file alloc.h The host's allocator, or malloc. */
#ifndef SOW_SRC_ALLOC_H
#define SOW_SRC_ALLOC_H

#include <stddef.h>
#include <stdlib.h>

#include "sow/context.h"

static inline void *sow__allocate(const sow_allocator *allocator, size_t bytes)
{
    return allocator->allocate ? allocator->allocate(allocator->user, bytes) : malloc(bytes);
}

/** NULL is fine. */
static inline void sow__release(const sow_allocator *allocator, void *memory)
{
    if (!memory)
        return;
    if (allocator->allocate)
        allocator->release(allocator->user, memory);
    else
        free(memory);
}

#endif
