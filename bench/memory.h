/* SPDX-License-Identifier: MIT */
/** @file memory.h Buffers on huge pages, memory never touched, and the yardsticks: memset, memcpy and page faults by a crew. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stddef.h>

#include "bench/crew.h"

/**
 * At least `bytes` of touched memory on huge pages where the system has them, aligned to 2 MiB; the same memory for the same slot (0 or 1)
 * until a larger size is asked for. NULL if the machine has not that much to spare.
 */
void *bench_buffer(unsigned slot, size_t bytes);

/** Memory that no one touched yet, aligned to 2 MiB, with or without the huge-page hint; NULL as above. */
void *bench_fresh(size_t bytes, int huge);
void bench_release(void *memory, size_t bytes);

/** The compiler may not know what `memory` holds: stores to it stay. */
static inline void bench_keep(void *memory)
{
    __asm__ volatile("" : : "r"(memory) : "memory");
}

/** Each thread its share: set, copied, or one byte of each 4 KiB page touched. */
void bench_memset(crew *c, void *dst, size_t bytes);
void bench_memcpy(crew *c, void *dst, const void *src, size_t bytes);
void bench_fault(crew *c, void *dst, size_t bytes);

#endif
