/* SPDX-License-Identifier: MIT */
/* A tensor against those that play its role in other layers: the same law, and the same rule or the same standard deviation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/audit_cause.h"
#include "audit/audit_keys.h"

enum { LEAST = 3 };

/* Whether two laws are surely not one: a normal and a cut one may be told apart by many elements only. */
static bool laws_differ(const struct examined *e, enum law_kind kind)
{
    const enum law_kind found = e->law.kind;
    if (found == kind || found == LAW_FEW || found == LAW_EMPTY || found == LAW_NONE)
        return false;
    const bool random = found == LAW_NORMAL || found == LAW_UNIFORM || found == LAW_TRUNCATED;
    return !random || e->law.confidence > 0.9999;
}

static enum law_kind usual_law(const struct audit *a, const struct role *r, uint32_t *count)
{
    uint32_t counts[LAW_COUNT] = {0};
    enum law_kind best = LAW_NONE;
    for (uint32_t k = 0; k < r->members; k++)
        counts[a->examined[r->member[k]].law.kind]++;
    for (int i = LAW_CONSTANT; i < LAW_COUNT; i++)
        if (counts[i] > counts[best] || best == LAW_NONE)
            best = (enum law_kind)i;
    *count = counts[best];
    return best;
}

static const struct examined *example(const struct audit *a, const struct role *r, enum law_kind kind)
{
    for (uint32_t k = 0; k < r->members; k++)
        if (a->examined[r->member[k]].law.kind == kind)
            return &a->examined[r->member[k]];
    return NULL;
}

static void other_law(struct audit *a, uint32_t i, const struct examined *peer, uint32_t peers)
{
    struct examined *const e = &a->examined[i];
    const char *const rule = default_of(e);
    if (audit_has(a, i, FINDING_NON_FINITE) && e->law.kind == LAW_UNKNOWN && e->summary.finite < 64)
        return;
    struct finding *const f = audit_add(a, rule ? FINDING_DEFAULT : FINDING_LAW, false, i, "%s%s%s%s where %u peers have %s", e->law_text,
                                        rule ? " (" : "", rule ? rule : "", rule ? ")" : "", peers, peer->law_text);
    f->also = rule ? 1u << FINDING_LAW : 0;
}

/* Constants of one role are equal. */
static void other_constants(struct audit *a, const struct role *r)
{
    uint32_t best = 0, most = 0, constants = 0;
    for (uint32_t k = 0; k < r->members; k++) {
        const struct examined *const e = &a->examined[r->member[k]];
        uint32_t same = 0;
        if (e->law.kind != LAW_CONSTANT)
            continue;
        constants++;
        for (uint32_t j = 0; j < r->members; j++)
            same += a->examined[r->member[j]].law.kind == LAW_CONSTANT && a->examined[r->member[j]].law.mean == e->law.mean;
        if (same > most) {
            most = same;
            best = k;
        }
    }
    if (constants < LEAST || 3 * most < 2 * constants || most == constants)
        return;
    const double usual = a->examined[r->member[best]].law.mean;
    for (uint32_t k = 0; k < r->members; k++) {
        const struct examined *const e = &a->examined[r->member[k]];
        if (e->law.kind == LAW_CONSTANT && e->law.mean != usual)
            (void)audit_add(a, FINDING_LAW, false, r->member[k], "all %.6g where %u peers are all %.6g", e->law.mean, most, usual);
    }
}

