/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "src/exact.h"
#include "src/tally.h"

/* Exponent of a finite f64, as in 2^exponent <= |x| < 2^(exponent + 1). */
static int exponent_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (int)(bits >> 52 & 0x7ff) - 1023;
}

/*
 * The unit of a block's sums. Fourth powers of anything f32 has, and of ordinary f64, fit as they are. A block of zeros must not decide for
 * its neighbours: it has the smallest.
 */
static int unit_of(sow_dtype dtype, double low, double high)
{
    enum { ORDINARY = 200, SMALLEST = -1000 };
    if (dtype == SOW_F32)
        return 0;
    const double a = fabs(low), b = fabs(high);
    const int e = exponent_of(a > b ? a : b);
    if (e >= -ORDINARY && e <= ORDINARY)
        return 0;
    return e > SMALLEST ? e : SMALLEST;
}

/* A number of the element type near the mean of the block: differences from it are exact, or nearly so. */
static double pivot_of(sow_dtype dtype, const sow_survey *s, double n)
{
    double pivot = s->sum / n * (dtype == SOW_F64 ? SOW_STATS_BLOCK : 1);
    if (dtype == SOW_F32)
        pivot = (double)(float)pivot;
    return pivot < s->low ? s->low : pivot > s->high ? s->high : pivot;
}

/* An extreme of the block against that of the tally. */
static void meet(const sow_stats_kernels *k, const void *x, size_t n, double value, int better, double *extreme, uint64_t *at)
{
    if (better) {
        *extreme = value;
        *at = 0;
    }
    if (value == *extreme)
        *at += k->equal(x, n, value);
}

/* The block's elements in the histogram, whose `fill` last are none. */
static void uncount(sow_tally *t, const uint16_t *bucket, size_t n, size_t fill)
{
    for (size_t i = n - fill; i < n; i++)
        t->fresh[2 * (size_t)bucket[i] + i % 2]--;
}

static uint64_t zeros_of(const sow_tally *t)
{
    return sow__tally_bucket(t, 0) + sow__tally_bucket(t, 0x8000);
}

sow__central sow__tally_block(sow_tally *t, const void *x, size_t n, void *space)
{
    const sow_stats_kernels *const k = &t->kernels->stats[t->dtype];
    const size_t size = sow_dtype_size(t->dtype), fill = (SOW_STATS_STEP - n % SOW_STATS_STEP) % SOW_STATS_STEP;
    uint16_t bucket[SOW_STATS_BLOCK];
    if (fill) { /* with NaN, which no careful sum takes */
        memcpy(space, x, n * size);
        memset((char *)space + n * size, 0xff, fill * size);
        x = space;
        n += fill;
    }
    sow_survey s = {.sum = (double)NAN};
    if (!fill)
        k->survey(x, n, 0, &s);
    const int careful = !isfinite(s.sum);
    if (careful)
        k->survey(x, n, 1, &s);
    const double finite = (double)n - s.outside;
    const int unit = unit_of(t->dtype, s.low, s.high);
    const double scale = sow__times_power(1, -unit), pivot = finite > 0 ? pivot_of(t->dtype, &s, finite) * scale : 0;
    const int few = sow__tally_few(t, n);
    const uint64_t zeros = zeros_of(t);
    double sums[4];
    k->buckets(x, n, bucket);
    k->powers(x, n, careful, scale, pivot, few ? NULL : bucket, t->fresh, sums);
    if (few) {
        sow__tally_count(t, bucket, n - fill);
    } else {
        t->in_fresh += n;
        uncount(t, bucket, n, fill);
    }
    if (zeros_of(t) != zeros)
        t->zeros += k->equal(x, n, 0);
    t->nans += (uint64_t)s.nans - fill;
    t->infs += (uint64_t)(s.outside - s.nans);
    if (finite == 0)
        return (sow__central){0};
    meet(k, x, n, s.low, s.low < t->min, &t->min, &t->at_min);
    meet(k, x, n, s.high, s.high > t->max, &t->max, &t->at_max);
    return sow__central_of(finite, pivot, sums, unit);
}
