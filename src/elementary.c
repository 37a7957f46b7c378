/* SPDX-License-Identifier: MIT */
#include "src/elementary.h"

#include <string.h>

#include "src/exact.h"

/* ln 2 in two parts: the first has 32 bits, so that its product with an exponent is exact. */
#define LN2_HI 0x1.62e42feep-1
#define LN2_LO 0x1.a39ef35793c76p-33

/* π/2 in three parts; products of the first two, of 33 bits, with whole numbers below 2^20 are exact. */
#define HALF_PI_1 0x1.921fb544p+0
#define HALF_PI_2 0x1.0b4611a6p-34
#define HALF_PI_3 0x1.3198a2e037073p-69

static double power_of_2(int k)
{
    const uint64_t bits = (uint64_t)(k + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/*
 * x = 2^k·m with m in [√½, √2), f = m - 1, s = f/(2 + f): log m = 2 atanh s = f - f²/2 + s·(f²/2 + R), R = 2s²/3 + 2s⁴/5 + … The sum is
 * ordered so that all but f is small. s² < 0.0295; ten terms leave 2^-58.
 */
double sow__log(double x)
{
    uint64_t bits;
    int k = 0;
    if (x < 0x1p-1022) {
        x *= 0x1p54;
        k = -54;
    }
    memcpy(&bits, &x, sizeof bits);
    k += (int)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffff) | (uint64_t)1023 << 52;
    memcpy(&x, &bits, sizeof x);
    if (x > 0x1.6a09e667f3bcdp0) {
        x *= 0.5;
        k++;
    }
    const double f = x - 1, s = f / (2 + f), z = s * s, half = 0.5 * f * f;
    double r = 2.0 / 23;
    for (int n = 21; n >= 3; n -= 2)
        r = 2.0 / n + z * r;
    r = z * r;
    return k * LN2_HI - ((half - (s * (half + r) + k * LN2_LO)) - f);
}

/* exp(r) - 1 - r for |r| < 0.35: r²/2 + r³/6 + … + r^15/15!, which leaves 2^-64. */
static double exp_rest(double r)
{
    static const double inverse[] = {1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,  1.0 / 8, 1.0 / 9,
                                     1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15};
    double sum = 1;
    for (int i = (int)(sizeof inverse / sizeof inverse[0]); i-- > 0;)
        sum = 1 + r * inverse[i] * sum;
    return 0.5 * r * r * sum;
}

/* x = k ln 2 + (hi - lo) */
static int reduce_exp(double x, double *hi, double *lo)
{
    const double scaled = x * 0x1.71547652b82fep0;
    const int k = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    *hi = x - k * LN2_HI;
    *lo = k * LN2_LO;
    return k;
}

double sow__exp(double x)
{
    double hi, lo;
    const int k = reduce_exp(x, &hi, &lo), half = k / 2;
    const double y = 1 - ((lo - exp_rest(hi - lo)) - hi);
    return y * power_of_2(half) * power_of_2(k - half);
}

double sow__expm1(double x)
{
    double hi, lo;
    const int k = reduce_exp(x, &hi, &lo);
    if (k == 0)
        return x + exp_rest(x);
    if (k < -60 || k > 60)
        return sow__exp(x) - 1;
    const double scale = power_of_2(k);
    return (scale - 1) - scale * ((lo - exp_rest(hi - lo)) - hi);
}

/* |x| <= π/4: Taylor, to x^17 (2^-60 left) and x^18. `low` is what x lacks. */
static void sincos_small(double x, double low, double *sine, double *cosine)
{
    /* Ratios of neighbouring terms. */
    static const double s[] = {1.0 / 6, 1.0 / 20, 1.0 / 42, 1.0 / 72, 1.0 / 110, 1.0 / 156, 1.0 / 210, 1.0 / 272};
    static const double c[] = {1.0 / 12, 1.0 / 30, 1.0 / 56, 1.0 / 90, 1.0 / 132, 1.0 / 182, 1.0 / 240, 1.0 / 306};
    const double z = x * x, half = 0.5 * z, big = 1 - half;
    double sine_sum = 1, cosine_sum = 1;
    for (int i = 8; i-- > 1;) {
        sine_sum = 1 - z * s[i] * sine_sum;
        cosine_sum = 1 - z * c[i] * cosine_sum;
    }
    *sine = x - (x * z * s[0] * sine_sum - low * big);
    *cosine = big + (((1 - big) - half) + (z * half * c[0] * cosine_sum - x * low));
}

/* Turns by whole quarters. */
static void rotate(int quarters, double s, double c, double *sine, double *cosine)
{
    *sine = quarters & 1 ? c : s;
    *cosine = quarters & 1 ? s : c;
    if (quarters & 2)
        *sine = -*sine;
    if ((quarters + 1) & 2)
        *cosine = -*cosine;
}

void sow__sincos(double x, double *sine, double *cosine)
{
    const double scaled = x * 0x1.45f306dc9c883p-1;
    const int n = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    const double a = x - n * HALF_PI_1, b = n * HALF_PI_2, near = a - b;
    /* What the subtraction lost, and the third part. */
    const double low = ((a - near) - b) - n * HALF_PI_3, r = near + low;
    double s, c;
    sincos_small(r, (near - r) + low, &s, &c);
    rotate(n & 3, s, c, sine, cosine);
}

/* a·b = hi + lo exactly (Dekker 1971), for numbers of moderate size. */
static double product(double a, double b, double *lo)
{
    const double hi = a * b, a_far = a * 0x1.0000002p27, b_far = b * 0x1.0000002p27;
    const double a_hi = a_far - (a_far - a), b_hi = b_far - (b_far - b), a_lo = a - a_hi, b_lo = b - b_hi;
    *lo = ((a_hi * b_hi - hi) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo;
    return hi;
}

void sow__sincos_turn(int64_t turn, int64_t of, double *sine, double *cosine)
{
    const int64_t eighth = 8 * turn / of, rest = 8 * turn - eighth * of;
    const int up = (int)(eighth & 1);
    /* The angle from the nearest axis, at most π/4, in two parts: q + q_low = left / of, times π/4. */
    const double left = (double)(up ? of - rest : rest), q = left / (double)of;
    double back_low, low, s, c;
    const double back = product(q, (double)of, &back_low), q_low = ((left - back) - back_low) / (double)of;
    const double x = product(q, 0x1.921fb54442d18p-1, &low);
    low += q * 0x1.1a62633145c07p-55 + q_low * 0x1.921fb54442d18p-1;
    sincos_small(x, low, &s, &c);
    rotate((int)((eighth + up) / 2), up ? -s : s, c, sine, cosine);
}
