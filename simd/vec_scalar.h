/* SPDX-License-Identifier: MIT */
/* The vector layer of width 1: plain C. One block at a time; even and odd words are w0, w2 and w1, w3. */
#ifndef SOW_SIMD_VEC_SCALAR_H
#define SOW_SIMD_VEC_SCALAR_H

#include <math.h>

#include "simd/fma.h"
#include "simd/half.h"
#include "simd/vec.h"

enum { V_BLOCKS = 1, V_VR = 2, V_VD = 1, V_F16_ORDER = V_PACKED };

typedef uint32_t vw, vu;
typedef uint64_t vprod, vq;
typedef float vf;
typedef double vd;
typedef int vmf, vmd;
typedef struct vk {
    uint32_t k0, k1;
} vk;

V_INLINE vw vw_set1(uint32_t a)
{
    return a;
}

V_INLINE vw vw_xor(vw a, vw b)
{
    return a ^ b;
}

V_INLINE vw vw_xor3(vw a, vw b, vw c)
{
    return a ^ b ^ c;
}

V_INLINE void vw_mul(vw x, vw m, vw *hi, vw *lo)
{
    const uint64_t p = (uint64_t)x * m;
    *hi = (uint32_t)(p >> 32);
    *lo = (uint32_t)p;
}

V_INLINE vprod vw_mul_last(vw x, vw m)
{
    return (uint64_t)x * m;
}

V_INLINE vprod vprod_start(uint32_t block, int order)
{
    (void)order;
    return (uint64_t)block * 0xD2511F53;
}

V_INLINE vprod vprod_add(vprod p, uint64_t step)
{
    return p + step;
}

V_INLINE void vprod_split(vprod p, vw *hi, vw *lo)
{
    *hi = (uint32_t)(p >> 32);
    *lo = (uint32_t)p;
}

V_INLINE vk vk_set(uint32_t k0, uint32_t k1)
{
    const vk k = {k0, k1};
    return k;
}

V_INLINE void vw_last32(vprod p0, vprod p1, vw x1, vw x3, vk k, vu *e, vu *o)
{
    e[0] = (uint32_t)(p1 >> 32) ^ x1 ^ k.k0;
    e[1] = (uint32_t)(p0 >> 32) ^ x3 ^ k.k1;
    o[0] = (uint32_t)p1;
    o[1] = (uint32_t)p0;
}

V_INLINE void vw_last64(vprod p0, vprod p1, vw x1, vw x3, vk k, vq *e, vq *o)
{
    *e = p1 << 32 | ((uint32_t)(p1 >> 32) ^ x1 ^ k.k0);
    *o = p0 << 32 | ((uint32_t)(p0 >> 32) ^ x3 ^ k.k1);
}

/* 32-bit lanes */

V_INLINE vu vu_set1(uint32_t a)
{
    return a;
}

V_INLINE vu vu_add(vu a, vu b)
{
    return a + b;
}

V_INLINE vu vu_sub(vu a, vu b)
{
    return a - b;
}

V_INLINE vu vu_and(vu a, vu b)
{
    return a & b;
}

V_INLINE vu vu_or(vu a, vu b)
{
    return a | b;
}

V_INLINE vu vu_not(vu a)
{
    return ~a;
}

#define vu_shl(a, n) ((vu)(a) << (n))
#define vu_shr(a, n) ((vu)(a) >> (n))

V_INLINE vu vu_shlv(vu a, vu b)
{
    return b < 32 ? a << b : 0;
}

V_INLINE vu vu_lzcnt(vu a)
{
    return a ? (uint32_t)__builtin_clz(a) : 32;
}

V_INLINE vmf vu_at_least(vu a, vu b)
{
    return a >= b;
}

V_INLINE vu vu_not_if(vmf m, vu a)
{
    return m ? ~a : a;
}

V_INLINE vmf vu_bit30(vu a)
{
    return (a >> 30 & 1) != 0;
}

V_INLINE vf vf_set1(float a)
{
    return a;
}

V_INLINE vf vf_add(vf a, vf b)
{
    return a + b;
}

V_INLINE vf vf_sub(vf a, vf b)
{
    return a - b;
}

V_INLINE vf vf_mul(vf a, vf b)
{
    return a * b;
}

V_INLINE vf vf_div(vf a, vf b)
{
    return a / b;
}

V_INLINE vf vf_min(vf a, vf b)
{
    return a < b ? a : b;
}

V_INLINE vf vf_max(vf a, vf b)
{
    return a > b ? a : b;
}

V_INLINE vf vf_sqrt(vf a)
{
    return sqrtf(a);
}

#if defined(__FP_FAST_FMAF)
V_INLINE vf vf_fma(vf a, vf b, vf c)
{
    return __builtin_fmaf(a, b, c);
}

#else
V_INLINE vf vf_fma(vf a, vf b, vf c)
{
    return soft_fmaf(a, b, c);
}

#endif

V_INLINE vf vf_from_i32(vu a)
{
    return (float)(int32_t)a;
}

V_INLINE vu vf_bits(vf a)
{
    uint32_t u;
    memcpy(&u, &a, sizeof u);
    return u;
}

V_INLINE vf vf_from_bits(vu a)
{
    float x;
    memcpy(&x, &a, sizeof x);
    return x;
}

V_INLINE vf vf_select(vmf m, vf yes, vf no)
{
    return m ? yes : no;
}

