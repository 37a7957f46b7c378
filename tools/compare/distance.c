/* SPDX-License-Identifier: MIT */
#include "compare/distance.h"

#include <string.h>

#include "files/sixteen_bits.h"

/*
 * Runs at the speed of memory on a few threads: so it is compiled for wide registers, too. Both sides become doubles, exactly, a run at a
 * time in the first-level cache.
 */
enum { RUN = 1024, WIDTH = 8 };

typedef double vector __attribute__((vector_size(8 * WIDTH)));
typedef int64_t mask __attribute__((vector_size(8 * WIDTH)));

/* Resolvers run before ThreadSanitizer is ready; clang 14 has no such attribute. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define WIDE
#endif

bool distance_knows(const struct format *f)
{
    return f->kind != FORMAT_FOREIGN_FLOAT && f->kind != FORMAT_OTHER && f->bits >= 8;
}

#define WIDEN(type, value)                                                                                                                 \
    for (size_t i = 0; i < n; i++) {                                                                                                       \
        type x;                                                                                                                            \
        memcpy(&x, data + i * sizeof x, sizeof x);                                                                                         \
        out[i] = (double)(value);                                                                                                          \
    }

WIDE static void widen(const struct format *f, const uint8_t *data, double *out, size_t n)
{
    if (f->kind == FORMAT_FLOAT) {
        if (f->dtype == SOW_F64)
            memcpy(out, data, n * sizeof *out);
        else if (f->dtype == SOW_F32)
            WIDEN(float, x)
        else if (f->dtype == SOW_BF16)
            WIDEN(uint16_t, bf16_as_float(x))
        else
            WIDEN(uint16_t, f16_as_float(x))
        return;
    }
    const bool is_signed = f->kind == FORMAT_SIGNED;
    if (f->bits == 64 && is_signed)
        WIDEN(int64_t, x)
    else if (f->bits == 64)
        WIDEN(uint64_t, x)
    else if (f->bits == 32 && is_signed)
        WIDEN(int32_t, x)
    else if (f->bits == 32)
        WIDEN(uint32_t, x)
    else if (f->bits == 16 && is_signed)
        WIDEN(int16_t, x)
    else if (f->bits == 16)
        WIDEN(uint16_t, x)
    else if (is_signed)
        WIDEN(int8_t, x)
    else
        WIDEN(uint8_t, x)
}

#define CHOOSE(m, a, b) ((vector)(((mask)(a) & (m)) | ((mask)(b) & ~(m))))
#define MAGNITUDE(a)    ((vector)((mask)(a)&INT64_MAX))

/* Whole vectors. A comparison with NaN is false, so NaN never is the largest. */
WIDE static void measure(struct distance *d, const double *a, const double *b, size_t n)
{
    vector largest = {0}, relative = {0};
    mask differing = {0}, incomparable = {0};
    for (size_t i = 0; i < n; i += WIDTH) {
        vector x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        const mask x_nan = x != x, y_nan = y != y;
        differing -= (x != y) & ~(x_nan & y_nan);
        incomparable -= x_nan ^ y_nan;
        const vector p = MAGNITUDE(x), q = MAGNITUDE(y), apart = MAGNITUDE(x - y), ratio = apart / CHOOSE(p > q, p, q);
        largest = CHOOSE(apart > largest, apart, largest);
        relative = CHOOSE(ratio > relative, ratio, relative);
    }
    for (int k = 0; k < WIDTH; k++) {
        d->differing += (uint64_t)differing[k];
        d->incomparable += (uint64_t)incomparable[k];
        d->largest = largest[k] > d->largest ? largest[k] : d->largest;
        d->relative = relative[k] > d->relative ? relative[k] : d->relative;
    }
}

void distance_add(struct distance *d, const struct format *fa, const uint8_t *a, const struct format *fb, const uint8_t *b, size_t n)
{
    double x[RUN] __attribute__((aligned(64))), y[RUN] __attribute__((aligned(64)));
    for (size_t at = 0; n; at += RUN) {
        const size_t k = n < RUN ? n : RUN;
        const double before = d->largest;
        widen(fa, a, x, k);
        widen(fb, b, y, k);
        for (size_t i = k; i % WIDTH; i++)
            x[i] = y[i] = 0;
        measure(d, x, y, (k + WIDTH - 1) / WIDTH * WIDTH);
        if (d->largest > before)
            d->near_largest = at;
        a += k * (fa->bits / 8);
        b += k * (fb->bits / 8);
        n -= k;
    }
}
