/* SPDX-License-Identifier: MIT */
#include "audit/audit_summary.h"

#include <math.h>
#include <stdlib.h>

bool summing_start(struct summing *s, const sow_context *context)
{
    *s = (struct summing){.histogram = malloc(BUCKETS * sizeof *s->histogram), .below = malloc((BUCKETS + 1) * sizeof *s->below)};
    return s->histogram && s->below && sow_tally_create(context, SOW_F32, &s->tally) == SOW_OK;
}

void summing_end(struct summing *s)
{
    sow_tally_destroy(s->tally);
    free(s->histogram);
    free(s->below);
}

/* Counts by value, added up. What is not finite stands at both ends and is left out. */
static void accumulate(struct summary *s, const uint64_t *histogram)
{
    const uint32_t exponent = s->dtype == SOW_F16 ? 0x7c00u : 0x7f80u; /* of NaN and infinities */
    double squares = 0;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        const uint32_t upper = bucket_upper(i);
        const uint64_t k = (upper & 0x7fffu) < exponent ? histogram[upper] : 0;
        s->below[i] = sum;
        squares += (double)k * (double)k;
        sum += k;
    }
    s->below[BUCKETS] = sum;
    s->collision = squares / ((double)sum * (double)sum);
}

/* In pieces, so that a large tensor's pages do not all stay. */
static bool add_all(struct summing *m, sow_dtype dtype, const uint8_t *data, uint64_t n,
                    void (*done)(const void *user, uint64_t first, uint64_t n), const void *user)
{
    enum { PIECE = 1 << 21 };
    const uint64_t size = sow_dtype_size(dtype);
    sow_tally_reset(m->tally, dtype);
    for (uint64_t at = 0; at < n; at += PIECE) {
        const uint64_t k = n - at < PIECE ? n - at : PIECE;
        if (sow_tally_add(m->tally, at, data + at * size, (size_t)k) != SOW_OK)
            return false;
        if (done)
            done(user, at, k);
    }
    return true;
}

bool summarise(struct summing *m, sow_dtype dtype, const uint8_t *data, uint64_t n,
               void (*done)(const void *user, uint64_t first, uint64_t n), const void *user, struct summary *out)
{
    sow_stats stats;
    if (!add_all(m, dtype, data, n, done, user) || sow_tally_finish(m->tally, &stats, m->histogram) != SOW_OK)
        return false;
    *out = (struct summary){.dtype = dtype,
                            .n = n,
                            .zeros = stats.zeros,
                            .nans = stats.nans,
                            .infs = stats.infs,
                            .at_min = stats.at_min,
                            .at_max = stats.at_max,
                            .finite = n - stats.nans - stats.infs,
                            .mean = stats.mean,
                            .std = sqrt(stats.variance),
                            .skewness = stats.skewness,
                            .kurtosis = stats.kurtosis,
                            .min = stats.min,
                            .max = stats.max,
                            .below = m->below};
    if (out->finite)
        accumulate(out, m->histogram);
    return true;
}

/* The bucket of the least, or greatest, element that is left, as a value. */
static double least(const struct summary *s)
{
    uint32_t i = 0;
    while (i < BUCKETS - 1 && s->below[i + 1] == 0)
        i++;
    return bucket_edge(s->dtype, i);
}

static double greatest(const struct summary *s)
{
    uint32_t i = BUCKETS - 1;
    while (i > 0 && s->below[i] == s->below[BUCKETS])
        i--;
    return bucket_edge(s->dtype, i + 1);
}

struct summary without_zeros(const struct summary *s)
{
    struct summary out = *s;
    const double n = (double)s->finite, kept = (double)(s->finite - s->zeros), variance = s->std * s->std;
    /* Powers about 0, to which zeros add nothing; back to moments with the number that is left. */
    const double m1 = s->mean, m2 = variance + m1 * m1, m3 = s->skewness * variance * s->std + 3 * m1 * m2 - 2 * m1 * m1 * m1;
    const double m4 = s->kurtosis * variance * variance + 4 * m1 * m3 - 6 * m1 * m1 * m2 + 3 * m1 * m1 * m1 * m1;
    const double a = m1 * n / kept, b = m2 * n / kept, c = m3 * n / kept, d = m4 * n / kept, v = b - a * a;
    out.mean = a;
    out.std = v > 0 ? sqrt(v) : 0;
    out.skewness = (c - 3 * a * b + 2 * a * a * a) / (v * out.std);
    out.kurtosis = (d - 4 * a * c + 6 * a * a * b - 3 * a * a * a * a) / (v * v);
    out.n = out.finite = s->finite - s->zeros;
    out.zeros = 0;
    /* Buckets of both zeros, which in the wide types hold tiny numbers, too. */
    const uint64_t negative = s->below[0x8000] - s->below[0x7fff], positive = s->below[0x8001] - s->below[0x8000];
    const uint64_t from_positive = positive < s->zeros ? positive : s->zeros;
    const uint64_t from_negative = s->zeros - from_positive < negative ? s->zeros - from_positive : negative;
    out.below[0x8000] -= from_negative;
    for (uint32_t i = 0x8001; i <= BUCKETS; i++)
        out.below[i] -= from_negative + from_positive;
    if (s->min == 0)
        out.min = least(&out);
    if (s->max == 0)
        out.max = greatest(&out);
    if (out.min == out.max || out.std < 1e-9 * fabs(out.mean)) { /* one value beside the zeros */
        out.std = 0;
        out.min = out.max = out.mean;
    }
    return out;
}

double summary_quantile(const struct summary *s, double p)
{
    const double want = p * (double)s->finite;
    uint32_t low = 0, high = BUCKETS;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if ((double)s->below[middle] <= want)
            low = middle;
        else
            high = middle;
    }
    return bucket_edge(s->dtype, low);
}
