/* SPDX-License-Identifier: MIT */
/* Each rule on a tensor's shape: in every layout that it may have, and the few rules that are no scheme of sow's own. */
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit_rules.h"

/* Layouts that a shape may have; -1 ends the list. */
static const int *layouts_of(const struct tensor *t)
{
    static const int matrix[] = {SOW_LAYOUT_LINEAR, SOW_LAYOUT_DENSE, -1};
    static const int three[] = {SOW_LAYOUT_CONV, SOW_LAYOUT_CONV_LAST, SOW_LAYOUT_HEADS_IN, SOW_LAYOUT_HEADS_OUT, SOW_LAYOUT_CONV_MLX, -1};
    static const int more[] = {SOW_LAYOUT_CONV,
                               SOW_LAYOUT_CONV_LAST,
                               SOW_LAYOUT_CONV_T,
                               SOW_LAYOUT_CONV_T_FLAX,
                               SOW_LAYOUT_DEPTHWISE_LAST,
                               SOW_LAYOUT_CONV_MLX,
                               -1};
    static const int depthwise[] = {SOW_LAYOUT_CONV, SOW_LAYOUT_DEPTHWISE, SOW_LAYOUT_CONV_LAST, -1};
    static const int none[] = {-1};
    if (t->rank == 2)
        return matrix;
    if (t->rank >= 3 && t->shape[1] == 1)
        return depthwise;
    return t->rank == 3 ? three : t->rank > 3 ? more : none;
}

static bool same_dist(const sow_dist *a, const sow_dist *b)
{
    return a->kind == b->kind && a->mean == b->mean && a->std == b->std && a->a == b->a && a->b == b->b;
}

#define X(id, word, shape) #word,
static const char *const layout_words[] = {SOW_LAYOUT_LIST(X)};
#undef X

struct round_trip {
    const struct tensor *t;
    void (*each)(void *user, const struct rule_case *c);
    void *user;
    sow_scheme scheme;
    uint32_t rule;
    const char *text;
};

static bool give(const struct round_trip *r, int rank, const int64_t *shape, int layout, const char *suffix, sow_dist *last)
{
    struct rule_case c = {.key = r->rule << 6 | (uint32_t)(layout + 1) << 1 | (*suffix != '\0')};
    if (sow_scheme_dist(&r->scheme, rank, shape, SOW_F64, &c.dist, NULL, 0) != SOW_OK)
        return false;
    if (last && same_dist(&c.dist, last))
        return false; /* another layout with the same fan */
    (void)snprintf(c.text, sizeof c.text, "%s%s%s%s", r->text, layout < 0 ? "" : " layout=", layout < 0 ? "" : layout_words[layout],
                   suffix);
    r->each(r->user, &c);
    if (last)
        *last = c.dist;
    return true;
}

/* The first two layouts of all rules come before the others of any. */
static void some_layouts(struct round_trip *r, bool usual)
{
    enum { USUAL = 2 };
    const struct tensor *const t = r->t;
    sow_dist last = {SOW_DIST_COUNT, 0, 0, 0, 0};
    const int *const layouts = layouts_of(t);
    for (int i = 0; layouts[i] >= 0; i++)
        if ((i < USUAL) == usual && sow_scheme_set(&r->scheme, "layout", layouts[i]) == SOW_OK)
            (void)give(r, t->rank, t->shape, layouts[i], "", &last);
    if (t->rank != 3 || usual)
        return;
    /* Experts, or scanned layers: matrices behind a leading axis. */
    static const int inner[] = {SOW_LAYOUT_LINEAR, SOW_LAYOUT_DENSE};
    for (size_t i = 0; i < 2; i++)
        if (sow_scheme_set(&r->scheme, "layout", inner[i]) == SOW_OK)
            (void)give(r, 2, t->shape + 1, inner[i], " in a stack", &last);
}

