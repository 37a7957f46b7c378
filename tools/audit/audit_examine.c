/* SPDX-License-Identifier: MIT */
/* One tensor by itself: its law, and what goes with it. Runs on any thread, so it neither prints nor fails. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_maths.h"
#include "audit/audit_want.h"

enum { DISTINCT_SAMPLE = 16384, DISCRETE = 4 };

static int by_bits(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Zeros that no continuous law gives. In f16 small values become zero by rounding: then a zero is as likely as its neighbours. */
static bool zeros_are_structure(const struct summary *s)
{
    if (s->zeros == 0 || s->zeros == s->finite)
        return false;
    const double beside = fmax((double)(s->below[0x8002] - s->below[0x8001]), (double)(s->below[0x7fff] - s->below[0x7ffe]));
    const double grid = sow_dtype_size(s->dtype) > 2 ? (double)s->finite * 0x1p-22 : 2 * beside;
    return poisson_above(grid + 1e-3, (double)s->zeros) < AUDIT_ALPHA;
}

/* Different values among the elements of the wide types, whose histogram does not know: by sorting some. */
static void count_distinct_wide(struct examined *e)
{
    static _Thread_local uint32_t bits[DISTINCT_SAMPLE];
    const size_t n = e->n < DISTINCT_SAMPLE ? (size_t)e->n : DISTINCT_SAMPLE;
    size_t kept = 0, distinct = 0;
    values_bits(e->summary.dtype, e->data, (e->n - n) / 2, n, bits);
    for (size_t i = 0; i < n; i++)
        if (bits[i] || !e->law.sparse)
            bits[kept++] = bits[i];
    e->widened = e->summary.dtype == SOW_F32;
    for (size_t i = 0; i < kept; i++)
        e->widened = e->widened && (bits[i] & 0xffffu) == 0;
    qsort(bits, kept, sizeof bits[0], by_bits);
    for (size_t i = 0; i < kept; i++)
        distinct += i == 0 || bits[i] != bits[i - 1];
    e->distinct = (double)distinct;
    e->distinct_expected = (double)kept;
}

/* Of a 16-bit type every value has a bucket: how many a fitted law should reach, leaving out the crowd near zero. */
static void count_distinct_narrow(struct examined *e, const struct summary *s)
{
    const uint32_t low = bucket_of(s->dtype, e->law.low), high = bucket_of(s->dtype, e->law.high);
    const double near = 1e-3 * e->law.std;
    double before = law_cdf(&e->law, bucket_edge(s->dtype, low));
    for (uint32_t i = low; i <= high; i++) {
        const double edge = bucket_edge(s->dtype, i + 1);
        if (fabs(edge) < near)
            i = bucket_of(s->dtype, near);
        const double here = law_cdf(&e->law, bucket_edge(s->dtype, i + 1));
        e->distinct += s->below[i + 1] > s->below[i];
        e->distinct_expected += -expm1(-(here - before) * e->law.n);
        before = here;
    }
}

/* Elements that the lowest (side 0) or highest value may have, judged by the buckets inside it: generous, as a density may be steep. */
static double atom_expected(const struct summary *s, int side)
{
    const double bound = side ? s->max : s->min, step = values_step(s->dtype, bound);
    const uint32_t last = bucket_of(s->dtype, bound);
    double most = 0;
    for (uint32_t k = 1; k <= 6; k++) { /* six neighbours, or as many of the wide types' */
        const uint32_t i = side ? last - k : last + k;
        if (i >= BUCKETS)
            break;
        const double low = bucket_edge(s->dtype, i), high = bucket_edge(s->dtype, i + 1);
        if (high > low)
            most = fmax(most, (double)(s->below[i + 1] - s->below[i]) / (high - low));
    }
    /* A bound up to a step beyond the last number of a 16-bit type leaves it half a step more than its neighbours have. */
    return (sow_dtype_size(s->dtype) > 2 ? 4 : 1.6) * most * step + (double)s->finite * 0x1p-20 + 1;
}

static double clamp_to(double x, double most)
{
    return x > most ? most : x < -most ? -most : x;
}

/* The first elements, standardised: what is compared between tensors. */
static void take_sample(struct examined *e)
{
    const size_t n = e->n < AUDIT_SAMPLE ? (size_t)e->n : AUDIT_SAMPLE;
    float x[AUDIT_SAMPLE];
    double sum = 0, squares = 0;
    if (!e->sample)
        return;
    values_load_f32(e->summary.dtype, e->data, 0, n, x);
    for (size_t i = 0; i < n; i++) {
        const double z = isfinite(x[i]) && !(e->law.sparse && x[i] == 0) ? clamp_to(((double)x[i] - e->law.mean) / e->law.std, 4) : 0;
        e->sample[i] = (float)z;
        sum += z;
        squares += z * z;
    }
    const double mean = sum / (double)n, std = sqrt(squares / (double)n - mean * mean);
    for (size_t i = 0; i < n; i++)
        e->sample[i] = std > 0 ? (float)(((double)e->sample[i] - mean) / std) : 0;
    e->samples = std > 0 ? (uint32_t)n : 0;
}

