/* SPDX-License-Identifier: MIT */
/* Statistics against two passes in long double and against cases worked out by hand; the same bits whatever the threads, kernels, cuts. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

enum { BLOCK = SOW_STATS_BLOCK };

static uint64_t histogram[SOW_STATS_BUCKETS], other[SOW_STATS_BUCKETS];

/* The value of element i, by the definitions of the formats. */
static double value_at(sow_dtype dtype, const void *data, size_t i)
{
    const unsigned char *const p = (const unsigned char *)data + i * sow_dtype_size(dtype);
    float f;
    double d;
    uint16_t h;
    switch (dtype) {
    case SOW_F32:
        memcpy(&f, p, sizeof f);
        return (double)f;
    case SOW_F64:
        memcpy(&d, p, sizeof d);
        return d;
    default:
        memcpy(&h, p, sizeof h);
    }
    const int fraction = dtype == SOW_F16 ? 10 : 7, e = (h & 0x7fff) >> fraction, m = h & ((1 << fraction) - 1);
    const int bias = dtype == SOW_F16 ? 15 : 127, top = dtype == SOW_F16 ? 31 : 255;
    const double x = e == top ? (m ? (double)NAN : (double)INFINITY)
                     : e      ? ldexp(m + (1 << fraction), e - bias - fraction)
                              : ldexp(m, 1 - bias - fraction);
    return h & 0x8000 ? -x : x;
}

/* Two passes about the first finite element, from which neighbours differ exactly. long double has an exponent of 15 bits here and there.
 */
static sow_stats reference(sow_dtype dtype, const void *data, size_t n)
{
    sow_stats s = {.count = n, .min = (double)NAN, .max = (double)NAN};
    long double sum = 0, m2 = 0, m3 = 0, m4 = 0;
    double pivot = (double)NAN;
    for (size_t i = 0; i < n; i++) {
        const double x = value_at(dtype, data, i);
        s.nans += isnan(x) != 0;
        s.infs += isinf(x) != 0;
        if (!isfinite(x))
            continue;
        s.zeros += x == 0;
        if (!(x >= s.min))
            s.min = x, s.at_min = 0;
        if (!(x <= s.max))
            s.max = x, s.at_max = 0;
        s.at_min += x == s.min;
        s.at_max += x == s.max;
        if (isnan(pivot))
            pivot = x;
        sum += (long double)x - (long double)pivot;
    }
    const long double finite = (long double)(n - s.nans - s.infs), mean = sum / finite;
    for (size_t i = 0; i < n; i++) {
        const double x = value_at(dtype, data, i);
        if (!isfinite(x))
            continue;
        const long double d = (long double)x - (long double)pivot - mean;
        m2 += d * d;
        m3 += d * d * d;
        m4 += d * d * d * d;
    }
    const long double variance = m2 / finite;
    s.mean = (double)((long double)pivot + mean);
    s.variance = (double)variance;
    s.skewness = (double)(m3 / finite / (variance * sqrtl(variance)));
    s.kurtosis = (double)(m4 / finite / (variance * variance));
    return s;
}

static int near(double got, double want, double error)
{
    return (isnan(got) && isnan(want)) || got == want || fabs(got - want) <= error;
}

#define WITHIN(field, error)                                                                                                               \
    if (!near(got.field, want.field, error))                                                                                               \
    fail_msg("%s, %zu of %s: " #field " is %.17g, must be %.17g within %g", name, n, sow_dtype_name(dtype), got.field, want.field,         \
             (double)(error))

