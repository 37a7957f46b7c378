/* SPDX-License-Identifier: MIT */
#include "src/dist.h"

#include <math.h>
#include <string.h>

#include "src/exact.h"
#include "src/explain.h"
#include "src/format.h"
#include "src/fpenv.h"
#include "src/truncnorm.h"
#include "src/try.h"

static const char *const names[] = {
#define X(id, name) [id] = #name,
    SOW_DIST_LIST(X)
#undef X
};

_Static_assert(sizeof names / sizeof names[0] == SOW_DIST_COUNT, "one name per distribution");

const char *sow_dist_name(sow_dist_kind kind)
{
    return (unsigned)kind < SOW_DIST_COUNT ? names[(unsigned)kind] : NULL;
}

/* Where a failed check puts its words; and what every check reads. */
typedef struct check {
    sow_dist dist;
    sow_dtype dtype;
    char *why;
    size_t size;
} check;

#define FAIL(c, ...) sow__fail(SOW_ERR_DIST, (c)->why, (c)->size, __VA_ARGS__)

static double smaller(double x, double y)
{
    return x < y ? x : y;
}

static double larger(double x, double y)
{
    return x > y ? x : y;
}

/* The largest |z| that a normal element can take, rounded up: sqrt(64 ln 2) and sqrt(106 ln 2) (stream.md, dist.h). */
static double largest_z(sow_dtype dtype)
{
    return dtype == SOW_F64 ? 8.58 : 6.67;
}

/* Parameters are rounded to this type: elements of f16 and bf16 are f32 until they are stored. */
static sow_dtype arithmetic(sow_dtype dtype)
{
    return dtype == SOW_F64 ? SOW_F64 : SOW_F32;
}

static sow_status check_finite(const check *c, const char *what, double value)
{
    if (!isfinite(value))
        return FAIL(c, "%s: %s is %g; it must be finite", names[c->dist.kind], what, value);
    return SOW_OK;
}

static sow_status check_fits(const check *c, const char *what, double value, sow_dtype dtype)
{
    if (sow__element_overflows(value, dtype))
        return FAIL(c, "%s: %s is %.17g, which is outside %s; the limit is %.9g", names[c->dist.kind], what, value, sow_dtype_name(dtype),
                    sow__element_max(dtype));
    return SOW_OK;
}

static sow_status check_bits(const check *c)
{
    (void)c;
    return SOW_OK;
}

static sow_status check_constant(const check *c)
{
    return isfinite(c->dist.mean) ? check_fits(c, "value", c->dist.mean, c->dtype) : SOW_OK;
}

static sow_status check_some_value(const check *c, double least, double most, char bracket)
{
    if (!(least <= most))
        return FAIL(c, "%s: a is %.17g and b is %.17g, but no value of %s lies in [a, b%c", names[c->dist.kind], c->dist.a, c->dist.b,
                    sow_dtype_name(c->dtype), bracket);
    return SOW_OK;
}

static sow_status check_uniform(const check *c)
{
    const double a = c->dist.a, b = c->dist.b;
    SOW_TRY(check_finite(c, "a", a));
    SOW_TRY(check_finite(c, "b", b));
    if (a > b)
        return FAIL(c, "uniform: a is %.17g and b is %.17g; a must not exceed b", a, b);
    SOW_TRY(check_fits(c, "a", a, c->dtype));
    SOW_TRY(check_fits(c, "b", b, c->dtype));
    SOW_TRY(check_fits(c, "b - a", b - a, arithmetic(c->dtype)));
    return a == b ? SOW_OK : check_some_value(c, sow__element_at_least(a, c->dtype), sow__element_below(b, c->dtype), ')');
}

static sow_status check_mean_std(const check *c)
{
    SOW_TRY(check_finite(c, "mean", c->dist.mean));
    SOW_TRY(check_finite(c, "std", c->dist.std));
    if (c->dist.std < 0)
        return FAIL(c, "%s: std is %g; it must not be negative", names[c->dist.kind], c->dist.std);
    SOW_TRY(check_fits(c, "mean", c->dist.mean, arithmetic(c->dtype)));
    return check_fits(c, "std", c->dist.std, arithmetic(c->dtype));
}

static sow_status check_normal(const check *c)
{
    SOW_TRY(check_mean_std(c));
    const double most = fabs(c->dist.mean) + largest_z(c->dtype) * c->dist.std;
    if (sow__element_overflows(most, c->dtype))
        return FAIL(c, "normal: mean is %g and std is %g: values up to |mean| + %g std = %g leave %s; the limit is %.9g", c->dist.mean,
                    c->dist.std, largest_z(c->dtype), most, sow_dtype_name(c->dtype), sow__element_max(c->dtype));
    return SOW_OK;
}

/* The values lie in [a, b], and no further out than largest_z from the mean, or from the bound next to it where both are on one side. */
static sow_status check_trunc_normal(const check *c)
{
    const double a = c->dist.a, b = c->dist.b, mean = c->dist.mean, reach = largest_z(c->dtype) * c->dist.std;
    SOW_TRY(check_mean_std(c));
    if (!(a < b))
        return FAIL(c, "trunc_normal: a is %.17g and b is %.17g; a must be less than b", a, b);
    const double least = larger(a, smaller(b, mean) - reach), most = smaller(b, larger(a, mean) + reach);
    const double worst = -least > most ? least : most;
    if (sow__element_overflows(worst, c->dtype))
        return FAIL(c, "trunc_normal: mean is %g, std is %g, a is %g, b is %g: values up to %.9g leave %s; the limit is %.9g", mean,
                    c->dist.std, a, b, worst, sow_dtype_name(c->dtype), sow__element_max(c->dtype));
    return check_some_value(c, sow__element_at_least(a, c->dtype), sow__element_at_most(b, c->dtype), ']');
}

