/* SPDX-License-Identifier: MIT */
/**
 * @file philox_tmpl.h
 * Philox4x32-10 (Salmon et al., SC11) of consecutive blocks, N units side by side. Template: include after a vec_<isa>.h.
 *
 * Within a run the upper counter words {hi32(block), lo32(id), hi32(id)} are constant, so rounds 1 to 3 fold: three of the twenty
 * multiplications go (the first becomes an addition), and so do half the xors of rounds 1 and 2.
 */
#ifndef SOW_SIMD_PHILOX_TMPL_H
#define SOW_SIMD_PHILOX_TMPL_H

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u

typedef struct philox {
    vprod p;           /* M0 · low counter word of the next unit */
    vw c1, c2, c3, c4; /* folded constants of rounds 1 to 3 */
    vw k0[9], k1[9];
    vk last;
} philox;

/** Prepares blocks block, block+1, …; returns how many of `units` units fit before the low counter word wraps. */
V_INLINE size_t philox_start(philox *s, uint64_t key, uint64_t id, uint64_t block, size_t units, int order)
{
    const uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (uint32_t r = 0; r < 9; r++) {
        s->k0[r] = vw_set1(k0 + r * PHILOX_W0);
        s->k1[r] = vw_set1(k1 + r * PHILOX_W1);
    }
    s->last = vk_set(k0 + 9 * PHILOX_W0, k1 + 9 * PHILOX_W1);

    const uint64_t p1 = (uint64_t)PHILOX_M1 * (uint32_t)id;
    const uint32_t x0 = (uint32_t)(p1 >> 32) ^ (uint32_t)(block >> 32) ^ k0; /* round 1 */
    const uint64_t p0 = (uint64_t)PHILOX_M0 * x0;                            /* round 2 */
    s->c1 = vw_set1((uint32_t)(id >> 32) ^ k1);
    s->c2 = vw_set1((uint32_t)p1 ^ (k0 + PHILOX_W0));
    s->c3 = vw_set1((uint32_t)(p0 >> 32) ^ (k1 + PHILOX_W1));
    s->c4 = vw_set1((uint32_t)p0 ^ (k1 + 2 * PHILOX_W1));
    s->p = vprod_start((uint32_t)block, order);

    const uint64_t left = ((UINT64_C(1) << 32) - (uint32_t)block) / V_BLOCKS;
    return units < left ? units : (size_t)left;
}

V_INLINE void philox_advance(philox *s, int n)
{
    s->p = vprod_add(s->p, (uint64_t)n * V_BLOCKS * PHILOX_M0);
}

/** Rounds 1 to 9 of N units, and the products of round 10. */
V_INLINE void philox_rounds(const philox *s, const int n, vprod *p0, vprod *p1, vw *x1, vw *x3)
{
    const vw m0 = vw_set1(PHILOX_M0), m1 = vw_set1(PHILOX_M1);
    vw x0[V_DEPTH_MAX], x2[V_DEPTH_MAX];
    EACH (i, n) {
        vw hi0, lo0, hi1;
        vprod_split(vprod_add(s->p, (uint64_t)i * V_BLOCKS * PHILOX_M0), &hi0, &lo0);
        x2[i] = vw_xor(hi0, s->c1);
        vw_mul(x2[i], m1, &hi1, &x1[i]);
        x0[i] = vw_xor(hi1, s->c2);
        x2[i] = vw_xor(lo0, s->c3);
    }
    EACH (i, n) {
        vw hi0, lo0, hi1, lo1;
        vw_mul(x0[i], m0, &hi0, &lo0);
        vw_mul(x2[i], m1, &hi1, &lo1);
        x0[i] = vw_xor3(hi1, x1[i], s->k0[2]);
        x2[i] = vw_xor(hi0, s->c4);
        x1[i] = lo1;
        x3[i] = lo0;
    }
    EACH (r, 6) {
        EACH (i, n) {
            vw hi0, lo0, hi1, lo1;
            vw_mul(x0[i], m0, &hi0, &lo0);
            vw_mul(x2[i], m1, &hi1, &lo1);
            x0[i] = vw_xor3(hi1, x1[i], s->k0[r + 3]);
            x2[i] = vw_xor3(hi0, x3[i], s->k1[r + 3]);
            x1[i] = lo1;
            x3[i] = lo0;
        }
    }
    EACH (i, n) {
        p0[i] = vw_mul_last(x0[i], m0);
        p1[i] = vw_mul_last(x2[i], m1);
    }
}

/** N units of words: e and o get N·V_VR vectors each. */
V_INLINE void philox_words32(const philox *s, const int n, vu *e, vu *o)
{
    vprod p0[V_DEPTH_MAX], p1[V_DEPTH_MAX];
    vw x1[V_DEPTH_MAX], x3[V_DEPTH_MAX];
    philox_rounds(s, n, p0, p1, x1, x3);
    EACH (i, n) {
        vw_last32(p0[i], p1[i], x1[i], x3[i], s->last, e + i * V_VR, o + i * V_VR);
    }
}

/** N units of 64-bit elements, first word low: e and o get N·V_VD vectors each. */
V_INLINE void philox_words64(const philox *s, const int n, vq *e, vq *o)
{
    vprod p0[V_DEPTH_MAX], p1[V_DEPTH_MAX];
    vw x1[V_DEPTH_MAX], x3[V_DEPTH_MAX];
    philox_rounds(s, n, p0, p1, x1, x3);
    EACH (i, n) {
        vw_last64(p0[i], p1[i], x1[i], x3[i], s->last, e + i * V_VD, o + i * V_VD);
    }
}

#endif
