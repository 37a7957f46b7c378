/* SPDX-License-Identifier: MIT */
#include "tests/kernel/expect.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "simd/kernels.h"

void expect_philox(uint64_t key, uint64_t id, uint64_t block, int rounds, uint32_t words[4])
{
    uint64_t r = block, l = id; /* the counter as two 64-bit halves */
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int i = 0; i < rounds; i++) {
        const uint64_t p0 = (r & 0xffffffff) * 3528531795u, p1 = (l & 0xffffffff) * 3449720151u;
        const uint64_t x0 = (p1 >> 32) ^ (r >> 32) ^ k0, x2 = (p0 >> 32) ^ (l >> 32) ^ k1;
        r = x0 | p1 << 32;
        l = x2 | p0 << 32;
        k0 += 2654435769u;
        k1 += 3144134277u;
    }
    words[0] = (uint32_t)r;
    words[1] = (uint32_t)(r >> 32);
    words[2] = (uint32_t)l;
    words[3] = (uint32_t)(l >> 32);
}

/* A float format with that many bits behind the point and that least exponent, 16 bits in all. rint() rounds to nearest even. */
static uint16_t round_to(double x, int fraction, int least, double overflow)
{
    const unsigned sign = signbit(x) ? 0x8000 : 0, infinity = (0x7fffu >> fraction) << fraction;
    if (isnan(x))
        return (uint16_t)(sign | infinity | 1u << (fraction - 1));
    x = fabs(x);
    if (x >= overflow)
        return (uint16_t)(sign | infinity);
    if (x == 0)
        return (uint16_t)sign;
    int e = ilogb(x);
    e = e < least ? least : e;
    const unsigned m = (unsigned)rint(scalbn(x, fraction - e)); /* up to 2^(fraction+1): a carry is the next exponent */
    return (uint16_t)(sign | (((unsigned)(e - least) << fraction) + m));
}

uint16_t expect_f16(float x)
{
    return round_to(x, 10, -14, 65520);
}

uint16_t expect_bf16(float x)
{
    return round_to(x, 7, -126, 0x1.ffp127);
}

static double value_of(uint16_t h, int fraction, int least)
{
    const int e = (h & 0x7fff) >> fraction, m = h & ((1 << fraction) - 1), top = 0x7fff >> fraction;
    const double x = e == top ? (m ? (double)NAN : (double)INFINITY)
                     : e      ? scalbn(m + (1 << fraction), e - 1 + least - fraction)
                              : scalbn(m, least - fraction);
    return h & 0x8000 ? -x : x;
}

double expect_f16_value(uint16_t h)
{
    return value_of(h, 10, -14);
}

double expect_bf16_value(uint16_t h)
{
    return value_of(h, 7, -126);
}

double expect_number(sow_dtype dtype, const void *element)
{
    float f;
    double d;
    uint16_t h;
    switch (dtype) {
    case SOW_F32:
        memcpy(&f, element, sizeof f);
        return (double)f;
    case SOW_F64:
        memcpy(&d, element, sizeof d);
        return d;
    default:
        memcpy(&h, element, sizeof h);
        return dtype == SOW_F16 ? expect_f16_value(h) : expect_bf16_value(h);
    }
}

/* A draw: the words of one element, and what is asked of it. */
typedef struct draw {
    sow_dist dist;
    sow_dtype dtype;
    uint64_t w0, w1; /* 32 or 53 bits of the element's own words, or of radius and angle */
    int bits;        /* 32 or 53 */
    int sine;
    uint64_t raw; /* for bits */
} draw;

/* Words and blocks are counted from `block`: an element's index behind it may not fit 64 bits. */
static draw draw_at(uint64_t key, uint64_t id, uint64_t block, sow_dist dist, sow_dtype dtype, uint64_t i)
{
    const int pair = dist.kind == SOW_DIST_NORMAL, wide = dtype == SOW_F64;
    draw d = {.dist = dist, .dtype = dtype, .bits = wide ? 53 : 32, .sine = (int)(i & 1)};
    uint32_t w[4];
    if (!wide) {
        expect_philox(key, id, block + i / 4, 10, w);
        d.raw = w[i % 4];
        d.w0 = pair ? w[i % 4 & ~UINT64_C(1)] : d.raw;
        d.w1 = w[i % 4 | 1];
        return d;
    }
    expect_philox(key, id, block + i / 2, 10, w);
    const uint64_t x[2] = {w[0] | (uint64_t)w[1] << 32, w[2] | (uint64_t)w[3] << 32};
    d.raw = x[i % 2];
    d.w0 = (pair ? x[0] : d.raw) >> 11;
    d.w1 = x[1] >> 11;
    return d;
}

