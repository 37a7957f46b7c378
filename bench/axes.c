/* SPDX-License-Identifier: MIT */
#include "bench/axes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const size_t bench_sizes[BENCH_SIZES] = {768, 4 << 10, 64 << 10, 1 << 20, 16 << 20, 256 << 20};

/* More rows than any machine has: instruction sets times thread counts. */
enum { CONTEXTS = 32, CREWS = 8 };

size_t bench_threads(unsigned counts[BENCH_THREADS_MAX])
{
    const sow_context *all = bench_context(NULL, 0);
    const unsigned wanted[BENCH_THREADS_MAX] = {1, 2, all ? sow_context_threads(all) : 1};
    size_t n = 0;
    for (size_t i = 0; i < BENCH_THREADS_MAX; i++)
        if (n == 0 || wanted[i] > counts[n - 1])
            counts[n++] = wanted[i];
    return n;
}

sow_dist bench_dist(sow_dist_kind kind)
{
    switch (kind) {
    case SOW_DIST_CONSTANT:
        return sow_dist_constant(1);
    case SOW_DIST_UNIFORM:
        return sow_dist_uniform(-1, 1);
    case SOW_DIST_NORMAL:
        return sow_dist_normal(0, 0.02);
    case SOW_DIST_TRUNC_NORMAL:
        return sow_dist_trunc_normal(0, 1, -2, 2);
    case SOW_DIST_BITS:
    case SOW_DIST_COUNT:
        break;
    }
    return sow_dist_bits();
}

const sow_context *bench_context(const char *isa, unsigned threads)
{
    static struct {
        const char *isa;
        unsigned threads;
        sow_context *context;
    } made[CONTEXTS];
    for (size_t i = 0; i < CONTEXTS; i++) {
        if (!made[i].context) {
            const sow_context_options options = {.size = sizeof options, .threads = threads, .isa = isa};
            if (sow_context_create(&options, &made[i].context) != SOW_OK)
                return NULL;
            made[i].isa = isa;
            made[i].threads = threads;
        }
        if (made[i].isa == isa && made[i].threads == threads)
            return made[i].context;
    }
    return NULL;
}

crew *bench_crew(unsigned threads)
{
    static struct {
        unsigned threads;
        crew *crew;
    } made[CREWS];
    for (size_t i = 0; i < CREWS; i++) {
        if (!made[i].crew) {
            made[i].crew = crew_create(threads);
            made[i].threads = threads;
        }
        if (made[i].threads == threads)
            return made[i].crew;
    }
    return NULL;
}

sow_stream bench_stream(void)
{
    return sow_stream_named(sow_stream_seed(42), "bench", 5);
}

void bench_add(gbench_fn *fn, const void *arg, size_t bytes, const char *format, ...)
{
    char name[128];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    gbench_add(name, fn, arg, bytes);
}
