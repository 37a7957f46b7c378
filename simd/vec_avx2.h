/* SPDX-License-Identifier: MIT */
/* The vector layer for AVX2, FMA and F16C: one Philox block per 64-bit lane, its words in the low halves of four vectors. */
#ifndef SOW_SIMD_VEC_AVX2_H
#define SOW_SIMD_VEC_AVX2_H

#include <immintrin.h>

#include "simd/vec.h"

enum { V_BLOCKS = 4, V_VR = 1, V_VD = 1, V_F16_ORDER = V_NATURAL };

typedef __m256i vw, vk, vprod, vu, vq;
typedef __m256 vf, vmf;
typedef __m256d vd, vmd;

V_INLINE vw vw_set1(uint32_t a)
{
    return _mm256_set1_epi64x((long long)a);
}

V_INLINE vw vw_xor(vw a, vw b)
{
    return _mm256_xor_si256(a, b);
}

V_INLINE vw vw_xor3(vw a, vw b, vw c)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}

/* The upper halves of hi, lo and the state hold leftovers; vpmuludq reads lower halves only. */
V_INLINE void vw_mul(vw x, vw m, vw *hi, vw *lo)
{
    *lo = _mm256_mul_epu32(x, m);
    *hi = _mm256_srli_epi64(*lo, 32);
}

V_INLINE vprod vw_mul_last(vw x, vw m)
{
    return _mm256_mul_epu32(x, m);
}

V_INLINE vprod vprod_start(uint32_t block, int order)
{
    const __m256i natural = _mm256_setr_epi64x(0, 2, 1, 3), packed = _mm256_setr_epi64x(0, 1, 2, 3);
    const __m256i b = _mm256_add_epi64(_mm256_set1_epi64x((long long)block), order == V_NATURAL ? natural : packed);
    return _mm256_mul_epu32(b, _mm256_set1_epi64x(0xD2511F53));
}

V_INLINE vprod vprod_add(vprod p, uint64_t step)
{
    return _mm256_add_epi64(p, _mm256_set1_epi64x((long long)step));
}

V_INLINE void vprod_split(vprod p, vw *hi, vw *lo)
{
    *hi = _mm256_srli_epi64(p, 32);
    *lo = p;
}

V_INLINE vk vk_set(uint32_t k0, uint32_t k1)
{
    return _mm256_set1_epi64x((long long)((uint64_t)k1 << 32 | k0));
}

V_INLINE void vw_last32(vprod p0, vprod p1, vw x1, vw x3, vk k, vu *e, vu *o)
{
    enum { odd = 0xAA };
    const __m256i hi = _mm256_blend_epi32(_mm256_srli_epi64(p1, 32), p0, odd);
    const __m256i x = _mm256_blend_epi32(x1, _mm256_slli_epi64(x3, 32), odd);
    *e = _mm256_xor_si256(_mm256_xor_si256(hi, x), k);
    *o = _mm256_blend_epi32(p1, _mm256_slli_epi64(p0, 32), odd);
}

V_INLINE void vw_last64(vprod p0, vprod p1, vw x1, vw x3, vk k, vq *e, vq *o)
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256i k0 = _mm256_blend_epi32(k, zero, 0xAA), k1 = _mm256_srli_epi64(k, 32);
    x1 = _mm256_xor_si256(_mm256_blend_epi32(x1, zero, 0xAA), k0);
    x3 = _mm256_xor_si256(_mm256_blend_epi32(x3, zero, 0xAA), k1);
    *e = _mm256_xor_si256(_mm256_shuffle_epi32(p1, 0xB1), x1);
    *o = _mm256_xor_si256(_mm256_shuffle_epi32(p0, 0xB1), x3);
}

/* 32-bit lanes */

V_INLINE vu vu_set1(uint32_t a)
{
    return _mm256_set1_epi32((int)a);
}

V_INLINE vu vu_add(vu a, vu b)
{
    return _mm256_add_epi32(a, b);
}