V_INLINE vf vf_flip(vf a, vu signs)
{
    return vf_from_bits(vf_bits(a) ^ (signs & 0x80000000));
}

/* 64-bit lanes */

V_INLINE vq vq_set1(uint64_t a)
{
    return a;
}

V_INLINE vq vq_add(vq a, vq b)
{
    return a + b;
}

V_INLINE vq vq_sub(vq a, vq b)
{
    return a - b;
}

V_INLINE vq vq_and(vq a, vq b)
{
    return a & b;
}

V_INLINE vq vq_or(vq a, vq b)
{
    return a | b;
}

V_INLINE vq vq_xor(vq a, vq b)
{
    return a ^ b;
}

V_INLINE vq vq_not(vq a)
{
    return ~a;
}

#define vq_shl(a, n) ((vq)(a) << (n))
#define vq_shr(a, n) ((vq)(a) >> (n))

V_INLINE vq vq_shlv(vq a, vq b)
{
    return a << b; /* b < 64 here */
}

V_INLINE vq vq_lzcnt(vq a)
{
    return (uint64_t)__builtin_clzll(a); /* a is not 0 here */
}

V_INLINE vmd vq_at_least(vq a, vq b)
{
    return a >= b;
}

V_INLINE vq vq_not_if(vmd m, vq a)
{
    return m ? ~a : a;
}

V_INLINE vmd vq_bit62(vq a)
{
    return (a >> 62 & 1) != 0;
}

V_INLINE vd vd_set1(double a)
{
    return a;
}

V_INLINE vd vd_add(vd a, vd b)
{
    return a + b;
}

V_INLINE vd vd_sub(vd a, vd b)
{
    return a - b;
}

V_INLINE vd vd_mul(vd a, vd b)
{
    return a * b;
}

V_INLINE vd vd_div(vd a, vd b)
{
    return a / b;
}

V_INLINE vd vd_min(vd a, vd b)
{
    return a < b ? a : b;
}

V_INLINE vd vd_max(vd a, vd b)
{
    return a > b ? a : b;
}

V_INLINE vd vd_sqrt(vd a)
{
    return sqrt(a);
}

#if defined(__FP_FAST_FMA)
V_INLINE vd vd_fma(vd a, vd b, vd c)
{
    return __builtin_fma(a, b, c);
}

#else
V_INLINE vd vd_fma(vd a, vd b, vd c)
{
    return soft_fma(a, b, c);
}

#endif

V_INLINE vd vd_from_u52(vq a)
{
    return (double)(int64_t)a;
}

V_INLINE vd vd_from_u53(vq a)
{
    return (double)(int64_t)a;
}

V_INLINE vq vd_bits(vd a)
{
    return fma_bits(a);
}

V_INLINE vd vd_from_bits(vq a)
{
    return fma_double(a);
}

V_INLINE vd vd_select(vmd m, vd yes, vd no)
{
    return m ? yes : no;
}

V_INLINE vd vd_flip(vd a, vq signs)
{
    return fma_double(fma_bits(a) ^ (signs & 0x8000000000000000));
}

/* stores */

V_INLINE void vst_u32(uint32_t *dst, const vu *e, const vu *o)
{
    dst[0] = e[0];
    dst[1] = o[0];
    dst[2] = e[1];
    dst[3] = o[1];
}

V_INLINE void vst_u16(uint16_t *dst, const vu *e, const vu *o)
{
    dst[0] = (uint16_t)e[0];
    dst[1] = (uint16_t)o[0];
    dst[2] = (uint16_t)e[1];
    dst[3] = (uint16_t)o[1];
}

V_INLINE void vst_f32(float *dst, const vf *e, const vf *o)
{
    dst[0] = e[0];
    dst[1] = o[0];
    dst[2] = e[1];
    dst[3] = o[1];
}

V_INLINE void vst_f16(uint16_t *dst, const vf *e, const vf *o)
{
    dst[0] = half_f16(e[0]);
    dst[1] = half_f16(o[0]);
    dst[2] = half_f16(e[1]);
    dst[3] = half_f16(o[1]);
}

V_INLINE void vst_bf16(uint16_t *dst, const vf *e, const vf *o)
{
    dst[0] = half_bf16(e[0]);
    dst[1] = half_bf16(o[0]);
    dst[2] = half_bf16(e[1]);
    dst[3] = half_bf16(o[1]);
}

V_INLINE void vst_u64(uint64_t *dst, const vq *e, const vq *o)
{
    dst[0] = e[0];
    dst[1] = o[0];
}

V_INLINE void vst_f64(double *dst, const vd *e, const vd *o)
{
    dst[0] = e[0];
    dst[1] = o[0];
}

/* plain lanes, for the matrix kernels (reflect_tmpl.h) */

V_INLINE vf vf_load(const float *src)
{
    return *src;
}

V_INLINE void vf_store(float *dst, vf a)
{
    *dst = a;
}

V_INLINE vd vd_load(const double *src)
{
    return *src;
}

V_INLINE void vf_widen(vf a, vd *out)
{
    *out = (double)a;
}

V_INLINE vd vd_load_f32(const float *src)
{
    return (double)*src;
}

V_INLINE void vd_store(double *dst, vd a)
{
    *dst = a;
}

enum { V_TILE_ROWS = 4, V_TILE_VECTORS = 2 };

#endif