static sow_stats assert_reference(const char *name, sow_dtype dtype, const void *data, size_t n)
{
    sow_stats got;
    assert_int_equal(sow_stats_of(NULL, dtype, data, n, &got, histogram), SOW_OK);
    const sow_stats want = reference(dtype, data, n);
    if (got.count != want.count || got.zeros != want.zeros || got.nans != want.nans || got.infs != want.infs || got.at_min != want.at_min ||
        got.at_max != want.at_max)
        fail_msg("%s, %zu of %s: zeros %zu nans %zu infs %zu at_min %zu at_max %zu, must be %zu %zu %zu %zu %zu", name, n,
                 sow_dtype_name(dtype), (size_t)got.zeros, (size_t)got.nans, (size_t)got.infs, (size_t)got.at_min, (size_t)got.at_max,
                 (size_t)want.zeros, (size_t)want.nans, (size_t)want.infs, (size_t)want.at_min, (size_t)want.at_max);
    WITHIN(min, 0);
    WITHIN(max, 0);
    const double std = sqrt(want.variance);
    WITHIN(mean, 0x1p-52 * fabs(want.mean) + 0x1p-48 * std);
    WITHIN(variance, 0x1p-44 * want.variance);
    WITHIN(skewness, 0x1p-40 * (1 + want.kurtosis));
    WITHIN(kurtosis, 0x1p-42 * want.kurtosis);
    uint64_t counted = 0;
    for (size_t b = 0; b < SOW_STATS_BUCKETS; b++)
        counted += histogram[b];
    assert_int_equal(counted, n);
    return got;
}

/* Memory for n elements of any type, kept till the end of the test. */
static void *filled(sow_dtype dtype, sow_dist dist, size_t n)
{
    void *const data = malloc((n + 1) * 8);
    assert_non_null(data);
    assert_int_equal(sow_fill(NULL, sow_stream_seed(n), dist, dtype, 0, data, n), SOW_OK);
    return data;
}

static void laws_have_the_moments_of_two_passes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 15, 16, 17, 100, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5, 7 * BLOCK, 100000};
    for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++)
        for (size_t i = 0; i < test_dist_count; i++)
            for (size_t k = 0; k < COUNT_OF(sizes) && (sizes[k] < BLOCK || !test_emulated() || i < 3); k++) {
                const int bits = test_dists[i].kind == SOW_DIST_BITS;
                if (bits && dtype == SOW_F64)
                    continue; /* squares of all exponents leave long double behind */
                void *const data = filled((sow_dtype)dtype, test_dists[i], sizes[k]);
                (void)assert_reference("a law", (sow_dtype)dtype, data, sizes[k]);
                free(data);
            }
}

static void set(sow_dtype dtype, void *data, size_t i, double x)
{
    assert_int_equal(sow_fill(NULL, sow_stream_seed(0), sow_dist_constant(x), dtype, 0, (char *)data + i * sow_dtype_size(dtype), 1),
                     SOW_OK);
}

/* Worked out by hand. */
static void small_cases_are_exact(void **state)
{
    (void)state;
    for (int d = 0; d < SOW_DTYPE_COUNT; d++) {
        const sow_dtype dtype = (sow_dtype)d;
        _Alignas(8) unsigned char data[64];
        sow_stats s;
        assert_int_equal(sow_stats_of(NULL, dtype, NULL, 0, &s, histogram), SOW_OK);
        assert_true(s.count == 0 && s.zeros == 0 && s.at_min == 0 && isnan(s.mean) && isnan(s.variance) && isnan(s.min) &&
                    isnan(s.kurtosis));

        set(dtype, data, 0, -3);
        assert_int_equal(sow_stats_of(NULL, dtype, data, 1, &s, NULL), SOW_OK);
        assert_true(s.mean == -3 && s.variance == 0 && s.min == -3 && s.max == -3 && s.at_min == 1 && s.at_max == 1 && isnan(s.skewness));

        /* 0, 0, 0, 4: mean 1, variance 3, third moment 6, fourth 21 */
        for (size_t i = 0; i < 4; i++)
            set(dtype, data, i, i < 3 ? 0 : 4);
        assert_int_equal(sow_stats_of(NULL, dtype, data, 4, &s, histogram), SOW_OK);
        assert_true(s.count == 4 && s.zeros == 3 && s.mean == 1 && s.variance == 3 && s.at_min == 3 && s.at_max == 1);
        assert_true(s.skewness == 6 / (3 * sqrt(3.0)) && s.kurtosis == 21.0 / 9);
        assert_true(histogram[0] == 3 && histogram[dtype == SOW_F16 ? 0x4400 : 0x4080] == 1);

        /* signed zeros, NaN and infinities stand aside */
        const double odd[7] = {-0.0, (double)NAN, (double)INFINITY, 0, (double)-INFINITY, (double)-NAN, -0.0};
        for (size_t i = 0; i < 7; i++)
            set(dtype, data, i, odd[i]);
        assert_int_equal(sow_stats_of(NULL, dtype, data, 7, &s, histogram), SOW_OK);
        assert_true(s.count == 7 && s.zeros == 3 && s.nans == 2 && s.infs == 2 && s.mean == 0 && s.variance == 0);
        assert_true(s.min == 0 && !signbit(s.min) && !signbit(s.max) && s.at_min == 3 && s.at_max == 3);
        assert_true(histogram[0x8000] == 2 && histogram[0] == 1);
        assert_int_equal(sow_stats_of(NULL, dtype, (char *)data + sow_dtype_size(dtype), 2, &s, NULL), SOW_OK);
        assert_true(s.nans == 1 && s.infs == 1 && isnan(s.mean) && isnan(s.min) && s.at_min == 0);
    }
}

