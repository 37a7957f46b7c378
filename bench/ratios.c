/* SPDX-License-Identifier: MIT */
/*
 * ratios: what a fill costs as a multiple of memset (or of page faults) on the same bytes, measured in turns in one process: yardstick, A,
 * yardstick, B, … over many rounds, so that neither a neighbour's load nor the clock's frequency decides. Through the public API, so that
 * every check of a fill is in its time. Targets are those that the kernels were built to.
 *
 *     ratios [--isa NAME] [--threads N] [--only cache,small,large,fresh] [--quick] [--json]
 */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/memory.h"
#include "bench/ratios_report.h"
#include "sow/sow.h"

enum { LINES = 64, OFFSETS = 1024, SMALL = 768 };

/* What is measured, and the targets: time over memset's in cache, then memset's time over the fill's in large memory. 0: none. */
typedef struct kernel {
    sow_dist_kind kind;
    sow_dtype dtype;
    double avx512, avx2, large;
} kernel;

static const kernel kernels[] = {
    {SOW_DIST_BITS, SOW_F32, 5.8, 19, 0.85},    {SOW_DIST_UNIFORM, SOW_F32, 7, 23, 0.7},   {SOW_DIST_NORMAL, SOW_F32, 11, 33, 0.47},
    {SOW_DIST_NORMAL, SOW_BF16, 24, 80, 0.22},  {SOW_DIST_NORMAL, SOW_F64, 15, 42, 0},     {SOW_DIST_TRUNC_NORMAL, SOW_F32, 25, 65, 0},
    {SOW_DIST_UNIFORM, SOW_BF16, 0, 0, 0},      {SOW_DIST_UNIFORM, SOW_F64, 0, 0, 0},      {SOW_DIST_NORMAL, SOW_F16, 0, 0, 0},
    {SOW_DIST_TRUNC_NORMAL, SOW_BF16, 0, 0, 0}, {SOW_DIST_TRUNC_NORMAL, SOW_F64, 0, 0, 0}, {SOW_DIST_CONSTANT, SOW_F32, 0, 0, 0},
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static const heading headings[] = {
    {"cache", "16 KiB in cache, one thread", "ns per element", "× memset"},
    {"small", "768 elements of normal/f32, NULL or one-thread context", "ns per call", "× memset"},
    {"large", "memory on huge pages, all threads", "GB/s", "of memset"},
    {"fresh", "memory never touched, 4 KiB pages (huge: with the huge-page hint), all threads", "GB/s", "× faults"},
};
enum { SECTIONS = sizeof headings / sizeof *headings };

typedef struct run {
    const sow_context *one, *all; /* one thread (NULL: as a NULL context), all threads */
    crew *crew;
    unsigned threads;
    int quick;
    line lines[LINES];
    size_t count;
    uint64_t first; /* moves on: a range that repeats trains the branch predictor */
} run;

static void *needed(void *memory, const char *what)
{
    if (!memory) {
        fprintf(stderr, "ratios: not enough memory for %s\n", what);
        exit(1);
    }
    return memory;
}

static double now(void) /* ns */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static sow_dist dist_of(const kernel *k)
{
    switch (k->kind) {
    case SOW_DIST_CONSTANT:
        return sow_dist_constant(1);
    case SOW_DIST_UNIFORM:
        return sow_dist_uniform(-1, 1);
    case SOW_DIST_NORMAL:
        return sow_dist_normal(0, 1);
    case SOW_DIST_TRUNC_NORMAL:
        return sow_dist_trunc_normal(0, 1, -2, 2);
    default:
        return sow_dist_bits();
    }
}

static void fill(run *r, const sow_context *ctx, const kernel *k, void *dst, size_t n)
{
    if (sow_fill(ctx, sow_stream_seed(42), dist_of(k), k->dtype, r->first, dst, n) != SOW_OK)
        abort();
    bench_keep(dst);
    r->first += n;
}

static line *add_line(run *r, const char *section, const char *format, const kernel *k)
{
    line *l = &r->lines[r->count++];
    l->section = section;
    snprintf(l->name, sizeof l->name, format, sow_dist_name(k->kind), sow_dtype_name(k->dtype));
    return l;
}

static int is_isa(const run *r, const char *isa)
{
    return strcmp(sow_context_isa(r->one), isa) == 0;
}

static void aim_at(line *l, aim side, double target)
{
    l->aim = target > 0 ? side : AIM_NONE;
    l->target = target;
}

/* ns per call */
static double time_memset(void *dst, size_t bytes, size_t calls)
{
    __asm__("" : "+r"(bytes)); /* a size that the compiler knows becomes its own code instead of libc's */
    const double t = now();
    for (size_t i = 0; i < calls; i++) {
        memset(dst, (int)i, bytes);
        bench_keep(dst);
    }
    return (now() - t) / (double)calls;
}

static double time_fill(run *r, const kernel *k, void *dst, size_t n, size_t calls)
{
    const double t = now();
    for (size_t i = 0; i < calls; i++)
        fill(r, r->one, k, dst, n);
    return (now() - t) / (double)calls;
}

/* So many calls that they take 20 µs: long for the clock, short for the scheduler. */
static size_t calls_for(double ns)
{
    return ns > 20e3 ? 1 : (size_t)(20e3 / ns) + 1;
}

static void measure_cache(run *r)
{
    enum { BYTES = 16 << 10, ROUNDS = 1001 };
    static double times[KERNELS][ROUNDS], yards[KERNELS][ROUNDS];
    const size_t rounds = r->quick ? 21 : ROUNDS;
    void *dst = needed(bench_buffer(0, BYTES), "16 KiB");
    size_t calls[KERNELS];
    time_memset(dst, BYTES, 1000);
    const size_t memset_calls = calls_for(time_memset(dst, BYTES, 1000));
    for (size_t k = 0; k < KERNELS; k++) {
        const size_t n = BYTES / sow_dtype_size(kernels[k].dtype);
        time_fill(r, &kernels[k], dst, n, 10);
        calls[k] = calls_for(time_fill(r, &kernels[k], dst, n, 10));
    }
    for (size_t i = 0; i < rounds; i++)
        for (size_t k = 0; k < KERNELS; k++) {
            const double n = BYTES / (double)sow_dtype_size(kernels[k].dtype);
            yards[k][i] = time_memset(dst, BYTES, memset_calls) / n;
            times[k][i] = time_fill(r, &kernels[k], dst, (size_t)n, calls[k]) / n;
        }
    for (size_t k = 0; k < KERNELS; k++) {
        line *l = add_line(r, "cache", "%s/%s", &kernels[k]);
        line_set(l, times[k], yards[k], rounds, 0);
        aim_at(l, AIM_BELOW, is_isa(r, "avx512") ? kernels[k].avx512 : is_isa(r, "avx2") ? kernels[k].avx2 : 0);
    }
}

/* `calls` fills of SMALL elements at those offsets, in turn. */
static double time_small(const run *r, const uint64_t *firsts, float *dst, size_t calls)
{
    const double t = now();
    for (size_t i = 0; i < calls; i++) {
        if (sow_fill(r->one, sow_stream_seed(42), sow_dist_normal(0, 0.02), SOW_F32, firsts[i % OFFSETS], dst, SMALL) != SOW_OK)
            abort();
        bench_keep(dst);
    }
    return (now() - t) / (double)calls;
}

static void measure_small(run *r)
{
    enum { ROUNDS = 2001, CALLS = 64, KINDS = 3 };
    static const char *const names[KINDS] = {"any offset", "a group's start", "one past a group"};
    static double times[KINDS][ROUNDS], yards[KINDS][ROUNDS];
    static uint64_t firsts[KINDS][OFFSETS];
    const size_t rounds = r->quick ? 21 : ROUNDS;
    float *dst = needed(bench_buffer(0, SMALL * sizeof *dst), "768 elements");
    for (size_t k = 0; k < KINDS; k++) {
        sow_fill(NULL, sow_stream_seed(k), sow_dist_bits(), SOW_F64, 0, firsts[k], OFFSETS);
        for (size_t i = 0; i < OFFSETS; i++)
            firsts[k][i] = k == 0 ? firsts[k][i] >> 1 : (firsts[k][i] >> 1) / 64 * 64 + (k - 1);
    }
    for (size_t i = 0; i < rounds; i++)
        for (size_t k = 0; k < KINDS; k++) {
            yards[k][i] = time_memset(dst, SMALL * sizeof *dst, CALLS);
            times[k][i] = time_small(r, firsts[k] + i * CALLS % OFFSETS, dst, CALLS);
        }
    for (size_t k = 0; k < KINDS; k++) {
        line *l = &r->lines[r->count++];
        l->section = "small";
        snprintf(l->name, sizeof l->name, "%s", names[k]);
        line_set(l, times[k], yards[k], rounds, 0);
        aim_at(l, AIM_BELOW, is_isa(r, "avx512") ? 15 : 0);
    }
}

/* Times of one pass over `bytes` to GB/s. */
static void as_rate(line *l, size_t bytes)
{
    l->time = (double)bytes / l->time;
    l->yard = (double)bytes / l->yard;
}

static void measure_large(run *r)
{
    enum { ROUNDS = 15 };
    static double times[KERNELS][ROUNDS], yards[KERNELS][ROUNDS];
    const size_t bytes = r->quick ? (size_t)64 << 20 : (size_t)1 << 30, rounds = r->quick ? 3 : ROUNDS;
    void *dst = needed(bench_buffer(0, bytes), "1 GiB");
    for (size_t i = 0; i < rounds; i++)
        for (size_t k = 0; k < KERNELS; k++) {
            double t = now();
            bench_memset(r->crew, dst, bytes);
            yards[k][i] = now() - t;
            t = now();
            fill(r, r->all, &kernels[k], dst, bytes / sow_dtype_size(kernels[k].dtype));
            times[k][i] = now() - t;
        }
    for (size_t k = 0; k < KERNELS; k++) {
        line *l = add_line(r, "large", "%s/%s", &kernels[k]);
        line_set(l, times[k], yards[k], rounds, 1);
        as_rate(l, bytes);
        aim_at(l, AIM_ABOVE, r->threads == 2 && is_isa(r, "avx512") ? kernels[k].large : 0);
    }
}

/* What k takes on fresh memory; NULL: the faults alone. */
static double time_fresh(run *r, const kernel *k, size_t bytes, int huge)
{
    void *dst = needed(bench_fresh(bytes, huge), "fresh memory");
    const double t = now();
    if (k)
        fill(r, r->all, k, dst, bytes / sow_dtype_size(k->dtype));
    else
        bench_fault(r->crew, dst, bytes);
    const double ns = now() - t;
    bench_release(dst, bytes);
    return ns;
}

static void measure_fresh(run *r)
{
    enum { ROUNDS = 9, ROWS = 4 }; /* the first kernels of the table */
    static double times[ROWS][ROUNDS], yards[ROWS][ROUNDS];
    const size_t bytes = r->quick ? (size_t)64 << 20 : (size_t)1 << 30, rounds = r->quick ? 3 : ROUNDS;
    for (int huge = 0; huge < 2; huge++) {
        for (size_t i = 0; i < rounds; i++)
            for (size_t k = 0; k < ROWS; k++) {
                yards[k][i] = time_fresh(r, NULL, bytes, huge);
                times[k][i] = time_fresh(r, &kernels[k], bytes, huge);
            }
        for (size_t k = 0; k < ROWS; k++) {
            line *l = add_line(r, "fresh", huge ? "%s/%s huge" : "%s/%s", &kernels[k]);
            line_set(l, times[k], yards[k], rounds, 0);
            as_rate(l, bytes);
            aim_at(l, AIM_BELOW, huge ? 0 : 1.25); /* huge pages come faster than most fills */
        }
    }
}

static int usage(FILE *out, int status)
{
    fprintf(out, "usage: ratios [--isa NAME] [--threads N] [--only cache,small,large,fresh] [--quick] [--json]\n"
                 "  --isa NAME    kernels of that instruction set (default: SOW_ISA, else the best)\n"
                 "  --threads N   threads for large and fresh memory (default: SOW_NUM_THREADS, else all)\n"
                 "  --only LIST   these sections only\n"
                 "  --quick       few rounds and less memory: whether it runs, not how fast\n"
                 "  --json        JSON instead of a table\n");
    return status;
}

static sow_context *context(const char *isa, unsigned threads)
{
    const sow_context_options options = {.size = sizeof options, .isa = isa, .threads = threads};
    sow_context *ctx;
    char why[256];
    if (sow_check_context(&options, why, sizeof why) != SOW_OK || sow_context_create(&options, &ctx) != SOW_OK) {
        fprintf(stderr, "ratios: %s\n", *why ? why : "no context");
        exit(2);
    }
    return ctx;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"isa", required_argument, NULL, 'i'},
                                            {"threads", required_argument, NULL, 't'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"quick", no_argument, NULL, 'q'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static run r;
    const char *isa = NULL, *only = "cache,small,large,fresh";
    unsigned long threads = 0;
    int json = 0;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (c) {
        case 'i':
            isa = optarg;
            break;
        case 't':
            threads = strtoul(optarg, NULL, 10);
            break;
        case 'o':
            only = optarg;
            break;
        case 'q':
            r.quick = 1;
            break;
        case 'j':
            json = 1;
            break;
        case 'h':
            return usage(stdout, 0);
        default:
            return usage(stderr, 2);
        }
    if (optind < argc)
        return usage(stderr, 2);

    sow_context *one = context(isa, 1), *all = context(isa, threads > 1024 ? 1025 : (unsigned)threads);
    r.one = isa ? one : NULL; /* without a choice, as the shortest call does it */
    r.all = all;
    r.threads = sow_context_threads(all);
    r.crew = needed(crew_create(r.threads), "threads");
    static void (*const measures[SECTIONS])(run *) = {measure_cache, measure_small, measure_large, measure_fresh};
    for (size_t s = 0; s < SECTIONS; s++)
        if (strstr(only, headings[s].section))
            measures[s](&r);
    const machine m = {sow_context_isa(all), r.threads};
    (json ? print_json : print_table)(&m, headings, SECTIONS, r.lines, r.count);
    crew_destroy(r.crew);
    sow_context_destroy(all);
    sow_context_destroy(one);
    return 0;
}
