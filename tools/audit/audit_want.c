/* SPDX-License-Identifier: MIT */
#include "audit/audit_want.h"

#include <math.h>
#include <sow/sow.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_maths.h"

/* A reference draw is made in memory: not of more than this. */
#define MOST_ELEMENTS (UINT64_C(1) << 25)

/* What libraries put before the same names. */
static const char *const prefixes[] = {"transformer.", "model.", "module.", "bert.", "vit.", "encoder.", "backbone.", "net.", "_orig_mod."};

static uint32_t find_with_prefix(const struct model *m, const struct tensor *t, uint32_t i)
{
    const struct tensor *const w = &m->tensor[i];
    for (size_t k = 0; k < sizeof prefixes / sizeof prefixes[0]; k++) {
        const size_t n = strlen(prefixes[k]);
        if (t->name_length == w->name_length + n && memcmp(t->name, prefixes[k], n) == 0 &&
            memcmp(t->name + n, w->name, w->name_length) == 0)
            return i;
        if (w->name_length == t->name_length + n && memcmp(w->name, prefixes[k], n) == 0 &&
            memcmp(w->name + n, t->name, t->name_length) == 0)
            return i;
    }
    return NO_INDEX;
}

static uint32_t find(const struct model *m, const struct tensor *t)
{
    for (uint32_t i = 0; i < m->tensors; i++)
        if (name_compare(m->tensor[i].name, m->tensor[i].name_length, t->name, t->name_length) == 0)
            return i;
    for (uint32_t i = 0; i < m->tensors; i++)
        if (find_with_prefix(m, t, i) != NO_INDEX)
            return i;
    return NO_INDEX;
}

void want_prepare(struct audit *a)
{
    const struct model *const m = a->expected;
    a->has_expected = calloc(m->tensors + 1, sizeof *a->has_expected);
    struct want *const wants = calloc(a->tensors + 1, sizeof *wants);
    if (!a->has_expected || !wants)
        fail_memory(a->tensors * sizeof *wants);
    a->wants = wants;
    for (size_t k = 0; k < a->tensors; k++) {
        struct examined *const e = &a->examined[k];
        struct want *const w = &wants[k];
        const uint32_t i = find(m, e->tensor);
        *w = (struct want){.model = m, .p = 1, .first = -1};
        e->want = w;
        if (i == NO_INDEX)
            continue;
        a->has_expected[i] = true;
        w->tensor = &m->tensor[i];
        w->shape_differs = !w->tensor->tied && (w->tensor->rank != e->tensor->rank ||
                                                memcmp(w->tensor->shape, e->tensor->shape, w->tensor->rank * sizeof(int64_t)) != 0);
        char why[8];
        if (!w->tensor->tied && tensor_law(m, w->tensor, &w->law, why, sizeof why) != SOW_OK)
            w->tensor = NULL; /* plan() has seen it succeed */
    }
}

void want_free(struct audit *a)
{
    struct want *const wants = a->wants;
    for (size_t i = 0; wants && i < a->tensors; i++)
        free(wants[i].sample);
    free(wants);
    free(a->has_expected);
}

static double parent_below(const sow_dist *d, double x)
{
    return normal_cdf((x - d->mean) / d->std);
}

static double dist_cdf(const void *user, double x)
{
    const sow_dist *const d = user;
    if (d->kind == SOW_DIST_UNIFORM)
        return fmin(1, fmax(0, (x - d->a) / (d->b - d->a)));
    if (d->kind == SOW_DIST_NORMAL)
        return parent_below(d, x);
    const double low = parent_below(d, d->a), all = parent_below(d, d->b) - low;
    return x <= d->a ? 0 : x >= d->b ? 1 : (parent_below(d, x) - low) / all;
}

static double dist_quantile(const void *user, double p)
{
    const sow_dist *const d = user;
    if (d->kind == SOW_DIST_UNIFORM)
        return d->a + p * (d->b - d->a);
    if (d->kind == SOW_DIST_NORMAL)
        return d->mean + d->std * normal_quantile(p);
    const double low = parent_below(d, d->a), all = parent_below(d, d->b) - low;
    return fmin(d->b, fmax(d->a, d->mean + d->std * normal_quantile(low + p * all)));
}

