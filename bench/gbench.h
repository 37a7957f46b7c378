/* SPDX-License-Identifier: MIT */
/**
 * @file gbench.h
 * Google Benchmark for C: what bench/ needs of it, and no more. gbench.cc is the only C++ of the house.
 *
 *     static void run(gbench *b, void *arg)
 *     {
 *         const row *r = arg;
 *         while (gbench_next(b, 1))
 *             work(r->n);
 *         gbench_rate(b, r->n, r->n * 4, 1);
 *     }
 *     gbench_add("work/4096", run, &(row){4096}, sizeof(row));
 */
#ifndef BENCH_GBENCH_H
#define BENCH_GBENCH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One row while it runs. */
typedef struct gbench gbench;

typedef void gbench_fn(gbench *b, void *arg);

/**
 * Adds a row of that name. fn gets a private copy of the `bytes` at `arg`, the same at each of its calls: what it changes there (a counter
 * that must move on, say) it finds again.
 */
void gbench_add(const char *name, gbench_fn *fn, const void *arg, size_t bytes);

/** Loop condition: the body does `batch` iterations. A batch above 1 keeps the loop's 2 ns out of short work. */
int gbench_next(gbench *b, size_t batch);

/** Leave out the time between the two; both inside the loop. They cost 0.3 µs. */
void gbench_pause(gbench *b);
void gbench_resume(gbench *b);

/**
 * After the loop: elements and bytes per iteration, reported as items_per_second and bytes_per_second. With one thread by its CPU time, as
 * Google Benchmark does, so that a busy machine disturbs little; with more by wall time.
 */
void gbench_rate(gbench *b, double items, double bytes, unsigned threads);

/** Instead of the rest of the loop: the row is reported as an error with this text. */
void gbench_fail(gbench *b, const char *why);

/** A line of the context that every report begins with. */
void gbench_context(const char *key, const char *value);

/** Reads --benchmark_… options, runs the rows that they choose, returns the exit status. */
int gbench_main(int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
