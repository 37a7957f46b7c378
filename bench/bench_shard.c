/* SPDX-License-Identifier: MIT */
/*
 * bench-shard: what one rank's share of a matrix costs beside the whole of it, in turns, on one thread, through the public API: rows,
 * columns and a flat range, cut as torch.chunk cuts. And the memory that a process needs which makes that share alone.
 *
 *     bench-shard [ROUNDS [ROWS COLUMNS WORLD [SCHEME DTYPE]]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/machine.h"
#include "sow/sow.h"

enum { ROUNDS_MAX = 1001 };

typedef struct subject {
    const char *scheme;
    sow_dtype dtype;
    int64_t shape[2];
    int64_t world;
} subject;

typedef enum cut { ROWS, COLUMNS, FLAT, CUTS } cut;
static const char *const cuts[CUTS] = {"rows", "columns", "flat"};

static void *needed(void *memory)
{
    if (memory == NULL || memory == MAP_FAILED) {
        fprintf(stderr, "bench-shard: not enough memory\n");
        exit(1);
    }
    return memory;
}

static void *touched(size_t bytes)
{
    void *const p = needed(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    (void)madvise(p, bytes, MADV_HUGEPAGE);
    return memset(p, 1, bytes);
}

static double now(void) /* ns */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Rank's share of n: start, and count as the value. */
static int64_t chunk(int64_t n, int64_t world, int64_t rank, int64_t *start)
{
    const int64_t each = (n + world - 1) / world;
    *start = rank * each < n ? rank * each : n;
    return *start + each < n ? each : n - *start;
}

/* The share of a rank in the middle; elements of it. */
static int64_t share(const subject *s, cut c, int64_t *start, int64_t box[2])
{
    const int64_t rank = s->world / 2;
    box[0] = s->shape[0];
    box[1] = s->shape[1];
    if (c == FLAT)
        return chunk(s->shape[0] * s->shape[1], s->world, rank, start);
    box[c == COLUMNS] = chunk(s->shape[c == COLUMNS], s->world, rank, start);
    return box[0] * box[1];
}

static void make_share(const subject *s, cut c, void *dst)
{
    const sow_scheme scheme = sow_scheme_named(s->scheme);
    const sow_stream stream = sow_stream_seed(42);
    int64_t start, box[2];
    const int64_t n = share(s, c, &start, box);
    sow_status status;
    if (c == FLAT) {
        status = sow_init_range(NULL, scheme, stream, s->dtype, 2, s->shape, (uint64_t)start, dst, (size_t)n);
    } else {
        sow_tensor t = sow_tensor_make(dst, s->dtype, 2, box);
        memcpy(t.global_shape, s->shape, sizeof s->shape);
        t.offset[c == COLUMNS] = start;
        status = sow_init(NULL, scheme, stream, &t);
    }
    if (status != SOW_OK) {
        fprintf(stderr, "bench-shard: %s: %s\n", s->scheme, sow_status_string(status));
        exit(1);
    }
}

static void make_whole(const subject *s, void *dst)
{
    const sow_tensor t = sow_tensor_make(dst, s->dtype, 2, s->shape);
    if (sow_init(NULL, sow_scheme_named(s->scheme), sow_stream_seed(42), &t) != SOW_OK)
        exit(1);
}

/* Peak memory, in bytes, of a child that makes the share alone, over one that makes nothing. */
static double memory_of(const subject *s, cut c, int work)
{
    int64_t start, box[2];
    const size_t bytes = (size_t)share(s, c, &start, box) * sow_dtype_size(s->dtype);
    int pipes[2];
    struct rusage used = {0};
    long result = 0;
    fflush(stdout);
    if (pipe(pipes) != 0)
        exit(1);
    const pid_t child = fork();
    if (child == 0) {
        if (work) {
            void *const dst = needed(malloc(bytes));
            make_share(s, c, dst);
            __asm__ volatile("" : : "r"(dst) : "memory");
        }
        (void)getrusage(RUSAGE_SELF, &used);
        _exit(write(pipes[1], &used.ru_maxrss, sizeof used.ru_maxrss) != sizeof used.ru_maxrss);
    }
    int status = 1;
    if (child < 0 || read(pipes[0], &result, sizeof result) != sizeof result || waitpid(child, &status, 0) != child || status != 0)
        exit(1);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    return (double)result * 1024;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double *x, size_t n, double share_below)
{
    qsort(x, n, sizeof *x, by_value);
    return x[(size_t)(share_below * (double)(n - 1) + 0.5)];
}