OUT_OF_LINE static sow_status check_parameters(const check *c)
{
    switch (c->dist.kind) {
    case SOW_DIST_BITS:
        return check_bits(c);
    case SOW_DIST_CONSTANT:
        return check_constant(c);
    case SOW_DIST_UNIFORM:
        return check_uniform(c);
    case SOW_DIST_NORMAL:
        return check_normal(c);
    case SOW_DIST_TRUNC_NORMAL:
        return check_trunc_normal(c);
    default:
        return FAIL(c, "distribution kind %d is unknown; the last is %d", (int)c->dist.kind, SOW_DIST_COUNT - 1);
    }
}

sow_status sow_check_dist(sow_dist dist, sow_dtype dtype, char *why, size_t size)
{
    if ((unsigned)dtype >= SOW_DTYPE_COUNT)
        return sow__fail(SOW_ERR_DTYPE, why, size, "dtype is %d, which is no element type; the last is %d", (int)dtype,
                         SOW_DTYPE_COUNT - 1);
    const check c = {dist, dtype, why, size};
    const sow__fpenv saved = sow__fpenv_enter();
    const sow_status status = check_parameters(&c);
    sow__fpenv_leave(saved);
    return status == SOW_OK ? sow__pass(why, size) : status;
}

/* What prepare() finds, in double: rounded to the format of the arithmetic by the caller. */
typedef struct values {
    double scale, shift, lo, hi;
    int two_steps;
    double constant; /* of a distribution without width */
    int is_constant;
} values;

static double as_real(double x, sow_dtype dtype)
{
    volatile float rounded = (float)x; /* gcc 12 drops the rounding of two neighbours that it vectorizes together */
    return dtype == SOW_F64 ? x : (double)rounded;
}

/* The kernel multiplies the integer k by width * unit. Where that product would lose bits below the least subnormal, it takes two steps. */
static void uniform_values(const sow_dist *d, sow_dtype dtype, values *v)
{
    const double unit = dtype == SOW_F64 ? 0x1p-53 : 0x1p-24, width = as_real(d->b - d->a, dtype);
    const double scale = as_real(width * unit, dtype);
    v->is_constant = d->a == d->b;
    v->constant = d->a;
    v->two_steps = scale / unit != width;
    v->scale = v->two_steps ? width : scale;
    v->shift = as_real(d->a, dtype);
    v->lo = v->is_constant ? sow__element_value(sow__element_bits(d->a, dtype), dtype) : sow__element_at_least(d->a, dtype);
    v->hi = v->is_constant ? v->lo : sow__element_below(d->b, dtype);
}

static void trunc_normal_values(const sow_dist *d, sow_dtype dtype, values *v)
{
    v->scale = as_real(d->std, dtype);
    v->shift = as_real(d->mean, dtype);
    v->lo = sow__element_at_least(d->a, dtype);
    v->hi = sow__element_at_most(d->b, dtype);
    v->is_constant = d->std == 0;
    v->constant = larger(v->lo, smaller(v->hi, d->mean));
}

static values find_values(const sow_dist *d, sow_dtype dtype)
{
    values v = {0};
    switch (d->kind) {
    case SOW_DIST_CONSTANT:
        v.is_constant = 1;
        v.constant = d->mean;
        break;
    case SOW_DIST_UNIFORM:
        uniform_values(d, dtype, &v);
        break;
    case SOW_DIST_NORMAL:
        v.scale = as_real(d->std, dtype);
        v.shift = as_real(d->mean, dtype);
        v.is_constant = d->std == 0;
        v.constant = d->mean;
        break;
    case SOW_DIST_TRUNC_NORMAL:
        trunc_normal_values(d, dtype, &v);
        break;
    default:
        break;
    }
    return v;
}

OUT_OF_LINE sow_dist_kind sow__dist_prepare(sow_dist dist, sow_dtype dtype, sow_params *params)
{
    const values v = find_values(&dist, dtype);
    const uint64_t bits = v.is_constant ? sow__element_bits(v.constant, dtype) : 0;
    memset(params, 0, sizeof *params);
    if (dtype == SOW_F64)
        params->f64 = (sow_params_f64){.bits = bits, .scale = v.scale, .shift = v.shift, .lo = v.lo, .hi = v.hi, .two_steps = v.two_steps};
    else
        params->f32 = (sow_params_f32){.bits = (uint32_t)(sow_dtype_size(dtype) == 2 ? bits << 16 | bits : bits),
                                       .scale = (float)v.scale,
                                       .shift = (float)v.shift,
                                       .lo = (float)v.lo,
                                       .hi = (float)v.hi,
                                       .two_steps = v.two_steps};
    if (v.is_constant)
        return SOW_DIST_CONSTANT;
    if (dist.kind == SOW_DIST_TRUNC_NORMAL)
        sow__truncnorm_prepare(&dist, dtype, params);
    return dist.kind;
}