/* A mean that is exact and a variance of 0, however many there are. */
static void constants_are_exact(void **state)
{
    (void)state;
    static const double values[] = {1, 0.1, -3e-5, 60000, 0x1p-24};
    for (int d = 0; d < SOW_DTYPE_COUNT; d++)
        for (size_t v = 0; v < COUNT_OF(values); v++) {
            enum { N = 1000003 };
            const sow_dtype dtype = (sow_dtype)d;
            void *const data = filled(dtype, sow_dist_constant(values[v]), N);
            sow_stats s;
            assert_int_equal(sow_stats_of(NULL, dtype, data, N, &s, NULL), SOW_OK);
            const double x = value_at(dtype, data, 0);
            if (s.mean != x || s.variance != 0 || s.min != x || s.at_min != N || s.at_max != N || !isnan(s.skewness))
                fail_msg("%d elements %a of %s: mean %a, variance %a", N, x, sow_dtype_name(dtype), s.mean, s.variance);
            free(data);
        }
}

/* What makes sums cancel, overflow or vanish. */
static void hard_cases(void **state)
{
    (void)state;
    enum { N = 3 * BLOCK + 77 };
    static double y[N];
    static float x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = 1e6f + 0.0625f * (float)(i % 7);
        y[i] = 1e9 + 0x1p-20 * (double)(i % 13);
    }
    (void)assert_reference("a large mean", SOW_F32, x, N);
    (void)assert_reference("a large mean", SOW_F64, y, N);
    for (size_t i = 0; i < N; i++) {
        x[i] = (float)(i % 5) * 0x1p-149f;
        y[i] = (double)(i % 5) * 0x1p-1074;
    }
    (void)assert_reference("subnormals", SOW_F32, x, N);
    sow_stats s;
    assert_int_equal(sow_stats_of(NULL, SOW_F64, y, N, &s, NULL), SOW_OK);
    sow_stats f;
    assert_int_equal(sow_stats_of(NULL, SOW_F32, x, N, &f, NULL), SOW_OK);
    assert_true(near(s.kurtosis, f.kurtosis, 1e-13) && near(s.skewness, f.skewness, 1e-13) && s.zeros == f.zeros && s.variance == 0 &&
                s.max == 4 * 0x1p-1074);
    for (size_t i = 0; i < N; i++) {
        x[i] = i % 3 ? FLT_MAX : -FLT_MAX;
        y[i] = i % 3 ? DBL_MAX : -DBL_MAX;
    }
    (void)assert_reference("the largest", SOW_F32, x, N);
    assert_int_equal(sow_stats_of(NULL, SOW_F64, y, N, &s, NULL), SOW_OK);
    assert_int_equal(sow_stats_of(NULL, SOW_F32, x, N, &f, NULL), SOW_OK);
    assert_true(s.variance == (double)INFINITY && near(s.kurtosis, f.kurtosis, 1e-13) && near(s.skewness, f.skewness, 1e-13));
    assert_true(near(s.mean / DBL_MAX, f.mean / (double)FLT_MAX, 1e-13));
    /* one block of its own unit beside others */
    for (size_t i = 0; i < N; i++)
        y[i] = (i < BLOCK ? 0x1p600 : i < 2 * BLOCK ? 0x1p-600 : 1) * (double)(i % 9);
    assert_int_equal(sow_stats_of(NULL, SOW_F64, y, N, &s, NULL), SOW_OK);
    for (size_t i = 0; i < N; i++)
        y[i] = i < BLOCK ? (double)(i % 9) : 0;
    f = reference(SOW_F64, y, N);
    assert_true(near(s.mean, ldexp(f.mean, 600), ldexp(f.mean, 560)) && near(s.kurtosis, f.kurtosis, 1e-12) &&
                s.variance == (double)INFINITY);
    /* one element far from the others, where the pivot is */
    for (size_t i = 0; i < N; i++)
        y[i] = i == 5000 ? 1e15 : (double)(i % 11) * 1e-3;
    (void)assert_reference("an outlier", SOW_F64, y, N);
    for (size_t i = 0; i < N; i++)
        x[i] = i % 100 == 3 ? NAN : i % 100 == 4 ? -INFINITY : (float)i;
    (void)assert_reference("gaps", SOW_F32, x, N);
}

