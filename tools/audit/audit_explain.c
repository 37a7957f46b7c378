/* SPDX-License-Identifier: MIT */
/* Which rules give the law that was found. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit_keys.h"
#include "audit/audit_maths.h"
#include "audit/audit_rules.h"

/* A cut that far out cannot be seen. */
#define WIDE 4.7

double dist_std(const sow_dist *d)
{
    if (d->kind == SOW_DIST_UNIFORM)
        return (d->b - d->a) / sqrt(12);
    if (d->kind == SOW_DIST_NORMAL)
        return d->std;
    if (d->kind != SOW_DIST_TRUNC_NORMAL || d->std == 0)
        return 0;
    const double a = (d->a - d->mean) / d->std, b = (d->b - d->mean) / d->std;
    const double z = a > 0 ? normal_above(a) - normal_above(b) : normal_cdf(b) - normal_cdf(a);
    const double fa = isfinite(a) ? normal_density(a) : 0, fb = isfinite(b) ? normal_density(b) : 0;
    const double ga = isfinite(a) ? a * fa : 0, gb = isfinite(b) ? b * fb : 0, shift = (fa - fb) / z;
    return d->std * sqrt(fmax(0, 1 + (ga - gb) / z - shift * shift));
}

/* Rounding of small numbers to f16 adds to their variance. */
static double rounding(const struct examined *e, double std)
{
    const double step = values_step(e->summary.dtype, std);
    return step * step / (24 * std * std);
}

static double tolerance(const struct examined *e, double std)
{
    return 4.5 * e->law.std_error + 2e-5 + rounding(e, std);
}

static double dist_mean(const sow_dist *d)
{
    return d->kind == SOW_DIST_UNIFORM || d->kind == SOW_DIST_TRUNC_NORMAL
               ? (isfinite(d->a) && isfinite(d->b) ? 0.5 * (d->a + d->b) : d->mean)
               : d->mean;
}

/* Bounds: nothing beyond, and something near, as n elements must have where the density is not small. */
static bool bounds_fit(const struct examined *e, double a, double b, bool near)
{
    const double half = 0.5 * (b - a), slack = 2 * values_step(e->summary.dtype, fmax(fabs(a), fabs(b)));
    if (e->law.low < a - slack || e->law.high > b + slack)
        return false;
    return !near || (e->law.low < a + half * 45 / e->law.n + slack && e->law.high > b - half * 45 / e->law.n - slack);
}

bool rule_fits(const struct examined *e, const sow_dist *d, double *off)
{
    const struct law_fit *const law = &e->law;
    const double std = dist_std(d);
    const bool sure = law->confidence > 0.999;
    if (!(std > 0) || !isfinite(std))
        return false;
    *off = law->std / std - 1;
    if (fabs(*off) > tolerance(e, std) || fabs(law->mean - dist_mean(d)) > 6 * std / sqrt(law->n) + rounding(e, std) * std)
        return false;
    const double cut = d->kind == SOW_DIST_TRUNC_NORMAL ? fmin(d->mean - d->a, d->b - d->mean) / d->std : INFINITY;
    switch (law->kind) {
    case LAW_UNIFORM:
        return d->kind == SOW_DIST_UNIFORM ? bounds_fit(e, d->a, d->b, true) : !sure && (cut > WIDE || bounds_fit(e, d->a, d->b, false));
    case LAW_NORMAL:
        if (d->kind == SOW_DIST_UNIFORM)
            return !sure && bounds_fit(e, d->a, d->b, false);
        return cut > WIDE || (!sure && bounds_fit(e, d->a, d->b, false)) ||
               (cut > 2.9 && bounds_fit(e, d->a, d->b, false) && law->n * 2 * normal_above(cut) < 30);
    case LAW_TRUNCATED:
        if (d->kind == SOW_DIST_TRUNC_NORMAL && cut <= WIDE)
            return bounds_fit(e, d->a, d->b, false) && fabs(law_cut(law) / cut - 1) < 0.02 + 12 * law->std_error;
        return !sure && (d->kind != SOW_DIST_UNIFORM || bounds_fit(e, d->a, d->b, true));
    case LAW_FEW:
        return false;
    default:
        return false;
    }
}

