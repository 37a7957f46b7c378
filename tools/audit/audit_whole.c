/* SPDX-License-Identifier: MIT */
/* What a model's tensors say about each other beyond their roles: residual scales, defaults among chosen laws, fans, and what no rule
 * gives. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit_cause.h"
#include "audit/audit_keys.h"
#include "audit/audit_rules.h"

static const struct examined *first_of(const struct audit *a, const struct role *r)
{
    return &a->examined[r->member[0]];
}

/* Of the blocks: weights whose role is in several layers. */
static bool is_body(const struct audit *a, const struct role *r)
{
    const struct examined *const e = first_of(a, r);
    return r->members >= 2 && e->layer >= 0 && is_weight(e) && !is_embedding(e->tensor);
}

static const char *peers_text(const struct role *r)
{
    static char text[48];
    if (r->members < 2)
        return "";
    (void)snprintf(text, sizeof text, ", and its %u peers", r->members - 1);
    return text;
}

static bool is_plain_sigma(const struct audit *a, const struct examined *e)
{
    return e->explanations && fabs(e->law.std / a->sigma - 1) < 4.5 * e->law.std_error + 1e-3;
}

static bool is_scaled_down(const struct audit *a, const struct examined *e)
{
    static const char *const rules[] = {"residual_scale", "depth_scaled", "full_megatron_out", "wang", "mitchell_out"};
    for (size_t i = 0; i < e->explanations; i++)
        for (size_t k = 0; k < sizeof rules / sizeof rules[0]; k++)
            if (strncmp(e->explanation[i].text, rules[k], strlen(rules[k])) == 0)
                return !is_plain_sigma(a, e);
    return false;
}

static const struct examined *named(const struct audit *a, const char *end)
{
    const size_t n = strlen(end);
    for (size_t i = 0; i < a->tensors; i++) {
        const struct tensor *const t = a->examined[i].tensor;
        if (t->name_length >= n && memcmp(t->name + t->name_length - n, end, n) == 0)
            return &a->examined[i];
    }
    return NULL;
}

/* GPT-2's names mean GPT-2's recipe, unless the positions have the released code's 0.01, which scales nothing. */
static bool is_gpt2(const struct audit *a)
{
    const struct examined *const positions = named(a, "wpe.weight");
    return positions && named(a, "attn.c_attn.weight") && named(a, "mlp.c_proj.weight") && fabs(positions->law.std / 0.01 - 1) > 0.05;
}

static void residual_scales(struct audit *a)
{
    size_t scaled = 0, plain = 0;
    for (size_t k = 0; k < a->roles; k++) {
        const struct examined *const e = first_of(a, &a->role[k]);
        if (!is_body(a, &a->role[k]) || !is_residual_output(e->tensor))
            continue;
        scaled += is_scaled_down(a, e);
        plain += is_plain_sigma(a, e);
    }
    if (plain == 0 || (scaled == 0 && !is_gpt2(a)))
        return;
    for (size_t k = 0; k < a->roles; k++) {
        const struct role *const r = &a->role[k];
        const struct examined *const e = first_of(a, r);
        if (is_body(a, r) && is_residual_output(e->tensor) && is_plain_sigma(a, e))
            (void)audit_add(a, FINDING_RESIDUAL, false, r->member[0], "std %.5g as all weights, where %s has %.4g/√(2·%.0f) = %.5g%s",
                            e->law.std, scaled ? "the other residual output" : "GPT-2's recipe", a->sigma, a->layers,
                            a->sigma / sqrt(2 * a->layers), peers_text(r));
    }
}

/* Where nearly all weights of the blocks have one chosen std, a framework's default was not chosen. */
static void defaults(struct audit *a)
{
    size_t body = 0, chosen = 0;
    for (size_t k = 0; k < a->roles; k++) {
        const struct examined *const e = first_of(a, &a->role[k]);
        if (!is_body(a, &a->role[k]))
            continue;
        body++;
        chosen += is_plain_sigma(a, e) || is_scaled_down(a, e);
    }
    if (chosen < 3 || 10 * chosen < 6 * body)
        return;
    for (size_t k = 0; k < a->roles; k++) {
        const struct role *const r = &a->role[k];
        const struct examined *const e = first_of(a, r);
        const char *const rule = is_body(a, r) ? default_of(e) : NULL;
        if (rule && !is_plain_sigma(a, e) && e->law.kind == LAW_UNIFORM)
            (void)audit_add(a, FINDING_DEFAULT, e->tensor->rank > 2, r->member[0],
                            "%s is %s, where the other weights of the blocks have std %.4g%s", e->law_text, rule, a->sigma, peers_text(r));
    }
}

/* Enough elements that a chance number meets none of a hundred rules. */
static bool can_tell(const struct examined *e)
{
    return is_weight(e) && e->law.kind != LAW_ORTHOGONAL && e->law.std_error < 5e-3 && e->law.confidence > 0.99;
}

/* Other roles that a rule explains. */
static bool is_used_elsewhere(const struct audit *a, const struct keys *keys, const struct examined *e, uint32_t key)
{
    const struct role *const r = &a->role[e->role];
    size_t here = 0;
    const size_t all = keys_count(keys, key);
    for (uint32_t k = 0; k < r->members && all <= r->members; k++)
        here += is_weight(&a->examined[r->member[k]]) && explained_by(&a->examined[r->member[k]], key);
    return all > here;
}