static void assert_same(const sow_stats *a, const sow_stats *b)
{
    assert_memory_equal(a, b, sizeof *a); /* 12 fields of 8 bytes, no padding */
    assert_memory_equal(histogram, other, sizeof histogram);
}

_Static_assert(sizeof(sow_stats) == 12 * 8, "compared as bytes");

/* Values of many sizes, with some that are not finite. */
static void *mixture(sow_dtype dtype, size_t n)
{
    unsigned char *const data = filled(dtype, sow_dist_normal(0.25, 0.02), n);
    for (size_t i = 0; i < n / 50; i++) {
        const double odd[] = {0, -0.0, (double)NAN, (double)INFINITY, 1e4, -1e-7, 0.25};
        set(dtype, data, test_random_below(n / 3), odd[test_random_below(COUNT_OF(odd))]);
    }
    return data;
}

static void threads_and_kernels_do_not_show(void **state)
{
    (void)state;
    enum { N = 1000003 };
    for (int d = 0; d < SOW_DTYPE_COUNT; d++) {
        const size_t n = test_emulated() ? 300001 : N; /* still 1 MiB or more of most types, which is cut among the threads */
        unsigned char *const data = mixture((sow_dtype)d, n);
        sow_stats one, s;
        sow_context *const plain = test_context(0, 1);
        assert_int_equal(sow_stats_of(plain, (sow_dtype)d, data, n, &one, other), SOW_OK);
        sow_context_destroy(plain);
        for (size_t isa = 0; isa < sow_isa_count(); isa++)
            for (unsigned threads = 1; threads <= (test_emulated() ? 3 : 5); threads += 2)
                for (size_t shift = 0; shift < 2; shift++) {
                    sow_context *const ctx = test_context(isa, threads);
                    if (!ctx)
                        continue;
                    memmove(data + shift, data, shift ? n * sow_dtype_size((sow_dtype)d) : 0); /* any alignment */
                    assert_int_equal(sow_stats_of(ctx, (sow_dtype)d, data + shift, n, &s, histogram), SOW_OK);
                    memmove(data, data + shift, shift ? n * sow_dtype_size((sow_dtype)d) : 0);
                    assert_same(&s, &one);
                    sow_context_destroy(ctx);
                }
        free(data);
    }
}

