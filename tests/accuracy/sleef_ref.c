/* SPDX-License-Identifier: MIT */
/*
 * SLEEF's prototypes stand here because its header shows them under the compiler's own target only. Plain names: they exist in 3.x and 4.x.
 */
#include "tests/accuracy/sleef_ref.h"

#if !defined(TEST_SLEEF)

const sleef_ref *sleef_ref_get(const char **why)
{
    *why = "built without SLEEF";
    return NULL;
}

#elif defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f")
#endif
typedef struct {
    __m512d x, y;
} pair512;
__m512d Sleef_logd8_u10avx512f(__m512d);
pair512 Sleef_sincospid8_u05avx512f(__m512d);

static void log_avx512(const double *x, double *y, size_t n)
{
    for (size_t i = 0; i < n; i += 8)
        _mm512_storeu_pd(y + i, Sleef_logd8_u10avx512f(_mm512_loadu_pd(x + i)));
}

static void sincospi_avx512(const double *x, double *s, double *c, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        const pair512 p = Sleef_sincospid8_u05avx512f(_mm512_loadu_pd(x + i));
        _mm512_storeu_pd(s + i, p.x);
        _mm512_storeu_pd(c + i, p.y);
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

static void log_avx2(const double *x, double *y, size_t n)
{
    for (size_t i = 0; i < n; i += 4)
        _mm256_storeu_pd(y + i, Sleef_logd4_u10avx2(_mm256_loadu_pd(x + i)));
}

static void sincospi_avx2(const double *x, double *s, double *c, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        const pair256 p = Sleef_sincospid4_u05avx2(_mm256_loadu_pd(x + i));
        _mm256_storeu_pd(s + i, p.x);
        _mm256_storeu_pd(c + i, p.y);
    }
}
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const sleef_ref *sleef_ref_get(const char **why)
{
    static const sleef_ref avx512 = {"SLEEF AVX-512", log_avx512, sincospi_avx512}, avx2 = {"SLEEF AVX2", log_avx2, sincospi_avx2};
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &avx2;
    *why = "SLEEF's fast functions need AVX2 and FMA, which this CPU lacks";
    return NULL;
}

#elif defined(__aarch64__)
#include <arm_neon.h>

typedef struct {
    float64x2_t x, y;
} pair128;
float64x2_t Sleef_logd2_u10advsimd(float64x2_t);
pair128 Sleef_sincospid2_u05advsimd(float64x2_t);

static void log_neon(const double *x, double *y, size_t n)
{
    for (size_t i = 0; i < n; i += 2)
        vst1q_f64(y + i, Sleef_logd2_u10advsimd(vld1q_f64(x + i)));
}

static void sincospi_neon(const double *x, double *s, double *c, size_t n)
{
    for (size_t i = 0; i < n; i += 2) {
        const pair128 p = Sleef_sincospid2_u05advsimd(vld1q_f64(x + i));
        vst1q_f64(s + i, p.x);
        vst1q_f64(c + i, p.y);
    }
}

const sleef_ref *sleef_ref_get(const char **why)
{
    static const sleef_ref neon = {"SLEEF Advanced SIMD", log_neon, sincospi_neon};
    (void)why;
    return &neon;
}

#else

const sleef_ref *sleef_ref_get(const char **why)
{
    *why = "no SLEEF functions are known for this architecture";
    return NULL;
}

#endif