V_INLINE vu vu_sub(vu a, vu b)
{
    return _mm256_sub_epi32(a, b);
}

V_INLINE vu vu_and(vu a, vu b)
{
    return _mm256_and_si256(a, b);
}

V_INLINE vu vu_or(vu a, vu b)
{
    return _mm256_or_si256(a, b);
}

V_INLINE vu vu_not(vu a)
{
    return _mm256_xor_si256(a, _mm256_set1_epi32(-1));
}

#define vu_shl(a, n) _mm256_slli_epi32(a, n)
#define vu_shr(a, n) _mm256_srli_epi32(a, n)

V_INLINE vu vu_shlv(vu a, vu b)
{
    return _mm256_sllv_epi32(a, b);
}

V_INLINE vu vu_lzcnt(vu a)
{
    /* From the exponent of a float. Clearing the bit below the top one keeps the conversion from rounding up to the next power of two;
     * the half makes 0 count as 32; a word with the top bit set converts to a negative number, whose count the maximum clamps to 0. */
    const __m256i top = _mm256_andnot_si256(_mm256_srli_epi32(a, 1), a);
    const __m256 x = _mm256_add_ps(_mm256_cvtepi32_ps(top), _mm256_set1_ps(0.5f));
    const __m256i e = _mm256_srli_epi32(_mm256_castps_si256(x), 23);
    return _mm256_max_epi32(_mm256_sub_epi32(_mm256_set1_epi32(158), e), _mm256_setzero_si256());
}

V_INLINE vmf vu_at_least(vu a, vu b)
{
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a));
}

V_INLINE vu vu_not_if(vmf m, vu a)
{
    return _mm256_xor_si256(a, _mm256_castps_si256(m));
}

V_INLINE vmf vu_bit30(vu a)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(a, 1)); /* blendv reads the top bit */
}

V_INLINE vf vf_set1(float a)
{
    return _mm256_set1_ps(a);
}

V_INLINE vf vf_add(vf a, vf b)
{
    return _mm256_add_ps(a, b);
}

V_INLINE vf vf_sub(vf a, vf b)
{
    return _mm256_sub_ps(a, b);
}

V_INLINE vf vf_mul(vf a, vf b)
{
    return _mm256_mul_ps(a, b);
}

V_INLINE vf vf_div(vf a, vf b)
{
    return _mm256_div_ps(a, b);
}

V_INLINE vf vf_min(vf a, vf b)
{
    return _mm256_min_ps(a, b);
}

V_INLINE vf vf_max(vf a, vf b)
{
    return _mm256_max_ps(a, b);
}

V_INLINE vf vf_sqrt(vf a)
{
    return _mm256_sqrt_ps(a);
}

V_INLINE vf vf_fma(vf a, vf b, vf c)
{
    return _mm256_fmadd_ps(a, b, c);
}

V_INLINE vf vf_from_i32(vu a)
{
    return _mm256_cvtepi32_ps(a);
}

V_INLINE vu vf_bits(vf a)
{
    return _mm256_castps_si256(a);
}

V_INLINE vf vf_from_bits(vu a)
{
    return _mm256_castsi256_ps(a);
}

V_INLINE vf vf_select(vmf m, vf yes, vf no)
{
    return _mm256_blendv_ps(no, yes, m);
}

V_INLINE vf vf_flip(vf a, vu signs)
{
    return _mm256_xor_ps(a, _mm256_and_ps(_mm256_castsi256_ps(signs), _mm256_set1_ps(-0.0f)));
}

/* 64-bit lanes */

V_INLINE vq vq_set1(uint64_t a)
{
    return _mm256_set1_epi64x((long long)a);
}

V_INLINE vq vq_add(vq a, vq b)
{
    return _mm256_add_epi64(a, b);
}

V_INLINE vq vq_sub(vq a, vq b)
{
    return _mm256_sub_epi64(a, b);
}

V_INLINE vq vq_and(vq a, vq b)
{
    return _mm256_and_si256(a, b);
}

