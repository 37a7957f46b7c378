/* SPDX-License-Identifier: MIT */
/* The vector layer for AArch64 Advanced SIMD: four blocks, one of their words per vector; even and odd words are w0, w2 and w1, w3. */
#ifndef SOW_SIMD_VEC_NEON_H
#define SOW_SIMD_VEC_NEON_H

#include <arm_neon.h>

#include "simd/vec.h"

enum { V_BLOCKS = 4, V_VR = 2, V_VD = 2, V_F16_ORDER = V_PACKED };

typedef uint32x4_t vw, vu, vmf;
typedef float32x4_t vf;
typedef uint64x2_t vq, vmd;
typedef float64x2_t vd;
typedef struct vprod {
    uint64x2_t a, b; /* blocks 0, 1 and 2, 3 */
} vprod;
typedef struct vk {
    uint32x4_t k0, k1;
} vk;

V_INLINE vw vw_set1(uint32_t a)
{
    return vdupq_n_u32(a);
}

V_INLINE vw vw_xor(vw a, vw b)
{
    return veorq_u32(a, b);
}

V_INLINE vw vw_xor3(vw a, vw b, vw c)
{
    return veorq_u32(veorq_u32(a, b), c);
}

V_INLINE void vprod_split(vprod p, vw *hi, vw *lo)
{
    const uint32x4_t a = vreinterpretq_u32_u64(p.a), b = vreinterpretq_u32_u64(p.b);
    *hi = vuzp2q_u32(a, b);
    *lo = vuzp1q_u32(a, b);
}

V_INLINE vprod vw_mul_last(vw x, vw m)
{
    const vprod p = {vmull_u32(vget_low_u32(x), vget_low_u32(m)), vmull_high_u32(x, m)};
    return p;
}

V_INLINE void vw_mul(vw x, vw m, vw *hi, vw *lo)
{
    vprod_split(vw_mul_last(x, m), hi, lo);
}

V_INLINE vprod vprod_start(uint32_t block, int order)
{
    const uint32_t step[4] = {0, 1, 2, 3};
    (void)order;
    return vw_mul_last(vaddq_u32(vdupq_n_u32(block), vld1q_u32(step)), vdupq_n_u32(0xD2511F53));
}

V_INLINE vprod vprod_add(vprod p, uint64_t step)
{
    const vprod q = {vaddq_u64(p.a, vdupq_n_u64(step)), vaddq_u64(p.b, vdupq_n_u64(step))};
    return q;
}

V_INLINE vk vk_set(uint32_t k0, uint32_t k1)
{
    const vk k = {vdupq_n_u32(k0), vdupq_n_u32(k1)};
    return k;
}

V_INLINE void vw_last32(vprod p0, vprod p1, vw x1, vw x3, vk k, vu *e, vu *o)
{
    vw hi0, hi1;
    vprod_split(p1, &hi1, &o[0]);
    vprod_split(p0, &hi0, &o[1]);
    e[0] = vw_xor3(hi1, x1, k.k0);
    e[1] = vw_xor3(hi0, x3, k.k1);
}

V_INLINE void vw_last64(vprod p0, vprod p1, vw x1, vw x3, vk k, vq *e, vq *o)
{
    vu w0[2], w1[2];
    vw_last32(p0, p1, x1, x3, k, w0, w1);
    e[0] = vreinterpretq_u64_u32(vzip1q_u32(w0[0], w1[0]));
    e[1] = vreinterpretq_u64_u32(vzip2q_u32(w0[0], w1[0]));
    o[0] = vreinterpretq_u64_u32(vzip1q_u32(w0[1], w1[1]));
    o[1] = vreinterpretq_u64_u32(vzip2q_u32(w0[1], w1[1]));
}

/* 32-bit lanes */

V_INLINE vu vu_set1(uint32_t a)
{
    return vdupq_n_u32(a);
}

V_INLINE vu vu_add(vu a, vu b)
{
    return vaddq_u32(a, b);
}

V_INLINE vu vu_sub(vu a, vu b)
{
    return vsubq_u32(a, b);
}

V_INLINE vu vu_and(vu a, vu b)
{
    return vandq_u32(a, b);
}

V_INLINE vu vu_or(vu a, vu b)
{
    return vorrq_u32(a, b);
}

V_INLINE vu vu_not(vu a)
{
    return vmvnq_u32(a);
}

#define vu_shl(a, n) vshlq_n_u32(a, n)
#define vu_shr(a, n) vshrq_n_u32(a, n)

V_INLINE vu vu_shlv(vu a, vu b)
{
    return vshlq_u32(a, vreinterpretq_s32_u32(b));
}

