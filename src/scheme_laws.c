/* SPDX-License-Identifier: MIT */
/*
 * From arguments and fans to a distribution. Everything is double, in the order in which the table writes the formula, with + - * / and
 * sqrt alone, so that all machines get the same parameters.
 */
#include <math.h>

#include "src/exact.h"
#include "src/explain.h"
#include "src/scheme_row.h"
#include "src/try.h"

/* The std of N(0, 1) cut at ±2, as JAX, Keras, TF, Haiku and timm write it. */
#define CUT_AT_2 0.87962566103423978

#define FAIL(c, ...) sow__fail(SOW_ERR_SCHEME, (c)->why, (c)->size, __VA_ARGS__)

double sow__arg(const sow__scheme_call *c, const char *name, double fallback)
{
    const int i = sow_scheme_arg_index(c->scheme, name);
    if (i < 0 || (isinf(c->row->info.arg[i].fallback) && !(c->scheme->given >> i & 1)))
        return fallback;
    return c->scheme->arg[i];
}

sow_status sow__arg_finite(const sow__scheme_call *c, const char *name, double fallback, double *x)
{
    *x = sow__arg(c, name, fallback);
    if (!isfinite(*x))
        return FAIL(c, "%s: %s is %g, must be finite", c->row->info.name, name, *x);
    return SOW_OK;
}

sow_status sow__arg_positive_or_0(const sow__scheme_call *c, const char *name, double fallback, double *x)
{
    *x = sow__arg(c, name, fallback);
    if (!(*x >= 0) || isinf(*x))
        return FAIL(c, "%s: %s is %g, must be finite and at least 0", c->row->info.name, name, *x);
    return SOW_OK;
}

/* Fans that are given win over the shape, which is not looked at if it is not needed. */
static unsigned axes_of(const sow__scheme_call *c, const char *name)
{
    return (unsigned)sow__arg(c, name, 0);
}

sow_status sow__fans_of(const sow__scheme_call *c, sow_fan_mode mode, double *fan_in, double *fan_out)
{
    double in = sow__arg(c, "fan_in", 0), out = sow__arg(c, "fan_out", 0), shape_in = 0, shape_out = 0;
    if ((mode != SOW_FAN_OUT && in == 0) || (mode != SOW_FAN_IN && out == 0)) {
        const sow__axes axes = {axes_of(c, "in_axis"), axes_of(c, "out_axis"), axes_of(c, "batch_axis")};
        const int at = sow_scheme_arg_index(c->scheme, "layout"), given = at >= 0 && c->scheme->given >> at & 1;
        /* A row's own layout gives way to axes; beside one that is given they are an error. */
        const double layout = (axes.in | axes.out) && !given ? SOW_LAYOUT_AUTO : sow__arg(c, "layout", SOW_LAYOUT_AUTO);
        SOW_TRY(sow__fan_by_axes(&axes, (sow_layout)layout, (sow_fans)sow__arg(c, "fans", SOW_FANS_TRUE), sow__arg(c, "groups", 0), c->rank,
                                 c->shape, &shape_in, &shape_out, c->why, c->size));
    }
    in = in > 0 ? in : shape_in;
    out = out > 0 ? out : shape_out;
    *fan_in = c->empty && in < 1 ? 1 : in;
    *fan_out = c->empty && out < 1 ? 1 : out;
    return SOW_OK;
}

sow_status sow__fan_of(const sow__scheme_call *c, sow_fan_mode mode, double *fan)
{
    double in, out;
    SOW_TRY(sow__fans_of(c, mode, &in, &out));
    *fan = mode == SOW_FAN_IN ? in : mode == SOW_FAN_OUT ? out : mode == SOW_FAN_AVG ? (in + out) / 2 : sqrt(in * out);
    return SOW_OK;
}

/* U(±bound); without width it is +0, which uniform(-0, 0) would not be. */
static sow_dist symmetric(double bound)
{
    return bound == 0 ? sow_dist_constant(0) : sow_dist_uniform(-bound, bound);
}

/* N(mean, std) cut at lower and upper, in std; a std of 0 leaves the mean alone. */
static sow_dist cut(double mean, double std, double lower, double upper)
{
    return std == 0 ? sow_dist_normal(mean, 0) : sow_dist_trunc_normal(mean, std, mean + std * lower, mean + std * upper);
}

sow_status sow__law_constant(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = sow_dist_constant(sow__arg(c, "value", c->row->value));
    return SOW_OK;
}

