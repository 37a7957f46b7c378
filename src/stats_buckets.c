/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>

#include "simd/kernels.h"
#include "src/exact.h"
#include "src/fpenv.h"
#include "src/half_value.h"
#include "src/try.h"

enum { SIGN = 0x8000, BF16_NORMAL = 0x80, BF16_LAST = 0x7f7f };

static double largest_f32(uint32_t bucket)
{
    const uint32_t bits = bucket << 16 | 0xffff;
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

/* The largest f64 below x > 0. */
static double just_below(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits--;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The magnitudes in a bucket without its sign; NaN if there are none, or none that are finite. */
static void magnitudes(sow_dtype dtype, uint32_t bucket, double *least, double *most)
{
    const sow_dtype half = dtype == SOW_F16 ? SOW_F16 : SOW_BF16;
    *least = *most = sow__half_value(half, (uint16_t)bucket);
    if (!isfinite(*least)) {
        *least = *most = (double)NAN;
    } else if (dtype == SOW_F32) {
        *most = largest_f32(bucket);
    } else if (dtype == SOW_F64 && bucket == BF16_LAST) {
        *most = DBL_MAX;
    } else if (dtype == SOW_F64 && bucket >= BF16_NORMAL) {
        *most = just_below(sow__half_value(half, (uint16_t)(bucket + 1)));
    } else if (dtype == SOW_F64) {
        *least = bucket ? (double)NAN : 0;
        *most = bucket ? (double)NAN : just_below(0x1p-126);
    }
}

static OUT_OF_LINE void bucket_range(sow_dtype dtype, uint32_t bucket, double *low, double *high)
{
    double least, most;
    magnitudes(dtype, bucket & ~(uint32_t)SIGN, &least, &most);
    *low = bucket & SIGN ? -most : least;
    *high = bucket & SIGN ? -least : most;
}

sow_status sow_stats_bucket(sow_dtype dtype, uint32_t bucket, double *low, double *high)
{
    if (sow_dtype_size(dtype) == 0)
        return SOW_ERR_DTYPE;
    if (!low || !high)
        return SOW_ERR_NULL;
    if (bucket >= SOW_STATS_BUCKETS)
        return SOW_ERR_RANGE;
    const sow__fpenv saved = sow__fpenv_enter();
    bucket_range(dtype, bucket, low, high);
    sow__fpenv_leave(saved);
    return SOW_OK;
}

/* The values that a 16-bit one stands for: to half-way to its neighbours. */
static void widen(sow_dtype dtype, uint32_t bucket, double *low, double *high)
{
    const uint32_t size = bucket & ~(uint32_t)SIGN;
    const double x = sow__half_value(dtype, (uint16_t)size), next = sow__half_value(dtype, (uint16_t)(size + 1));
    const double before = size ? sow__half_value(dtype, (uint16_t)(size - 1)) : -next;
    const double most = isfinite(next) ? x + (next - x) / 2 : x, least = x - (x - before) / 2;
    *low = bucket & SIGN ? -most : least;
    *high = bucket & SIGN ? -least : most;
}

/* n elements, spread from a to b, both inside. */
static void spread(double n, double a, double b, double low, double width, size_t bins, double *counts)
{
    const double last = (double)(bins - 1), from = (a - low) / width, to = (b - low) / width;
    const size_t first = (size_t)(from < last ? from : last), end = (size_t)(to < last ? to : last);
    for (size_t i = first; i <= end; i++) {
        const double left = i == first ? from : (double)i, right = i == end ? to : (double)(i + 1);
        counts[i] += to > from ? n * ((right - left) / (to - from)) : n;
    }
}

static void add_bucket(sow_dtype dtype, uint32_t bucket, uint64_t n, double low, double high, size_t bins, double *counts)
{
    double a, b;
    bucket_range(dtype, bucket, &a, &b);
    if (isnan(a) || b < low || a > high)
        return;
    if (sow_dtype_size(dtype) == 2)
        widen(dtype, bucket, &a, &b);
    spread((double)n, a > low ? a : low, b < high ? b : high, low, (high - low) / (double)bins, bins, counts);
}

/* Most buckets are empty. */
static OUT_OF_LINE void bins_of(sow_dtype dtype, const uint64_t *histogram, double low, double high, size_t bins, double *counts)
{
    enum { ROW = 32 };
    memset(counts, 0, bins * sizeof *counts);
    for (uint32_t first = 0; first < SOW_STATS_BUCKETS; first += ROW) {
        uint64_t any = 0;
        for (uint32_t i = 0; i < ROW; i++)
            any |= histogram[first + i];
        for (uint32_t i = 0; any && i < ROW; i++)
            if (histogram[first + i])
                add_bucket(dtype, first + i, histogram[first + i], low, high, bins, counts);
    }
}

sow_status sow_stats_bins(sow_dtype dtype, const uint64_t *histogram, double low, double high, size_t bins, double *counts)
{
    if (sow_dtype_size(dtype) == 0)
        return SOW_ERR_DTYPE;
    if (!histogram || !counts)
        return SOW_ERR_NULL;
    if (!(low < high) || !isfinite(high - low) || bins == 0 || !((high - low) / (double)bins > 0))
        return SOW_ERR_RANGE;
    const sow__fpenv saved = sow__fpenv_enter();
    bins_of(dtype, histogram, low, high, bins, counts);
    sow__fpenv_leave(saved);
    return SOW_OK;
}
