/* SPDX-License-Identifier: MIT */
/* Rows memset/BYTES/threads:N and memcpy/…: the yardstick, over the bytes of the fills of `elements`. */
#include "bench/axes.h"
#include "bench/memory.h"

typedef struct row {
    size_t bytes;
    unsigned threads;
} row;

static size_t batch_for(size_t bytes)
{
    return bytes <= 8192 ? 64 : 1;
}

static void run_memset(gbench *b, void *arg)
{
    const row *r = arg;
    const size_t batch = batch_for(r->bytes);
    crew *c = bench_crew(r->threads);
    void *dst = bench_buffer(0, r->bytes);
    if (!c || !dst) {
        gbench_fail(b, "not enough memory or threads");
        return;
    }
    while (gbench_next(b, batch))
        for (size_t i = 0; i < batch; i++)
            bench_memset(c, dst, r->bytes);
    gbench_rate(b, (double)r->bytes, (double)r->bytes, r->threads);
}

static void run_memcpy(gbench *b, void *arg)
{
    const row *r = arg;
    const size_t batch = batch_for(r->bytes);
    crew *c = bench_crew(r->threads);
    void *dst = bench_buffer(0, r->bytes);
    const void *src = bench_buffer(1, r->bytes);
    if (!c || !dst || !src) {
        gbench_fail(b, "not enough memory or threads");
        return;
    }
    while (gbench_next(b, batch))
        for (size_t i = 0; i < batch; i++)
            bench_memcpy(c, dst, src, r->bytes);
    gbench_rate(b, (double)r->bytes, (double)r->bytes, r->threads);
}

void bench_memory_add(size_t elements)
{
    unsigned counts[BENCH_THREADS_MAX];
    const size_t n = bench_threads(counts);
    for (size_t size = 2; size <= 8; size *= 2)
        for (size_t t = 0; t < n; t++) {
            const row r = {elements * size, counts[t]};
            bench_add(run_memset, &r, sizeof r, "memset/%zu/threads:%u", r.bytes, r.threads);
            bench_add(run_memcpy, &r, sizeof r, "memcpy/%zu/threads:%u", r.bytes, r.threads);
        }
}
