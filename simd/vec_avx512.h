/* SPDX-License-Identifier: MIT */
/* The vector layer for AVX-512 F, BW, CD, DQ, VL: one Philox block per 64-bit lane, its words in the low halves of four vectors. */
#ifndef SOW_SIMD_VEC_AVX512_H
#define SOW_SIMD_VEC_AVX512_H

#include <immintrin.h>

#include "simd/vec.h"

enum { V_BLOCKS = 8, V_VR = 1, V_VD = 1, V_F16_ORDER = V_NATURAL };

typedef __m512i vw, vk, vprod, vu, vq;
typedef __m512 vf;
typedef __m512d vd;
typedef __mmask16 vmf;
typedef __mmask8 vmd;

V_INLINE vw vw_set1(uint32_t a)
{
    return _mm512_set1_epi64((long long)a);
}

V_INLINE vw vw_xor(vw a, vw b)
{
    return _mm512_xor_si512(a, b);
}

V_INLINE vw vw_xor3(vw a, vw b, vw c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}

/* The upper halves of hi, lo and the state hold leftovers; vpmuludq reads lower halves only. */
V_INLINE void vw_mul(vw x, vw m, vw *hi, vw *lo)
{
    *lo = _mm512_mul_epu32(x, m);
    *hi = _mm512_srli_epi64(*lo, 32);
}

V_INLINE vprod vw_mul_last(vw x, vw m)
{
    return _mm512_mul_epu32(x, m);
}

V_INLINE vprod vprod_start(uint32_t block, int order)
{
    const __m512i natural = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7), packed = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    const __m512i b = _mm512_add_epi64(_mm512_set1_epi64((long long)block), order == V_NATURAL ? natural : packed);
    return _mm512_mul_epu32(b, _mm512_set1_epi64(0xD2511F53));
}

V_INLINE vprod vprod_add(vprod p, uint64_t step)
{
    return _mm512_add_epi64(p, _mm512_set1_epi64((long long)step));
}

V_INLINE void vprod_split(vprod p, vw *hi, vw *lo)
{
    *hi = _mm512_srli_epi64(p, 32);
    *lo = p;
}

V_INLINE vk vk_set(uint32_t k0, uint32_t k1)
{
    return _mm512_set1_epi64((long long)((uint64_t)k1 << 32 | k0));
}

V_INLINE void vw_last32(vprod p0, vprod p1, vw x1, vw x3, vk k, vu *e, vu *o)
{
    const __mmask16 odd = 0xAAAA, even = 0x5555;
    const __m512i hi = _mm512_castps_si512(_mm512_mask_movehdup_ps(_mm512_castsi512_ps(p0), even, _mm512_castsi512_ps(p1)));
    const __m512i x = _mm512_castps_si512(_mm512_mask_moveldup_ps(_mm512_castsi512_ps(x1), odd, _mm512_castsi512_ps(x3)));
    *e = _mm512_ternarylogic_epi32(hi, x, k, 0x96);
    *o = _mm512_castps_si512(_mm512_mask_moveldup_ps(_mm512_castsi512_ps(p1), odd, _mm512_castsi512_ps(p0)));
}

V_INLINE void vw_last64(vprod p0, vprod p1, vw x1, vw x3, vk k, vq *e, vq *o)
{
    const __m512i low = _mm512_set1_epi64(0xffffffff);
    const __m512i k0 = _mm512_and_si512(k, low), k1 = _mm512_srli_epi64(k, 32);
    /* rotated product ^ (x & low) ^ key */
    *e = _mm512_xor_si512(_mm512_ternarylogic_epi64(_mm512_ror_epi64(p1, 32), x1, low, 0x78), k0);
    *o = _mm512_xor_si512(_mm512_ternarylogic_epi64(_mm512_ror_epi64(p0, 32), x3, low, 0x78), k1);
}

/* 32-bit lanes */

V_INLINE vu vu_set1(uint32_t a)
{
    return _mm512_set1_epi32((int)a);
}

V_INLINE vu vu_add(vu a, vu b)
{
    return _mm512_add_epi32(a, b);
}

V_INLINE vu vu_sub(vu a, vu b)
{
    return _mm512_sub_epi32(a, b);
}

V_INLINE vu vu_and(vu a, vu b)
{
    return _mm512_and_si512(a, b);
}

V_INLINE vu vu_or(vu a, vu b)
{
    return _mm512_or_si512(a, b);
}

V_INLINE vu vu_not(vu a)
{
    return _mm512_ternarylogic_epi32(a, a, a, 0x55);
}

#define vu_shl(a, n) _mm512_slli_epi32(a, n)
#define vu_shr(a, n) _mm512_srli_epi32(a, n)

V_INLINE vu vu_shlv(vu a, vu b)
{
    return _mm512_sllv_epi32(a, b);
}