/* A bias takes its weight's fan. */
static void bias_rules(const struct audit *a, const struct examined *e, void (*each)(void *, const struct rule_case *), void *user)
{
    const uint32_t w = audit_weight_of(a, e->tensor);
    if (w == NO_INDEX)
        return;
    const struct tensor *const t = a->examined[w].tensor;
    sow_dist last = {SOW_DIST_COUNT, 0, 0, 0, 0};
    for (const int *l = layouts_of(t); *l >= 0; l++) {
        double in, out;
        struct rule_case c = {.key = BIAS_KEY | (uint32_t)*l};
        sow_scheme s = sow_scheme_named("torch.linear.bias");
        if (sow_fan((sow_layout)*l, SOW_FANS_TORCH, 0, t->rank, t->shape, &in, &out, NULL, 0) != SOW_OK ||
            sow_scheme_set(&s, "fan_in", in) != SOW_OK ||
            sow_scheme_dist(&s, e->tensor->rank, e->tensor->shape, SOW_F64, &c.dist, NULL, 0) != SOW_OK || same_dist(&c.dist, &last))
            continue;
        last = c.dist;
        (void)snprintf(c.text, sizeof c.text, "torch.linear.bias fan_in=%.10g", in);
        each(user, &c);
    }
}

/* T5's queries carry the 1/√dk of the attention: N((in·dk)^-½), for the usual sizes of heads. */
static void query_rules(const struct examined *e, void (*each)(void *, const struct rule_case *), void *user)
{
    static const int heads[] = {32, 64, 80, 96, 128};
    if (e->tensor->rank != 2 || !name_has(e->tensor, ".q.|query|q_proj|wq"))
        return;
    for (uint32_t k = 0; k < 2 * (sizeof heads / sizeof heads[0]); k++) {
        const double width = (double)e->tensor->shape[k % 2 ? 0 : 1];
        struct rule_case c = {.key = QUERY_KEY | k, .dist = sow_dist_normal(0, 1 / sqrt(width * heads[k / 2]))};
        (void)snprintf(c.text, sizeof c.text, "normal std=%.6g (T5's 1/√(%.0f·%d))", c.dist.std, width, heads[k / 2]);
        each(user, &c);
    }
}

/* Mamba's residual outputs: PyTorch's default over √layers, or over √(2·layers) where MLPs stand between. */
static void output_rules(const struct audit *a, const struct examined *e, void (*each)(void *, const struct rule_case *), void *user)
{
    if (e->tensor->rank != 2 || a->layers < 1)
        return;
    for (uint32_t k = 1; k <= 2; k++) {
        const double bound = 1 / sqrt((double)e->tensor->shape[1] * k * a->layers);
        struct rule_case c = {.key = OUTPUT_KEY | k, .dist = sow_dist_uniform(-bound, bound)};
        (void)snprintf(c.text, sizeof c.text, "torch.linear over √%.0f (Mamba's outputs)", k * a->layers);
        each(user, &c);
    }
}

void rules_for(const struct audit *a, const struct examined *e, double sigma, void (*each)(void *user, const struct rule_case *c),
               void *user)
{
    char text[96];
    struct round_trip r = {.t = e->tensor, .each = each, .user = user, .text = text};
    if (e->tensor->rank > SOW_MAX_RANK)
        return;
    if (e->tensor->rank == 1)
        bias_rules(a, e, each, user);
    for (size_t k = 0; k < 2 * rule_count(); k++) {
        const size_t i = k % rule_count();
        const bool usual = i == k;
        if (!rule_is_for_rank(i, e->tensor->rank) || !rule_instance(a, e, sigma, i, &r.scheme, text, sizeof text))
            continue;
        r.rule = (uint32_t)i + 1;
        const bool preset = strchr(text, '.') && strcspn(text, ".") < strcspn(text, " ="); /* its layout is part of its name */
        if (!preset && sow_scheme_arg_index(&r.scheme, "layout") >= 0)
            some_layouts(&r, usual);
        else if (usual)
            (void)give(&r, e->tensor->rank, e->tensor->shape, -1, "", NULL);
    }
    query_rules(e, each, user);
    output_rules(a, e, each, user);
}
