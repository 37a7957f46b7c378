/* SPDX-License-Identifier: MIT */
#include "model/moments.h"

#include <stdint.h>
#include <string.h>

#include "files/sixteen_bits.h"

/*
 * Runs on the threads that draw, beside kernels of a quarter of a nanosecond per element: so it is compiled for wide registers, too.
 * 32 float sums of at most RUN/32 terms each, then double: some 1e-7 relative, far below what a sample says about its law. Sums and
 * products in the order written, so every build and machine reports the same.
 */
enum { BYTES = 64, WIDTH = BYTES / 4, RUN = 8192 };

typedef float vector __attribute__((vector_size(BYTES)));
typedef double vector_f64 __attribute__((vector_size(BYTES)));
typedef uint32_t vector_u32 __attribute__((vector_size(BYTES)));

/* Resolvers run before ThreadSanitizer is ready; clang 14 has no such attribute. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("default", "avx2", "avx512f"), optimize("fp-contract=off")))
#else
#define WIDE
#endif

double moments_centre(const sow_dist *d)
{
    switch (d->kind) {
    case SOW_DIST_UNIFORM:
        return d->a / 2 + d->b / 2;
    case SOW_DIST_NORMAL:
        return d->mean;
    case SOW_DIST_TRUNC_NORMAL:
        return d->mean < d->a ? d->a : d->mean > d->b ? d->b : d->mean;
    default:
        return 0;
    }
}

/* One run of whole pairs of vectors; LOAD makes two of the 2 * BYTES / sizeof(lane) elements at its argument, in any order. */
#define ADD_RUN(type, LOAD, x, n, centre, sum, squares)                                                                                    \
    do {                                                                                                                                   \
        const size_t step = 2 * sizeof(type) / sizeof *(sum);                                                                              \
        type s0 = {0}, s1 = {0}, q0 = {0}, q1 = {0};                                                                                       \
        for (size_t i = 0; i < (n); i += step) {                                                                                           \
            type d0, d1;                                                                                                                   \
            LOAD(d0, d1, (x) + i);                                                                                                         \
            d0 -= (centre);                                                                                                                \
            d1 -= (centre);                                                                                                                \
            s0 += d0;                                                                                                                      \
            s1 += d1;                                                                                                                      \
            q0 += d0 * d0;                                                                                                                 \
            q1 += d1 * d1;                                                                                                                 \
        }                                                                                                                                  \
        s0 += s1;                                                                                                                          \
        q0 += q1;                                                                                                                          \
        memcpy(sum, &s0, sizeof s0);                                                                                                       \
        memcpy(squares, &q0, sizeof q0);                                                                                                   \
    } while (0)

#define LOAD_WHOLE(a, b, p)                                                                                                                \
    do {                                                                                                                                   \
        memcpy(&a, p, sizeof a);                                                                                                           \
        memcpy(&b, (const char *)(p) + sizeof a, sizeof b);                                                                                \
    } while (0)
/* Two 16-bit elements per lane: the low ones, then the high ones. */
#define LOAD_BF16(a, b, p)                                                                                                                 \
    do {                                                                                                                                   \
        vector_u32 word;                                                                                                                   \
        memcpy(&word, p, sizeof word);                                                                                                     \
        a = (vector)(word << 16);                                                                                                          \
        b = (vector)(word & 0xffff0000);                                                                                                   \
    } while (0)
/* The exponent is moved by a multiplication, which does subnormals as well; infinities become large numbers, and sow draws none. */
#define LOAD_F16(a, b, p)                                                                                                                  \
    do {                                                                                                                                   \
        vector_u32 word;                                                                                                                   \
        memcpy(&word, p, sizeof word);                                                                                                     \
        a = (vector)((word & 0x8000) << 16 | (word & 0x7fff) << 13) * 0x1p112f;                                                            \
        b = (vector)((word & 0x80000000) | (word & 0x7fff0000) >> 3) * 0x1p112f;                                                           \
    } while (0)

WIDE static void run_f32(const float *x, size_t n, float centre, float *sum, float *squares)
{
    ADD_RUN(vector, LOAD_WHOLE, x, n, centre, sum, squares);
}

WIDE static void run_bf16(const uint16_t *x, size_t n, float centre, float *sum, float *squares)
{
    ADD_RUN(vector, LOAD_BF16, x, n, centre, sum, squares);
}

WIDE static void run_f16(const uint16_t *x, size_t n, float centre, float *sum, float *squares)
{
    ADD_RUN(vector, LOAD_F16, x, n, centre, sum, squares);
}

WIDE static void run_f64(const double *x, size_t n, double centre, double *sum, double *squares)
{
    ADD_RUN(vector_f64, LOAD_WHOLE, x, n, centre, sum, squares);
}

static void add_f64(struct moments *m, const double *x, size_t n, double centre)
{
    double sum[WIDTH / 2], squares[WIDTH / 2];
    const size_t whole = n / WIDTH * WIDTH;
    run_f64(x, whole, centre, sum, squares);
    for (int l = 0; l < WIDTH / 2; l++) {
        m->sum += sum[l];
        m->squares += squares[l];
    }
    for (size_t i = whole; i < n; i++) {
        const double d = x[i] - centre;
        m->sum += d;
        m->squares += d * d;
    }
}

static double widen(sow_dtype dtype, const char *element)
{
    uint16_t half;
    float value;
    if (dtype == SOW_F32) {
        memcpy(&value, element, sizeof value);
        return (double)value;
    }
    memcpy(&half, element, sizeof half);
    return (double)(dtype == SOW_BF16 ? bf16_as_float(half) : f16_as_float(half));
}

void moments_add(struct moments *m, sow_dtype dtype, const void *data, size_t n, double centre)
{
    if (dtype == SOW_F64) {
        add_f64(m, data, n, centre);
        return;
    }
    const char *p = data;
    const size_t size = sow_dtype_size(dtype);
    while (n >= 2 * WIDTH) {
        float sum[WIDTH], squares[WIDTH];
        const size_t run = n < RUN ? n / (2 * WIDTH) * (2 * WIDTH) : RUN;
        if (dtype == SOW_F32)
            run_f32((const void *)p, run, (float)centre, sum, squares);
        else
            (dtype == SOW_BF16 ? run_bf16 : run_f16)((const void *)p, run, (float)centre, sum, squares);
        for (int l = 0; l < WIDTH; l++) {
            m->sum += (double)sum[l];
            m->squares += (double)squares[l];
        }
        p += run * size;
        n -= run;
    }
    for (; n; n--, p += size) {
        const double d = widen(dtype, p) - (double)(float)centre;
        m->sum += d;
        m->squares += d * d;
    }
}
