/* SPDX-License-Identifier: MIT */
/**
 * @file normal_tmpl.h
 * Box-Muller over vectors: radius √(−2 ln u₁) from one word, times cosine and sine of 2π·angle word. Template: include after a vec_<isa>.h.
 *
 * Radius: u₁ = (w + 1)·2⁻³² = m·2⁻ˡ with l = lzcnt(w) and m in (½, 1]. t = 2(1 − m) = (~w << l)·2⁻³¹ is an integer shift: exact at both
 * ends (u₁ near 1 has its small radius right), no table, no special case; −2 ln u₁ = l·2 ln 2 + (t + t²·P(t)). Angle: the two top bits
 * after rounding are the quadrant; the rest is the signed distance from the nearest axis, |x|·π/4. sin x = x·(π/4 rounded) + x·P(x²): the
 * small term takes up what π/4 lost, and costs no rounding of its own (3.5 ulp instead of 4.3).
 */
#ifndef SOW_SIMD_NORMAL_TMPL_H
#define SOW_SIMD_NORMAL_TMPL_H

#include "simd/coeffs.h"

#define COUNT(a) (int)(sizeof(a) / sizeof(a)[0])

/** p[i] = coef[0] + x coef[1] + …, Horner, N polynomials side by side. */
V_INLINE void vf_poly(const float *coef, const int count, const int n, const vf *x, vf *p)
{
    EACH (i, n) {
        p[i] = vf_fma(vf_set1(coef[count - 1]), x[i], vf_set1(coef[count - 2]));
    }
    EACH (k, count - 2) {
        EACH (i, n) {
            p[i] = vf_fma(p[i], x[i], vf_set1(coef[count - 3 - k]));
        }
    }
}

V_INLINE void vd_poly(const double *coef, const int count, const int n, const vd *x, vd *p)
{
    EACH (i, n) {
        p[i] = vd_fma(vd_set1(coef[count - 1]), x[i], vd_set1(coef[count - 2]));
    }
    EACH (k, count - 2) {
        EACH (i, n) {
            p[i] = vd_fma(p[i], x[i], vd_set1(coef[count - 3 - k]));
        }
    }
}

/** -2 ln(2^-l (1 - t/2)), t in [0, 1]. */
V_INLINE void vf_minus_2_log(const int n, const vf *l, const vf *t, vf *r)
{
    vf p[V_DEPTH_MAX * 2];
    vf_poly(log_f32, COUNT(log_f32), n, t, p);
    EACH (i, n) {
        p[i] = vf_fma(vf_mul(t[i], t[i]), p[i], t[i]);
        r[i] = vf_fma(l[i], vf_set1(0x1.62e430p+0f), p[i]);
    }
}

V_INLINE void vd_minus_2_log(const int n, const vd *l, const vd *t, vd *r)
{
    vd p[V_DEPTH_MAX * 2];
    vd_poly(log_f64, COUNT(log_f64), n, t, p);
    EACH (i, n) {
        p[i] = vd_fma(vd_mul(t[i], t[i]), p[i], t[i]);
        r[i] = vd_fma(l[i], vd_set1(0x1.62e42fefa39efp+0), p[i]);
    }
}

/** Radii of the words w. */
V_INLINE void radius_f32(const int n, const vu *w, vf *r)
{
    vf l[V_DEPTH_MAX * 2], t[V_DEPTH_MAX * 2];
    EACH (i, n) {
        const vu z = vu_lzcnt(w[i]);
        t[i] = vf_mul(vf_from_i32(vu_shlv(vu_not(w[i]), z)), vf_set1(0x1p-31f));
        l[i] = vf_from_i32(z);
    }
    vf_minus_2_log(n, l, t, r);
    EACH (i, n) {
        r[i] = vf_sqrt(r[i]);
    }
}

/** c = r cos θ, s = r sin θ, θ = 2π a 2^-32. */
V_INLINE void rotate_f32(const int n, const vf *r, const vu *a, vf *c, vf *s)
{
    vf x[V_DEPTH_MAX * 2], y[V_DEPTH_MAX * 2], p[V_DEPTH_MAX * 2];
    EACH (i, n) {
        x[i] = vf_mul(vf_from_i32(vu_shl(a[i], 2)), vf_set1(0x1p-31f));
        y[i] = vf_mul(x[i], x[i]);
    }
    vf_poly(cos_f32, COUNT(cos_f32), n, y, c);
    vf_poly(sin_f32, COUNT(sin_f32), n, y, p);
    EACH (i, n) {
        const vu sine = vu_add(a[i], vu_set1(0x20000000)), cosine = vu_add(a[i], vu_set1(0x60000000));
        const vmf swap = vu_bit30(sine);
        const vf along = vf_fma(vf_mul(r[i], y[i]), c[i], r[i]);
        const vf rx = vf_mul(r[i], x[i]);
        const vf across = vf_fma(rx, vf_set1(sin_first_f32[0]), vf_mul(rx, p[i]));
        c[i] = vf_flip(vf_select(swap, across, along), cosine);
        s[i] = vf_flip(vf_select(swap, along, across), sine);
    }
}

/** Radii of the 64-bit words x: u₁ = ((x >> 11) + 1)·2⁻⁵³, l = lzcnt of the 53 bits, t as above, from exponent bits without a multiply. */
V_INLINE void radius_f64(const int n, const vq *w, vd *r)
{
    vd l[V_DEPTH_MAX], t[V_DEPTH_MAX];
    const vq one = vq_set1(0x3ff0000000000000);
    EACH (i, n) {
        const vq z = vq_lzcnt(vq_or(w[i], vq_set1(0x400))); /* 53 where all 53 bits are zero */
        const vq rest = vq_shr(vq_shlv(vq_not(vq_or(w[i], vq_set1(0x7ff))), z), 11);
        t[i] = vd_sub(vd_from_bits(vq_or(rest, one)), vd_set1(1));
        l[i] = vd_from_u52(z);
    }
    vd_minus_2_log(n, l, t, r);
    EACH (i, n) {
        r[i] = vd_sqrt(r[i]);
    }
}

/** c = r cos θ, s = r sin θ, θ = 2π (a >> 11) 2^-53. */
V_INLINE void rotate_f64(const int n, const vd *r, const vq *a, vd *c, vd *s)
{
    vd x[V_DEPTH_MAX], y[V_DEPTH_MAX], p[V_DEPTH_MAX];
    EACH (i, n) {
        /* 51 bits below the quadrant, as a signed number: the top one flipped, then 1 + that/2^52 less 1 + 2^50/2^52 */
        const vq rest = vq_shr(vq_shl(a[i], 2), 13);
        x[i] = vd_sub(vd_from_bits(vq_xor(rest, vq_set1(0x3ff4000000000000))), vd_set1(1.25));
        y[i] = vd_mul(x[i], x[i]);
    }
    vd_poly(cos_f64, COUNT(cos_f64), n, y, c);
    vd_poly(sin_f64, COUNT(sin_f64), n, y, p);
    EACH (i, n) {
        const vq sine = vq_add(a[i], vq_set1(0x2000000000000000)), cosine = vq_add(a[i], vq_set1(0x6000000000000000));
        const vmd swap = vq_bit62(sine);
        const vd along = vd_fma(vd_mul(r[i], y[i]), c[i], r[i]);
        const vd rx = vd_mul(r[i], x[i]);
        const vd across = vd_fma(rx, vd_set1(sin_first_f64[0]), vd_mul(rx, p[i]));
        c[i] = vd_flip(vd_select(swap, across, along), cosine);
        s[i] = vd_flip(vd_select(swap, along, across), sine);
    }
}

#endif