/* Through memory: gcc 12 drops (double)(float) of neighbours that it vectorises. */
static double as_real(double x, sow_dtype dtype)
{
    const volatile float f = (float)x;
    return dtype == SOW_F64 ? x : (double)f;
}

/* fma(u, b - a, a), then the element nearest to it inside [a, b). */
static double uniform(const draw *d)
{
    const double a = d->dist.a, b = d->dist.b, width = as_real(b - a, d->dtype), shift = as_real(a, d->dtype);
    return d->bits == 53 ? fma((double)d->w0 * 0x1p-53, width, shift)
                         : (double)fmaf((float)(d->w0 >> 8) * 0x1p-24f, (float)width, (float)shift);
}

static void encode(double x, sow_dtype dtype, void *element)
{
    const float f = (float)x;
    const uint16_t h = dtype == SOW_F16 ? expect_f16(f) : expect_bf16(f);
    if (dtype == SOW_F64)
        memcpy(element, &x, sizeof x);
    else if (dtype == SOW_F32)
        memcpy(element, &f, sizeof f);
    else
        memcpy(element, &h, sizeof h);
}

/* The element above or below in the order of numbers; from 0 it goes to the least subnormal. */
static double neighbour(double x, sow_dtype dtype, int up)
{
    if (dtype == SOW_F64)
        return nextafter(x, up ? (double)INFINITY : (double)-INFINITY);
    if (dtype == SOW_F32)
        return (double)nextafterf((float)x, up ? INFINITY : -INFINITY);
    const double unit = dtype == SOW_F16 ? 0x1p-24 : 0x1p-133;
    uint16_t h = dtype == SOW_F16 ? expect_f16((float)x) : expect_bf16((float)x);
    if (x == 0)
        return up ? unit : -unit;
    h = (uint16_t)((x > 0) == up ? h + 1 : h - 1);
    return dtype == SOW_F16 ? expect_f16_value(h) : expect_bf16_value(h);
}

static double nearest(double x, sow_dtype dtype)
{
    unsigned char element[8];
    encode(x, dtype, element);
    return expect_number(dtype, element);
}

static int uniform_ok(const draw *d, double got, char *why, size_t size)
{
    double want = nearest(uniform(d), d->dtype);
    if (d->dist.a == d->dist.b)
        want = nearest(d->dist.a, d->dtype);
    while (d->dist.a < d->dist.b && want >= d->dist.b)
        want = neighbour(want, d->dtype, 0);
    while (want < d->dist.a && d->dist.a < d->dist.b)
        want = neighbour(want, d->dtype, 1);
    snprintf(why, size, "is %a, must be %a", got, want);
    return got == want;
}

/* Half the distance between the elements around x. */
static long double half_ulp(double x, sow_dtype dtype)
{
    static const int fraction[] = {[SOW_F32] = 23, [SOW_F64] = 52, [SOW_F16] = 10, [SOW_BF16] = 7};
    static const int least[] = {[SOW_F32] = -126, [SOW_F64] = -1022, [SOW_F16] = -14, [SOW_BF16] = -126};
    int e = x == 0 ? least[dtype] : ilogb(x);
    e = e < least[dtype] ? least[dtype] : e;
    return scalbnl(1, e - fraction[dtype] - 1);
}

static const long double pi = 3.141592653589793238462643383279502884L;

/* Box-Muller in long double, the angle reduced exactly. */
static long double box_muller(const draw *d)
{
    const long double unit = scalbnl(1, -d->bits);
    const long double u = (long double)(d->w0 + 1) * unit; /* exact */
    const long double r = u > 0.5L ? sqrtl(-2 * log1pl(u - 1)) : sqrtl(-2 * logl(u));
    const uint64_t quarter = UINT64_C(1) << (d->bits - 2);
    const uint64_t turned = (d->w1 + quarter / 2) & ((quarter << 2) - 1), axis = turned / quarter;
    const long double x = ((long double)(turned % quarter) - (long double)(quarter / 2)) * unit * 2 * pi;
    const long double along = cosl(x), across = sinl(x);
    const long double c[4] = {along, -across, -along, across}, s[4] = {across, along, -across, -along};
    return r * (d->sine ? s[axis] : c[axis]);
}