static void add(struct examined *e, uint32_t key, double std, double off, const char *text)
{
    if (e->explanations == MAX_EXPLANATIONS)
        return;
    struct explanation *const x = &e->explanation[e->explanations++];
    *x = (struct explanation){.key = key, .std = std, .off = off};
    (void)snprintf(x->text, sizeof x->text, "%s", text);
}

static void try_rule(void *user, const struct rule_case *c)
{
    struct examined *const e = user;
    double off;
    if (rule_fits(e, &c->dist, &off))
        add(e, c->key, dist_std(&c->dist), off, c->text);
}

/* The nearest number of so many digits, and its digits and exponent. */
static double rounded(double x, int digits, int *mantissa, int *exponent)
{
    *exponent = (int)floor(log10(x)) - digits + 1;
    *mantissa = (int)lround(x / pow(10, *exponent));
    const double low = pow(10, digits);
    if (*mantissa >= low) {
        *mantissa /= 10;
        ++*exponent;
    }
    char text[32]; /* as people write it, so that 0.02 is 0.02 */
    (void)snprintf(text, sizeof text, "%de%d", *mantissa, *exponent);
    return strtod(text, NULL);
}

/* A number that somebody chose: 1, 2 or 5 with zeros, as 0.02; or another of one digit, or of two. */
static void try_constants(struct examined *e, int digits, bool usual)
{
    const struct law_fit *const law = &e->law;
    const double middle = 0.5 * (law->low + law->high), half = 0.5 * (law->high - law->low);
    char text[96];
    int mantissa, exponent;
    double off;
    const double size = law->kind == LAW_UNIFORM ? half : law->kind == LAW_TRUNCATED ? law->parent : law->std;
    const double round = rounded(size, digits, &mantissa, &exponent);
    const bool is_usual = mantissa == 1 || mantissa == 2 || mantissa == 5;
    if (digits > 1 ? mantissa % 10 == 0 : is_usual != usual)
        return;
    sow_dist d = sow_dist_normal(0, round);
    if (law->kind == LAW_UNIFORM) {
        const bool one_sided = fabs(law->low) < 0.01 * law->high;
        int m2, x2;
        d = one_sided ? sow_dist_uniform(0, rounded(law->high, digits, &m2, &x2)) : sow_dist_uniform(-round, round);
        (void)snprintf(text, sizeof text, "uniform a=%g b=%g", d.a, d.b);
        (void)middle;
    } else if (law->kind == LAW_TRUNCATED) {
        const double cut = rint(2 * law_cut(law)) / 2;
        d = sow_dist_trunc_normal(0, round, -cut * round, cut * round);
        (void)snprintf(text, sizeof text, "truncated_normal std=%g lower=%g upper=%g", round, -cut, cut);
    } else {
        const double mean = fabs(law->mean) > 6.5 * law->std / sqrt(law->n) ? rounded(fabs(law->mean), 1, &(int){0}, &(int){0}) : 0;
        d = sow_dist_normal(law->mean < 0 && mean > 0 ? -mean : mean, round);
        (void)snprintf(text, sizeof text, "normal mean=%g std=%g", d.mean, round);
    }
    if (rule_fits(e, &d, &off))
        add(e, CONSTANT_KEY | (uint32_t)law->kind << 16 | (uint32_t)(exponent + 64) << 8 | (uint32_t)mantissa, dist_std(&d), off, text);
}

static void try_gain(struct examined *e, uint32_t key, double gain, const char *text)
{
    const double limit = sow_dtype_size(e->summary.dtype) > 2 ? 1e-4 : 2e-3;
    if (fabs(e->law.gain / gain - 1) < limit)
        add(e, key, e->law.std, e->law.gain / gain - 1, text);
}

