/* SPDX-License-Identifier: MIT */
#include "audit/audit_law.h"

#include <math.h>

#include "audit/audit_maths.h"

#define X(id, word) #word,
const char *const law_words[LAW_COUNT] = {LAW_LIST(X)};
#undef X

enum { FEW = 24, MAX_BINS = 64, PER_BIN = 16, MIN_BINS = 5 };

double law_cdf(const struct law_fit *law, double x)
{
    if (law->kind == LAW_NORMAL)
        return normal_cdf((x - law->mean) / law->std);
    if (x <= law->low)
        return 0;
    if (x >= law->high)
        return 1;
    if (law->kind == LAW_UNIFORM)
        return (x - law->low) / (law->high - law->low);
    const double middle = 0.5 * (law->low + law->high), below = normal_cdf((law->low - middle) / law->parent);
    return (normal_cdf((x - middle) / law->parent) - below) / (1 - 2 * below);
}

static double cdf(const void *law, double x)
{
    return law_cdf(law, x);
}

static double quantile(const void *user, double p)
{
    const struct law_fit *const law = user;
    if (law->kind == LAW_NORMAL)
        return law->mean + law->std * normal_quantile(p);
    if (law->kind == LAW_UNIFORM)
        return law->low + p * (law->high - law->low);
    const double middle = 0.5 * (law->low + law->high), below = normal_cdf((law->low - middle) / law->parent);
    return middle + law->parent * normal_quantile(below + p * (1 - 2 * below));
}

/*
 * Pearson's test on bins whose edges are edges of buckets, so that a type's rounding is in the expectation: an element of a 16-bit type
 * stands for all that rounds to it. With parameters estimated from all elements the statistic lies between chi² of bins - 1 and of bins - 1
 * - parameters degrees (Chernoff & Lehmann 1954); the first is used, which never accuses too much.
 */
double law_chi2(const struct summary *s, double (*law_cdf_of)(const void *, double), double (*quantile_of)(const void *, double),
                const void *law)
{
    const double n = (double)s->finite;
    const int bins = n / PER_BIN < MAX_BINS ? (int)(n / PER_BIN) : MAX_BINS;
    if (bins < MIN_BINS)
        return 1;
    double chi2 = 0, before = 0;
    uint32_t last = 0;
    int used = 0;
    for (int i = 1; i <= bins; i++) {
        const uint32_t place = i < bins ? bucket_of(s->dtype, quantile_of(law, (double)i / bins)) : BUCKETS;
        if (place <= last)
            continue; /* one bucket holds several bins */
        const double here = i < bins ? law_cdf_of(law, bucket_edge(s->dtype, place)) : 1;
        const double expected = n * (here - before), observed = (double)(s->below[place] - s->below[last]);
        if (i < bins && expected < 0.5 * PER_BIN)
            continue; /* too narrow: goes into the next */
        if (expected > 0)
            chi2 += (observed - expected) * (observed - expected) / fmax(expected, 1);
        else if (observed > 0)
            return 0;
        used++;
        last = place;
        before = here;
    }
    return used < 2 ? 1 : chi2_above(used - 1, chi2);
}

/* Log likelihoods need the moments only. The penalty is ln n for each bound, which converges like 1/n, and half of it for the others (BIC).
 */
static double score(const struct law_fit *law, double variance)
{
    const double n = law->n, log_n = log(n);
    if (law->kind == LAW_NORMAL)
        return -0.5 * n * (1 + log(6.283185307179586 * variance)) - log_n;
    if (law->kind == LAW_UNIFORM)
        return -n * log(law->high - law->low) - 2 * log_n;
    const double middle = 0.5 * (law->low + law->high), offset = law->mean - middle, inside = 1 - 2 * normal_above(law_cut(law));
    return -n * (log(law->parent * inside) + 0.9189385332046727 + 0.5 * (variance + offset * offset) / (law->parent * law->parent)) -
           2.5 * log_n;
}

static bool is_symmetric(const struct law_fit *law)
{
    return fabs(law->mean - 0.5 * (law->low + law->high)) <= AUDIT_Z * law->std / sqrt(law->n) + 0.02 * (law->high - law->low);
}

static struct law_fit as_kind(const struct law_fit *measured, enum law_kind kind, double parent)
{
    struct law_fit law = *measured;
    law.kind = kind;
    law.parent = parent;
    return law;
}

