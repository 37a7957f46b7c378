/* SPDX-License-Identifier: MIT */
/*
 * The kernels of statistics of one instruction set (the argument) against the order of sums that docs/stats.md fixes, written out here in
 * plain loops; then tables with one fault each, all of which must be found.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel/harness.h"

static const sow_kernels *kernels; /* of the instruction set */

enum { BLOCK = SOW_STATS_BLOCK, STEP = SOW_STATS_STEP };

/* One block and what is to be seen in it. */
typedef struct block {
    sow_dtype dtype;
    const void *x;
    size_t n;
    double scale, pivot, value;
} block;

static double at(const block *b, size_t i)
{
    return b->dtype == SOW_F32 ? (double)((const float *)b->x)[i] : ((const double *)b->x)[i];
}

/* Lanes l and l + half, then halves of halves. */
static double tree(double *lanes, int n)
{
    while (n > 1) {
        n /= 2;
        for (int l = 0; l < n; l++)
            lanes[l] += lanes[l + n];
    }
    return lanes[0];
}

static sow_survey expect_survey(const block *b, int careful)
{
    sow_survey s = {.low = (double)INFINITY, .high = (double)-INFINITY};
    double lanes[16] = {0};
    for (size_t i = 0; i < b->n; i++) {
        const double x = at(b, i);
        s.nans += careful && isnan(x);
        s.outside += careful && !isfinite(x);
        if (!isfinite(x))
            continue;
        s.low = x < s.low ? x : s.low;
        s.high = x > s.high ? x : s.high;
        if (careful || b->dtype == SOW_F64)
            lanes[i % 16] += b->dtype == SOW_F64 ? x * 0x1p-12 : x;
    }
    for (size_t i = 0; !careful && b->dtype == SOW_F32 && i < b->n; i += 64)
        for (size_t l = 0; l < 16; l++) {
            const float *const x = (const float *)b->x + i + l;
            const volatile float first = x[0] + x[16], second = x[32] + x[48], sum = first + second;
            lanes[l] += (double)sum;
        }
    s.sum = tree(lanes, 16);
    return s;
}

static void expect_powers(const block *b, double sums[4])
{
    double lanes[4][8] = {{0}};
    for (size_t i = 0; i < b->n; i++) {
        const double x = at(b, i);
        if (!isfinite(x))
            continue;
        const volatile double scaled = b->dtype == SOW_F64 ? x * b->scale : x, d = scaled - b->pivot, square = d * d;
        const volatile double cube = square * d, fourth = square * square;
        lanes[0][i % 8] += d;
        lanes[1][i % 8] += square;
        lanes[2][i % 8] += cube;
        lanes[3][i % 8] += fourth;
    }
    for (int k = 0; k < 4; k++)
        sums[k] = tree(lanes[k], 8);
}

/* By comparing numbers, not bits: the largest bf16 that is no larger in size. */
static uint16_t expect_bucket(double x)
{
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    const double size = fabs(x);
    if (!isfinite(x) || size < 0x1p-126)
        return sign | (isfinite(x) ? 0 : 0x7f80);
    if (size >= 0x1p128)
        return sign | 0x7f7f;
    const int e = ilogb(size);
    return (uint16_t)(sign | (e + 127) << 7 | ((int)floor(scalbn(size, 7 - e)) - 128));
}

static uint32_t bits_f32(const float *x)
{
    uint32_t bits;
    memcpy(&bits, x, sizeof bits);
    return bits;
}

static int same(const double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i] && !(isnan(x[i]) && isnan(y[i])))
            return 0;
    return 1;
}