/* Whether the stds of a role differ, as a rule of the layer or of shapes makes them. */
static bool audit_role_depends(const struct audit *a, const struct examined *e)
{
    const struct role *const r = &a->role[e->role];
    for (uint32_t k = 0; k < r->members; k++) {
        double ratio;
        const struct examined *const o = &a->examined[r->member[k]];
        if (has_law(o) && differs_from(o, e->law.std, e->law.std_error, &ratio))
            return true;
    }
    return false;
}

static bool is_explained(const struct audit *a, const struct keys *keys, const struct examined *e)
{
    for (size_t x = 0; x < e->explanations; x++)
        if (!rule_is_rare(e->explanation[x].key) || is_used_elsewhere(a, keys, e, e->explanation[x].key))
            return true;
    /* In a role of several shapes, or with a number of the layer, a rule that gives all is no chance either. */
    return e->explanations > 0 && a->role[e->role].members > 2 && audit_role_depends(a, e);
}

static bool is_unexplained(const struct audit *a, const struct keys *keys, uint32_t i)
{
    const struct examined *const e = &a->examined[i];
    for (int kind = FINDING_ATOM; kind <= FINDING_RESIDUAL; kind++)
        if (audit_has(a, i, (enum finding_kind)kind))
            return false; /* said already, and better */
    if (e->law.kind == LAW_ORTHOGONAL)
        return e->explanations == 0;
    return can_tell(e) && !e->law.sparse && !is_explained(a, keys, e);
}

/* One finding for each role. */
static void unexplained(struct audit *a)
{
    struct keys keys = keys_of(a, NULL, a->tensors, is_weight);
    for (size_t k = 0; k < a->roles; k++) {
        const struct role *const r = &a->role[k];
        uint32_t none = 0, first = NO_INDEX;
        char others[48] = "";
        for (uint32_t j = 0; j < r->members; j++)
            if (is_unexplained(a, &keys, r->member[j])) {
                none++;
                first = first == NO_INDEX ? r->member[j] : first;
            }
        if (none == 0)
            continue;
        const struct examined *const e = &a->examined[first];
        if (none > 1)
            (void)snprintf(others, sizeof others, ", nor that of %u of its peers", none - 1);
        if (e->law.kind == LAW_ORTHOGONAL)
            (void)audit_add(a, FINDING_UNEXPLAINED, false, first, "its gain, %.6g, is no usual one%s", e->law.gain, others);
        else
            (void)audit_add(a, FINDING_UNEXPLAINED, false, first, "std %.5g ± %.1g: no fan, gain or round number gives it%s%s%s",
                            e->law.std, e->law.std * e->law.std_error, others, e->explanations ? "; the nearest is " : "",
                            e->explanations ? e->explanation[0].text : "");
    }
    keys_free(&keys);
}

static bool is_of_role(const struct audit *a, const struct examined *e)
{
    return a->role[e->role].members > 1;
}

/* A whole role by one everyday rule of its own: another choice, as EfficientNet makes for its depthwise kernels, rather than a slip. */
static bool is_choice(const struct audit *a, const struct examined *e)
{
    const struct role *const r = &a->role[e->role];
    size_t most, members = 0;
    const struct explanation *const rule = keys_usual(a, r->member, r->members, is_weight, UINT32_MAX, &most);
    for (uint32_t k = 0; k < r->members; k++)
        members += is_weight(&a->examined[r->member[k]]);
    return rule && members >= 3 && most == members && !rule_is_rare(rule->key);
}

static bool is_hidden(const struct examined *e)
{
    return is_weight(e) && !is_embedding(e->tensor) && !name_has(e->tensor, "bias"); /* T5's table of positions is called so */
}

/* A rule with a fan that nearly all weights follow, and one that has another fan. */
static void fans(struct audit *a)
{
    size_t most, weights = 0;
    const struct explanation *const rule = keys_usual(a, NULL, a->tensors, is_hidden, BIAS_KEY, &most);
    for (size_t i = 0; i < a->tensors; i++)
        weights += is_hidden(&a->examined[i]);
    if (!rule || most < 3 || 4 * most < 3 * weights)
        return;
    for (uint32_t i = 0; i < a->tensors; i++) {
        const struct examined *const e = &a->examined[i];
        double given, ratio;
        if (!is_hidden(e) || explained_by(e, rule->key) || !audit_rule_std(a, e, rule->key, &given) || !differs_from(e, given, 0, &ratio))
            continue;
        bool known = false;
        for (int kind = FINDING_ATOM; kind <= FINDING_RESIDUAL; kind++)
            known = known || audit_has(a, i, (enum finding_kind)kind);
        const struct cause c = cause_of(a, e, ratio, e->law.std_error);
        if (known || c.kind != FINDING_FAN || (ratio < 1 && !strstr(c.text, "fan_")))
            continue; /* a shard's fan makes it larger; what is smaller was made so: T5's queries, for one */
        /* √2 more or less is a gain, too: that is said, not held against it, unless nothing else explains it. */
        const bool is_gain = fabs(fabs(log(ratio)) - 0.5 * log(2)) < 4.5 * e->law.std_error + 2e-3 && e->explanations > 0;
        const bool note = is_gain || is_choice(a, e);
        if (note && is_of_role(a, e) && e->index != a->role[e->role].member[0])
            continue; /* a note for each role */
        struct finding *const f = audit_add(a, FINDING_FAN, note, i, "std %.5g is %.4g times what %s gives, as it does for %zu of %zu: %s",
                                            e->law.std, ratio, rule->text, most, weights, c.text);
        f->also = c.also;
    }
}

void audit_whole(struct audit *a)
{
    residual_scales(a);
    defaults(a);
    fans(a);
    unexplained(a);
}