V_INLINE vu vu_lzcnt(vu a)
{
    return _mm512_lzcnt_epi32(a);
}

V_INLINE vmf vu_at_least(vu a, vu b)
{
    return _mm512_cmpge_epu32_mask(a, b);
}

V_INLINE vu vu_not_if(vmf m, vu a)
{
    return _mm512_mask_ternarylogic_epi32(a, m, a, a, 0x55);
}

V_INLINE vmf vu_bit30(vu a)
{
    return _mm512_test_epi32_mask(a, _mm512_set1_epi32(1 << 30));
}

V_INLINE vf vf_set1(float a)
{
    return _mm512_set1_ps(a);
}

V_INLINE vf vf_add(vf a, vf b)
{
    return _mm512_add_ps(a, b);
}

V_INLINE vf vf_sub(vf a, vf b)
{
    return _mm512_sub_ps(a, b);
}

V_INLINE vf vf_mul(vf a, vf b)
{
    return _mm512_mul_ps(a, b);
}

V_INLINE vf vf_div(vf a, vf b)
{
    return _mm512_div_ps(a, b);
}

V_INLINE vf vf_sqrt(vf a)
{
    return _mm512_sqrt_ps(a);
}

V_INLINE vf vf_fma(vf a, vf b, vf c)
{
    return _mm512_fmadd_ps(a, b, c);
}

V_INLINE vf vf_min(vf a, vf b)
{
    return _mm512_min_ps(a, b);
}

V_INLINE vf vf_max(vf a, vf b)
{
    return _mm512_max_ps(a, b);
}

V_INLINE vf vf_from_i32(vu a)
{
    return _mm512_cvtepi32_ps(a);
}

V_INLINE vu vf_bits(vf a)
{
    return _mm512_castps_si512(a);
}

V_INLINE vf vf_from_bits(vu a)
{
    return _mm512_castsi512_ps(a);
}

V_INLINE vf vf_select(vmf m, vf yes, vf no)
{
    return _mm512_mask_mov_ps(no, m, yes);
}

V_INLINE vf vf_flip(vf a, vu signs)
{
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(a), signs, _mm512_set1_epi32((int)0x80000000), 0x78));
}

/* 64-bit lanes */

V_INLINE vq vq_set1(uint64_t a)
{
    return _mm512_set1_epi64((long long)a);
}

V_INLINE vq vq_add(vq a, vq b)
{
    return _mm512_add_epi64(a, b);
}

V_INLINE vq vq_sub(vq a, vq b)
{
    return _mm512_sub_epi64(a, b);
}

V_INLINE vq vq_and(vq a, vq b)
{
    return _mm512_and_si512(a, b);
}

V_INLINE vq vq_or(vq a, vq b)
{
    return _mm512_or_si512(a, b);
}

V_INLINE vq vq_xor(vq a, vq b)
{
    return _mm512_xor_si512(a, b);
}

V_INLINE vq vq_not(vq a)
{
    return _mm512_ternarylogic_epi64(a, a, a, 0x55);
}

#define vq_shl(a, n) _mm512_slli_epi64(a, n)
#define vq_shr(a, n) _mm512_srli_epi64(a, n)

V_INLINE vq vq_shlv(vq a, vq b)
{
    return _mm512_sllv_epi64(a, b);
}

V_INLINE vq vq_lzcnt(vq a)
{
    return _mm512_lzcnt_epi64(a);
}

V_INLINE vmd vq_at_least(vq a, vq b)
{
    return _mm512_cmpge_epu64_mask(a, b);
}

V_INLINE vq vq_not_if(vmd m, vq a)
{
    return _mm512_mask_ternarylogic_epi64(a, m, a, a, 0x55);
}

V_INLINE vmd vq_bit62(vq a)
{
    return _mm512_test_epi64_mask(a, _mm512_set1_epi64(1LL << 62));
}

V_INLINE vd vd_set1(double a)
{
    return _mm512_set1_pd(a);
}

V_INLINE vd vd_add(vd a, vd b)
{
    return _mm512_add_pd(a, b);
}

V_INLINE vd vd_sub(vd a, vd b)
{
    return _mm512_sub_pd(a, b);
}

V_INLINE vd vd_mul(vd a, vd b)
{
    return _mm512_mul_pd(a, b);
}

V_INLINE vd vd_div(vd a, vd b)
{
    return _mm512_div_pd(a, b);
}

V_INLINE vd vd_sqrt(vd a)
{
    return _mm512_sqrt_pd(a);
}

V_INLINE vd vd_fma(vd a, vd b, vd c)
{
    return _mm512_fmadd_pd(a, b, c);
}

V_INLINE vd vd_min(vd a, vd b)
{
    return _mm512_min_pd(a, b);
}

