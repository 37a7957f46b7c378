/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "src/central.h"
#include "src/exact.h"
#include "src/half_value.h"
#include "src/tally.h"

/* A sum in two doubles: exact to some 100 bits if its terms are exact (Knuth's two-sum). */
typedef struct sum {
    double high, low;
} sum;

static void add(sum *s, double x)
{
    const double high = s->high + x, part = high - s->high;
    s->low += (s->high - (high - part)) + (x - part);
    s->high = high;
}

/* count·x, exact for x of 21 bits or fewer, as the halves of a count have 32. */
static void add_times(sum *s, uint64_t count, double x)
{
    if (count >> 32)
        add(s, (double)(count >> 32) * 0x1p32 * x);
    add(s, (double)(count & 0xffffffff) * x);
}

/* The next bucket from `bucket` on that counts anything, or SOW_STATS_BUCKETS. */
static uint32_t next(const sow_tally *t, uint32_t bucket)
{
    while (bucket < SOW_STATS_BUCKETS) {
        const uint64_t bits = t->seen[bucket / 64] >> bucket % 64;
        if (bits)
            return bucket + (uint32_t)__builtin_ctzll(bits);
        bucket = (bucket / 64 + 1) * 64;
    }
    return bucket;
}

static void count(const sow_tally *t, sow_stats *out, sum *total)
{
    for (uint32_t b = next(t, 0); b < SOW_STATS_BUCKETS; b = next(t, b + 1)) {
        const uint64_t n = t->histogram[b];
        const double x = sow__half_value(t->dtype, (uint16_t)b);
        if (isnan(x) || isinf(x)) {
            *(isnan(x) ? &out->nans : &out->infs) += n;
            continue;
        }
        out->zeros += x == 0 ? n : 0;
        if (!(x >= out->min))
            out->min = x, out->at_min = 0;
        if (!(x <= out->max))
            out->max = x, out->at_max = 0;
        out->at_min += x == out->min ? n : 0;
        out->at_max += x == out->max ? n : 0;
        add_times(total, n, x);
    }
}

void sow__tally_half(const sow_tally *t, sow_stats *out)
{
    sum total = {0}, power[4] = {{0}};
    out->min = out->max = (double)NAN;
    count(t, out, &total);
    const double n = (double)(out->count - out->nans - out->infs), pivot = n > 0 ? (total.high + total.low) / n : 0;
    for (uint32_t b = next(t, 0); n > 0 && b < SOW_STATS_BUCKETS; b = next(t, b + 1)) {
        const double d = sow__half_value(t->dtype, (uint16_t)b) - pivot, k = (double)t->histogram[b], square = d * d;
        if (!isfinite(d))
            continue;
        add(&power[0], k * d);
        add(&power[1], k * square);
        add(&power[2], k * (square * d));
        add(&power[3], k * (square * square));
    }
    double sums[4];
    for (int k = 0; k < 4; k++)
        sums[k] = power[k].high + power[k].low;
    sow__central c = {0};
    if (n > 0)
        c = sow__central_of(n, pivot, sums, 0);
    double moments[4];
    sow__central_finish(&c, moments);
    out->mean = moments[0];
    out->variance = moments[1];
    out->skewness = moments[2];
    out->kurtosis = moments[3];
}