V_INLINE vu vu_lzcnt(vu a)
{
    return vclzq_u32(a);
}

V_INLINE vmf vu_at_least(vu a, vu b)
{
    return vcgeq_u32(a, b);
}

V_INLINE vu vu_not_if(vmf m, vu a)
{
    return veorq_u32(a, m);
}

V_INLINE vmf vu_bit30(vu a)
{
    return vtstq_u32(a, vdupq_n_u32(1u << 30));
}

V_INLINE vf vf_set1(float a)
{
    return vdupq_n_f32(a);
}

V_INLINE vf vf_add(vf a, vf b)
{
    return vaddq_f32(a, b);
}

V_INLINE vf vf_sub(vf a, vf b)
{
    return vsubq_f32(a, b);
}

V_INLINE vf vf_mul(vf a, vf b)
{
    return vmulq_f32(a, b);
}

V_INLINE vf vf_div(vf a, vf b)
{
    return vdivq_f32(a, b);
}

V_INLINE vf vf_min(vf a, vf b)
{
    return vbslq_f32(vcltq_f32(a, b), a, b);
}

V_INLINE vf vf_max(vf a, vf b)
{
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}

V_INLINE vf vf_sqrt(vf a)
{
    return vsqrtq_f32(a);
}

V_INLINE vf vf_fma(vf a, vf b, vf c)
{
    return vfmaq_f32(c, a, b);
}

V_INLINE vf vf_from_i32(vu a)
{
    return vcvtq_f32_s32(vreinterpretq_s32_u32(a));
}

V_INLINE vu vf_bits(vf a)
{
    return vreinterpretq_u32_f32(a);
}

V_INLINE vf vf_from_bits(vu a)
{
    return vreinterpretq_f32_u32(a);
}

V_INLINE vf vf_select(vmf m, vf yes, vf no)
{
    return vbslq_f32(m, yes, no);
}

V_INLINE vf vf_flip(vf a, vu signs)
{
    return vf_from_bits(veorq_u32(vf_bits(a), vandq_u32(signs, vdupq_n_u32(0x80000000))));
}

/* 64-bit lanes */

V_INLINE vq vq_set1(uint64_t a)
{
    return vdupq_n_u64(a);
}

V_INLINE vq vq_add(vq a, vq b)
{
    return vaddq_u64(a, b);
}

V_INLINE vq vq_sub(vq a, vq b)
{
    return vsubq_u64(a, b);
}

V_INLINE vq vq_and(vq a, vq b)
{
    return vandq_u64(a, b);
}

V_INLINE vq vq_or(vq a, vq b)
{
    return vorrq_u64(a, b);
}

V_INLINE vq vq_xor(vq a, vq b)
{
    return veorq_u64(a, b);
}

V_INLINE vq vq_not(vq a)
{
    return vreinterpretq_u64_u32(vmvnq_u32(vreinterpretq_u32_u64(a)));
}

#define vq_shl(a, n) vshlq_n_u64(a, n)
#define vq_shr(a, n) vshrq_n_u64(a, n)

V_INLINE vq vq_shlv(vq a, vq b)
{
    return vshlq_u64(a, vreinterpretq_s64_u64(b));
}

V_INLINE vmd vq_at_least(vq a, vq b)
{
    return vcgeq_u64(a, b);
}

V_INLINE vq vq_not_if(vmd m, vq a)
{
    return veorq_u64(a, m);
}

V_INLINE vmd vq_bit62(vq a)
{
    return vtstq_u64(a, vdupq_n_u64(1ull << 62));
}

V_INLINE vd vd_set1(double a)
{
    return vdupq_n_f64(a);
}

V_INLINE vd vd_add(vd a, vd b)
{
    return vaddq_f64(a, b);
}

V_INLINE vd vd_sub(vd a, vd b)
{
    return vsubq_f64(a, b);
}

V_INLINE vd vd_mul(vd a, vd b)
{
    return vmulq_f64(a, b);
}

V_INLINE vd vd_div(vd a, vd b)
{
    return vdivq_f64(a, b);
}

V_INLINE vd vd_min(vd a, vd b)
{
    return vbslq_f64(vcltq_f64(a, b), a, b);
}

V_INLINE vd vd_max(vd a, vd b)
{
    return vbslq_f64(vcgtq_f64(a, b), a, b);
}

V_INLINE vd vd_sqrt(vd a)
{
    return vsqrtq_f64(a);
}

V_INLINE vd vd_fma(vd a, vd b, vd c)
{
    return vfmaq_f64(c, a, b);
}

V_INLINE vd vd_from_u52(vq a)
{
    return vcvtq_f64_u64(a);
}