V_INLINE vd vd_max(vd a, vd b)
{
    return _mm512_max_pd(a, b);
}

V_INLINE vd vd_from_u52(vq a)
{
    return _mm512_cvtepu64_pd(a);
}

V_INLINE vd vd_from_u53(vq a)
{
    return _mm512_cvtepu64_pd(a);
}

V_INLINE vq vd_bits(vd a)
{
    return _mm512_castpd_si512(a);
}

V_INLINE vd vd_from_bits(vq a)
{
    return _mm512_castsi512_pd(a);
}

V_INLINE vd vd_select(vmd m, vd yes, vd no)
{
    return _mm512_mask_mov_pd(no, m, yes);
}

V_INLINE vd vd_flip(vd a, vq signs)
{
    return _mm512_castsi512_pd(
        _mm512_ternarylogic_epi64(_mm512_castpd_si512(a), signs, _mm512_set1_epi64((long long)0x8000000000000000), 0x78));
}

/* stores */

V_INLINE void vst_u32(uint32_t *dst, const vu *e, const vu *o)
{
    _mm512_storeu_si512(dst, _mm512_unpacklo_epi32(e[0], o[0]));
    _mm512_storeu_si512(dst + 16, _mm512_unpackhi_epi32(e[0], o[0]));
}

V_INLINE void vst_u16(uint16_t *dst, const vu *e, const vu *o)
{
    _mm512_storeu_si512(dst, _mm512_mask_blend_epi16(0xAAAAAAAA, e[0], _mm512_slli_epi32(o[0], 16)));
}

V_INLINE void vst_f32(float *dst, const vf *e, const vf *o)
{
    _mm512_storeu_ps(dst, _mm512_unpacklo_ps(e[0], o[0]));
    _mm512_storeu_ps(dst + 16, _mm512_unpackhi_ps(e[0], o[0]));
}

V_INLINE void vst_f16(uint16_t *dst, const vf *e, const vf *o)
{
    enum { nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };
    _mm256_storeu_si256((__m256i *)(void *)dst, _mm512_cvtps_ph(_mm512_unpacklo_ps(e[0], o[0]), nearest));
    _mm256_storeu_si256((__m256i *)(void *)(dst + 16), _mm512_cvtps_ph(_mm512_unpackhi_ps(e[0], o[0]), nearest));
}

/* Finite values: x + 0x7fff + (bit 16 of x), upper half. AVX-512's own conversion flushes subnormals. */
V_INLINE __m512i round_bf16(vf a)
{
    const __m512i x = _mm512_castps_si512(a);
    const __m512i bit = _mm512_and_si512(_mm512_srli_epi32(x, 16), _mm512_set1_epi32(1));
    return _mm512_add_epi32(_mm512_add_epi32(x, _mm512_set1_epi32(0x7fff)), bit);
}

V_INLINE void vst_bf16(uint16_t *dst, const vf *e, const vf *o)
{
    const __m512i low = _mm512_srli_epi32(round_bf16(e[0]), 16), high = round_bf16(o[0]);
    _mm512_storeu_si512(dst, _mm512_mask_blend_epi16(0xAAAAAAAA, low, high));
}

V_INLINE void vst_u64(uint64_t *dst, const vq *e, const vq *o)
{
    _mm512_storeu_si512(dst, _mm512_unpacklo_epi64(e[0], o[0]));
    _mm512_storeu_si512(dst + 8, _mm512_unpackhi_epi64(e[0], o[0]));
}

V_INLINE void vst_f64(double *dst, const vd *e, const vd *o)
{
    _mm512_storeu_pd(dst, _mm512_unpacklo_pd(e[0], o[0]));
    _mm512_storeu_pd(dst + 8, _mm512_unpackhi_pd(e[0], o[0]));
}

/* plain lanes, for the matrix kernels (reflect_tmpl.h) */

V_INLINE vf vf_load(const float *src)
{
    return _mm512_loadu_ps(src);
}

V_INLINE void vf_store(float *dst, vf a)
{
    _mm512_storeu_ps(dst, a);
}

V_INLINE vd vd_load(const double *src)
{
    return _mm512_loadu_pd(src);
}

V_INLINE void vf_widen(vf a, vd *out)
{
    out[0] = _mm512_cvtps_pd(_mm512_castps512_ps256(a));
    out[1] = _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1));
}

V_INLINE vd vd_load_f32(const float *src)
{
    return _mm512_cvtps_pd(_mm256_loadu_ps(src));
}

V_INLINE void vd_store(double *dst, vd a)
{
    _mm512_storeu_pd(dst, a);
}

enum { V_TILE_ROWS = 6, V_TILE_VECTORS = 4 }; /* 24 sums, 4 operands and a broadcast: 29 of 32 registers */

#endif