/* The bits of all machines, once written down on x86-64 and the same on AArch64. */
static void the_bits_are_pinned(void **state)
{
    (void)state;
    enum { N = 300001 };
    static const double pinned[SOW_DTYPE_COUNT][4] = {
        {0x1.fff40f9871076p-3, 0x1.a2a89eea8852p-12, 0x1.5e96a92002bbap-7, 0x1.7fa7a47c0b695p+1},
        {0x1.000620210c7bdp-2, 0x1.a297591f00635p-12, 0x1.cbe5beef339b5p-8, 0x1.80217ebd7f26bp+1},
        {0x1.fff3f460aceecp-3, 0x1.a2a938713a591p-12, 0x1.5f9e4fbf44db4p-7, 0x1.7faa1fdfdcd29p+1},
        {0x1.fff2a8466ab58p-3, 0x1.a2e483eae96e8p-12, 0x1.87f4d82289d63p-7, 0x1.7fb79d3826404p+1},
    };
    for (int d = 0; d < SOW_DTYPE_COUNT; d++) {
        void *const data = malloc(N * sizeof(double));
        assert_non_null(data);
        assert_int_equal(sow_fill(NULL, sow_stream_seed(1), sow_dist_normal(0.25, 0.02), (sow_dtype)d, 0, data, N), SOW_OK);
        sow_stats s;
        assert_int_equal(sow_stats_of(NULL, (sow_dtype)d, data, N, &s, NULL), SOW_OK);
        const double got[4] = {s.mean, s.variance, s.skewness, s.kurtosis};
        for (int k = 0; k < 4; k++)
            if (got[k] != pinned[d][k])
                fail_msg("%s, number %d: %a, must be %a", sow_dtype_name((sow_dtype)d), k, got[k], pinned[d][k]);
        free(data);
    }
}

/* Cut anywhere, added in any order to any of three tallies, which are merged in any order. */
static void cuts_do_not_show(void **state)
{
    (void)state;
    enum { N = 60000, CUTS = 40, TALLIES = 3 };
    for (int round = 0; round < (test_emulated() ? 12 : 40); round++) {
        const sow_dtype dtype = (sow_dtype)(round % SOW_DTYPE_COUNT);
        const size_t size = sow_dtype_size(dtype), cuts = round < 8 ? (size_t)round : CUTS;
        unsigned char *const data = mixture(dtype, N);
        sow_stats whole, s;
        assert_int_equal(sow_stats_of(NULL, dtype, data, N, &whole, other), SOW_OK);
        size_t cut[CUTS + 2] = {0, N};
        for (size_t i = 0; i < cuts; i++) {
            size_t at = i + 2;
            for (cut[at] = test_random_below(N / BLOCK) * BLOCK + (round % 3 ? test_random_below(BLOCK) : 0); cut[at] < cut[at - 1]; at--) {
                const size_t swap = cut[at];
                cut[at] = cut[at - 1], cut[at - 1] = swap;
            }
        }
        for (size_t at = 1; at < cuts + 1 && cut[at] > cut[at + 1]; at++) {
            const size_t swap = cut[at];
            cut[at] = cut[at + 1], cut[at + 1] = swap;
        }
        sow_tally *tally[TALLIES];
        for (int k = 0; k < TALLIES; k++)
            assert_int_equal(sow_tally_create(NULL, dtype, &tally[k]), SOW_OK);
        size_t order[CUTS + 1];
        for (size_t i = 0; i <= cuts; i++) {
            const size_t k = test_random_below(i + 1);
            order[i] = order[k], order[k] = i;
        }
        for (size_t i = 0; i <= cuts; i++) {
            const size_t from = cut[order[i]], to = cut[order[i] + 1];
            assert_int_equal(sow_tally_add(tally[test_random_below(TALLIES)], from, data + from * size, to - from), SOW_OK);
        }
        const size_t into = test_random_below(TALLIES);
        for (size_t k = 1; k < TALLIES; k++)
            assert_int_equal(sow_tally_merge(tally[into], tally[(into + k) % TALLIES]), SOW_OK);
        assert_int_equal(sow_tally_finish(tally[into], &s, histogram), SOW_OK);
        assert_same(&s, &whole);
        /* empty again */
        assert_int_equal(sow_tally_finish(tally[into], &s, histogram), SOW_OK);
        assert_true(s.count == 0 && histogram[0] == 0);
        for (int k = 0; k < TALLIES; k++)
            sow_tally_destroy(tally[k]);
        free(data);
    }
}

