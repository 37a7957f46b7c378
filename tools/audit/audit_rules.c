/* SPDX-License-Identifier: MIT */
#include "audit/audit_rules.h"

#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A scheme with arguments, as on a command line. $L: layers in the names; $l: this tensor's; $s: the model's usual std; $0, $1: sizes of
 * its axes; $h: a quarter of the first (gates), $t: a third. What is not known leaves the rule out. A rule without a layout takes all that
 * its rank allows. The order is that of the report: what people use most stands first.
 */
static const char *const rules[] = {
    "residual_scale std=$s layers=$L",
    "depth_scaled std=$s layer=$l",
    "torch.linear",
    "torch.conv",
    "torch.mha",
    "haiku.linear",
    "haiku.conv",
    "glorot_uniform",
    "glorot_normal",
    "xavier_uniform",
    "xavier_normal",
    "lecun_normal",
    "lecun_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal gain=relu mode=fan_in",
    "kaiming_normal gain=relu mode=fan_out",
    "kaiming_uniform gain=relu mode=fan_in",
    "kaiming_uniform gain=relu mode=fan_out",
    "kaiming_normal gain=linear mode=fan_in",
    "kaiming_normal gain=linear mode=fan_out",
    "kaiming_uniform gain=linear mode=fan_out",
    "kaiming_normal gain=tanh mode=fan_in",
    "kaiming_uniform gain=tanh mode=fan_in",
    "variance_scaling scale=2 mode=fan_out dist=truncated_normal",
    "variance_scaling scale=1 mode=fan_out dist=truncated_normal",
    "variance_scaling scale=2 mode=fan_avg dist=truncated_normal",
    "variance_scaling scale=2 mode=fan_avg dist=uniform",
    "flax.embed",
    "haiku.conv_transpose",
    "keras.depthwise",
    "keras.mha",
    "keras.mha.out",
    "flax.mha",
    "flax.mha.out",
    "torch.conv_transpose",
    "torch.bilinear",
    "torch.lstm hidden=$h",
    "torch.gru hidden=$t",
    "torch.rnn hidden=$0",
    "equinox.linear",
    "mamba_dt_proj dt_rank=$1",
    "tfixup_embedding width=$1 layers=$L",
    "spectral",
    "siren first=1",
    "siren first=0",
    "s4d_c",
    "unit_ball",
    "mitchell width=$0",
    "mitchell width=$1",
    /* Rules that few models follow. */
    "kaiming_normal gain=selu mode=fan_in",
    "variance_scaling scale=0.1 mode=fan_in dist=truncated_normal",
    "variance_scaling scale=0.333333333333 mode=fan_in dist=truncated_normal",
    "variance_scaling scale=0.333333333333 mode=fan_out dist=uniform",
    "xavier_uniform gain=1.414213562373",
    "xavier_normal gain=1.414213562373",
    "xavier_uniform gain=1.666666666667",
    "xavier_normal gain=1.666666666667",
    "xavier_uniform gain=0.707106781187",
    "uniform_scaling",
    "small_init width=$0",
    "small_init width=$1",
    "wang layers=$L width=$0",
    "wang layers=$L width=$1",
    "full_megatron std=$s",
    "full_megatron_out std=$s layers=$L",
    "mitchell_out width=$0 layer=$l",
    "mitchell_out width=$1 layer=$l",
    "ds_init layer=$l",
    "fixup layers=$L m=2",
    "fixup layers=$L m=3",
    "tfixup_encoder layers=$L",
    "tfixup_encoder layers=$L value=1",
    "tfixup_decoder layers=$L",
    "tfixup_decoder layers=$L value=1",
    "deepnorm layers=$L",
    "deepnorm_encoder encoder_layers=$L decoder_layers=$L",
    "deepnorm_decoder layers=$L",
    "subln layers=$L",
    "subln_encoder encoder_layers=$L decoder_layers=$L",
    "subln_decoder layers=$L",
    "kaiming_normal gain=1.386750490563 mode=fan_in",
    "kaiming_uniform gain=1.386750490563 mode=fan_in",
    "kaiming_normal gain=1.533530441176 mode=fan_in",
    "kaiming_normal gain=1.676532470331 mode=fan_in",
    "xavier_normal gain=0.75",
};

enum { USUAL_RULES = 50 };

static bool variable(const struct audit *a, const struct examined *e, double sigma, char name, double *value)
{
    const struct tensor *const t = e->tensor;
    const double first = t->rank > 0 ? (double)t->shape[0] : 0, second = t->rank > 1 ? (double)t->shape[1] : 0;
    switch (name) {
    case 'L':
        *value = a->layers;
        return a->layers >= 1;
    case 'l':
        *value = (double)e->layer;
        return e->layer >= 0;
    case 's':
        *value = sigma;
        return true;
    case '0':
        *value = first;
        return first >= 1;
    case '1':
        *value = second;
        return second >= 1;
    case 'h':
        *value = first / 4;
        return first >= 4 && fmod(first, 4) == 0;
    default:
        *value = first / 3;
        return first >= 3 && fmod(first, 3) == 0;
    }
}

/* The scheme of a line for this tensor, and its words with the numbers in place. */
static bool instance(const struct audit *a, const struct examined *e, double sigma, const char *line, sow_scheme *scheme, char *text,
                     size_t size)
{
    char words[96], *save = NULL;
    (void)snprintf(words, sizeof words, "%s", line);
    const char *const name = strtok_r(words, " ", &save);
    *scheme = sow_scheme_named(name);
    if (scheme->row < 0)
        return false;
    int used = snprintf(text, size, "%s", name);
    for (char *word; (word = strtok_r(NULL, " ", &save));) {
        char *const equals = strchr(word, '=');
        *equals = '\0';
        const char *given = equals + 1;
        char number[32];
        double value;
        if (*given == '$') {
            if (!variable(a, e, sigma, given[1], &value))
                return false;
            (void)snprintf(number, sizeof number, "%.10g", value);
            given = number;
        }
        char *end;
        value = strtod(given, &end);
        if ((*end ? sow_scheme_set_word(scheme, word, given) : sow_scheme_set(scheme, word, value)) != SOW_OK)
            return false;
        used += snprintf(text + used, size - (size_t)used, " %s=%.12s", word, given);
    }
    return true;
}

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

/* Presets of layers whose weights are matrices, and of those whose are kernels, are never each other's. */
static bool is_for_rank(const char *rule, int rank)
{
    if (strncmp(rule, "torch.conv", 10) == 0 || strncmp(rule, "haiku.conv", 10) == 0)
        return rank > 2;
    return rank <= 2 || (strncmp(rule, "torch.linear", 12) != 0 && strncmp(rule, "equinox.linear", 14) != 0 &&
                         strncmp(rule, "haiku.linear", 12) != 0 && !strstr(rule, "hidden") && strncmp(rule, "torch.mha", 9) != 0);
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
    for (size_t k = 0; k < 2 * (sizeof rules / sizeof rules[0]); k++) {
        const size_t i = k % (sizeof rules / sizeof rules[0]);
        const bool usual = i == k;
        if (!is_for_rank(rules[i], e->tensor->rank) || !instance(a, e, sigma, rules[i], &r.scheme, text, sizeof text))
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

bool rule_is_rare(uint32_t key)
{
    return key < BIAS_KEY && key >> 6 > USUAL_RULES;
}
