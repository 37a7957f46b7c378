/* SPDX-License-Identifier: MIT */
/*
 * Parameters of the truncated normal, in double. Two cases:
 *
 *   the interval holds the mean   words below `split` lie below the mean, and each side counts from its own tail;
 *   it lies on one side           every word counts from the far bound's tail, and all probabilities are scaled by 2^k, k such that the
 *                                 near bound's is in [¼, ½]: nothing underflows, at 5σ as at 5000σ.
 *
 * Beyond MAX_ALPHA the whole distribution is nearer to its bound than the promised error: the bound itself is drawn.
 */
#include "src/truncnorm.h"

#include <math.h>

#include "src/exact.h"
#include "src/truncnorm_coeffs.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const double inv_sqrt_2pi = 0x1.9884533d43651p-2;
static const double max_alpha_f32 = 8192, max_alpha_f64 = 0x1p26;

/* m · 2^-e, m in [½, 1): an upper tail probability, down to nothing. */
typedef struct tail {
    double m, e;
} tail;

static double polynomial(const double *coef, size_t n, double x)
{
    double p = coef[n - 1];
    for (size_t i = n - 1; i-- > 0;)
        p = p * x + coef[i];
    return p;
}

/* 2^n for n in [-1074, 1023]; 0 below. */
static double power_of_2(double n)
{
    double p = 1, step = n < 0 ? 0.5 : 2;
    if (n < -1074)
        return 0;
    for (int k = (int)(n < 0 ? -n : n); k; k >>= 1, step *= step) {
        if (k & 1)
            p *= step;
    }
    return p;
}

/* exp(-r), |r| <= ln(2)/2, Taylor: the 14th term is below 2^-57. */
static double exp_minus(double r)
{
    double p = 1;
    for (int k = 14; k > 0; k--)
        p = 1 - r * p / k;
    return p;
}

/* Q(x), x >= 0. The density's exponent is reduced by multiples of ln 2 in two parts; its error, some 2^-54 x², is far below what a
 * quantile at x needs. */
static tail upper_tail(double x)
{
    const double ln2_hi = 0x1.62e42fee00000p-1, ln2_lo = 0x1.a39ef35793c76p-33;
    tail q = {0, 0};
    if (!(x < 0x1p32))
        return q;
    const double y = x * x / 2, n = floor(y * 0x1.71547652b82fep+0 + 0.5);
    const double t = (x - 2) / (x + 2);
    const double mills = t < 0 ? polynomial(mills_low, COUNT(mills_low), t + 0.5) : polynomial(mills_high, COUNT(mills_high), t - 0.5);
    q.m = exp_minus((y - n * ln2_hi) - n * ln2_lo) * mills / (1 + x);
    q.e = n;
    while (q.m < 0.5) {
        q.m *= 2;
        q.e += 1;
    }
    return q;
}

static double scaled(tail q, double k)
{
    return q.m * power_of_2(k - q.e);
}

/* Φ(x) - ½ for |x| <= 1, by its alternating series: exact to the last bits near 0, where the difference of two tails is not. */
static double half_series(double x)
{
    const double y = x * x / 2;
    double term = x * inv_sqrt_2pi, sum = term;
    for (int k = 1; k < 24; k++) {
        term = term * -y / k;
        sum += term / (2 * k + 1);
    }
    return sum;
}

/* Φ(x) - ½ */
static double half(double x)
{
    if (fabs(x) <= 1)
        return half_series(x);
    const double upper = 0.5 - scaled(upper_tail(fabs(x)), 0);
    return x < 0 ? -upper : upper;
}

/* What both formats share, before it is rounded to one of them. */
typedef struct shape {
    double tail[2], scale, signed_std[2];
    double split; /* as a share of all words, [0, 1] */
    double k;     /* probabilities are multiplied by 2^k */
} shape;

static shape around_the_mean(double alpha, double beta, double std)
{
    const double below = half(alpha), above = half(beta);
    shape s = {.signed_std = {-std, std}};
    s.tail[0] = scaled(upper_tail(-alpha), 0);
    s.tail[1] = scaled(upper_tail(beta), 0);
    s.scale = above - below;
    s.split = s.scale > 0 ? -below / s.scale : 0;
    return s;
}

/* near, far >= 0: distances of the bounds from the mean in std. `upper`: above the mean. */
static shape one_sided(double near, double far, double std, int upper)
{
    const tail q = upper_tail(near);
    shape s = {.k = q.e - 1, .split = upper ? 0 : 1};
    const double most = scaled(q, s.k), least = scaled(upper_tail(far), s.k);
    s.tail[0] = s.tail[1] = least;
    s.scale = most - least;
    s.signed_std[0] = s.signed_std[1] = upper ? std : -std;
    return s;
}

static shape at_the_bound(void)
{
    const shape s = {.tail = {0.5, 0.5}};
    return s;
}

static void set_f32(const shape *s, double shift, sow_params_f32 *p)
{
    size_t row = COUNT(probit_f32) - 1;
    while (row && (double)probit_f32[row].k > s->k)
        row--;
    p->scale = (float)(s->scale * 0x1p-32);
    p->shift = (float)shift;
    p->tail[0] = (float)s->tail[0];
    /* a split of 1 is one word too many for 32 bits: that word counts from the other side, and must get the same probability */
    p->tail[1] = s->split == 1 ? (float)(s->tail[1] + s->scale - s->scale * 0x1p-32) : (float)s->tail[1];
    p->signed_std[0] = (float)s->signed_std[0];
    p->signed_std[1] = (float)s->signed_std[1];
    p->split = s->split * 0x1p32 < 0x1p32 - 1 ? (uint32_t)(s->split * 0x1p32) : UINT32_MAX;
    p->bits = (uint32_t)(126 + s->k);
    p->centre = probit_f32[row].centre;
    p->coef = probit_f32[row].coef;
}

static void set_f64(const shape *s, double shift, sow_params_f64 *p)
{
    size_t row = COUNT(probit_f64) - 1;
    while (row && (double)probit_f64[row].k > s->k)
        row--;
    p->scale = s->scale * 0x1p-53;
    p->shift = shift;
    for (int i = 0; i < 2; i++) {
        p->tail[i] = s->tail[i];
        p->signed_std[i] = s->signed_std[i];
    }
    p->split = (uint64_t)(s->split * 0x1p53);
    p->exponent = 1022 + s->k;
    p->centre = probit_f64[row].centre;
    p->coef = probit_f64[row].coef;
}

void sow__truncnorm_prepare(const sow_dist *dist, sow_dtype dtype, sow_params *params)
{
    const double alpha = (dist->a - dist->mean) / dist->std, beta = (dist->b - dist->mean) / dist->std;
    const double most = dtype == SOW_F64 ? max_alpha_f64 : max_alpha_f32;
    double shift = dist->mean;
    shape s;
    if (alpha > most || beta < -most) {
        s = at_the_bound();
        shift = alpha > most ? dist->a : dist->b;
    } else if (alpha >= 0) {
        s = one_sided(alpha, beta, dist->std, 1);
    } else if (beta <= 0) {
        s = one_sided(-beta, -alpha, dist->std, 0);
    } else {
        s = around_the_mean(alpha, beta, dist->std);
    }
    if (dtype == SOW_F64)
        set_f64(&s, shift, &params->f64);
    else
        set_f32(&s, shift, &params->f32);
}