/* One changed bit must show. */
static void what_must_show_shows(void **state)
{
    (void)state;
    enum { N = 50000 };
    for (int d = 0; d < SOW_DTYPE_COUNT; d++) {
        const size_t size = sow_dtype_size((sow_dtype)d);
        unsigned char *const data = filled((sow_dtype)d, sow_dist_normal(0, 1), N);
        sow_stats before, after;
        assert_int_equal(sow_stats_of(NULL, (sow_dtype)d, data, N, &before, NULL), SOW_OK);
        data[size * 33333 + (d == SOW_F64 ? 3 : 0)] ^= 1; /* one of the last bits of one element */
        assert_int_equal(sow_stats_of(NULL, (sow_dtype)d, data, N, &after, NULL), SOW_OK);
        assert_true(memcmp(&before, &after, sizeof before) != 0);
        free(data);
    }
}

static void refused(void **state)
{
    (void)state;
    static float x[3 * BLOCK];
    sow_stats s = {.count = 7};
    assert_int_equal(sow_stats_of(NULL, SOW_DTYPE_COUNT, x, 1, &s, NULL), SOW_ERR_DTYPE);
    assert_int_equal(sow_stats_of(NULL, SOW_F32, NULL, 1, &s, NULL), SOW_ERR_NULL);
    assert_int_equal(sow_stats_of(NULL, SOW_F32, x, 1, NULL, NULL), SOW_ERR_NULL);
    assert_int_equal(sow_stats_of(NULL, SOW_F32, x, SIZE_MAX / 4, &s, NULL), SOW_ERR_RANGE);
    assert_int_equal(s.count, 7);
    sow_tally *t, *u;
    assert_int_equal(sow_tally_create(NULL, SOW_DTYPE_COUNT, &t), SOW_ERR_DTYPE);
    assert_null(t);
    assert_int_equal(sow_tally_create(NULL, SOW_F32, NULL), SOW_ERR_NULL);
    assert_int_equal(sow_tally_create(NULL, SOW_F32, &t), SOW_OK);
    assert_int_equal(sow_tally_create(NULL, SOW_F32, &u), SOW_OK);
    assert_int_equal(sow_tally_add(NULL, 0, x, 1), SOW_ERR_NULL);
    assert_int_equal(sow_tally_add(t, 0, NULL, 1), SOW_ERR_NULL);
    assert_int_equal(sow_tally_add(t, 0, NULL, 0), SOW_OK);
    assert_int_equal(sow_tally_add(t, INT64_MAX, x, 1), SOW_ERR_RANGE);
    assert_int_equal(sow_tally_add(t, 100, x, 50), SOW_OK);
    assert_int_equal(sow_tally_add(t, 149, x, 1), SOW_ERR_RANGE);
    assert_int_equal(sow_tally_add(t, 0, x, 101), SOW_ERR_RANGE);
    assert_int_equal(sow_tally_finish(t, &s, NULL), SOW_ERR_RANGE); /* 0 … 99 are missing */
    assert_int_equal(sow_tally_add(u, 120, x, 1), SOW_OK);
    assert_int_equal(sow_tally_merge(t, u), SOW_ERR_RANGE);
    assert_int_equal(sow_tally_merge(t, t), SOW_ERR_RANGE);
    sow_tally_reset(u, SOW_F64);
    assert_int_equal(sow_tally_merge(t, u), SOW_ERR_DTYPE);
    sow_tally_reset(u, SOW_F32);
    sow_tally_reset(u, SOW_DTYPE_COUNT);
    sow_tally_reset(NULL, SOW_F32);
    assert_int_equal(sow_tally_add(u, 0, x, 100), SOW_OK);
    assert_int_equal(sow_tally_merge(t, u), SOW_OK);
    assert_int_equal(sow_tally_finish(t, &s, NULL), SOW_OK);
    assert_true(s.count == 150 && s.zeros == 150);
    assert_int_equal(sow_tally_add(t, 10, x, 1), SOW_OK);
    assert_int_equal(sow_tally_finish(t, &s, NULL), SOW_ERR_RANGE);
    assert_int_equal(sow_tally_finish(t, NULL, NULL), SOW_ERR_NULL);
    sow_tally_destroy(t);
    sow_tally_destroy(u);
    sow_tally_destroy(NULL);
}

