/* SPDX-License-Identifier: MIT */
/**
 * @file kernels_tmpl.h
 * The loops and the table of one instruction set. A shim includes it last, with these defined:
 *   SOW_KERNEL_ISA         name, as in isa.inc
 *   SOW_DEPTH_WORDS        units side by side for bits and uniform
 *   SOW_DEPTH_NORMAL       … for f32, f16 and bf16 normals       SOW_DEPTH_NORMAL_F64  … for f64 normals
 *   SOW_DEPTH_TRUNC        … for f32, f16 and bf16 truncated normals   SOW_DEPTH_TRUNC_F64  … for f64
 * Tested: every shim here; even depths up to V_DEPTH_MAX. The best depth is measured, per compiler too
 * (docs/performance.md): more of them spill, and pay all the same where the chains of a polynomial are long.
 */
#include "simd/normal_tmpl.h"
#include "simd/philox_tmpl.h"
#include "simd/reflect_tmpl.h"
#include "simd/stats_tmpl.h"
#include "simd/truncnorm_tmpl.h"

enum { REST = 2 };                  /* depth of the loop over what is left, and so of small fills */
enum { WIDE = V_DEPTH_MAX * V_VR }; /* vectors of 32-bit lanes for one parity of the words, at most */

/* One unit function per distribution and store: N units at dst. They are inlined with N constant. */

#define STORE_UNITS(store, type, e, o, per_unit, vectors)                                                                                  \
    EACH (i, n) {                                                                                                                          \
        store((type *)dst + i * (per_unit), e + i * (vectors), o + i * (vectors));                                                         \
    }
#define STORE32(store, type, e, o) STORE_UNITS(store, type, e, o, 4 * V_BLOCKS, V_VR)
#define STORE64(store, type, e, o) STORE_UNITS(store, type, e, o, 2 * V_BLOCKS, V_VD)

V_INLINE void bits_u32(const philox *s, const int n, const sow_params_f32 *p, void *dst)
{
    vu e[WIDE], o[WIDE];
    (void)p;
    philox_words32(s, n, e, o);
    STORE32(vst_u32, uint32_t, e, o)
}

V_INLINE void bits_u16(const philox *s, const int n, const sow_params_f32 *p, void *dst)
{
    vu e[WIDE], o[WIDE];
    (void)p;
    philox_words32(s, n, e, o);
    STORE32(vst_u16, uint16_t, e, o)
}

V_INLINE void bits_u64(const philox *s, const int n, const sow_params_f64 *p, void *dst)
{
    vq e[V_DEPTH_MAX * V_VD], o[V_DEPTH_MAX * V_VD];
    (void)p;
    philox_words64(s, n, e, o);
    STORE64(vst_u64, uint64_t, e, o)
}

V_INLINE void uniform_lanes_f32(const int n, const int two_steps, const sow_params_f32 *p, const vu *w, vf *out)
{
    EACH (i, n) {
        vf k = vf_from_i32(vu_shr(w[i], 8));
        if (two_steps)
            k = vf_mul(k, vf_set1(0x1p-24f));
        out[i] = vf_max(vf_min(vf_fma(k, vf_set1(p->scale), vf_set1(p->shift)), vf_set1(p->hi)), vf_set1(p->lo));
    }
}

V_INLINE void uniform_lanes_f64(const int n, const int two_steps, const sow_params_f64 *p, const vq *w, vd *out)
{
    EACH (i, n) {
        vd k = vd_from_u53(vq_shr(w[i], 11));
        if (two_steps)
            k = vd_mul(k, vd_set1(0x1p-53));
        out[i] = vd_max(vd_min(vd_fma(k, vd_set1(p->scale), vd_set1(p->shift)), vd_set1(p->hi)), vd_set1(p->lo));
    }
}

V_INLINE void normal_lanes_f32(const int n, const sow_params_f32 *p, const vu *radius, const vu *angle, vf *c, vf *s)
{
    vf r[WIDE];
    radius_f32(n, radius, r);
    rotate_f32(n, r, angle, c, s);
    EACH (i, n) {
        c[i] = vf_fma(c[i], vf_set1(p->scale), vf_set1(p->shift));
        s[i] = vf_fma(s[i], vf_set1(p->scale), vf_set1(p->shift));
    }
}