/* NULL, or which kernel does something else. */
static const char *find_fault(const sow_stats_kernels *k, void (*count)(const uint16_t *, size_t, uint32_t *), const block *b)
{
    static uint16_t bucket[BLOCK], want_bucket[BLOCK];
    static uint32_t counts[SOW_STATS_COUNTS], want_counts[SOW_STATS_COUNTS];
    const sow_survey plain = expect_survey(b, 0), careful = expect_survey(b, 1);
    sow_survey s = {0};
    double sums[4], want[4];
    size_t equal = 0;
    k->survey(b->x, b->n, 1, &s);
    if (!same(&s.sum, &careful.sum, 5))
        return "a careful survey";
    k->survey(b->x, b->n, 0, &s);
    if (careful.outside > 0 ? isfinite(s.sum) : isfinite(plain.sum) ? !same(&s.sum, &plain.sum, 5) : isfinite(s.sum))
        return "a survey";

    memset(counts, 0, sizeof counts);
    memset(want_counts, 0, sizeof want_counts);
    k->buckets(b->x, b->n, bucket);
    for (size_t i = 0; i < b->n; i++) {
        const double x = at(b, i);
        want_bucket[i] = b->dtype == SOW_F32 ? (uint16_t)(bits_f32((const float *)b->x + i) >> 16) : expect_bucket(x);
        want_counts[2 * want_bucket[i] + i % 2]++;
        equal += x == b->value;
    }
    if (memcmp(bucket, want_bucket, b->n * sizeof *bucket) != 0)
        return "buckets";
    if (k->equal(b->x, b->n, b->value) != equal)
        return "equal";

    expect_powers(b, want);
    k->powers(b->x, b->n, 1, b->scale, b->pivot, NULL, NULL, sums);
    if (!same(sums, want, 4))
        return "careful powers";
    k->powers(b->x, b->n, 1, b->scale, b->pivot, bucket, counts, sums);
    if (!same(sums, want, 4) || memcmp(counts, want_counts, sizeof counts) != 0)
        return "careful powers that count";
    if (careful.outside == 0) {
        k->powers(b->x, b->n, 0, b->scale, b->pivot, NULL, NULL, sums);
        if (!same(sums, want, 4))
            return "powers";
        memset(counts, 0, sizeof counts);
        k->powers(b->x, b->n, 0, b->scale, b->pivot, bucket, counts, sums);
        if (!same(sums, want, 4) || memcmp(counts, want_counts, sizeof counts) != 0)
            return "powers that count";
    }
    memset(counts, 0, sizeof counts);
    const size_t part = test_random_below(b->n) & ~(size_t)1; /* in two calls, of any length */
    count(bucket, part, counts);
    count(bucket + part, b->n - part, counts);
    return memcmp(counts, want_counts, sizeof counts) != 0 ? "count" : NULL;
}

static double any_number(int kind)
{
    const double unit = (double)(test_random() >> 11) * 0x1p-53 - 0.5;
    const double odd[] = {0, -0.0, (double)NAN, (double)INFINITY, (double)-INFINITY, (double)-NAN, 1e-45, 3e38, 1e308, -1e-310, 1, 1};
    switch (kind) {
    case 0:
        return unit;
    case 1:
        return 1000 + unit * 1e-3;
    case 2:
        return 0.25;
    case 3:
        return scalbn(unit, (int)test_random_below(280) - 140);
    case 4:
        return test_random_below(3) ? unit : odd[test_random_below(COUNT_OF(odd))];
    case 5:
        return odd[test_random_below(COUNT_OF(odd))];
    default:
        return unit * 6e38; /* sums of four overflow in f32, and are infinite now and then */
    }
}

enum { KINDS = 7 };

/* A block at the end of what may be read, or at any element behind a boundary. */
static block any_block(const test_guarded *g, sow_dtype dtype, int kind)
{
    const size_t size = sow_dtype_size(dtype), n = (test_random_below(4) ? 1 + test_random_below(BLOCK / STEP) : BLOCK / STEP) * STEP;
    unsigned char *const x = test_random() & 1 ? g->end - n * size : g->begin + size * test_random_below(16);
    for (size_t i = 0; i < n; i++) {
        const double value = any_number(kind);
        const float f = (float)value;
        memcpy(x + i * size, dtype == SOW_F32 ? (const void *)&f : (const void *)&value, size);
    }
    block b = {dtype, x, n, 1, 0, 0};
    b.value = at(&b, test_random_below(n));
    b.value = isfinite(b.value) && test_random_below(4) ? b.value : 0;
    b.pivot = kind == 1 ? (double)(float)1000.0001 : (double)(float)(any_number(0) * 0.1);
    b.scale = dtype == SOW_F64 ? scalbn(1, (int)test_random_below(9) - 4) : 1;
    return b;
}

static unsigned rounds(unsigned native)
{
    return test_emulated() ? native / 10 + 1 : native;
}