/* Each allocation fails once; then nothing is left behind, and what was added before is still there. */
static void without_memory(void **state)
{
    (void)state;
    enum { N = 300000 };
    float *const x = filled(SOW_F32, sow_dist_normal(0, 1), N);
    sow_stats want, got;
    assert_int_equal(sow_stats_of(NULL, SOW_F32, x, N, &want, other), SOW_OK);
    test_allocator allocator;
    test_allocator_init(&allocator);
    const sow_context_options options = {.threads = 3, .allocator = allocator.allocator};
    sow_context *ctx;
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    const int live = allocator.live;
    unsigned failures = 0;
    for (;; failures++) {
        allocator.fail_at = allocator.calls + failures + 1;
        const sow_status status = sow_stats_of(ctx, SOW_F32, x, N, &got, histogram);
        assert_int_equal(allocator.live, live);
        if (status == SOW_OK)
            break;
        assert_int_equal(status, SOW_ERR_MEMORY);
    }
    assert_true(failures >= 7);
    assert_same(&got, &want);
    for (unsigned i = 0; i < 8; i++) {
        sow_tally *t, *u;
        allocator.fail_at = 0;
        assert_int_equal(sow_tally_create(ctx, SOW_F32, &t), SOW_OK);
        assert_int_equal(sow_tally_create(ctx, SOW_F32, &u), SOW_OK);
        assert_int_equal(sow_tally_add(t, 0, x, 5000), SOW_OK);
        allocator.fail_at = allocator.calls + i + 1;
        if (sow_tally_add(u, 5001, x + 5001, N - 5001) != SOW_OK)
            assert_int_equal(sow_tally_add(u, 5001, x + 5001, N - 5001), SOW_OK);
        allocator.fail_at = allocator.calls + i + 1;
        if (sow_tally_merge(t, u) != SOW_OK)
            assert_int_equal(sow_tally_merge(t, u), SOW_OK);
        allocator.fail_at = 0;
        assert_int_equal(sow_tally_add(t, 5000, x + 5000, 1), SOW_OK);
        assert_int_equal(sow_tally_finish(t, &got, histogram), SOW_OK);
        assert_same(&got, &want);
        sow_tally_destroy(t);
        sow_tally_destroy(u);
        assert_int_equal(allocator.live, live);
    }
    sow_context_destroy(ctx);
    free(x);
}

/* Each bucket's bounds are of it, and the numbers beside them are not. */
static void buckets_hold_what_they_say(void **state)
{
    (void)state;
    double low, high;
    assert_int_equal(sow_stats_bucket(SOW_DTYPE_COUNT, 0, &low, &high), SOW_ERR_DTYPE);
    assert_int_equal(sow_stats_bucket(SOW_F32, SOW_STATS_BUCKETS, &low, &high), SOW_ERR_RANGE);
    assert_int_equal(sow_stats_bucket(SOW_F32, 0, NULL, &high), SOW_ERR_NULL);
    sow_tally *t;
    assert_int_equal(sow_tally_create(NULL, SOW_F32, &t), SOW_OK);
    for (int d = 0; d < SOW_DTYPE_COUNT; d++)
        for (uint32_t b = 0; b < SOW_STATS_BUCKETS; b += 1 + (uint32_t)test_random_below(test_emulated() ? 500 : 30)) {
            const sow_dtype dtype = (sow_dtype)d;
            _Alignas(8) unsigned char data[16];
            sow_stats s;
            assert_int_equal(sow_stats_bucket(dtype, b, &low, &high), SOW_OK);
            if (isnan(low)) {
                const uint32_t size = b & 0x7fff;
                assert_true(isnan(high) && (size >= (dtype == SOW_F16 ? 0x7c00 : 0x7f80) || (dtype == SOW_F64 && size > 0 && size < 0x80)));
                continue;
            }
            assert_true(low <= high && signbit(low) == signbit(high) && (b >= 0x8000) == signbit(low));
            set(dtype, data, 0, low);
            set(dtype, data, 1, high);
            sow_tally_reset(t, dtype);
            assert_int_equal(sow_tally_add(t, 0, data, 2), SOW_OK);
            assert_int_equal(sow_tally_finish(t, &s, histogram), SOW_OK);
            assert_true(histogram[b] == 2 && s.min == low && s.max == high);
        }
    sow_tally_destroy(t);
}

