/* SPDX-License-Identifier: MIT */
#include "bench/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define PAGE      ((size_t)4 << 10)

/* What Linux says can be had without swapping; no limit where it does not say. */
static size_t available(void)
{
    size_t kib = SIZE_MAX >> 10;
    char line[128];
    FILE *f = fopen("/proc/meminfo", "r");
    if (!f)
        return SIZE_MAX;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %zu kB", &kib) == 1)
            break;
    fclose(f);
    return kib << 10;
}

static size_t rounded(size_t bytes)
{
    return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *bench_fresh(size_t bytes, int huge)
{
    const size_t size = rounded(bytes);
    if (size > available() / 10 * 9)
        return NULL;
    unsigned char *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    const size_t before = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
    if (before)
        munmap(p, before);
    if (before < HUGE_PAGE)
        munmap(p + before + size, HUGE_PAGE - before);
    madvise(p + before, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    return p + before;
}

void bench_release(void *memory, size_t bytes)
{
    munmap(memory, rounded(bytes));
}

void *bench_buffer(unsigned slot, size_t bytes)
{
    static struct {
        void *memory;
        size_t bytes;
    } slots[2];
    if (slots[slot].bytes < bytes) {
        if (slots[slot].memory)
            bench_release(slots[slot].memory, slots[slot].bytes);
        slots[slot].memory = bench_fresh(bytes, 1);
        slots[slot].bytes = slots[slot].memory ? bytes : 0;
        if (slots[slot].memory)
            memset(slots[slot].memory, 1, bytes);
    }
    return slots[slot].memory;
}

typedef struct job {
    unsigned char *dst;
    const unsigned char *src;
    size_t bytes;
} job;

/* Where share i of n starts: at a cache line, so that no two threads write to one. */
static size_t share(const job *j, unsigned i, unsigned n)
{
    return i == n ? j->bytes : j->bytes / n * i / 64 * 64;
}

static void set(void *arg, unsigned i, unsigned n)
{
    const job *j = arg;
    const size_t from = share(j, i, n), to = share(j, i + 1, n);
    memset(j->dst + from, 0x5a, to - from);
    bench_keep(j->dst);
}

static void copy(void *arg, unsigned i, unsigned n)
{
    const job *j = arg;
    const size_t from = share(j, i, n), to = share(j, i + 1, n);
    memcpy(j->dst + from, j->src + from, to - from);
    bench_keep(j->dst);
}

static void touch(void *arg, unsigned i, unsigned n)
{
    const job *j = arg;
    const size_t pages = (j->bytes + PAGE - 1) / PAGE;
    for (size_t p = pages * i / n, end = pages * (i + 1) / n; p < end; p++)
        ((volatile unsigned char *)j->dst)[p * PAGE] = 1;
}

void bench_memset(crew *c, void *dst, size_t bytes)
{
    crew_run(c, set, &(job){.dst = dst, .bytes = bytes});
}

void bench_memcpy(crew *c, void *dst, const void *src, size_t bytes)
{
    crew_run(c, copy, &(job){.dst = dst, .src = src, .bytes = bytes});
}

void bench_fault(crew *c, void *dst, size_t bytes)
{
    crew_run(c, touch, &(job){.dst = dst, .bytes = bytes});
}
