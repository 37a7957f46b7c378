/* SPDX-License-Identifier: MIT */
/* Every pair of samples: numbers that stand at the same place and go together, even if neither is a copy of the other. */
#include <math.h>
#include <stdlib.h>

#include "audit/audit_maths.h"
#include "audit/audit_repeats.h"
#include "base/team.h"

enum { WORDS = 8, FOUND = 4096, MANY = 2400 };

struct pairs {
    struct audit *audit;
    uint32_t *random; /* tensors with samples */
    size_t randoms;
    uint64_t (*signs)[WORDS]; /* of their samples; NULL: few enough to multiply them all */
    double log_limit, limit;  /* of p; and of |c| for whole samples */
    unsigned agreements;      /* signs of 64·WORDS that agree, or disagree, by more than chance */
    struct pair {
        uint32_t a, b;
    } * found;
    size_t founds;
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

/* |c| beyond which independent numbers do not come: their tail is (1 - c²)^((n - 2) / 2). */
static double limit_of(const struct pairs *p, uint32_t n)
{
    return sqrt(-expm1(2 * p->log_limit / (n - 2.0)));
}

static void keep(struct pairs *p, size_t i, size_t j)
{
    const size_t at = __atomic_fetch_add(&p->founds, 1, __ATOMIC_RELAXED);
    if (at < FOUND)
        p->found[at] = (struct pair){p->random[i], p->random[j]};
}

static void multiply(void *user, unsigned worker, uint64_t i)
{
    struct pairs *const p = user;
    const struct examined *const e = p->audit->examined, *const a = &e[p->random[i]];
    (void)worker;
    for (size_t j = i + 1; j < p->randoms; j++) {
        const struct examined *const b = &e[p->random[j]];
        const uint32_t n = a->samples < b->samples ? a->samples : b->samples;
        if (fabs(correlation(a->sample, b->sample, n)) > (n == AUDIT_SAMPLE ? p->limit : limit_of(p, n)))
            keep(p, i, j);
    }
}

/* Bits that are set in all of it, side by side (Warren, Hacker's Delight, 5-1): no instruction for it may be supposed. */
static unsigned differing(const uint64_t *a, const uint64_t *b)
{
    uint64_t sum = 0;
    for (int k = 0; k < WORDS; k++) {
        uint64_t x = a[k] ^ b[k];
        x -= x >> 1 & 0x5555555555555555u;
        x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
        sum += (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    }
    sum = (sum & 0x00ff00ff00ff00ffu) + (sum >> 8 & 0x00ff00ff00ff00ffu);
    return (unsigned)(sum * 0x0001000100010001u >> 48);
}

/* The work grows with the square: of many tensors, experts say, signs are compared. Those of numbers with c agree in 1/2 + asin(c)/π. */
static void compare_signs(void *user, unsigned worker, uint64_t i)
{
    struct pairs *const p = user;
    const unsigned most = p->agreements, least = 64 * WORDS - most;
    (void)worker;
    for (size_t j = i + 1; j < p->randoms; j++) {
        const unsigned d = differing(p->signs[i], p->signs[j]);
        if (d > most || d < least)
            keep(p, i, j);
    }
}

static void take_signs(struct pairs *p)
{
    size_t kept = 0;
    p->signs = calloc(p->randoms + 1, sizeof *p->signs);
    if (!p->signs)
        fail_memory(p->randoms * sizeof *p->signs);
    for (size_t i = 0; i < p->randoms; i++) {
        const struct examined *const e = &p->audit->examined[p->random[i]];
        if (e->samples < 64 * WORDS)
            continue;
        for (uint32_t k = 0; k < 64 * WORDS; k++)
            p->signs[kept][k / 64] |= (uint64_t)(e->sample[k] < 0) << k % 64;
        p->random[kept++] = p->random[i];
    }
    p->randoms = kept;
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
    struct pairs p = {.audit = a, .random = malloc((a->tensors + 1) * sizeof *p.random), .found = malloc(FOUND * sizeof *p.found)};
    if (!p.random || !p.found)
        fail_memory(a->tensors * sizeof *p.random);
    for (uint32_t i = 0; i < a->tensors; i++)
        if (a->examined[i].samples >= 24)
            p.random[p.randoms++] = i;
    const double chance = 1e-7 / (0.5 * (double)p.randoms * (double)p.randoms + 1);
    p.log_limit = log(chance);
    p.limit = limit_of(&p, AUDIT_SAMPLE);
    p.agreements = (unsigned)(32 * WORDS + 0.5 * two_sided(chance) * sqrt(64 * WORDS));
    if (p.randoms > MANY)
        take_signs(&p);
    team_run(&(struct team){.threads = a->threads, .tasks = p.randoms, .work = p.signs ? compare_signs : multiply, .user = &p});
    const size_t n = p.founds < FOUND ? p.founds : FOUND;
    qsort(p.found, n, sizeof *p.found, by_pair);
    for (size_t i = 0; i < n; i++)
        judge(a, &p.found[i]);
    free(p.signs);
    free(p.random);
    free(p.found);
}
