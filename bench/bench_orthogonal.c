/* SPDX-License-Identifier: MIT */
/*
 * Orthogonal matrices beside LAPACK's way to them (QR of a Gaussian matrix, then Q formed): interleaved, medians and the ratios of
 * neighbours. With one thread CPU time, so that a busy machine disturbs little; with more, wall time.
 *
 *     bench-orthogonal [threads [repetitions [n …]]]
 *
 * OpenBLAS picks its kernels by OPENBLAS_CORETYPE (unset: its best), sow by SOW_ISA. Its threads spin for a while after a call, hence the
 * pauses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/machine.h"
#include "sow/sow.h"
#include "src/orthogonal.h"

#if defined(BENCH_LAPACK)
#include <lapacke.h>
char *openblas_get_corename(void);
void openblas_set_num_threads(int n);
#endif

enum { MOST = 64 };

typedef struct setting {
    const sow_context *ctx;
    int threads, repetitions;
} setting;

static double now(int threads)
{
    struct timespec t;
    clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_value);
    return x[n / 2];
}

static int failed(const char *what)
{
    fprintf(stderr, "bench-orthogonal: %s\n", what);
    return 1;
}

/* Seconds of one fill, after a small one that wakes the threads. */
static double time_sow(const setting *s, uint64_t seed, const sow_tensor *t)
{
    sow_tensor small = *t;
    for (int d = 0; d < 2; d++)
        small.shape[d] = small.global_shape[d] = 64;
    (void)sow__orthogonal_fill(s->ctx, sow_stream_seed(seed), 1, &small, 0);
    const double start = now(s->threads);
    (void)sow__orthogonal_fill(s->ctx, sow_stream_seed(seed), 1, t, 0);
    return now(s->threads) - start;
}

#if defined(BENCH_LAPACK)
static void pause_for_spinners(void)
{
    const struct timespec t = {0, 150000000};
    nanosleep(&t, NULL);
}

static double time_lapack(const setting *s, uint64_t seed, const sow_tensor *t, void *tau)
{
    const lapack_int n = (lapack_int)t->shape[0];
    const double start = now(s->threads);
    (void)sow_fill(s->ctx, sow_stream_seed(seed), sow_dist_normal(0, 1), t->dtype, 0, t->data, (size_t)n * (size_t)n);
    if (t->dtype == SOW_F32) {
        (void)LAPACKE_sgeqrf(LAPACK_COL_MAJOR, n, n, t->data, n, tau);
        (void)LAPACKE_sorgqr(LAPACK_COL_MAJOR, n, n, n, t->data, n, tau);
    } else {
        (void)LAPACKE_dgeqrf(LAPACK_COL_MAJOR, n, n, t->data, n, tau);
        (void)LAPACKE_dorgqr(LAPACK_COL_MAJOR, n, n, n, t->data, n, tau);
    }
    return now(s->threads) - start;
}
#endif

static void compare(const setting *s, const sow_tensor *t, void *tau)
{
    double ours[MOST];
    for (int i = 0; i < s->repetitions; i++)
        ours[i] = 0;
#if defined(BENCH_LAPACK)
    double theirs[MOST], ratio[MOST];
    for (int i = 0; i < s->repetitions; i++) {
        pause_for_spinners();
        ours[i] = time_sow(s, (uint64_t)i, t);
        pause_for_spinners();
        theirs[i] = time_lapack(s, (uint64_t)i, t, tau);
        ratio[i] = theirs[i] / ours[i];
    }
    const double middle = median(ratio, s->repetitions);
    printf("%9.2f ms  LAPACK %9.2f ms  ratio %5.2f (%.2f to %.2f)\n", 1e3 * median(ours, s->repetitions),
           1e3 * median(theirs, s->repetitions), middle, ratio[0], ratio[s->repetitions - 1]);
#else
    (void)tau;
    for (int i = 0; i < s->repetitions; i++)
        ours[i] = time_sow(s, (uint64_t)i, t);
    printf("%9.2f ms\n", 1e3 * median(ours, s->repetitions));
#endif
}

/* A sixteenth of the rows, the last and dearest ones, beside the whole. */
static void compare_shard(const setting *s, const sow_tensor *whole)
{
    sow_tensor part = *whole;
    double all[MOST], rows[MOST], ratio[MOST];
    part.shape[0] = whole->shape[0] / 16;
    part.offset[0] = whole->shape[0] - part.shape[0];
    for (int i = 0; i < s->repetitions; i++) {
        all[i] = time_sow(s, (uint64_t)i, whole);
        rows[i] = time_sow(s, (uint64_t)i, &part);
        ratio[i] = all[i] / rows[i];
    }
    printf("%9.2f ms  the last %d rows alone %.2f ms, 1/%.1f\n", 1e3 * median(all, s->repetitions), (int)part.shape[0],
           1e3 * median(rows, s->repetitions), median(ratio, s->repetitions));
}

static int run(const setting *s, sow_dtype dtype, int64_t n)
{
    const int64_t shape[2] = {n, n};
    const size_t bytes = sow_dtype_size(dtype);
    sow_tensor t = sow_tensor_make(malloc((size_t)(n * n) * bytes), dtype, 2, shape);
    void *tau = malloc((size_t)n * bytes);
    if (!t.data || !tau)
        return failed("out of memory");
    memset(t.data, 0, (size_t)(n * n) * bytes);
    printf("orthogonal/%s/%s/%d/threads:%d  ", sow_dtype_name(dtype), sow_context_isa(s->ctx), (int)n, s->threads);
    compare(s, &t, tau);
    if (n >= 4096) {
        printf("orthogonal_shard/%s/%s/%d/threads:%d  ", sow_dtype_name(dtype), sow_context_isa(s->ctx), (int)n, s->threads);
        compare_shard(s, &t);
    }
    fflush(stdout);
    free(t.data);
    free(tau);
    return 0;
}

int main(int argc, char **argv)
{
    char cpu[128], why[256];
    setting s = {NULL, argc > 1 ? atoi(argv[1]) : 1, argc > 2 ? atoi(argv[2]) : 5};
    if (s.threads < 1 || s.repetitions < 1 || s.repetitions > MOST)
        return failed("threads from 1, repetitions 1 to 64");
    const sow_context_options options = {.threads = (unsigned)s.threads};
    sow_context *ctx;
    if (sow_check_context(&options, why, sizeof why) != SOW_OK || sow_context_create(&options, &ctx) != SOW_OK)
        return failed(why);
    s.ctx = ctx;
    machine_cpu(cpu, sizeof cpu);
    printf("# %s, %s\n", cpu, __VERSION__);
#if defined(BENCH_LAPACK)
    openblas_set_num_threads(s.threads);
    printf("# OpenBLAS kernels: %s\n", openblas_get_corename());
#endif
    static const int64_t usual[] = {1024, 2048, 4096};
    int status = 0;
    for (int d = SOW_F32; d <= SOW_F64; d++)
        for (int i = 0; !status && i < (argc > 3 ? argc - 3 : 3); i++)
            status = run(&s, (sow_dtype)d, argc > 3 ? atoll(argv[3 + i]) : usual[i]);
    sow_context_destroy(ctx);
    return status;
}