V_INLINE vq vq_or(vq a, vq b)
{
    return _mm256_or_si256(a, b);
}

V_INLINE vq vq_xor(vq a, vq b)
{
    return _mm256_xor_si256(a, b);
}

V_INLINE vq vq_not(vq a)
{
    return _mm256_xor_si256(a, _mm256_set1_epi32(-1));
}

#define vq_shl(a, n) _mm256_slli_epi64(a, n)
#define vq_shr(a, n) _mm256_srli_epi64(a, n)

V_INLINE vq vq_shlv(vq a, vq b)
{
    return _mm256_sllv_epi64(a, b);
}

/* Two's complement: the sign bit belongs to no operand here, so the signed comparison of 53-bit integers is the unsigned one. */
V_INLINE vmd vq_at_least(vq a, vq b)
{
    return _mm256_castsi256_pd(_mm256_xor_si256(_mm256_cmpgt_epi64(b, a), _mm256_set1_epi32(-1)));
}

V_INLINE vq vq_not_if(vmd m, vq a)
{
    return _mm256_xor_si256(a, _mm256_castpd_si256(m));
}

V_INLINE vmd vq_bit62(vq a)
{
    return _mm256_castsi256_pd(_mm256_slli_epi64(a, 1));
}

V_INLINE vd vd_set1(double a)
{
    return _mm256_set1_pd(a);
}

V_INLINE vd vd_add(vd a, vd b)
{
    return _mm256_add_pd(a, b);
}

V_INLINE vd vd_sub(vd a, vd b)
{
    return _mm256_sub_pd(a, b);
}

V_INLINE vd vd_mul(vd a, vd b)
{
    return _mm256_mul_pd(a, b);
}

V_INLINE vd vd_div(vd a, vd b)
{
    return _mm256_div_pd(a, b);
}

V_INLINE vd vd_min(vd a, vd b)
{
    return _mm256_min_pd(a, b);
}

V_INLINE vd vd_max(vd a, vd b)
{
    return _mm256_max_pd(a, b);
}

V_INLINE vd vd_sqrt(vd a)
{
    return _mm256_sqrt_pd(a);
}

V_INLINE vd vd_fma(vd a, vd b, vd c)
{
    return _mm256_fmadd_pd(a, b, c);
}

V_INLINE vd vd_from_u52(vq a)
{
    const __m256i magic = _mm256_set1_epi64x(0x4330000000000000);
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(a, magic)), _mm256_castsi256_pd(magic));
}

V_INLINE vd vd_from_u53(vq a)
{
    /* upper half at 2^84, lower at 2^52: the difference of the constants and the sum are exact */
    const __m256i high = _mm256_or_si256(_mm256_srli_epi64(a, 32), _mm256_set1_epi64x(0x4530000000000000));
    const __m256i low = _mm256_blend_epi32(a, _mm256_set1_epi64x(0x4330000000000000), 0xAA);
    return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(0x1.00000001p84)), _mm256_castsi256_pd(low));
}

V_INLINE vq vd_bits(vd a)
{
    return _mm256_castpd_si256(a);
}

V_INLINE vd vd_from_bits(vq a)
{
    return _mm256_castsi256_pd(a);
}

V_INLINE vq vq_lzcnt(vq a)
{
    /* Operands here have bit 10 set at least and none that matters below it: 54 bits, converted as in vd_from_u53. */
    const __m256i top = _mm256_andnot_si256(_mm256_srli_epi64(a, 1), a);
    const __m256i e = _mm256_srli_epi64(_mm256_castpd_si256(vd_from_u53(_mm256_srli_epi64(top, 10))), 52);
    return _mm256_sub_epi64(_mm256_set1_epi64x(1076), e);
}

V_INLINE vd vd_select(vmd m, vd yes, vd no)
{
    return _mm256_blendv_pd(no, yes, m);
}

V_INLINE vd vd_flip(vd a, vq signs)
{
    return _mm256_xor_pd(a, _mm256_and_pd(_mm256_castsi256_pd(signs), _mm256_set1_pd(-0.0)));
}