static void kernels_have_the_bits_of_the_definition(void **state)
{
    (void)state;
    test_guarded g = test_guarded_make(BLOCK * sizeof(double) + 256);
    for (unsigned i = 0; i < rounds(150); i++)
        for (int d = SOW_F32; d <= SOW_F64; d++)
            for (int kind = 0; kind < KINDS; kind++) {
                const block b = any_block(&g, (sow_dtype)d, kind);
                const char *const fault = find_fault(&kernels->stats[d], kernels->count, &b);
                if (fault)
                    fail_msg("%s: %s of %zu elements of %s, kind %d, pivot %a, scale %a, value %a", kernels->isa, fault, b.n,
                             sow_dtype_name(b.dtype), kind, b.pivot, b.scale, b.value);
            }
    test_guarded_free(&g);
}

/* Faults that a kernel could have. */
static sow_dtype faulty;

static void survey_last(const void *x, size_t n, int careful, sow_survey *s)
{
    kernels->stats[faulty].survey(x, n - STEP, careful, s); /* forgets the last step */
}

static void survey_ulp(const void *x, size_t n, int careful, sow_survey *s)
{
    kernels->stats[faulty].survey(x, n, careful, s);
    s->sum = nextafter(s->sum, 1e300);
}

static void survey_nans(const void *x, size_t n, int careful, sow_survey *s)
{
    kernels->stats[faulty].survey(x, n, careful, s);
    s->nans = s->outside;
}

static void buckets_low(const void *x, size_t n, uint16_t *bucket)
{
    kernels->stats[faulty].buckets(x, n, bucket);
    bucket[n - 1] ^= 1;
}

static void powers_ulp(const void *x, size_t n, int careful, double scale, double pivot, const uint16_t *bucket, uint32_t *counts,
                       double *s)
{
    kernels->stats[faulty].powers(x, n, careful, scale, pivot, bucket, counts, s);
    s[2] = nextafter(s[2], 1e300);
}

static void powers_order(const void *x, size_t n, int careful, double scale, double pivot, const uint16_t *bucket, uint32_t *counts,
                         double *s)
{
    double rest[4];
    kernels->stats[faulty].powers(x, STEP, careful, scale, pivot, bucket, counts, s);
    if (n == STEP)
        return;
    kernels->stats[faulty].powers((const char *)x + STEP * sow_dtype_size(faulty), n - STEP, careful, scale, pivot,
                                  bucket ? bucket + STEP : NULL, counts, rest);
    for (int k = 0; k < 4; k++)
        s[k] += rest[k];
}

static void powers_uncounted(const void *x, size_t n, int careful, double scale, double pivot, const uint16_t *bucket, uint32_t *counts,
                             double *s)
{
    kernels->stats[faulty].powers(x, n, careful, scale, pivot, bucket, counts, s);
    if (bucket)
        counts[2 * bucket[n / 2]]--;
}

static size_t equal_less(const void *x, size_t n, double value)
{
    return kernels->stats[faulty].equal(x, n - 1, value);
}

static void count_one(const uint16_t *bucket, size_t n, uint32_t *counts)
{
    for (size_t i = 0; i < n; i++)
        counts[2 * bucket[i]]++; /* all as if of even index */
}

static void every_fault_is_found(void **state)
{
    (void)state;
    enum { FAULTS = 9 };
    test_guarded g = test_guarded_make(BLOCK * sizeof(double) + 256);
    for (int d = SOW_F32; d <= SOW_F64; d++)
        for (int fault = 0; fault < FAULTS; fault++) {
            sow_stats_kernels k = kernels->stats[d];
            faulty = (sow_dtype)d;
            k.survey = fault == 0 ? survey_last : fault == 1 ? survey_ulp : fault == 2 ? survey_nans : k.survey;
            k.buckets = fault == 3 ? buckets_low : k.buckets;
            k.powers = fault == 4 ? powers_ulp : fault == 5 ? powers_order : fault == 6 ? powers_uncounted : k.powers;
            k.equal = fault == 7 ? equal_less : k.equal;
            int found = 0;
            for (int i = 0; i < 40 && !found; i++) {
                const block b = any_block(&g, (sow_dtype)d, i % KINDS);
                found = find_fault(&k, fault == 8 ? count_one : kernels->count, &b) != NULL;
            }
            if (!found)
                fail_msg("fault %d of %s was not found", fault, sow_dtype_name((sow_dtype)d));
        }
    test_guarded_free(&g);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_have_the_bits_of_the_definition),
        cmocka_unit_test(every_fault_is_found),
    };
    kernels = harness_kernels(argc > 1 ? argv[1] : "scalar");
    return cmocka_run_group_tests_name(kernels->isa, tests, NULL, NULL);
}
