/* SPDX-License-Identifier: MIT */
/* Every pair of samples: numbers that stand at the same place and go together, even if neither is a copy of the other. */
#include <math.h>
#include <stdlib.h>

#include "audit/audit_repeats.h"
#include "audit/audit_threads.h"

struct pairs {
    struct audit *audit;
    uint32_t *random; /* tensors with samples */
    size_t randoms;
    double limit; /* of log p */
    struct pair {
        uint32_t a, b;
        double correlation;
    } * found;
    size_t founds;
    size_t most;
    uint32_t used; /* elements of a sample */
};

static double correlation(const float *a, const float *b, size_t n)
{
    float sum[8] = {0};
    double total = 0;
    for (size_t i = 0; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += a[i + k] * b[i + k];
    for (size_t k = 0; k < 8; k++)
        total += (double)sum[k];
    for (size_t i = n / 8 * 8; i < n; i++)
        total += (double)(a[i] * b[i]);
    return total / (double)n;
}

static void one_row(void *user, unsigned worker, size_t i)
{
    struct pairs *const p = user;
    const struct examined *const e = p->audit->examined, *const a = &e[p->random[i]];
    (void)worker;
    for (size_t j = i + 1; j < p->randoms; j++) {
        const struct examined *const b = &e[p->random[j]];
        uint32_t n = a->samples < b->samples ? a->samples : b->samples;
        n = n < p->used ? n : p->used;
        const double c = correlation(a->sample, b->sample, n);
        /* The tail of a correlation of independent numbers: (1 - c²)^((n - 2) / 2). A part of a sample may not be standardised. */
        const double bound = fmin(fabs(c), 1 - 1e-12);
        if (0.5 * (n - 2.0) * log1p(-bound * bound) > p->limit)
            continue;
        const size_t at = __atomic_fetch_add(&p->founds, 1, __ATOMIC_RELAXED);
        if (at < p->most)
            p->found[at] = (struct pair){p->random[i], p->random[j], c};
    }
}

static int by_pair(const void *a, const void *b)
{
    const struct pair *const x = a, *const y = b;
    return x->a != y->a ? (x->a < y->a ? -1 : 1) : (x->b > y->b) - (x->b < y->b);
}

static bool whole_equal(const struct examined *a, const struct examined *b, struct likeness *like)
{
    const uint64_t n = a->n < b->n ? a->n : b->n;
    *like = repeats_compare(a, 0, b, 0, n < 65536 ? (size_t)n : 65536);
    return fabs(like->correlation) > 0.9995;
}

static void judge(struct audit *audit, const struct pair *p)
{
    const struct examined *const a = &audit->examined[p->a], *const b = &audit->examined[p->b];
    struct likeness like;
    if (a->same_as == b->same_as || a->same_as == p->b || b->same_as == p->a)
        return; /* known from their needles */
    if (whole_equal(a, b, &like)) {
        repeats_report(audit, p->a, 0, p->b, 0, a->n < b->n ? a->n : b->n, like);
        return;
    }
    /* The sample of a longer tensor is standardised over its own length, so a chance in the means may have been taken for more. */
    const double n = fmin(fmin((double)a->n, (double)b->n), 65536), r = fmin(fabs(like.correlation), 1 - 1e-12);
    if (0.5 * (n - 2) * log1p(-r * r) > -30)
        return;
    const bool note =
        audit->trained || (a->law.kind == LAW_UNKNOWN && b->law.kind == LAW_UNKNOWN); /* trained gains of neighbours do that */
    struct finding *const f =
        audit_add(audit, FINDING_CORRELATED, note, p->b, "goes with the other, correlation %.3f over %.0f elements", like.correlation, n);
    f->other = p->a;
}

void audit_correlate(struct audit *a)
{
    enum { FOUND = 4096 };
    struct pairs p = {
        .audit = a, .random = malloc((a->tensors + 1) * sizeof *p.random), .found = malloc(FOUND * sizeof *p.found), .most = FOUND};
    if (!p.random || !p.found)
        fail_memory(a->tensors * sizeof *p.random);
    for (uint32_t i = 0; i < a->tensors; i++)
        if (a->examined[i].samples >= 24)
            p.random[p.randoms++] = i;
    const double pairs = 0.5 * (double)p.randoms * (double)p.randoms + 1;
    p.limit = log(1e-7 / pairs);
    p.used = p.randoms <= 600 ? AUDIT_SAMPLE : p.randoms <= 3000 ? 512 : 128; /* the work grows with the square */
    if (p.randoms)
        threads_run(a->threads, p.randoms, one_row, &p);
    const size_t n = p.founds < p.most ? p.founds : p.most;
    qsort(p.found, n, sizeof *p.found, by_pair);
    for (size_t i = 0; i < n; i++)
        judge(a, &p.found[i]);
    free(p.random);
    free(p.found);
}
