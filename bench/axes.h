/* SPDX-License-Identifier: MIT */
/** @file axes.h What the rows run over, and what they share: sizes, instruction sets, thread counts, distributions, contexts, crews. */
#ifndef BENCH_AXES_H
#define BENCH_AXES_H

#include <stddef.h>

#include "bench/crew.h"
#include "bench/gbench.h"
#include "sow/sow.h"

/** Elements of a fill: 768, 4Ki, 64Ki, 1Mi, 16Mi, 256Mi. All are whole groups, so a moving counter stays at a group's start. */
enum { BENCH_SIZES = 6 };
extern const size_t bench_sizes[BENCH_SIZES];

/** Thread counts to run: 1, 2 and all, without repeats; returns how many. "All" is what a default context takes. */
enum { BENCH_THREADS_MAX = 3 };
size_t bench_threads(unsigned counts[BENCH_THREADS_MAX]);

/** A common value of each kind: U[-1, 1), N(0, 0.02), N(0, 1) on [-2, 2], … */
sow_dist bench_dist(sow_dist_kind kind);

/** The context of that instruction set (NULL: the default) and thread count, made once; NULL if it cannot be. */
const sow_context *bench_context(const char *isa, unsigned threads);

/** The crew of that size, made once; NULL if it cannot be. */
crew *bench_crew(unsigned threads);

/** The stream of all rows. */
sow_stream bench_stream(void);

/** gbench_add() with a formatted name. */
__attribute__((format(printf, 4, 5))) void bench_add(gbench_fn *fn, const void *arg, size_t bytes, const char *format, ...);

/** For (isa in usable ones) and (threads in counts): `isa` and `threads` are declared by the loops. */
#define EACH_ISA(isa)                                                                                                                      \
    for (size_t isa##_i = 0; isa##_i < sow_isa_count(); isa##_i++)                                                                         \
        for (const char *isa = sow_isa_usable(isa##_i) ? sow_isa_name(isa##_i) : NULL; isa; isa = NULL)

/* The families of rows: one function per file, called by main.c. */
void bench_memory_add(size_t elements); /* memset, memcpy */
void bench_fill_add(size_t elements);   /* fill */
void bench_fresh_add(void);             /* fill_fresh, fault */
void bench_small_add(void);             /* small */
void bench_kernels_add(void);           /* kernel */
void bench_init_add(void);              /* init */
void bench_sleef_add(void);             /* sleef_normal; nothing without SLEEF */

#endif
