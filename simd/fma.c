/* SPDX-License-Identifier: MIT */
/* The rare path of simd/fma.h: any operands, through 128-bit integers. */
#include "simd/fma.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

__extension__ typedef unsigned __int128 u128;

/** A nonzero finite magnitude: m · 2^e with the top bit of m at position 125. */
typedef struct wide {
    u128 m;
    int e;
} wide;

static int top_bit(u128 m)
{
    const uint64_t hi = (uint64_t)(m >> 64);
    return hi ? 127 - __builtin_clzll(hi) : 63 - __builtin_clzll((uint64_t)m);
}

static wide normalise(u128 m, int e)
{
    const int shift = 125 - top_bit(m);
    const wide w = {shift >= 0 ? m << shift : (m >> 1 | (m & 1)), e - shift};
    return w;
}

static u128 integer_part(double a, int *e)
{
    const uint64_t u = fma_bits(a), f = u & 0xfffffffffffff;
    const int x = (int)(u >> 52 & 0x7ff);
    *e = (x ? x : 1) - 1075;
    return x ? f | UINT64_C(1) << 52 : f;
}

/** m >> n, the last bit set if any bit was lost. */
static u128 shift_jam(u128 m, int n)
{
    if (n == 0)
        return m;
    if (n > 127)
        return m != 0;
    return m >> n | ((m << (128 - n)) != 0);
}

static double round_to_double(u128 m, int e, uint64_t sign)
{
    const wide w = normalise(m, e);
    int exponent = w.e + 125 + 1023; /* biased, of the top bit */
    int drop = 125 - 52;
    if (exponent < 1) {
        drop += 1 - exponent;
        exponent = 0;
    }
    const u128 kept = shift_jam(w.m, drop - 2); /* 53 bits, a guard and a sticky one */
    uint64_t r = (uint64_t)(kept >> 2);
    const unsigned tail = (unsigned)(kept & 3);
    r += tail > 2 || (tail == 2 && (r & 1));
    /* adding instead of or-ing lets a carry, or a subnormal that became normal, move into the exponent */
    uint64_t bits = exponent ? ((uint64_t)(exponent - 1) << 52) + r : r;
    if (exponent > 2046 || bits >= UINT64_C(0x7ff) << 52)
        bits = UINT64_C(0x7ff) << 52;
    return fma_double(bits | sign);
}

double sow__fma_exact(double a, double b, double c)
{
    const int finite_product = a - a == 0 && b - b == 0;
    if (finite_product && !(c - c == 0))
        return c + 0; /* infinite or NaN; a·b might overflow to the other infinity */
    if (!finite_product || a == 0 || b == 0)
        return a * b + c;
    if (c == 0)
        return a * b; /* rounded once, and a product that underflows keeps its sign */

    int ea, eb, ec;
    const u128 ma = integer_part(a, &ea), mb = integer_part(b, &eb), mc = integer_part(c, &ec);
    wide p = normalise(ma * mb, ea + eb), q = normalise(mc, ec);
    uint64_t sp = (fma_bits(a) ^ fma_bits(b)) >> 63 << 63, sq = fma_bits(c) >> 63 << 63;
    if (p.e < q.e || (p.e == q.e && p.m < q.m)) {
        const wide w = p;
        const uint64_t s = sp;
        p = q;
        q = w;
        sp = sq;
        sq = s;
    }
    const u128 small = shift_jam(q.m, p.e - q.e);
    const u128 sum = sp == sq ? p.m + small : p.m - small;
    return sum ? round_to_double(sum, p.e, sp) : 0.0;
}
