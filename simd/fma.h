/* SPDX-License-Identifier: MIT */
/**
 * @file fma.h
 * fma(a, b, c) with one rounding where the hardware has no instruction for it, from operations that IEEE 754 defines. Round to nearest.
 * Tested against hardware and MPFR, special values included: tests/kernel/test_fma.c.
 *
 * f32: the product is exact in binary64; the sum is rounded to odd there (53 >= 24 + 2 bits), so the last rounding is the only one.
 * f64: Boldo & Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd" (IEEE TC 57, 2008)
 * where no step can overflow or lose bits below 2^-1074; elsewhere the exact 128-bit integer way.
 */
#ifndef SOW_SIMD_FMA_H
#define SOW_SIMD_FMA_H

#include <stdint.h>
#include <string.h>

static inline uint64_t fma_bits(double a)
{
    uint64_t u;
    memcpy(&u, &a, sizeof u);
    return u;
}

static inline double fma_double(uint64_t u)
{
    double a;
    memcpy(&a, &u, sizeof a);
    return a;
}

/** a + b rounded to odd: the exact sum if it is representable, else the neighbour with an odd last bit. Finite a, b. No branch. */
static inline double fma_add_odd(double a, double b)
{
    const double s = a + b, bb = s - a, e = (a - (s - bb)) + (b - bb); /* Knuth's TwoSum: s + e = a + b */
    const uint64_t u = fma_bits(s), inexact_even = (uint64_t)(e != 0) & ~u & 1;
    /* one step towards e: away from zero if e has the sign of s */
    const uint64_t step = 1 - 2 * ((fma_bits(e) ^ u) >> 63);
    return fma_double(u + (step & (0 - inexact_even)));
}

/** The sum's own rounding to binary64 matters only where it may have made a tie, or where binary32 is subnormal: rare, hence a branch. */
static inline float soft_fmaf(float a, float b, float c)
{
    const double p = (double)a * b, s = p + c;
    const uint64_t u = fma_bits(s), exponent = u >> 52 & 0x7ff;
    if (((u & 0x1fffffff) == 0x10000000 || exponent < 1023 - 125) && exponent != 0x7ff)
        return (float)fma_add_odd(p, c);
    return (float)s;
}

double sow__fma_exact(double a, double b, double c);

/** Exact product: hi + lo = a·b (Veltkamp, Dekker). No overflow, no bits below 2^-1074: the caller sees to it. */
static inline void fma_product(double a, double b, double *hi, double *lo)
{
    const double ca = a * 0x1.0000002p27, cb = b * 0x1.0000002p27;
    const double ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
    *hi = a * b;
    *lo = ((ah * bh - *hi) + ah * bl + al * bh) + al * bl;
}

static inline double soft_fma(double a, double b, double c)
{
    const uint64_t ea = fma_bits(a) >> 52 & 0x7ff, eb = fma_bits(b) >> 52 & 0x7ff, ec = fma_bits(c) >> 52 & 0x7ff;
    /* exponents in the middle of the range: |a|, |b| in 2^±400, c zero or in 2^±800, the product's parts far from 2^-1022 */
    if (ea - 623 < 801 && eb - 623 < 801 && (ec - 223 < 1601 || c == 0)) {
        double uh, ul, th, tl, bb;
        fma_product(a, b, &uh, &ul);
        th = c + ul; /* TwoSum(c, ul) */
        bb = th - c;
        tl = (c - (th - bb)) + (ul - bb);
        const double vh = uh + th; /* TwoSum(uh, th) */
        bb = vh - uh;
        const double vl = (uh - (vh - bb)) + (th - bb);
        return vh + fma_add_odd(tl, vl);
    }
    return sow__fma_exact(a, b, c);
}

#endif
