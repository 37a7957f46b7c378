/* SPDX-License-Identifier: MIT */
/*
 * Rows sleef_normal/f64/ISA/ELEMENTS/threads:1: the f64 normal with SLEEF's log and sincospi in the place of our own. The words are
 * sow_fill()'s bits, so the difference to fill/normal/f64/… is the mathematics. The results are held against ours before a time is
 * reported.
 *
 * SLEEF's prototypes stand here because its header shows them under the compiler's own target only. Plain names: they exist in 3.x and 4.x.
 */
#include <math.h>

#include "bench/axes.h"
#include "bench/memory.h"

#if defined(BENCH_SLEEF)

enum { PIECE = 1024 }; /* elements between the two steps: 8 KiB on the stack */

typedef void transform(const uint64_t *words, double *out, size_t n); /* n a multiple of 16 */

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")
#endif
typedef struct {
    __m512d x, y;
} pair512;
__m512d Sleef_logd8_u10avx512f(__m512d);
pair512 Sleef_sincospid8_u05avx512f(__m512d);

static void transform_avx512(const uint64_t *words, double *out, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        const __m512i a = _mm512_loadu_si512(words + i), b = _mm512_loadu_si512(words + i + 8);
        const __m512d radius = _mm512_cvtepu64_pd(_mm512_srli_epi64(_mm512_unpacklo_epi64(a, b), 11));
        const __m512d angle = _mm512_cvtepu64_pd(_mm512_srli_epi64(_mm512_unpackhi_epi64(a, b), 11));
        const __m512d u = _mm512_mul_pd(_mm512_add_pd(radius, _mm512_set1_pd(1)), _mm512_set1_pd(0x1p-53));
        const __m512d r = _mm512_sqrt_pd(_mm512_mul_pd(_mm512_set1_pd(-2), Sleef_logd8_u10avx512f(u)));
        const pair512 sc = Sleef_sincospid8_u05avx512f(_mm512_mul_pd(angle, _mm512_set1_pd(0x1p-52)));
        const __m512d c = _mm512_mul_pd(r, sc.y), s = _mm512_mul_pd(r, sc.x);
        _mm512_storeu_pd(out + i, _mm512_unpacklo_pd(c, s));
        _mm512_storeu_pd(out + i + 8, _mm512_unpackhi_pd(c, s));
    }
}
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
typedef struct {
    __m256d x, y;
} pair256;
__m256d Sleef_logd4_u10avx2(__m256d);
pair256 Sleef_sincospid4_u05avx2(__m256d);

/* Exact for integers below 2^53: halves become doubles by their exponents. */
static __m256d double_from_u53(__m256i x)
{
    const __m256i high = _mm256_or_si256(_mm256_srli_epi64(x, 32), _mm256_castpd_si256(_mm256_set1_pd(0x1p84)));
    const __m256i low = _mm256_blend_epi32(x, _mm256_castpd_si256(_mm256_set1_pd(0x1p52)), 0xaa);
    return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(0x1p84 + 0x1p52)), _mm256_castsi256_pd(low));
}

static void transform_avx2(const uint64_t *words, double *out, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        const __m256i a = _mm256_loadu_si256((const __m256i *)(words + i)), b = _mm256_loadu_si256((const __m256i *)(words + i + 4));
        const __m256d radius = double_from_u53(_mm256_srli_epi64(_mm256_unpacklo_epi64(a, b), 11));
        const __m256d angle = double_from_u53(_mm256_srli_epi64(_mm256_unpackhi_epi64(a, b), 11));
        const __m256d u = _mm256_mul_pd(_mm256_add_pd(radius, _mm256_set1_pd(1)), _mm256_set1_pd(0x1p-53));
        const __m256d r = _mm256_sqrt_pd(_mm256_mul_pd(_mm256_set1_pd(-2), Sleef_logd4_u10avx2(u)));
        const pair256 sc = Sleef_sincospid4_u05avx2(_mm256_mul_pd(angle, _mm256_set1_pd(0x1p-52)));
        const __m256d c = _mm256_mul_pd(r, sc.y), s = _mm256_mul_pd(r, sc.x), even = _mm256_unpacklo_pd(c, s),
                      odd = _mm256_unpackhi_pd(c, s);
        _mm256_storeu_pd(out + i, even);
        _mm256_storeu_pd(out + i + 4, odd);
    }
}
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

