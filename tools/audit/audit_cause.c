/* SPDX-License-Identifier: MIT */
#include "audit/audit_cause.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool is_residual_output(const struct tensor *t)
{
    return name_has(t, "c_proj.weight|o_proj.weight|down_proj.weight|out_proj.weight|attention.wo.|feed_forward.w2.|output.dense.weight|"
                       "fc2.weight|dense_4h_to_h|attn.proj.weight|linear_proj.weight|linear_fc2.weight|out_proj/kernel|wo/kernel");
}

bool is_embedding(const struct tensor *t)
{
    static const char resnet[] = "fc.weight"; /* others have c_fc.weight and fc.weight in their blocks */
    return (t->name_length == sizeof resnet - 1 && memcmp(t->name, resnet, sizeof resnet - 1) == 0) ||
           name_has(t, "wte|wpe|embed|Embed|tok_|shared.|head|vocab|output.weight|predictions|classifier|pos_|cls_token|class_token");
}

bool has_law(const struct examined *e)
{
    return e->law.kind == LAW_UNIFORM || e->law.kind == LAW_NORMAL || e->law.kind == LAW_TRUNCATED || e->law.kind == LAW_ORTHOGONAL;
}

bool is_weight(const struct examined *e)
{
    return e->is_float && e->tensor->rank >= 2 && has_law(e);
}

bool explained_by(const struct examined *e, uint32_t key)
{
    for (size_t i = 0; i < e->explanations; i++)
        if (e->explanation[i].key == key)
            return true;
    return false;
}

const char *default_of(const struct examined *e)
{
    static const char *const defaults[] = {"torch.", "keras.", "flax.", "haiku.", "equinox."};
    if (e->law.kind != LAW_UNIFORM && e->law.kind != LAW_TRUNCATED)
        return NULL;
    for (size_t i = 0; i < e->explanations; i++)
        for (size_t k = 0; k < sizeof defaults / sizeof defaults[0]; k++)
            if (strncmp(e->explanation[i].text, defaults[k], strlen(defaults[k])) == 0)
                return e->explanation[i].text;
    return NULL;
}

bool differs_from(const struct examined *e, double std, double error, double *ratio)
{
    *ratio = e->law.std / std;
    return fabs(log(*ratio)) > AUDIT_Z * hypot(e->law.std_error, error) + 1e-3;
}

static void tell(struct cause *c, enum finding_kind kind, const char *text)
{
    if (c->text[0] == '\0')
        c->kind = kind;
    else if (kind != c->kind)
        c->also |= 1u << kind;
    const size_t used = strlen(c->text);
    (void)snprintf(c->text + used, sizeof c->text - used, "%s%s", used ? ", or " : "", text);
}

static bool is_near(double ratio, double wanted, double error)
{
    return fabs(log(ratio / wanted)) < error;
}

/* The two fans that a shape may have, for each way to read it. */
static size_t fans_of(const struct tensor *t, double fan[][2])
{
    const double first = (double)t->shape[0], last = (double)t->shape[t->rank - 1];
    double all = 1;
    for (int i = 0; i < t->rank; i++)
        all *= (double)t->shape[i];
    if (t->rank == 2) {
        fan[0][0] = last;
        fan[0][1] = first;
        return 1;
    }
    const double second = (double)t->shape[1], before = (double)t->shape[t->rank - 2];
    fan[0][0] = all / first; /* (O, I, *k) */
    fan[0][1] = all / second;
    fan[1][0] = all / last; /* (*k, I, O) */
    fan[1][1] = all / before;
    fan[2][0] = last; /* (X, O, I) */
    fan[2][1] = before;
    return t->rank == 3 ? 3 : 2;
}

static void try_fans(struct cause *c, const struct examined *e, double ratio, double error)
{
    double fan[3][2];
    const size_t n = fans_of(e->tensor, fan);
    for (size_t i = 0; i < n; i++) {
        const double in = fan[i][0], out = fan[i][1], average = 0.5 * (in + out);
        const struct {
            double ratio;
            const char *text;
        } forms[] = {{sqrt(in / out), "fan_out"},    {sqrt(out / in), "fan_in"},       {sqrt(in / average), "fan_avg"},
                     {sqrt(average / in), "fan_in"}, {sqrt(out / average), "fan_avg"}, {sqrt(average / out), "fan_out"}};
        for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
            char text[120];
            /* An average of equal fans, or factors near 1, say nothing. */
            if (fabs(log(forms[k].ratio)) < 2 * error || !is_near(ratio, forms[k].ratio, error))
                continue;
            const char *const other = k == 0 || k == 4   ? (k ? "fan_out" : "fan_in")
                                      : k == 1 || k == 5 ? (k == 1 ? "fan_out" : "fan_avg")
                                      : k == 2           ? "fan_in"
                                                         : "fan_avg";
            (void)snprintf(text, sizeof text, "%s where %s is meant (fans %.0f and %.0f)", forms[k].text, other, in, out);
            tell(c, FINDING_FAN, text);
            return;
        }
    }
}

static void try_shards(struct cause *c, double ratio, double error)
{
    for (int shards = 2; shards <= 64; shards *= 2) {
        char text[120];
        if (is_near(ratio, sqrt(shards), error)) {
            (void)snprintf(text, sizeof text, "the fan of one of %d shards (√%d too large)", shards, shards);
            tell(c, FINDING_FAN, text);
        } else if (is_near(ratio, 1 / sqrt(shards), error)) {
            (void)snprintf(text, sizeof text, "√%d too small, as with a fan %d times too large", shards, shards);
            tell(c, FINDING_FAN, text);
        }
    }
}

struct cause cause_of(const struct audit *a, const struct examined *e, double ratio, double error)
{
    struct cause c = {.kind = FINDING_STD};
    const double near = 4.5 * error + 2e-3;
    const double scale = sqrt(2 * a->layers);
    char text[120];
    if (a->layers >= 1 && is_near(ratio, scale, near)) {
        (void)snprintf(text, sizeof text, "without the residual scale 1/√(2·%.0f)", a->layers);
        tell(&c, FINDING_RESIDUAL, text);
    } else if (a->layers >= 1 && is_near(ratio, 1 / scale, near)) {
        (void)snprintf(text, sizeof text, "with a residual scale 1/√(2·%.0f) that is not meant", a->layers);
        tell(&c, FINDING_RESIDUAL, text);
    }
    try_fans(&c, e, ratio, near);
    try_shards(&c, ratio, near);
    if (c.text[0] == '\0' && e->explanations == 0)
        tell(&c, FINDING_UNEXPLAINED, "no rule gives it");
    if (c.kind != FINDING_STD)
        c.also |= 1u << FINDING_STD;
    return c;
}