static int by_number(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median std of the peers of that shape; 0: fewer than three. */
static double median_std(const struct audit *a, const struct role *r, const struct examined *like, uint32_t *count, double *error)
{
    double *const std = malloc(r->members * sizeof *std);
    if (!std)
        fail_memory(r->members * sizeof *std);
    uint32_t n = 0;
    for (uint32_t k = 0; k < r->members; k++) {
        const struct examined *const e = &a->examined[r->member[k]];
        if (has_law(e) && e->n == like->n && e->law.std > 0) {
            std[n++] = e->law.std;
        }
    }
    qsort(std, n, sizeof *std, by_number);
    const double median = n ? std[n / 2] : 0;
    free(std);
    *count = n;
    *error = 1.3 * like->law.std_error / sqrt(n > 1 ? n - 1 : 1);
    return n >= LEAST ? median : 0;
}

static void report_std(struct audit *a, uint32_t i, double std, double error, uint32_t peers, const char *rule)
{
    const struct examined *const e = &a->examined[i];
    const double ratio = e->law.std / std;
    const struct cause c = cause_of(a, e, ratio, hypot(e->law.std_error, error));
    struct finding *const f = audit_add(a, c.kind, false, i, "std %.5g is %.4g times the %.5g of %u peers%s%s%s%s", e->law.std, ratio, std,
                                        peers, *rule ? " by " : "", rule, c.text[0] ? ": " : "", c.text);
    f->also = c.also;
}

/* Without a rule that says how the std depends on the layer, peers of one shape have one. */
static void by_median(struct audit *a, const struct role *r)
{
    uint32_t deviating = 0, judged = 0;
    for (int report = 0; report < 2; report++) {
        if (report && (deviating == 0 || 3 * deviating > judged))
            return;
        uint64_t last = 0;
        uint32_t count = 0;
        double std = 0, error = 0, ratio;
        for (uint32_t k = 0; k < r->members; k++) {
            const struct examined *const e = &a->examined[r->member[k]];
            if (has_law(e) && e->n != last) {
                std = median_std(a, r, e, &count, &error);
                last = e->n;
            }
            if (!has_law(e) || std <= 0)
                continue;
            const bool differs = differs_from(e, std, error, &ratio);
            if (!report) {
                judged++;
                deviating += differs;
            } else if (differs && !audit_has(a, r->member[k], FINDING_LAW) && !audit_has(a, r->member[k], FINDING_DEFAULT)) {
                report_std(a, r->member[k], std, error, count - 1, "");
            }
        }
    }
}

static void judge_std(struct audit *a, const struct role *r)
{
    size_t most;
    const struct explanation *const rule = keys_usual(a, r->member, r->members, has_law, UINT32_MAX, &most);
    uint32_t members = 0;
    for (uint32_t k = 0; k < r->members; k++)
        members += has_law(&a->examined[r->member[k]]);
    /* A rule that depends on the layer, or on the shape, is no more than a coincidence of the median: all is well if it gives all. */
    if (members < LEAST || most == members)
        return;
    if (!rule || 3 * most < 2 * members) {
        by_median(a, r);
        return;
    }
    for (uint32_t k = 0; k < r->members; k++) {
        const uint32_t i = r->member[k];
        const struct examined *const e = &a->examined[i];
        double given, ratio;
        if (!has_law(e) || explained_by(e, rule->key) || audit_has(a, i, FINDING_LAW) || audit_has(a, i, FINDING_DEFAULT))
            continue;
        if (audit_rule_std(a, e, rule->key, &given) && differs_from(e, given, 0, &ratio))
            report_std(a, i, given, 0, (uint32_t)most, rule->text);
    }
}

void audit_peers(struct audit *a)
{
    for (size_t k = 0; k < a->roles; k++) {
        const struct role *const r = &a->role[k];
        uint32_t count;
        const enum law_kind usual = usual_law(a, r, &count);
        if (r->members < LEAST || usual == LAW_NONE || usual == LAW_UNKNOWN || 3 * count < 2 * r->members) {
            judge_std(a, r);
            continue;
        }
        const struct examined *const peer = example(a, r, usual);
        for (uint32_t j = 0; j < r->members; j++)
            if (laws_differ(&a->examined[r->member[j]], usual) && !a->examined[r->member[j]].law.sparse == !peer->law.sparse)
                other_law(a, r->member[j], peer, count);
        other_constants(a, r);
        judge_std(a, r);
    }
    audit_whole(a);
}