/* stores */

V_INLINE void vst_u32(uint32_t *dst, const vu *e, const vu *o)
{
    _mm256_storeu_si256((__m256i *)(void *)dst, _mm256_unpacklo_epi32(e[0], o[0]));
    _mm256_storeu_si256((__m256i *)(void *)(dst + 8), _mm256_unpackhi_epi32(e[0], o[0]));
}

V_INLINE void vst_u16(uint16_t *dst, const vu *e, const vu *o)
{
    _mm256_storeu_si256((__m256i *)(void *)dst, _mm256_blend_epi16(e[0], _mm256_slli_epi32(o[0], 16), 0xAA));
}

V_INLINE void vst_f32(float *dst, const vf *e, const vf *o)
{
    _mm256_storeu_ps(dst, _mm256_unpacklo_ps(e[0], o[0]));
    _mm256_storeu_ps(dst + 8, _mm256_unpackhi_ps(e[0], o[0]));
}

V_INLINE void vst_f16(uint16_t *dst, const vf *e, const vf *o)
{
    enum { nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC };
    _mm_storeu_si128((__m128i *)(void *)dst, _mm256_cvtps_ph(_mm256_unpacklo_ps(e[0], o[0]), nearest));
    _mm_storeu_si128((__m128i *)(void *)(dst + 8), _mm256_cvtps_ph(_mm256_unpackhi_ps(e[0], o[0]), nearest));
}

/* Finite values: x + 0x7fff + (bit 16 of x), upper half. */
V_INLINE __m256i round_bf16(vf a)
{
    const __m256i x = _mm256_castps_si256(a);
    const __m256i bit = _mm256_and_si256(_mm256_srli_epi32(x, 16), _mm256_set1_epi32(1));
    return _mm256_add_epi32(_mm256_add_epi32(x, _mm256_set1_epi32(0x7fff)), bit);
}

V_INLINE void vst_bf16(uint16_t *dst, const vf *e, const vf *o)
{
    const __m256i low = _mm256_srli_epi32(round_bf16(e[0]), 16), high = round_bf16(o[0]);
    _mm256_storeu_si256((__m256i *)(void *)dst, _mm256_blend_epi16(low, high, 0xAA));
}

V_INLINE void vst_u64(uint64_t *dst, const vq *e, const vq *o)
{
    _mm256_storeu_si256((__m256i *)(void *)dst, _mm256_unpacklo_epi64(e[0], o[0]));
    _mm256_storeu_si256((__m256i *)(void *)(dst + 4), _mm256_unpackhi_epi64(e[0], o[0]));
}

V_INLINE void vst_f64(double *dst, const vd *e, const vd *o)
{
    _mm256_storeu_pd(dst, _mm256_unpacklo_pd(e[0], o[0]));
    _mm256_storeu_pd(dst + 4, _mm256_unpackhi_pd(e[0], o[0]));
}

/* plain lanes, for the matrix kernels (reflect_tmpl.h) */

V_INLINE vf vf_load(const float *src)
{
    return _mm256_loadu_ps(src);
}

V_INLINE void vf_store(float *dst, vf a)
{
    _mm256_storeu_ps(dst, a);
}

V_INLINE vd vd_load(const double *src)
{
    return _mm256_loadu_pd(src);
}

V_INLINE void vf_widen(vf a, vd *out)
{
    out[0] = _mm256_cvtps_pd(_mm256_castps256_ps128(a));
    out[1] = _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
}

V_INLINE vd vd_load_f32(const float *src)
{
    return _mm256_cvtps_pd(_mm_loadu_ps(src));
}

V_INLINE void vd_store(double *dst, vd a)
{
    _mm256_storeu_pd(dst, a);
}

enum { V_TILE_ROWS = 6, V_TILE_VECTORS = 2 }; /* 12 sums, 2 operands and a broadcast: 15 of 16 registers */

#endif
