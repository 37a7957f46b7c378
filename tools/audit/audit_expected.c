/* SPDX-License-Identifier: MIT */
/* Against a description: names, shapes, and each tensor's law. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit_cause.h"
#include "audit/audit_rules.h"
#include "audit/audit_want.h"

static const char *dist_text(const sow_dist *d)
{
    static char text[120];
    switch (d->kind) {
    case SOW_DIST_CONSTANT:
        (void)snprintf(text, sizeof text, "%.6g everywhere", d->mean);
        break;
    case SOW_DIST_UNIFORM:
        if (d->a == -d->b)
            (void)snprintf(text, sizeof text, "U(±%.5g)", d->b);
        else
            (void)snprintf(text, sizeof text, "U[%.5g, %.5g)", d->a, d->b);
        break;
    case SOW_DIST_NORMAL:
        (void)snprintf(text, sizeof text, "N(%.4g, %.5g)", d->mean, d->std);
        break;
    default:
        (void)snprintf(text, sizeof text, "N(%.4g, %.5g) cut to [%.4g, %.4g]", d->mean, d->std, d->a, d->b);
    }
    return text;
}

static const char *scheme_name(const struct want *w)
{
    return sow_scheme_info_at((size_t)w->law.scheme.row)->name;
}

/* All of one value, rounded to the type as an initialiser rounds it. */
static bool is_constant(const struct examined *e, double value)
{
    return e->law.kind == LAW_CONSTANT && !e->law.sparse && fabs(e->law.mean - value) <= 0.51 * values_step(e->summary.dtype, value);
}

static double dist_mean(const sow_dist *d)
{
    if (d->kind == SOW_DIST_UNIFORM)
        return 0.5 * (d->a + d->b);
    if (d->kind == SOW_DIST_TRUNC_NORMAL && isfinite(d->a) && isfinite(d->b) && fabs(d->mean - 0.5 * (d->a + d->b)) < 1e-9 * (d->b - d->a))
        return d->mean;
    return d->kind == SOW_DIST_TRUNC_NORMAL ? NAN : d->mean; /* a lopsided cut moves the mean; the test of the law sees it */
}

static bool inside(const struct examined *e, const sow_dist *d)
{
    if (d->kind != SOW_DIST_UNIFORM && d->kind != SOW_DIST_TRUNC_NORMAL)
        return true;
    const double slack = 2 * values_step(e->summary.dtype, fmax(isfinite(d->a) ? fabs(d->a) : 0, isfinite(d->b) ? fabs(d->b) : 0));
    return e->summary.min >= d->a - slack && e->summary.max <= d->b + slack;
}

static void report_ratio(struct audit *a, uint32_t i, double std, const char *what)
{
    const struct examined *const e = &a->examined[i];
    const double ratio = e->law.std / std;
    const char *const rule = default_of(e);
    const struct cause c = cause_of(a, e, ratio, e->law.std_error);
    const bool is_default = rule && strncmp(rule, what, strlen(rule)) != 0 && e->law.kind == LAW_UNIFORM;
    struct finding *const f =
        audit_add(a, is_default ? FINDING_DEFAULT : c.kind, false, i, "std %.5g is %.4g times the %.5g of %s%s%s%s%s", e->law.std, ratio,
                  std, what, c.text[0] ? ": " : "", c.text, is_default ? "; it is " : "", is_default ? rule : "");
    f->also = c.also | (is_default ? 1u << c.kind | 1u << FINDING_STD : 0);
    f->also &= ~(1u << f->kind);
}

static bool is_random_law(const sow_dist *d)
{
    return d->kind == SOW_DIST_UNIFORM || d->kind == SOW_DIST_NORMAL || d->kind == SOW_DIST_TRUNC_NORMAL;
}

static void report_law(struct audit *a, uint32_t i, const char *wanted, const char *scheme)
{
    const struct examined *const e = &a->examined[i];
    const char *const rule = default_of(e);
    struct finding *const f = audit_add(a, rule ? FINDING_DEFAULT : FINDING_LAW, false, i, "%s where %s gives %s%s%s", e->law_text, scheme,
                                        wanted, rule ? "; it is " : "", rule ? rule : "");
    f->also = rule ? 1u << FINDING_LAW : 0;
}

/* Whether something that was said already accounts for a law that does not fit. */
static bool is_accounted_for(const struct audit *a, uint32_t i)
{
    static const enum finding_kind kinds[] = {FINDING_NON_FINITE, FINDING_DEAD,   FINDING_DUPLICATE, FINDING_ATOM,
                                              FINDING_CLIPPED,    FINDING_COARSE, FINDING_OUTLIER,   FINDING_CONSTANT};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (audit_has(a, i, kinds[k]))
            return true;
    return false;
}