/* Two histograms of one law: Pearson's test of homogeneity over bins that hold equally many of both. */
static double two_samples(const struct summary *s, const struct summary *t)
{
    enum { BINS = 64, PER_BIN = 16 };
    const double n = (double)s->finite, m = (double)t->finite, all = n + m;
    const double bins = fmin(BINS, all / (2 * PER_BIN));
    double chi2 = 0;
    uint32_t last = 0, used = 0;
    for (uint32_t i = 0; i < BUCKETS && bins >= 2; i++) {
        const double both = (double)(s->below[i + 1] - s->below[last] + t->below[i + 1] - t->below[last]);
        if (both < all / bins && i + 1 < BUCKETS)
            continue;
        const double x = (double)(s->below[i + 1] - s->below[last]), expected = both * n / all;
        if (both > 0) {
            chi2 += (x - expected) * (x - expected) / (expected * m / all);
            used++;
        }
        last = i + 1;
    }
    return used < 2 ? 1 : chi2_above(used - 1, chi2);
}

static bool draw(const struct want *w, const struct examined *e, uint64_t seed, void *data)
{
    const sow_stream stream = sow_stream_named(sow_stream_seed(seed), w->tensor->stream, w->tensor->stream_length);
    return sow_init_range(NULL, w->law.scheme, stream, e->summary.dtype, e->tensor->rank, e->tensor->shape, 0, data, (size_t)e->n) ==
           SOW_OK;
}

static int64_t first_difference(const struct examined *e, const uint8_t *data)
{
    for (uint64_t i = 0; i < e->n; i++) {
        const double x = values_at(e->summary.dtype, e->data, i), y = values_at(e->summary.dtype, data, i);
        if (!(fabs(x - y) <= 2e-3 * fmax(fabs(x), fabs(y)) + 1e-9))
            return (int64_t)i;
    }
    return -1;
}

/* Draws it twice with seeds of its own: equal draws have no randomness, else the second is looked at as the tensor was. */
static bool compare_sample(struct examined *e, const struct summary *s, const sow_context *context)
{
    struct want *const w = e->want;
    const size_t bytes = (size_t)e->n * sow_dtype_size(s->dtype);
    uint8_t *const one = malloc(bytes), *const two = malloc(bytes);
    struct summing summing = {0};
    bool ok = one && two && summing_start(&summing, context) && (w->sample = calloc(1, sizeof *w->sample)) != NULL;
    if (ok && draw(w, e, UINT64_C(0x736f775f61756431), one) && draw(w, e, UINT64_C(0x736f775f61756432), two)) {
        w->fixed = memcmp(one, two, bytes) == 0;
        if (w->fixed) {
            w->first = first_difference(e, one);
        } else {
            *w->sample = (struct examined){.tensor = e->tensor, .data = two, .n = e->n, .is_float = true};
            ok = audit_examine(w->sample, &summing, context);
            struct summary other;
            ok = ok && summarise(&summing, s->dtype, two, e->n, NULL, NULL, &other);
            w->p = ok && s->finite ? two_samples(s, &other) : 1;
            w->sample->data = NULL;
        }
    }
    summing_end(&summing);
    free(one);
    free(two);
    return ok;
}

bool want_compare(struct examined *e, const struct summary *s, const sow_context *context)
{
    struct want *const w = e->want;
    if (!w || !w->tensor || w->tensor->tied || w->shape_differs || s->finite == 0)
        return true;
    if (!w->law.plain)
        return e->n > MOST_ELEMENTS || w->tensor->global ? true : compare_sample(e, s, context);
    const sow_dist *const d = &w->law.dist;
    if (d->kind != SOW_DIST_CONSTANT && d->kind != SOW_DIST_BITS && (d->kind == SOW_DIST_UNIFORM ? d->b > d->a : d->std > 0))
        w->p = law_chi2(s, dist_cdf, dist_quantile, d);
    return true;
}