/* A gain is measured to the rounding of the type, so that round numbers are no coincidence. */
static void try_gains(const struct audit *a, struct examined *e)
{
    char text[96];
    int mantissa, exponent;
    const double round = rounded(e->law.gain, 2, &mantissa, &exponent);
    try_gain(e, GAIN_KEY, 1, "orthogonal");
    try_gain(e, GAIN_KEY + 1, 1.4142135623730951, "orthogonal gain=relu");
    try_gain(e, GAIN_KEY + 2, 5.0 / 3, "orthogonal gain=tanh");
    try_gain(e, GAIN_KEY + 3, 1.3867504905630728, "orthogonal gain={leaky_relu: 0.2}");
    if (a->layers >= 1) {
        (void)snprintf(text, sizeof text, "orthogonal gain=%.6g (√(2/%.0f layers))", sqrt(2 / a->layers), a->layers);
        try_gain(e, GAIN_KEY + 4, sqrt(2 / a->layers), text); /* gpt-neox */
    }
    (void)snprintf(text, sizeof text, "orthogonal gain=%g", round);
    try_gain(e, GAIN_KEY + 5 + (uint32_t)(exponent + 64) * 128 + (uint32_t)mantissa, round, text);
}

void audit_explain(struct audit *a, struct examined *e, double sigma)
{
    e->explanations = 0;
    if (e->law.kind == LAW_ORTHOGONAL) {
        try_gains(a, e);
        return;
    }
    if ((e->law.kind != LAW_UNIFORM && e->law.kind != LAW_NORMAL && e->law.kind != LAW_TRUNCATED) || e->law.std <= 0)
        return;
    const bool uniform = e->law.kind == LAW_UNIFORM; /* round bounds are rarely chosen, and 1/√fan is round for many fans */
    if (!uniform)
        try_constants(e, 1, true);
    rules_for(a, e, sigma, try_rule, e);
    if (uniform)
        try_constants(e, 1, true);
    try_constants(e, 1, false);
    try_constants(e, 2, false);
}

struct wanted {
    uint32_t key;
    double std;
    bool found;
};

static void look_for_key(void *user, const struct rule_case *c)
{
    struct wanted *const w = user;
    if (c->key == w->key) {
        w->std = dist_std(&c->dist);
        w->found = true;
    }
}

bool audit_rule_std(const struct audit *a, const struct examined *e, uint32_t key, double *std)
{
    struct wanted w = {.key = key};
    if (key >= CONSTANT_KEY && key < GAIN_KEY)
        for (size_t i = 0; i < a->tensors && !w.found; i++)
            for (size_t x = 0; x < a->examined[i].explanations; x++)
                if (a->examined[i].explanation[x].key == key) {
                    w.std = a->examined[i].explanation[x].std;
                    w.found = true;
                }
    if (!w.found)
        rules_for(a, e, a->sigma, look_for_key, &w);
    *std = w.std;
    return w.found && w.std > 0;
}

static bool is_matrix(const struct examined *e)
{
    return e->tensor->rank > 1; /* vectors are explained by too much to be asked */
}

void audit_rank(struct audit *a)
{
    struct keys keys = keys_of(a, NULL, a->tensors, is_matrix);
    for (size_t i = 0; i < a->tensors; i++) {
        struct examined *const e = &a->examined[i];
        size_t weight[MAX_EXPLANATIONS];
        for (size_t x = 0; x < e->explanations; x++)
            weight[x] = keys_count(&keys, e->explanation[x].key);
        for (size_t x = 1; x < e->explanations; x++) /* by insertion: equal ones keep their order */
            for (size_t y = x; y > 0 && weight[y] > weight[y - 1]; y--) {
                const struct explanation other = e->explanation[y];
                const size_t w = weight[y];
                e->explanation[y] = e->explanation[y - 1];
                e->explanation[y - 1] = other;
                weight[y] = weight[y - 1];
                weight[y - 1] = w;
            }
    }
    keys_free(&keys);
}