static int normal_ok(const draw *d, double got, char *why, size_t size)
{
    const long double std = as_real(d->dist.std, d->dtype), mean = as_real(d->dist.mean, d->dtype), z = box_muller(d);
    const sow_dtype arithmetic = d->dtype == SOW_F64 ? SOW_F64 : SOW_F32;
    const long double floor = d->bits == 53 ? 0x1p-61L : 0x1p-32L;
    const long double error_z = fabsl(z) < 0x1p-10L ? floor : 8 * half_ulp((double)z, arithmetic);
    const long double want = z * std + mean;
    const long double error = error_z * std + half_ulp((double)want, arithmetic) + half_ulp(got, d->dtype) * (d->dtype != arithmetic);
    snprintf(why, size, "is %a, must be %a within %.3La (z = %.9Lg)", got, (double)want, error, z);
    return fabsl((long double)got - want) <= error;
}

static long double upper_tail(long double x)
{
    return erfcl(x * sqrtl(0.5L)) / 2;
}

/* The wanted probability must lie between those of both ends of the interval that is allowed around the element's z. */
static int trunc_normal_ok(const draw *d, double got, char *why, size_t size)
{
    const sow_dist *dist = &d->dist;
    const long double std = as_real(dist->std, d->dtype), mean = as_real(dist->mean, d->dtype);
    long double alpha = ((long double)dist->a - (long double)dist->mean) / (long double)dist->std;
    long double beta = ((long double)dist->b - (long double)dist->mean) / (long double)dist->std;
    if (!((double)got >= dist->a && (double)got <= dist->b)) {
        snprintf(why, size, "is %a, outside [%a, %a]", got, dist->a, dist->b);
        return 0;
    }
    if (dist->std == 0 || alpha > 100 || beta < -100 || std == 0)
        return 1; /* beyond long double's tails: the bounds are all that is checked */
    const long double v = ((long double)d->w0 + 0.5L) * scalbnl(1, -d->bits);
    long double z = ((long double)got - mean) / std, share = v;
    if (alpha + beta < 0) { /* mirrored, so that probabilities come from the smaller tail */
        const long double swap = -alpha;
        alpha = -beta;
        beta = swap;
        z = -z;
        share = 1 - v;
    }
    const long double want = upper_tail(alpha) * (1 - share) + upper_tail(beta) * share;
    const long double promised = (d->bits == 53 ? 0x1p-48L : 0x1p-21L) * (fabsl(z) > 1 ? fabsl(z) : 1);
    const sow_dtype arithmetic = d->dtype == SOW_F64 ? SOW_F64 : SOW_F32;
    long double rounding = (half_ulp(got, arithmetic) + half_ulp(got, d->dtype)) / std;
    if (got == nearest(dist->a, d->dtype) || got == nearest(dist->b, d->dtype) || neighbour(got, d->dtype, 0) < dist->a ||
        neighbour(got, d->dtype, 1) > dist->b)
        rounding += 2 * half_ulp(got, d->dtype) / std; /* may have been held there */
    const long double reach = promised + rounding, least = upper_tail(z + reach), most = upper_tail(z - reach), slack = 0x1p-58L;
    snprintf(why, size, "is %a: z = %.12Lg within %.3Lg + %.3Lg has tails %.12Lg to %.12Lg, must hold %.12Lg", got, z, promised, rounding,
             least, most, want);
    return least <= want * (1 + slack) && want * (1 - slack) <= most;
}

int expect_element(uint64_t key, uint64_t id, uint64_t block, sow_dist dist, sow_dtype dtype, uint64_t i, const void *element, char *why,
                   size_t size)
{
    const draw d = draw_at(key, id, block, dist, dtype, i);
    const double got = expect_number(dtype, element);
    unsigned char want[8];
    uint64_t raw = 0;
    switch (dist.kind) {
    case SOW_DIST_BITS:
        memcpy(&raw, element, sow_dtype_size(dtype)); /* little endian, as the kernels are */
        snprintf(why, size, "is %#llx, must be the low bits of %#llx", (unsigned long long)raw, (unsigned long long)d.raw);
        return memcmp(&d.raw, element, sow_dtype_size(dtype)) == 0;
    case SOW_DIST_CONSTANT:
        encode(dist.mean, dtype, want);
        snprintf(why, size, "is %a, must be %a", got, dist.mean);
        return isnan(dist.mean) ? isnan(got) : memcmp(want, element, sow_dtype_size(dtype)) == 0;
    case SOW_DIST_UNIFORM:
        return uniform_ok(&d, got, why, size);
    case SOW_DIST_NORMAL:
        return normal_ok(&d, got, why, size);
    default:
        return trunc_normal_ok(&d, got, why, size);
    }
}
