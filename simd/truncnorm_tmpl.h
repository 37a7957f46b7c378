/* SPDX-License-Identifier: MIT */
/**
 * @file truncnorm_tmpl.h
 * Truncated normal by inverse cdf, from the nearer tail. Template: include after normal_tmpl.h; src/truncnorm.c prepares the parameters.
 *
 * A word below `split` lies in the lower half of the parent normal (index 0), the others in the upper half (index 1); an interval in one
 * tail has both entries of that tail. q = tail + v·Δ is the probability beyond the element, times 2^exponent, with v = (w + ½) or the
 * complement (~w + ½), whichever counts from the far bound: only positive terms, so q keeps its relative accuracy however small it is.
 * s = √(−2 ln q), and z(s) = −Φ⁻¹(q) is one polynomial in the Möbius variable (s − c)/(s + c): its singularities, q = 1 and q = 0, lie at
 * ∓1.
 */
#ifndef SOW_SIMD_TRUNCNORM_TMPL_H
#define SOW_SIMD_TRUNCNORM_TMPL_H

V_INLINE void truncnorm_f32(const sow_params_f32 *p, const int n, const vu *words, vf *out)
{
    vf l[V_DEPTH_MAX * 2], t[V_DEPTH_MAX * 2], s[V_DEPTH_MAX * 2];
    vmf upper[V_DEPTH_MAX * 2];
    EACH (i, n) {
        upper[i] = vu_at_least(words[i], vu_set1(p->split));
        const vu w = vu_not_if(upper[i], words[i]);
        const vf high = vf_from_i32(vu_shr(w, 16)), low = vf_from_i32(vu_and(w, vu_set1(0xffff)));
        const vf v = vf_fma(high, vf_set1(0x1p16f), vf_add(low, vf_set1(0.5f))); /* w + ½, rounded once */
        const vf tail = vf_select(upper[i], vf_set1(p->tail[1]), vf_set1(p->tail[0]));
        const vu q = vf_bits(vf_fma(v, vf_set1(p->scale), tail));
        /* q = m/2 · 2^(e - 126) with m in [1, 2): t = 2 - m, l = 126 + exponent - e */
        t[i] = vf_sub(vf_set1(2), vf_from_bits(vu_or(vu_and(q, vu_set1(0x7fffff)), vu_set1(0x3f800000))));
        l[i] = vf_from_i32(vu_sub(vu_set1(p->bits), vu_shr(q, 23)));
    }
    vf_minus_2_log(n, l, t, s);
    EACH (i, n) {
        const vf c = vf_set1(p->centre);
        s[i] = vf_sqrt(s[i]);
        t[i] = vf_div(vf_sub(s[i], c), vf_add(s[i], c));
    }
    vf_poly(p->coef + 1, SOW_PROBIT_COUNT_F32 - 1, n, t, l);
    EACH (i, n) {
        const vf z = vf_fma(l[i], t[i], vf_add(s[i], vf_set1(p->coef[0])));
        const vf std = vf_select(upper[i], vf_set1(p->signed_std[1]), vf_set1(p->signed_std[0]));
        const vf x = vf_fma(z, std, vf_set1(p->shift));
        out[i] = vf_max(vf_min(x, vf_set1(p->hi)), vf_set1(p->lo));
    }
}

V_INLINE void truncnorm_f64(const sow_params_f64 *p, const int n, const vq *words, vd *out)
{
    vd l[V_DEPTH_MAX], t[V_DEPTH_MAX], s[V_DEPTH_MAX];
    vmd upper[V_DEPTH_MAX];
    EACH (i, n) {
        const vq word = vq_shr(words[i], 11);
        upper[i] = vq_at_least(word, vq_set1(p->split));
        const vq w = vq_and(vq_not_if(upper[i], word), vq_set1(0x1fffffffffffff));
        const vd high = vd_from_u52(vq_shr(w, 32)), low = vd_from_u52(vq_and(w, vq_set1(0xffffffff)));
        const vd v = vd_fma(high, vd_set1(0x1p32), vd_add(low, vd_set1(0.5)));
        const vd tail = vd_select(upper[i], vd_set1(p->tail[1]), vd_set1(p->tail[0]));
        const vq q = vd_bits(vd_fma(v, vd_set1(p->scale), tail));
        t[i] = vd_sub(vd_set1(2), vd_from_bits(vq_or(vq_and(q, vq_set1(0xfffffffffffff)), vq_set1(0x3ff0000000000000))));
        l[i] = vd_sub(vd_set1(p->exponent), vd_from_u52(vq_shr(q, 52)));
    }
    vd_minus_2_log(n, l, t, s);
    EACH (i, n) {
        const vd c = vd_set1(p->centre);
        s[i] = vd_sqrt(s[i]);
        t[i] = vd_div(vd_sub(s[i], c), vd_add(s[i], c));
    }
    vd_poly(p->coef + 1, SOW_PROBIT_COUNT_F64 - 1, n, t, l);
    EACH (i, n) {
        const vd z = vd_fma(l[i], t[i], vd_add(s[i], vd_set1(p->coef[0])));
        const vd std = vd_select(upper[i], vd_set1(p->signed_std[1]), vd_set1(p->signed_std[0]));
        const vd x = vd_fma(z, std, vd_set1(p->shift));
        out[i] = vd_max(vd_min(x, vd_set1(p->hi)), vd_set1(p->lo));
    }
}

#endif
