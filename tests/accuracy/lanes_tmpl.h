/* SPDX-License-Identifier: MIT */
/* One instantiation of lanes.h. Include after a vec_<isa>.h, with LANES_ISA defined. */
#include "simd/normal_tmpl.h"
#include "simd/truncnorm_tmpl.h"
#include "tests/accuracy/lanes.h"

enum { SIDE = 4 }; /* vectors side by side */

/* The layer has no loads: kernels make their words themselves. */
#define LOAD(type, scalar, v, from)                                                                                                        \
    type v[V_DEPTH_MAX * 2];                                                                                                               \
    EACH (k, SIDE) {                                                                                                                       \
        memcpy(&v[k], (from) + i + (size_t)k * (sizeof(type) / sizeof(scalar)), sizeof(type));                                             \
    }
#define STORE(type, scalar, v, to)                                                                                                         \
    EACH (k, SIDE) {                                                                                                                       \
        memcpy((to) + i + (size_t)k * (sizeof(type) / sizeof(scalar)), &v[k], sizeof(type));                                               \
    }
#define STEPS(type, scalar) for (size_t i = 0; i < n; i += SIDE * sizeof(type) / sizeof(scalar))

_Static_assert(LANES_STEP % (SIDE * sizeof(vf) / sizeof(float)) == 0, "steps are whole");

static void lanes_radius_f32(const uint32_t *w, float *r, size_t n)
{
    STEPS(vf, float)
    {
        LOAD(vu, uint32_t, words, w)
        vf radius[V_DEPTH_MAX * 2];
        radius_f32(SIDE, words, radius);
        STORE(vf, float, radius, r)
    }
}

static void lanes_rotate_f32(const float *r, const uint32_t *w, float *c, float *s, size_t n)
{
    STEPS(vf, float)
    {
        LOAD(vu, uint32_t, words, w)
        LOAD(vf, float, radius, r)
        vf cosine[V_DEPTH_MAX * 2], sine[V_DEPTH_MAX * 2];
        rotate_f32(SIDE, radius, words, cosine, sine);
        STORE(vf, float, cosine, c)
        STORE(vf, float, sine, s)
    }
}

/* The first lines of rotate_f32(), which do not depend on r; exhaustive_f32.c holds the two against each other. */
static float lanes_angle_parts_f32(const uint32_t *w, float *x, float *p, float *y, float *q, size_t n)
{
    STEPS(vf, float)
    {
        LOAD(vu, uint32_t, words, w)
        vf vx[V_DEPTH_MAX * 2], vp[V_DEPTH_MAX * 2], vy[V_DEPTH_MAX * 2], vq_[V_DEPTH_MAX * 2];
        EACH (k, SIDE) {
            vx[k] = vf_mul(vf_from_i32(vu_shl(words[k], 2)), vf_set1(0x1p-31f));
            vy[k] = vf_mul(vx[k], vx[k]);
        }
        vf_poly(cos_f32, COUNT(cos_f32), SIDE, vy, vq_);
        vf_poly(sin_f32, COUNT(sin_f32), SIDE, vy, vp);
        STORE(vf, float, vx, x)
        STORE(vf, float, vp, p)
        STORE(vf, float, vy, y)
        STORE(vf, float, vq_, q)
    }
    return sin_first_f32[0];
}

static void lanes_radius_f64(const uint64_t *w, double *r, size_t n)
{
    STEPS(vd, double)
    {
        LOAD(vq, uint64_t, words, w)
        vd radius[V_DEPTH_MAX * 2];
        radius_f64(SIDE, words, radius);
        STORE(vd, double, radius, r)
    }
}

static void lanes_rotate_f64(const double *r, const uint64_t *w, double *c, double *s, size_t n)
{
    STEPS(vd, double)
    {
        LOAD(vq, uint64_t, words, w)
        LOAD(vd, double, radius, r)
        vd cosine[V_DEPTH_MAX * 2], sine[V_DEPTH_MAX * 2];
        rotate_f64(SIDE, radius, words, cosine, sine);
        STORE(vd, double, cosine, c)
        STORE(vd, double, sine, s)
    }
}

static void lanes_truncnorm_f32(const sow_params_f32 *p, const uint32_t *w, float *out, size_t n)
{
    STEPS(vf, float)
    {
        LOAD(vu, uint32_t, words, w)
        vf z[V_DEPTH_MAX * 2];
        truncnorm_f32(p, SIDE, words, z);
        STORE(vf, float, z, out)
    }
}

static void lanes_truncnorm_f64(const sow_params_f64 *p, const uint64_t *w, double *out, size_t n)
{
    STEPS(vd, double)
    {
        LOAD(vq, uint64_t, words, w)
        vd z[V_DEPTH_MAX * 2];
        truncnorm_f64(p, SIDE, words, z);
        STORE(vd, double, z, out)
    }
}

#define LANES_PASTE(a, b) a##b
#define LANES_TABLE(isa)  LANES_PASTE(lanes_, isa)
#define LANES_STRING(a)   #a
#define LANES_NAME(isa)   LANES_STRING(isa)
extern const lanes LANES_TABLE(LANES_ISA);
const lanes LANES_TABLE(LANES_ISA) = {
    .isa = LANES_NAME(LANES_ISA),
    .radius_f32 = lanes_radius_f32,
    .rotate_f32 = lanes_rotate_f32,
    .angle_parts_f32 = lanes_angle_parts_f32,
    .radius_f64 = lanes_radius_f64,
    .rotate_f64 = lanes_rotate_f64,
    .truncnorm_f32 = lanes_truncnorm_f32,
    .truncnorm_f64 = lanes_truncnorm_f64,
};