/* 64 signs in a row that look random, near the start: such a row occurs once in 2^64. */
static void take_needle(struct examined *e)
{
    for (uint64_t at = 0; at + 64 <= e->n && at <= 4096; at += 64) {
        float x[64];
        uint64_t signs = 0;
        int zeros = 0, changes = 0;
        values_load_f32(e->summary.dtype, e->data, at, 64, x);
        for (int i = 0; i < 64; i++) {
            signs |= (uint64_t)(x[i] < (float)audit_centre(e)) << i;
            zeros += x[i] == 0;
        }
        changes = __builtin_popcountll(signs ^ signs >> 1);
        if (zeros > 2 || changes < 14 || changes > 50)
            continue;
        e->needle = signs;
        e->needle_at = at;
        e->has_needle = true;
        return;
    }
}

double audit_centre(const struct examined *e)
{
    return fabs(e->law.mean) < 0.3 * e->law.std ? 0 : e->law.mean;
}

bool audit_is_random(const struct examined *e)
{
    return e->law.kind == LAW_UNIFORM || e->law.kind == LAW_NORMAL || e->law.kind == LAW_TRUNCATED || e->law.kind == LAW_ORTHOGONAL ||
           e->law.kind == LAW_UNKNOWN || e->law.kind == LAW_FEW;
}

static bool has_few_values(const struct examined *e)
{
    return e->distinct_expected >= 24 && e->distinct <= DISCRETE;
}

/* Zeros of a sparse tensor, its law without them. */
static struct summary take_law(struct examined *e)
{
    struct summary s = e->summary;
    e->law = law_of(&s);
    if (zeros_are_structure(&s)) {
        s = without_zeros(&s);
        const struct law_fit inner = law_of(&s);
        e->law = inner;
        e->law.sparse = true;
        e->law.zeros = (double)e->summary.zeros / (double)e->summary.finite;
    }
    return s;
}

void audit_let_go(const void *examined, uint64_t first, uint64_t n)
{
    const struct examined *const e = examined;
    const uint64_t size = formats[e->tensor->format].bits / 8;
    if (e->checkpoint)
        checkpoint_done(e->checkpoint, e->index, first * size, (first + n) * size);
}

static void examine(struct examined *e)
{
    e->atoms[0] = atom_expected(&e->summary, 0);
    e->atoms[1] = atom_expected(&e->summary, 1);
    const struct summary inner = take_law(e);
    const bool wide = sow_dtype_size(inner.dtype) > 2;
    const double zeros = (double)e->summary.zeros / (double)e->summary.finite;
    e->collision = zeros * zeros + (e->summary.collision - zeros * zeros) * (wide ? 0x1p-12 : 1);
    if (e->law.kind != LAW_CONSTANT && e->law.kind != LAW_FEW)
        (wide ? count_distinct_wide(e) : (void)0);
    if (!wide && (e->law.kind == LAW_UNIFORM || e->law.kind == LAW_NORMAL || e->law.kind == LAW_TRUNCATED))
        count_distinct_narrow(e, &inner);
    else if (!wide && e->law.kind == LAW_UNKNOWN) { /* against a normal law of that width: coarse numbers fit no law */
        e->law.kind = LAW_NORMAL;
        count_distinct_narrow(e, &inner);
        e->law.kind = LAW_UNKNOWN;
    }
    const double middle = summary_quantile(&inner, 0.5), spread = (summary_quantile(&inner, 0.75) - summary_quantile(&inner, 0.25)) / 1.349;
    e->robust_z = spread > 0 ? fmax(inner.max - middle, middle - inner.min) / spread : 0;
    const bool odd = e->law.sparse || e->law.kind == LAW_UNKNOWN || has_few_values(e);
    if (odd && audit_fixed(e)) {
        e->law.sparse = false;
    } else if (e->law.kind != LAW_CONSTANT && audit_orthogonal(e)) {
        /* its elements look normal, uniform on a sphere of few dimensions, or sparse: the structure says more */
    } else if (e->law.kind != LAW_CONSTANT && has_few_values(e)) {
        e->law.kind = LAW_DISCRETE;
    }
    if (e->law.kind == LAW_ORTHOGONAL)
        e->law.sparse = false;
    if (audit_is_random(e)) {
        take_sample(e);
        take_needle(e);
    }
}

bool audit_examine(struct examined *e, struct summing *summing, const sow_context *context)
{
    if (!e->is_float)
        return true;
    if (!summarise(summing, formats[e->tensor->format].dtype, e->data, e->n, audit_let_go, e, &e->summary))
        return false;
    const bool compared = want_compare(e, &e->summary, context); /* while the histogram has its zeros */
    e->law.kind = LAW_EMPTY;
    if (e->summary.finite)
        examine(e);
    if (!e->law_text[0])
        law_describe(e, e->law_text, sizeof e->law_text);
    e->summary.below = NULL; /* the next tensor's */
    audit_let_go(e, 0, e->n);
    return compared;
}
