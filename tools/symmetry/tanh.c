/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "symmetry/net.h"

/* 2^k for k from 0 to 63. */
static double power_of_two(int k)
{
    const uint64_t bits = (uint64_t)(1023 + k) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* e^r - 1 for |r| <= ln(2)/2 by its series: the first term left out is below 2^-57 of the value. */
static double small_expm1(double r)
{
    static const double inverse[] = {1.0 / 2, 1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7, 1.0 / 8,
                                     1.0 / 9, 1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14};
    double sum = 0;
    for (size_t n = sizeof inverse / sizeof inverse[0]; n-- > 0;)
        sum = (sum + 1) * (r * inverse[n]);
    return r + r * sum;
}

/* tanh |x| = u / (u + 2) with u = e^2|x| - 1, which never cancels. */
double net_tanh(double x)
{
    /* ln 2 in two parts (Cody & Waite): k times the first is exact. */
    static const double log2e = 0x1.71547652b82fep+0, ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
    const double size = x < 0 ? -x : x;
    if (!(size < 20)) /* 1 - tanh is below 2^-57 */
        return x != x ? x : x < 0 ? -1 : 1;
    const int k = (int)(2 * size * log2e + 0.5);
    const double p = small_expm1((2 * size - k * ln2_high) - k * ln2_low);
    const double scale = power_of_two(k), u = k ? scale * p + (scale - 1) : p;
    const double t = u / (u + 2);
    return x < 0 ? -t : t;
}