V_INLINE void normal_lanes_f64(const int n, const sow_params_f64 *p, const vq *radius, const vq *angle, vd *c, vd *s)
{
    vd r[V_DEPTH_MAX * V_VD];
    radius_f64(n, radius, r);
    rotate_f64(n, r, angle, c, s);
    EACH (i, n) {
        c[i] = vd_fma(c[i], vd_set1(p->scale), vd_set1(p->shift));
        s[i] = vd_fma(s[i], vd_set1(p->scale), vd_set1(p->shift));
    }
}

#define UNITS32(dtype, type)                                                                                                               \
    V_INLINE void uniform_units_##dtype(const philox *s, const int n, const int two_steps, const sow_params_f32 *p, void *dst)             \
    {                                                                                                                                      \
        vu we[WIDE], wo[WIDE];                                                                                                             \
        vf e[WIDE], o[WIDE];                                                                                                               \
        philox_words32(s, n, we, wo);                                                                                                      \
        uniform_lanes_f32(n *V_VR, two_steps, p, we, e);                                                                                   \
        uniform_lanes_f32(n *V_VR, two_steps, p, wo, o);                                                                                   \
        STORE32(vst_##dtype, type, e, o)                                                                                                   \
    }                                                                                                                                      \
    V_INLINE void normal_##dtype(const philox *s, const int n, const sow_params_f32 *p, void *dst)                                         \
    {                                                                                                                                      \
        vu we[WIDE], wo[WIDE];                                                                                                             \
        vf e[WIDE], o[WIDE];                                                                                                               \
        philox_words32(s, n, we, wo);                                                                                                      \
        normal_lanes_f32(n *V_VR, p, we, wo, e, o);                                                                                        \
        STORE32(vst_##dtype, type, e, o)                                                                                                   \
    }                                                                                                                                      \
    V_INLINE void trunc_normal_##dtype(const philox *s, const int n, const sow_params_f32 *p, void *dst)                                   \
    {                                                                                                                                      \
        vu we[WIDE], wo[WIDE];                                                                                                             \
        vf e[WIDE], o[WIDE];                                                                                                               \
        philox_words32(s, n, we, wo);                                                                                                      \
        truncnorm_f32(p, n *V_VR, we, e);                                                                                                  \
        truncnorm_f32(p, n *V_VR, wo, o);                                                                                                  \
        STORE32(vst_##dtype, type, e, o)                                                                                                   \
    }

UNITS32(f32, float)
UNITS32(f16, uint16_t)
UNITS32(bf16, uint16_t)

V_INLINE void uniform_units_f64(const philox *s, const int n, const int two_steps, const sow_params_f64 *p, void *dst)
{
    vq we[V_DEPTH_MAX * V_VD], wo[V_DEPTH_MAX * V_VD];
    vd e[V_DEPTH_MAX * V_VD], o[V_DEPTH_MAX * V_VD];
    philox_words64(s, n, we, wo);
    uniform_lanes_f64(n * V_VD, two_steps, p, we, e);
    uniform_lanes_f64(n * V_VD, two_steps, p, wo, o);
    STORE64(vst_f64, double, e, o)
}

V_INLINE void normal_f64(const philox *s, const int n, const sow_params_f64 *p, void *dst)
{
    vq we[V_DEPTH_MAX * V_VD], wo[V_DEPTH_MAX * V_VD];
    vd e[V_DEPTH_MAX * V_VD], o[V_DEPTH_MAX * V_VD];
    philox_words64(s, n, we, wo);
    normal_lanes_f64(n * V_VD, p, we, wo, e, o);
    STORE64(vst_f64, double, e, o)
}

V_INLINE void trunc_normal_f64(const philox *s, const int n, const sow_params_f64 *p, void *dst)
{
    vq we[V_DEPTH_MAX * V_VD], wo[V_DEPTH_MAX * V_VD];
    vd e[V_DEPTH_MAX * V_VD], o[V_DEPTH_MAX * V_VD];
    philox_words64(s, n, we, wo);
    truncnorm_f64(p, n * V_VD, we, e);
    truncnorm_f64(p, n * V_VD, wo, o);
    STORE64(vst_f64, double, e, o)
}

/* Widths so small that width · 2^-24 is not exact take another, slower kernel: no test inside the loop. */
#define UNIFORM(dtype, real)                                                                                                               \
    V_INLINE void uniform_##dtype(const philox *s, const int n, const sow_params_##real *p, void *dst)                                     \
    {                                                                                                                                      \
        uniform_units_##dtype(s, n, 0, p, dst);                                                                                            \
    }                                                                                                                                      \
    V_INLINE void uniform_fine_##dtype(const philox *s, const int n, const sow_params_##real *p, void *dst)                                \
    {                                                                                                                                      \
        uniform_units_##dtype(s, n, 1, p, dst);                                                                                            \
    }

UNIFORM(f32, f32)
UNIFORM(f16, f32)
UNIFORM(bf16, f32)
UNIFORM(f64, f64)

/* The loop around a unit function. `bytes` per element; `per_block` elements per Philox block. */
#define KERNEL(name, unit, real, depth, order, bytes, per_block)                                                                           \
    static void name(uint64_t key, uint64_t id, uint64_t block, const sow_params *params, void *dst, size_t groups)                        \
    {                                                                                                                                      \
        _Static_assert(SOW_GROUP % ((per_block)*V_BLOCKS * REST) == 0, "a group is a whole number of the shortest loop's steps");          \
        _Static_assert((depth) % REST == 0 && (depth) <= (int)V_DEPTH_MAX, "the loop over what is left counts by REST");                   \
        const sow_params_##real p = params->real;                                                                                          \
        const size_t unit_bytes = (size_t)(bytes) * (per_block)*V_BLOCKS;                                                                  \
        unsigned char *out = dst;                                                                                                          \
        size_t units = groups * (SOW_GROUP / ((per_block)*V_BLOCKS));                                                                      \
        while (units) {                                                                                                                    \
            philox s;                                                                                                                      \
            const size_t run = philox_start(&s, key, id, block, units, order);                                                             \
            size_t n = run;                                                                                                                \
            for (; n >= (depth); n -= (depth), out += (depth)*unit_bytes)                                                                  \
                unit(&s, depth, &p, out), philox_advance(&s, depth);                                                                       \
            for (; n; n -= REST, out += REST * unit_bytes)                                                                                 \
                unit(&s, REST, &p, out), philox_advance(&s, REST);                                                                         \
            block += (uint64_t)run * V_BLOCKS;                                                                                             \
            units -= run;                                                                                                                  \
        }                                                                                                                                  \
    }

KERNEL(k_bits_f32, bits_u32, f32, SOW_DEPTH_WORDS, V_NATURAL, 4, 4)
KERNEL(k_bits_f16, bits_u16, f32, SOW_DEPTH_WORDS, V_PACKED, 2, 4)
KERNEL(k_bits_f64, bits_u64, f64, SOW_DEPTH_WORDS, V_NATURAL, 8, 2)
#define UNIFORM_KERNELS(dtype, real, order, bytes, per_block)                                                                              \
    KERNEL(loop_uniform_##dtype, uniform_##dtype, real, SOW_DEPTH_WORDS, order, bytes, per_block)                                          \
    KERNEL(loop_uniform_fine_##dtype, uniform_fine_##dtype, real, REST, order, bytes, per_block)                                           \
    static void k_uniform_##dtype(uint64_t key, uint64_t id, uint64_t block, const sow_params *params, void *dst, size_t groups)           \
    {                                                                                                                                      \
        (params->real.two_steps ? loop_uniform_fine_##dtype : loop_uniform_##dtype)(key, id, block, params, dst, groups);                  \
    }

UNIFORM_KERNELS(f32, f32, V_NATURAL, 4, 4)
UNIFORM_KERNELS(f16, f32, V_F16_ORDER, 2, 4)
UNIFORM_KERNELS(bf16, f32, V_PACKED, 2, 4)
UNIFORM_KERNELS(f64, f64, V_NATURAL, 8, 2)
KERNEL(k_normal_f32, normal_f32, f32, SOW_DEPTH_NORMAL, V_NATURAL, 4, 4)
KERNEL(k_normal_f16, normal_f16, f32, SOW_DEPTH_NORMAL, V_F16_ORDER, 2, 4)
KERNEL(k_normal_bf16, normal_bf16, f32, SOW_DEPTH_NORMAL, V_PACKED, 2, 4)
KERNEL(k_normal_f64, normal_f64, f64, SOW_DEPTH_NORMAL_F64, V_NATURAL, 8, 2)
KERNEL(k_trunc_normal_f32, trunc_normal_f32, f32, SOW_DEPTH_TRUNC, V_NATURAL, 4, 4)
KERNEL(k_trunc_normal_f16, trunc_normal_f16, f32, SOW_DEPTH_TRUNC, V_F16_ORDER, 2, 4)
KERNEL(k_trunc_normal_bf16, trunc_normal_bf16, f32, SOW_DEPTH_TRUNC, V_PACKED, 2, 4)
KERNEL(k_trunc_normal_f64, trunc_normal_f64, f64, SOW_DEPTH_TRUNC_F64, V_NATURAL, 8, 2)

/* A constant: eight bytes of pattern at a time; a byte's pattern, 0 first of all, is memset's. */
static void constant(uint64_t pattern, void *dst, size_t bytes)
{
    unsigned char *out = dst;
    if (pattern == (pattern & 0xff) * UINT64_C(0x0101010101010101)) {
        memset(out, (int)(pattern & 0xff), bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i += sizeof pattern)
        memcpy(out + i, &pattern, sizeof pattern);
}

#define CONSTANT_KERNEL(dtype, bytes, pattern)                                                                                             \
    static void k_constant_##dtype(uint64_t key, uint64_t id, uint64_t block, const sow_params *params, void *dst, size_t groups)          \
    {                                                                                                                                      \
        (void)key, (void)id, (void)block;                                                                                                  \
        constant(pattern, dst, groups *SOW_GROUP *(bytes));                                                                                \
    }

CONSTANT_KERNEL(f32, 4, (uint64_t)params->f32.bits << 32 | params->f32.bits)
CONSTANT_KERNEL(f16, 2, (uint64_t)params->f32.bits << 32 | params->f32.bits) /* bits has the half twice */
CONSTANT_KERNEL(f64, 8, params->f64.bits)

static float probe_f32(float a, float b, float c)
{
    return a * b + c;
}

static double probe_f64(double a, double b, double c)
{
    return a * b + c;
}

#define ROW(name, k_f32, k_f64, k_f16, k_bf16)                                                                                             \
    {                                                                                                                                      \
        [SOW_F32] = k_f32, [SOW_F64] = k_f64, [SOW_F16] = k_f16, [SOW_BF16] = k_bf16                                                       \
    }
#define PASTE(a, b)   a##b
#define TABLE(isa)    PASTE(sow_kernels_, isa)
#define STRING(a)     #a
#define ISA_NAME(isa) STRING(isa)

const sow_kernels TABLE(SOW_KERNEL_ISA) = {
    .isa = ISA_NAME(SOW_KERNEL_ISA),
    .fill =
        {
            [SOW_DIST_BITS] = ROW(bits, k_bits_f32, k_bits_f64, k_bits_f16, k_bits_f16),
            [SOW_DIST_CONSTANT] = ROW(constant, k_constant_f32, k_constant_f64, k_constant_f16, k_constant_f16),
            [SOW_DIST_UNIFORM] = ROW(uniform, k_uniform_f32, k_uniform_f64, k_uniform_f16, k_uniform_bf16),
            [SOW_DIST_NORMAL] = ROW(normal, k_normal_f32, k_normal_f64, k_normal_f16, k_normal_bf16),
            [SOW_DIST_TRUNC_NORMAL] = ROW(trunc_normal, k_trunc_normal_f32, k_trunc_normal_f64, k_trunc_normal_f16, k_trunc_normal_bf16),
        },
    .matrix = {[SOW_F32] = MATRIX_TABLE(f32), [SOW_F64] = MATRIX_TABLE(f64)},
    .reflect = REFLECT_TABLE,
    .stats = {[SOW_F32] = STATS_TABLE(f32), [SOW_F64] = STATS_TABLE(f64)},
    .count = count,
    .probe_f32 = probe_f32,
    .probe_f64 = probe_f64,
};
_Static_assert(SOW_DIST_COUNT == 5 && SOW_DTYPE_COUNT == 4, "a new distribution or element type needs its row above");
