/* SPDX-License-Identifier: MIT */
/* The constructors of the everyday schemes: the same values as by name. */
#include "sow/scheme.h"
#include "src/exact.h"

static sow_scheme with1(const char *scheme, const char *name, double value)
{
    sow_scheme s = sow_scheme_named(scheme);
    (void)sow_scheme_set(&s, name, value);
    return s;
}

static sow_scheme with2(const char *scheme, const char *name, double value, const char *name2, double value2)
{
    sow_scheme s = with1(scheme, name, value);
    (void)sow_scheme_set(&s, name2, value2);
    return s;
}

sow_scheme sow_zeros(void)
{
    return sow_scheme_named("zeros");
}

sow_scheme sow_ones(void)
{
    return sow_scheme_named("ones");
}

sow_scheme sow_constant(double value)
{
    return with1("constant", "value", value);
}

sow_scheme sow_uniform(double a, double b)
{
    return with2("uniform", "a", a, "b", b);
}

sow_scheme sow_normal(double mean, double std)
{
    return with2("normal", "mean", mean, "std", std);
}

sow_scheme sow_trunc_normal(double mean, double std, double a, double b)
{
    sow_scheme s = with2("trunc_normal", "mean", mean, "std", std);
    (void)sow_scheme_set(&s, "a", a);
    (void)sow_scheme_set(&s, "b", b);
    return s;
}

sow_scheme sow_truncated_normal(double mean, double std, double lower, double upper)
{
    sow_scheme s = with2("truncated_normal", "mean", mean, "std", std);
    (void)sow_scheme_set(&s, "lower", lower);
    (void)sow_scheme_set(&s, "upper", upper);
    return s;
}

sow_scheme sow_xavier_uniform(double gain)
{
    return with1("xavier_uniform", "gain", gain);
}

sow_scheme sow_xavier_normal(double gain)
{
    return with1("xavier_normal", "gain", gain);
}

sow_scheme sow_kaiming_uniform(sow_fan_mode mode, double gain)
{
    return with2("kaiming_uniform", "mode", mode, "gain", gain);
}

sow_scheme sow_kaiming_normal(sow_fan_mode mode, double gain)
{
    return with2("kaiming_normal", "mode", mode, "gain", gain);
}

sow_scheme sow_variance_scaling(double scale, sow_fan_mode mode, sow_law law)
{
    sow_scheme s = with2("variance_scaling", "scale", scale, "mode", mode);
    (void)sow_scheme_set(&s, "dist", law);
    return s;
}