static const struct {
    const char *isa;
    transform *fn;
} transforms[] = {{"avx2", transform_avx2}, {"avx512", transform_avx512}};

#elif defined(__aarch64__)
#include <arm_neon.h>

typedef struct {
    float64x2_t x, y;
} pair128;
float64x2_t Sleef_logd2_u10advsimd(float64x2_t);
pair128 Sleef_sincospid2_u05advsimd(float64x2_t);

static void transform_neon(const uint64_t *words, double *out, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        const uint64x2_t a = vld1q_u64(words + i), b = vld1q_u64(words + i + 2);
        const float64x2_t radius = vcvtq_f64_u64(vshrq_n_u64(vzip1q_u64(a, b), 11));
        const float64x2_t angle = vcvtq_f64_u64(vshrq_n_u64(vzip2q_u64(a, b), 11));
        const float64x2_t u = vmulq_n_f64(vaddq_f64(radius, vdupq_n_f64(1)), 0x1p-53);
        const float64x2_t r = vsqrtq_f64(vmulq_n_f64(Sleef_logd2_u10advsimd(u), -2));
        const pair128 sc = Sleef_sincospid2_u05advsimd(vmulq_n_f64(angle, 0x1p-52));
        const float64x2_t c = vmulq_f64(r, sc.y), s = vmulq_f64(r, sc.x);
        vst1q_f64(out + i, vzip1q_f64(c, s));
        vst1q_f64(out + i + 2, vzip2q_f64(c, s));
    }
}

static const struct {
    const char *isa;
    transform *fn;
} transforms[] = {{"neon", transform_neon}};
#endif

typedef struct row {
    const char *isa;
    transform *fn;
    size_t n;
    uint64_t first; /* moves on */
} row;

static void fill(const sow_context *ctx, const row *r, double *dst)
{
    _Alignas(64) uint64_t words[PIECE];
    for (size_t i = 0; i < r->n; i += PIECE) {
        sow_fill(ctx, bench_stream(), sow_dist_bits(), SOW_F64, r->first + i, words, PIECE);
        r->fn(words, dst + i, PIECE);
    }
}

/* Both are within some ulp of the exact value, so they agree to 2^-45 of it, or 2^-55 near zero. */
static int same_as_ours(const sow_context *ctx, const row *r, const double *dst)
{
    double ours[PIECE];
    sow_fill(ctx, bench_stream(), sow_dist_normal(0, 1), SOW_F64, r->first, ours, PIECE);
    for (size_t i = 0; i < PIECE; i++)
        if (fabs(ours[i] - dst[i]) > fmax(0x1p-45 * fabs(ours[i]), 0x1p-55))
            return 0;
    return 1;
}

static void run_sleef(gbench *b, void *arg)
{
    row *r = arg;
    const sow_context *ctx = bench_context(r->isa, 1);
    double *dst = bench_buffer(0, r->n * sizeof *dst);
    if (!ctx || !dst) {
        gbench_fail(b, "not enough memory");
        return;
    }
    fill(ctx, r, dst);
    if (!same_as_ours(ctx, r, dst)) {
        gbench_fail(b, "differs from sow's normal");
        return;
    }
    while (gbench_next(b, 1)) {
        fill(ctx, r, dst);
        r->first += r->n;
    }
    gbench_rate(b, (double)r->n, (double)(r->n * sizeof *dst), 1);
}

void bench_sleef_add(void)
{
    static const size_t sizes[] = {4 << 10, 16 << 10};
    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const row r = {.isa = transforms[i].isa, .fn = transforms[i].fn, .n = sizes[s]};
            if (bench_context(r.isa, 1))
                bench_add(run_sleef, &r, sizeof r, "sleef_normal/f64/%s/%zu/threads:1", r.isa, r.n);
        }
}

#else

void bench_sleef_add(void)
{
}

#endif
