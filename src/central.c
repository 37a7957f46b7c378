/* SPDX-License-Identifier: MIT */
#include "src/central.h"

#include <math.h>
#include <string.h>

#include "src/exact.h"

/* 2^e for -1022 <= e <= 1023. */
static double power(int e)
{
    const uint64_t bits = (uint64_t)(e + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double sow__times_power(double x, int e)
{
    for (; e > 1000; e -= 1000)
        x *= power(1000);
    for (; e < -1000 && x != 0; e += 900)
        x *= power(-900);
    return e < -1000 ? x : x * power(e);
}

sow__central sow__central_of(double n, double pivot, const double s[4], int exponent)
{
    const double shift = s[0] / n; /* of the mean against the pivot */
    sow__central c = {.n = n, .mean = pivot, .rest = shift, .exponent = exponent};
    c.m2 = s[1] - shift * s[0];
    c.m3 = s[2] - 3 * shift * s[1] + 2 * shift * shift * s[0];
    c.m4 = s[3] - 4 * shift * s[2] + 6 * shift * shift * s[1] - 3 * shift * shift * shift * s[0];
    c.m2 = c.m2 > 0 ? c.m2 : 0;
    c.m4 = c.m4 > 0 ? c.m4 : 0;
    return c;
}

static void rescale(sow__central *c, int exponent)
{
    const int e = c->exponent - exponent;
    if (e == 0)
        return;
    c->mean = sow__times_power(c->mean, e);
    c->rest = sow__times_power(c->rest, e);
    c->m2 = sow__times_power(c->m2, 2 * e);
    c->m3 = sow__times_power(c->m3, 3 * e);
    c->m4 = sow__times_power(c->m4, 4 * e);
    c->exponent = exponent;
}

/* x + y in two parts, the second below the last bit of the first (Knuth's two-sum). */
static void add_exactly(double x, double y, double *sum, double *rest)
{
    *sum = x + y;
    const double part = *sum - x;
    *rest = (x - (*sum - part)) + (y - part);
}

sow__central sow__central_join(const sow__central *left, const sow__central *right)
{
    if (left->n == 0 || right->n == 0)
        return left->n == 0 ? *right : *left;
    sow__central a = *left, b = *right, c;
    c.exponent = a.exponent > b.exponent ? a.exponent : b.exponent;
    rescale(&a, c.exponent);
    rescale(&b, c.exponent);
    c.n = a.n + b.n;
    const double p = a.n / c.n, q = b.n / c.n; /* shares */
    const double d = (b.mean - a.mean) + (b.rest - a.rest), between = d * d * p * b.n;
    add_exactly(a.mean, a.rest + d * q, &c.mean, &c.rest);
    c.m2 = a.m2 + b.m2 + between;
    c.m3 = a.m3 + b.m3 + d * between * (p - q) + 3 * d * (p * b.m2 - q * a.m2);
    c.m4 =
        a.m4 + b.m4 + d * d * between * (p * p - p * q + q * q) + 6 * d * d * (p * p * b.m2 + q * q * a.m2) + 4 * d * (p * b.m3 - q * a.m3);
    return c;
}

void sow__central_finish(const sow__central *c, double moments[4])
{
    if (c->n == 0) {
        for (int k = 0; k < 4; k++)
            moments[k] = (double)NAN;
        return;
    }
    const double variance = c->m2 / c->n;
    moments[0] = sow__times_power(c->mean + c->rest, c->exponent);
    moments[1] = sow__times_power(variance, 2 * c->exponent);
    moments[2] = variance > 0 ? c->m3 / c->n / (variance * sqrt(variance)) : (double)NAN;
    moments[3] = variance > 0 ? c->m4 / c->n / (variance * variance) : (double)NAN;
}