/* Bins against counting the elements themselves: none is further off than the elements of a bucket or two. */
static void bins_are_the_histogram_of_the_values(void **state)
{
    (void)state;
    enum { N = 200000, BINS = 40 };
    for (int d = 0; d < SOW_DTYPE_COUNT; d++) {
        const sow_dtype dtype = (sow_dtype)d;
        void *const data = filled(dtype, sow_dist_normal(0.5, 1), N);
        sow_stats s;
        double bins[BINS], sum = 0;
        size_t count[BINS] = {0};
        assert_int_equal(sow_stats_of(NULL, dtype, data, N, &s, histogram), SOW_OK);
        assert_int_equal(sow_stats_bins(dtype, histogram, s.min, s.max, BINS, bins), SOW_OK);
        for (size_t i = 0; i < N; i++) {
            const size_t b = (size_t)((value_at(dtype, data, i) - s.min) / (s.max - s.min) * BINS);
            count[b < BINS ? b : BINS - 1]++;
        }
        for (int b = 0; b < BINS; b++) {
            sum += bins[b];
            if (fabs(bins[b] - (double)count[b]) > (dtype == SOW_BF16 ? 0.08 : 0.02) * (double)count[b] + 40)
                fail_msg("%s, bin %d: %g, must be %zu", sow_dtype_name(dtype), b, bins[b], count[b]);
        }
        assert_true(fabs(sum - N) < 1e-6);
        assert_int_equal(sow_stats_bins(dtype, histogram, 1, 1, BINS, bins), SOW_ERR_RANGE);
        assert_int_equal(sow_stats_bins(dtype, histogram, -DBL_MAX, DBL_MAX, BINS, bins), SOW_ERR_RANGE);
        assert_int_equal(sow_stats_bins(dtype, histogram, 0, 5e-324, BINS, bins), SOW_ERR_RANGE);
        assert_int_equal(sow_stats_bins(dtype, histogram, 0, 1, 0, bins), SOW_ERR_RANGE);
        assert_int_equal(sow_stats_bins(dtype, NULL, 0, 1, 1, bins), SOW_ERR_NULL);
        assert_int_equal(sow_stats_bins(SOW_DTYPE_COUNT, histogram, 0, 1, 1, bins), SOW_ERR_DTYPE);
        assert_int_equal(sow_stats_bins(dtype, histogram, 1e6, 2e6, BINS, bins), SOW_OK);
        assert_true(bins[0] == 0 && bins[BINS - 1] == 0);
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laws_have_the_moments_of_two_passes),
        cmocka_unit_test(small_cases_are_exact),
        cmocka_unit_test(constants_are_exact),
        cmocka_unit_test(hard_cases),
        cmocka_unit_test(threads_and_kernels_do_not_show),
        cmocka_unit_test(the_bits_are_pinned),
        cmocka_unit_test(cuts_do_not_show),
        cmocka_unit_test(what_must_show_shows),
        cmocka_unit_test(refused),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(buckets_hold_what_they_say),
        cmocka_unit_test(bins_are_the_histogram_of_the_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
