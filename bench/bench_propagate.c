/* SPDX-License-Identifier: MIT */
/*
 * What sow propagate does, weights drawn, activations and statistics included, beside OpenBLAS's time for its matrix products alone; and
 * sow_matmul() beside the same products. In turns, medians and the ratios of neighbours; with one thread CPU time, so that a busy machine
 * disturbs little, with more wall time.
 *
 *     bench-propagate [threads [repetitions [depth width batch]]]
 *
 * OpenBLAS picks its kernels by OPENBLAS_CORETYPE (unset: its best), sow by SOW_ISA. Its threads spin for a while after a call, hence the
 * pauses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/machine.h"
#include "propagate/simulate.h"

#if defined(BENCH_CBLAS)
#include <cblas.h>
char *openblas_get_corename(void);
void openblas_set_num_threads(int n);
#endif

enum { MOST = 64 };

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

static clockid_t clock_used = CLOCK_PROCESS_CPUTIME_ID;

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(clock_used, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void pause_for_spinners(void)
{
    const struct timespec t = {0, 150000000};
    nanosleep(&t, NULL);
}

/* Operands of all products; the values do not matter, but they are no subnormals. */
struct operands {
    int depth, width, batch;
    float *w, *x, *y;
};

static double time_sow(struct stack *stack, const struct settings *set, struct layer_stats *out)
{
    const double start = now();
    simulate(stack, set, out);
    return now() - start;
}

/* depth products W·x and depth - 1 products Wᵀ·y. */
static double time_matmul(const struct operands *o, const sow_context *ctx)
{
    const int n = o->width, b = o->batch;
    const sow_matrix w = {o->w, n, 1}, turned = {o->w, 1, n}, x = {o->x, b, 1}, y = {o->y, b, 1};
    const double start = now();
    for (int l = 0; l < 2 * o->depth - 1; l++)
        (void)sow_matmul(ctx, SOW_F32, n, b, n, l < o->depth ? w : turned, x, y);
    return now() - start;
}

#if defined(BENCH_CBLAS)
static double time_blas(const struct operands *o)
{
    const int n = o->width, b = o->batch;
    const double start = now();
    for (int l = 0; l < 2 * o->depth - 1; l++)
        cblas_sgemm(CblasRowMajor, l < o->depth ? CblasNoTrans : CblasTrans, CblasNoTrans, n, b, n, 1, o->w, n, o->x, b, 0, o->y, b);
    return now() - start;
}
#endif

static float *numbers(size_t n)
{
    float *const p = malloc(n * sizeof *p);
    if (p)
        (void)sow_fill(NULL, sow_stream_seed(1), sow_dist_normal(0, 0.03), SOW_F32, 0, p, n);
    return p;
}

static void report(const char *what, double *seconds, double *ratio, int n)
{
    const double middle = median(seconds, n);
    printf("%-24s %9.1f ms", what, 1e3 * middle);
    if (ratio) {
        const double r = median(ratio, n);
        printf("   x OpenBLAS %.3f (%.3f to %.3f)", r, ratio[0], ratio[n - 1]);
    }
    printf("\n");
}

static void compare(enum activation a, const struct host *host, const struct operands *o, int repetitions)
{
    struct arena arena = {0};
    double whole[MOST], product[MOST], *ratio = NULL, *product_ratio = NULL;
    char name[64];
    const struct settings set = {.activation = a, .batch = o->batch, .input = {.kind = SOW_DIST_NORMAL, .std = 1}, .host = host, .seed = 1};
    struct stack stack = stack_square(&arena, (size_t)o->depth, o->width, set.seed);
    struct layer_stats *const out = calloc((size_t)o->depth, sizeof *out);
    stack_set_scheme(&stack, sow_kaiming_normal(SOW_FAN_IN, sow_gain_relu()));
    stack_check(&stack, "kaiming_normal");
#if defined(BENCH_CBLAS)
    double blas[MOST], ratios[MOST], product_ratios[MOST];
    ratio = ratios, product_ratio = product_ratios;
#endif
    for (int i = 0; i < repetitions; i++) {
#if defined(BENCH_CBLAS)
        pause_for_spinners();
        blas[i] = time_blas(o);
        pause_for_spinners();
#endif
        whole[i] = time_sow(&stack, &set, out);
        product[i] = time_matmul(o, host->context);
#if defined(BENCH_CBLAS)
        ratio[i] = whole[i] / blas[i];
        product_ratio[i] = product[i] / blas[i];
#endif
    }
    (void)snprintf(name, sizeof name, "propagate/%s/%s", activation_word(a), host->isa);
    report(name, whole, ratio, repetitions);
    report("  sow_matmul alone", product, product_ratio, repetitions);
#if defined(BENCH_CBLAS)
    report("  OpenBLAS", blas, NULL, repetitions);
#endif
    fflush(stdout);
    free(out);
    arena_free(&arena);
}

int main(int argc, char **argv)
{
    char cpu[128];
    const int repetitions = argc > 2 ? atoi(argv[2]) : 5;
    struct operands o = {argc > 5 ? atoi(argv[3]) : 100, argc > 5 ? atoi(argv[4]) : 1024, argc > 5 ? atoi(argv[5]) : 256, NULL, NULL, NULL};
    if (repetitions < 1 || repetitions > MOST || o.depth < 1 || o.width < 1 || o.batch < 1) {
        fprintf(stderr, "bench-propagate [threads [repetitions, 1 to 64 [depth width batch]]]\n");
        return 2;
    }
    struct host host = host_open_crew(argc > 1 ? argv[1] : "1", NULL);
    o.w = numbers((size_t)o.width * (size_t)o.width);
    o.x = numbers((size_t)o.width * (size_t)o.batch);
    o.y = numbers((size_t)o.width * (size_t)o.batch);
    if (!o.w || !o.x || !o.y)
        return 1;
    if (host.threads > 1)
        clock_used = CLOCK_MONOTONIC;
    machine_cpu(cpu, sizeof cpu);
    printf("# %s, %s, %u threads; %d layers of %d x %d, forward and back\n", cpu, __VERSION__, host.threads, o.depth, o.width, o.batch);
#if defined(BENCH_CBLAS)
    openblas_set_num_threads((int)host.threads);
    printf("# OpenBLAS kernels: %s\n", openblas_get_corename());
#endif
    static const enum activation shown[] = {ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_GELU};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
        compare(shown[i], &host, &o, repetitions);
    host_close(&host);
    free(o.w), free(o.x), free(o.y);
    return 0;
}