static void measure(const subject *s, size_t rounds)
{
    static double ratio[CUTS][ROUNDS_MAX], time[CUTS][ROUNDS_MAX], whole[ROUNDS_MAX];
    const size_t size = sow_dtype_size(s->dtype), all = (size_t)(s->shape[0] * s->shape[1]);
    double memory[CUTS];
    for (int c = 0; c < CUTS; c++)
        memory[c] = memory_of(s, (cut)c, 1) - memory_of(s, (cut)c, 0);
    void *const dst = touched(all * size), *part[CUTS];
    for (int c = 0; c < CUTS; c++) {
        int64_t start, box[2];
        part[c] = touched((size_t)share(s, (cut)c, &start, box) * size);
        make_share(s, (cut)c, part[c]);
    }
    make_whole(s, dst);
    for (size_t i = 0; i < rounds; i++) {
        double t = now();
        make_whole(s, dst);
        whole[i] = now() - t;
        for (int c = 0; c < CUTS; c++) {
            t = now();
            make_share(s, (cut)c, part[c]);
            time[c][i] = now() - t;
            ratio[c][i] = time[c][i] / whole[i];
        }
    }
    const double ideal = 1 / (double)s->world;
    printf("%s %s %lld x %lld, whole %.3f ms, 1/%lld = %.3f %%, limit %.3f %%\n", s->scheme, sow_dtype_name(s->dtype),
           (long long)s->shape[0], (long long)s->shape[1], quantile(whole, rounds, 0.5) / 1e6, (long long)s->world, 100 * ideal,
           100 * (ideal + 0.02));
    for (int c = 0; c < CUTS; c++) {
        int64_t start, box[2];
        const int64_t n = share(s, (cut)c, &start, box);
        const double middle = quantile(ratio[c], rounds, 0.5), bytes = (double)n * (double)size;
        printf("  %-8s", cuts[c]);
        if (c == FLAT)
            printf(" %10lld elements", (long long)n);
        else
            printf(" %10lld x %-6lld", (long long)box[0], (long long)box[1]);
        printf("  %7.3f ms  %7.3f %% (%.3f to %.3f)  %-5s  memory +%.2f MB for %.2f MB\n", quantile(time[c], rounds, 0.5) / 1e6,
               100 * middle, 100 * quantile(ratio[c], rounds, 0.25), 100 * quantile(ratio[c], rounds, 0.75),
               middle <= ideal + 0.02 ? "met" : "above", memory[c] / 1e6, bytes / 1e6);
        (void)munmap(part[c], (size_t)n * size);
    }
    (void)munmap(dst, all * size);
}

int main(int argc, char **argv)
{
    static const subject subjects[] = {
        {"normal", SOW_F32, {50257, 768}, 64},  {"normal", SOW_F32, {32000, 4096}, 64},  {"normal", SOW_F32, {4096, 11008}, 64},
        {"normal", SOW_F32, {8192, 28672}, 64}, {"normal", SOW_BF16, {8192, 28672}, 64},
    };
    const size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 21;
    char cpu[128];
    if (rounds < 1 || rounds > ROUNDS_MAX || (argc != 1 && argc != 2 && argc != 5 && argc != 7)) {
        fprintf(stderr, "usage: bench-shard [ROUNDS [ROWS COLUMNS WORLD [SCHEME DTYPE]]], at most %d rounds\n", ROUNDS_MAX);
        return 2;
    }
    machine_cpu(cpu, sizeof cpu);
    printf("%s, %s, one thread, median of %zu interleaved rounds (quartiles)\n", cpu, sow_context_isa(NULL), rounds);
    if (argc < 5) {
        for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
            measure(&subjects[i], rounds);
        return 0;
    }
    subject s = {
        argc > 5 ? argv[5] : "normal", SOW_F32, {strtoll(argv[2], NULL, 10), strtoll(argv[3], NULL, 10)}, strtoll(argv[4], NULL, 10)};
    for (int d = 0; argc > 6 && d < SOW_DTYPE_COUNT; d++)
        if (strcmp(argv[6], sow_dtype_name((sow_dtype)d)) == 0)
            s.dtype = (sow_dtype)d;
    measure(&s, rounds);
    return 0;
}