/*
 * A uniform's bound in a 16-bit type: what lay between the last number and the bound was rounded to that number, up to a step away. How
 * many stand at that end says where the bound is; where they are few, the std does, if the other end is as far from 0.
 */
static double uniform_slack(const struct summary *s, double bound, uint64_t at_bound)
{
    enum { ENOUGH = 100 };
    if (sow_dtype_size(s->dtype) > 2)
        return 0;
    const double half = 0.5 * (s->max - s->min), step = values_step(s->dtype, bound), density = (double)s->finite / (2 * half);
    const double by_std = fabs(s->max + s->min) < 0.05 * half ? s->std * 1.7320508075688772 - half : 0;
    const double slack = density * step > ENOUGH ? (double)at_bound / density - 0.5 * step : by_std;
    return slack < -0.5 * step ? -0.5 * step : slack > step ? step : slack;
}

static struct law_fit as_uniform(const struct law_fit *measured, const struct summary *s)
{
    struct law_fit law = as_kind(measured, LAW_UNIFORM, 0);
    law.low -= uniform_slack(s, s->min, s->at_min);
    law.high += uniform_slack(s, s->max, s->at_max);
    return law;
}

static struct law_fit wider(struct law_fit law, double slack)
{
    law.low -= slack;
    law.high += slack;
    return law;
}

/* A bounded law of another shape, which few elements do not tell from a normal one but by its ends. What ends farther out is a clipped one.
 */
static bool ends_early(const struct law_fit *law)
{
    const double end = fmax(law->mean - law->low, law->high - law->mean) / law->std;
    return end < LEAST_CLIP && law->n * log1p(-2 * normal_above(end)) < log(AUDIT_ALPHA);
}

struct law_fit law_of(const struct summary *s)
{
    struct law_fit best = {.kind = LAW_FEW, .n = (double)s->finite, .p = 1, .confidence = 1};
    if (s->finite == 0) {
        best.kind = LAW_EMPTY;
        return best;
    }
    best.mean = s->mean;
    best.std = s->std;
    best.low = s->min;
    best.high = s->max;
    best.std_error = s->std > 0 && s->kurtosis > 1 ? sqrt((s->kurtosis - 1) / (4 * best.n)) : 0;
    if (s->min == s->max) {
        best.kind = LAW_CONSTANT;
        return best;
    }
    if (s->finite < FEW)
        return best;
    const double variance = s->std * s->std, half = 0.5 * (s->max - s->min), cut = cut_of_ratio(variance / (half * half));
    struct law_fit try[5];
    double points[5], most = -INFINITY, sum = 0;
    size_t count = 0, chosen = 0;
    try[count++] = as_kind(&best, LAW_NORMAL, 0);
    try[count++] = as_uniform(&best, s);
    if (cut > 0.5 && is_symmetric(&best))
        for (int k = 0; k <= (sow_dtype_size(s->dtype) > 2 ? 0 : 2); k++) {
            const double slack = 0.5 * k * values_step(s->dtype, half), wide = half + slack;
            try[count++] = wider(as_kind(&best, LAW_TRUNCATED, wide / cut_of_ratio(variance / (wide * wide))), slack);
        }
    for (size_t i = 0; i < count; i++) {
        points[i] = score(&try[i], variance);
        if (points[i] > most) {
            most = points[i];
            chosen = i;
        }
    }
    for (size_t i = 0; i < count; i++)
        sum += exp(points[i] - most);
    for (size_t i = 0; i < count; i++) {
        double same = 0; /* the tries of one kind are one law */
        for (size_t k = 0; k < count; k++)
            same += try[k].kind == try[i].kind ? exp(points[k] - most) : 0;
        try[i].confidence = same / sum;
    }
    for (size_t i = 0; i < count; i++)
        try[i].p = try[i].kind == LAW_NORMAL && ends_early(&try[i]) ? 0 : law_chi2(s, cdf, quantile, &try[i]);
    if (try[chosen].p > AUDIT_ALPHA)
        return try[chosen];
    /* A few elements far outside, or a coarse type, may have tipped the balance: any law that does fit is better. */
    size_t other = count;
    for (size_t i = 0; i < count; i++)
        if (i != chosen && try[i].p > AUDIT_ALPHA && (other == count || points[i] > points[other]))
            other = i;
    if (other < count) {
        try[other].confidence = try[other].kind == try[chosen].kind ? try[other].confidence : 0.5;
        return try[other];
    }
    best.kind = LAW_UNKNOWN;
    best.p = try[chosen].p;
    best.confidence = 1;
    return best;
}