V_INLINE vd vd_from_u53(vq a)
{
    return vcvtq_f64_u64(a);
}

V_INLINE vq vd_bits(vd a)
{
    return vreinterpretq_u64_f64(a);
}

V_INLINE vd vd_from_bits(vq a)
{
    return vreinterpretq_f64_u64(a);
}

V_INLINE vq vq_lzcnt(vq a)
{
    /* There is no 64-bit count: the upper half's, plus the lower half's where the upper is all zero. */
    const uint32x4_t z = vclzq_u32(vreinterpretq_u32_u64(a));
    const uint64x2_t high = vshrq_n_u64(vreinterpretq_u64_u32(z), 32), low = vandq_u64(vreinterpretq_u64_u32(z), vdupq_n_u64(0xffffffff));
    const uint64x2_t empty = vceqq_u64(vshrq_n_u64(a, 32), vdupq_n_u64(0));
    return vaddq_u64(high, vandq_u64(low, empty));
}

V_INLINE vd vd_select(vmd m, vd yes, vd no)
{
    return vbslq_f64(m, yes, no);
}

V_INLINE vd vd_flip(vd a, vq signs)
{
    return vd_from_bits(veorq_u64(vd_bits(a), vandq_u64(signs, vdupq_n_u64(0x8000000000000000))));
}

/* stores */

V_INLINE void vst_u32(uint32_t *dst, const vu *e, const vu *o)
{
    const uint32x4x4_t w = {{e[0], o[0], e[1], o[1]}};
    vst4q_u32(dst, w);
}

V_INLINE void vst_f32(float *dst, const vf *e, const vf *o)
{
    const float32x4x4_t w = {{e[0], o[0], e[1], o[1]}};
    vst4q_f32(dst, w);
}

V_INLINE void vst_u16(uint16_t *dst, const vu *e, const vu *o)
{
    const uint16x4x4_t w = {{vmovn_u32(e[0]), vmovn_u32(o[0]), vmovn_u32(e[1]), vmovn_u32(o[1])}};
    vst4_u16(dst, w);
}

V_INLINE uint16x4_t round_f16(vf a)
{
    return vreinterpret_u16_f16(vcvt_f16_f32(a));
}

/* Finite values: x + 0x7fff + (bit 16 of x), upper half. */
V_INLINE uint16x4_t round_bf16(vf a)
{
    const uint32x4_t x = vf_bits(a), bit = vandq_u32(vshrq_n_u32(x, 16), vdupq_n_u32(1));
    return vshrn_n_u32(vaddq_u32(vaddq_u32(x, vdupq_n_u32(0x7fff)), bit), 16);
}

V_INLINE void vst_f16(uint16_t *dst, const vf *e, const vf *o)
{
    const uint16x4x4_t w = {{round_f16(e[0]), round_f16(o[0]), round_f16(e[1]), round_f16(o[1])}};
    vst4_u16(dst, w);
}

V_INLINE void vst_bf16(uint16_t *dst, const vf *e, const vf *o)
{
    const uint16x4x4_t w = {{round_bf16(e[0]), round_bf16(o[0]), round_bf16(e[1]), round_bf16(o[1])}};
    vst4_u16(dst, w);
}

V_INLINE void vst_u64(uint64_t *dst, const vq *e, const vq *o)
{
    const uint64x2x2_t low = {{e[0], o[0]}}, high = {{e[1], o[1]}};
    vst2q_u64(dst, low);
    vst2q_u64(dst + 4, high);
}

V_INLINE void vst_f64(double *dst, const vd *e, const vd *o)
{
    const float64x2x2_t low = {{e[0], o[0]}}, high = {{e[1], o[1]}};
    vst2q_f64(dst, low);
    vst2q_f64(dst + 4, high);
}

/* plain lanes, for the matrix kernels (reflect_tmpl.h) */

V_INLINE vf vf_load(const float *src)
{
    return vld1q_f32(src);
}

V_INLINE void vf_store(float *dst, vf a)
{
    vst1q_f32(dst, a);
}

V_INLINE vd vd_load(const double *src)
{
    return vld1q_f64(src);
}

V_INLINE void vf_widen(vf a, vd *out)
{
    out[0] = vcvt_f64_f32(vget_low_f32(a));
    out[1] = vcvt_high_f64_f32(a);
}

V_INLINE vd vd_load_f32(const float *src)
{
    return vcvt_f64_f32(vld1_f32(src));
}

V_INLINE void vd_store(double *dst, vd a)
{
    vst1q_f64(dst, a);
}

enum { V_TILE_ROWS = 6, V_TILE_VECTORS = 4 }; /* 24 sums, 4 operands and a broadcast: 29 of 32 registers */

#endif