sow_status sow__law_uniform(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = sow_dist_uniform(sow__arg(c, "a", 0), sow__arg(c, "b", 1));
    return SOW_OK;
}

sow_status sow__law_uniform_scale(const sow__scheme_call *c, sow_dist *dist)
{
    double scale;
    SOW_TRY(sow__arg_positive_or_0(c, "scale", 1, &scale));
    *dist = sow_dist_uniform(0, scale);
    return SOW_OK;
}

sow_status sow__law_symmetric(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = symmetric(c->row->value);
    return SOW_OK;
}

static sow_status mean_and_std(const sow__scheme_call *c, double *mean, double *std)
{
    SOW_TRY(sow__arg_finite(c, "mean", 0, mean));
    return sow__arg_positive_or_0(c, "std", c->row->value, std);
}

sow_status sow__law_normal(const sow__scheme_call *c, sow_dist *dist)
{
    double mean, std;
    SOW_TRY(mean_and_std(c, &mean, &std));
    *dist = sow_dist_normal(mean, std);
    return SOW_OK;
}

sow_status sow__law_trunc_normal(const sow__scheme_call *c, sow_dist *dist)
{
    double mean, std;
    SOW_TRY(mean_and_std(c, &mean, &std));
    *dist = sow_dist_trunc_normal(mean, std, sow__arg(c, "a", -2), sow__arg(c, "b", 2));
    return SOW_OK;
}

/*
 * The std of N(0, 1) cut at ±c. Its variance is 1 - 2cφ(c)/(2Φ(c) - 1), and Φ(c) - ½ = φ(c)·S with S = Σ c^(2n+1)/(2n+1)!! (Abramowitz &
 * Stegun 26.2.11): it is (S - c)/S, a sum of positive terms without exp, erf or cancellation. From c = 9 on it rounds to 1.
 */
static double cut_std(double c)
{
    if (c >= 9)
        return 1;
    double term = c, beyond = 0, n = 1;
    do {
        n += 2;
        term = term * c * c / n;
        beyond += term;
    } while (term > beyond * 0x1p-60);
    return sqrt(beyond / (beyond + c));
}

sow_status sow__law_truncated_normal(const sow__scheme_call *c, sow_dist *dist)
{
    const char *name = c->row->info.name;
    const double lower = sow__arg(c, "lower", -2), upper = sow__arg(c, "upper", 2);
    double mean, std;
    SOW_TRY(mean_and_std(c, &mean, &std));
    if (!(lower < upper))
        return FAIL(c, "%s: lower is %g and upper is %g, lower must be less than upper", name, lower, upper);
    if (sow__arg(c, "match_std", 0) != 0) {
        if (lower != -upper)
            return FAIL(c, "%s: match_std with lower %g and upper %g, lower must be -upper", name, lower, upper);
        /* Narrower, the cut is all but uniform and the parent's std grows without limit; the square would vanish. */
        if (upper < 1e-6)
            return FAIL(c, "%s: match_std with upper %g, upper must be at least 1e-6", name, upper);
        std = std / (upper == 2 ? CUT_AT_2 : cut_std(upper));
    }
    *dist = cut(mean, std, lower, upper);
    return SOW_OK;
}

sow_status sow__law_xavier(const sow__scheme_call *c, sow_dist *dist)
{
    double gain, average;
    SOW_TRY(sow__arg_positive_or_0(c, "gain", 1, &gain));
    SOW_TRY(sow__fan_of(c, SOW_FAN_AVG, &average));
    const double sum = 2 * average;
    *dist = c->row->draw == SOW_LAW_UNIFORM ? symmetric(gain * sqrt(6 / sum)) : sow_dist_normal(0, gain * sqrt(2 / sum));
    return SOW_OK;
}

sow_status sow__law_kaiming(const sow__scheme_call *c, sow_dist *dist)
{
    double gain, fan;
    SOW_TRY(sow__arg_positive_or_0(c, "gain", 1, &gain));
    SOW_TRY(sow__fan_of(c, (sow_fan_mode)sow__arg(c, "mode", c->row->mode), &fan));
    *dist = c->row->draw == SOW_LAW_UNIFORM ? symmetric(sqrt(3) * gain / sqrt(fan)) : sow_dist_normal(0, gain / sqrt(fan));
    return SOW_OK;
}