static void judge_plain(struct audit *a, uint32_t i, const struct want *w)
{
    const struct examined *const e = &a->examined[i];
    const sow_dist *const d = &w->law.dist;
    double ratio;
    const bool random = is_random_law(d) && (d->kind == SOW_DIST_UNIFORM ? d->b > d->a : d->std > 0);
    if (!random) {
        const double value = d->kind == SOW_DIST_UNIFORM ? d->a : d->mean;
        if (!is_constant(e, value))
            report_law(a, i, dist_text(&(sow_dist){SOW_DIST_CONSTANT, value, 0, 0, 0}), scheme_name(w));
        return;
    }
    const double std = dist_std(d), mean = dist_mean(d);
    if (e->law.kind == LAW_CONSTANT && e->n > 1) {
        report_law(a, i, dist_text(d), scheme_name(w));
        return;
    }
    if (e->law.kind == LAW_FEW || e->law.kind == LAW_EMPTY || e->law.kind == LAW_CONSTANT) {
        if (!inside(e, d))
            report_law(a, i, dist_text(d), scheme_name(w));
        return;
    }
    if (is_accounted_for(a, i) && !(has_law(e) && differs_from(e, std, 0.05, &ratio)))
        return;
    const double rounding = values_step(e->summary.dtype, std) / std;
    if (differs_from(e, std, rounding * rounding, &ratio)) {
        report_ratio(a, i, std, scheme_name(w));
        return;
    }
    if (fabs(e->law.mean - mean) > AUDIT_Z * std / sqrt(e->law.n) + 0.1 * rounding * std || !inside(e, d) || w->p < AUDIT_ALPHA)
        report_law(a, i, dist_text(d), scheme_name(w));
}

static void judge_sample(struct audit *a, uint32_t i, const struct want *w)
{
    const struct examined *const e = &a->examined[i], *const s = w->sample;
    double ratio;
    if (w->fixed) {
        if (w->first >= 0) {
            struct finding *const f = audit_add(a, FINDING_LAW, false, i, "element %" PRId64 " is %.6g, which is not what %s gives",
                                                w->first, values_at(e->summary.dtype, e->data, (uint64_t)w->first), scheme_name(w));
            f->index = w->first;
        }
        return;
    }
    if (is_accounted_for(a, i) || (e->fixed && strcmp(e->fixed, scheme_name(w)) == 0))
        return;
    if (e->law.kind == LAW_ORTHOGONAL && s->law.kind == LAW_ORTHOGONAL) {
        ratio = e->law.gain / s->law.gain;
        if (fabs(ratio - 1) > (sow_dtype_size(e->summary.dtype) > 2 ? 1e-4 : 2e-3)) {
            const struct cause c = cause_of(a, e, ratio, 1e-4);
            struct finding *const f = audit_add(a, c.kind, false, i, "its gain, %.5g, is %.4g times that of %s%s%s", e->law.gain, ratio,
                                                scheme_name(w), c.text[0] ? ": " : "", c.text);
            f->also = c.also;
        }
        return;
    }
    if (e->law.kind == LAW_ORTHOGONAL || s->law.kind == LAW_ORTHOGONAL) {
        report_law(a, i, s->law_text, scheme_name(w));
        return;
    }
    if (has_law(e) && has_law(s) && s->law.std > 0 && differs_from(e, s->law.std, s->law.std_error, &ratio))
        report_ratio(a, i, s->law.std, scheme_name(w));
    else if (w->p < AUDIT_ALPHA)
        report_law(a, i, s->law_text, scheme_name(w));
}

/* Equal tensors that the description ties are no fault. */
static void forgive_ties(struct audit *a)
{
    for (size_t i = 0; i < a->findings; i++) {
        struct finding *const f = &a->finding[i];
        if (f->kind != FINDING_EQUAL || f->other == NO_INDEX)
            continue;
        const struct want *const w = a->examined[f->tensor].want, *const v = a->examined[f->other].want;
        f->note = f->note || (w->tensor && w->tensor->tied) || (v->tensor && v->tensor->tied);
    }
}

/* Another model, or other names for it: one line says so. */
static bool has_nothing_in_common(struct audit *a)
{
    const struct model *const m = a->expected;
    for (size_t i = 0; i < m->tensors; i++)
        if (a->has_expected[i])
            return false;
    const struct tensor *const t = a->tensors ? a->examined[0].tensor : NULL;
    (void)audit_add(a, FINDING_MISSING, false, NO_INDEX, "none of the description's %zu tensors is in the file: there %s, here %s",
                    m->tensors, quoted(m->tensor[0].name, m->tensor[0].name_length), t ? quoted(t->name, t->name_length) : "nothing");
    return true;
}

void audit_expected(struct audit *a)
{
    const struct model *const m = a->expected;
    if (has_nothing_in_common(a))
        return;
    for (size_t i = 0; i < m->tensors; i++)
        if (!a->has_expected[i] && !m->tensor[i].tied)
            (void)audit_add(a, FINDING_MISSING, false, NO_INDEX, "%s %s is not in the file",
                            quoted(m->tensor[i].name, m->tensor[i].name_length), shape_text(&m->tensor[i]));
    forgive_ties(a);
    for (uint32_t i = 0; i < a->tensors; i++) {
        const struct examined *const e = &a->examined[i];
        const struct want *const w = e->want;
        if (!w->tensor) {
            (void)audit_add(a, FINDING_MISSING, true, i, "is not in the description");
            continue;
        }
        if (w->shape_differs)
            (void)audit_add(a, FINDING_SHAPE, false, i, "does not have the description's shape, %s", shape_text(w->tensor));
        if (w->tensor->tied || w->shape_differs || !e->is_float || e->law.kind == LAW_EMPTY)
            continue;
        if (w->law.plain)
            judge_plain(a, i, w);
        else if (w->sample)
            judge_sample(a, i, w);
    }
}