sow_status sow__law_variance_scaling(const sow__scheme_call *c, sow_dist *dist)
{
    const sow_law draw = (sow_law)sow__arg(c, "dist", c->row->draw);
    double scale, fan;
    SOW_TRY(sow__arg_positive_or_0(c, "scale", c->row->value, &scale));
    SOW_TRY(sow__fan_of(c, (sow_fan_mode)sow__arg(c, "mode", c->row->mode), &fan));
    /* 3·scale first: glorot_uniform then is xavier_uniform(1) to the last bit, as √(3/((in + out)/2)) = √(6/(in + out)) exactly. */
    if (draw == SOW_LAW_UNIFORM)
        *dist = symmetric(sqrt(3 * scale / fan));
    else if (draw == SOW_LAW_NORMAL)
        *dist = sow_dist_normal(0, sqrt(scale / fan));
    else
        *dist = cut(0, sqrt(scale / fan) / CUT_AT_2, -2, 2);
    return SOW_OK;
}

sow_status sow__law_uniform_scaling(const sow__scheme_call *c, sow_dist *dist)
{
    double scale, n = 1;
    SOW_TRY(sow__arg_positive_or_0(c, "scale", 1, &scale));
    for (int i = 0; i + 1 < c->rank; i++)
        n *= (double)c->shape[i];
    *dist = symmetric(scale * sqrt(3 / (n < 1 ? 1 : n)));
    return SOW_OK;
}

static sow_dist unit(sow_law draw, double fan)
{
    const double bound = 1 / sqrt(fan);
    return draw == SOW_LAW_UNIFORM ? symmetric(bound) : draw == SOW_LAW_NORMAL ? sow_dist_normal(0, bound) : cut(0, bound, -2, 2);
}

sow_status sow__law_unit_fan(const sow__scheme_call *c, sow_dist *dist)
{
    double fan;
    SOW_TRY(sow__fan_of(c, c->row->mode, &fan));
    *dist = unit(c->row->draw, fan);
    return SOW_OK;
}

/* MLX divides by all input channels, those of one group times the groups. */
sow_status sow__law_mlx_conv(const sow__scheme_call *c, sow_dist *dist)
{
    double fan;
    SOW_TRY(sow__fan_of(c, SOW_FAN_IN, &fan));
    *dist = unit(SOW_LAW_UNIFORM, fan * (sow__arg(c, "fan_in", 0) > 0 ? 1 : sow__arg(c, "groups", 1)));
    return SOW_OK;
}

/* torch's reset uses I1 alone, not the fan I1·I2. */
sow_status sow__law_bilinear(const sow__scheme_call *c, sow_dist *dist)
{
    if (c->rank != 3)
        return sow__fail(SOW_ERR_FAN, c->why, c->size, "%s: rank is %d, must be 3: (O, I1, I2)", c->row->info.name, c->rank);
    const double in = (double)c->shape[1];
    *dist = unit(SOW_LAW_UNIFORM, in < 1 ? 1 : in);
    return SOW_OK;
}

sow_status sow__law_hidden(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = unit(SOW_LAW_UNIFORM, sow__arg(c, "hidden", 1));
    return SOW_OK;
}

sow_status sow__law_residual_scale(const sow__scheme_call *c, sow_dist *dist)
{
    double std;
    SOW_TRY(sow__arg_positive_or_0(c, "std", c->row->value, &std));
    *dist = sow_dist_normal(0, std / sqrt(2 * sow__arg(c, "layers", 1)));
    return SOW_OK;
}

sow_status sow__law_small_init(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = sow_dist_normal(0, sqrt(2 / (5 * sow__arg(c, "width", 1))));
    return SOW_OK;
}

sow_status sow__law_wang(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = sow_dist_normal(0, 2 / (sow__arg(c, "layers", 1) * sqrt(sow__arg(c, "width", 1))));
    return SOW_OK;
}

sow_status sow__law_siren(const sow__scheme_call *c, sow_dist *dist)
{
    const double omega0 = sow__arg(c, "omega0", 30);
    double fan;
    if (!(omega0 > 0) || isinf(omega0))
        return FAIL(c, "%s: omega0 is %g, must be finite and above 0", c->row->info.name, omega0);
    SOW_TRY(sow__fan_of(c, SOW_FAN_IN, &fan));
    *dist = symmetric(sow__arg(c, "first", 0) != 0 ? 1 / fan : sqrt(6 / fan) / omega0);
    return SOW_OK;
}
