/* SPDX-License-Identifier: MIT */
/* Everything that was found, for programs. */
#include <stdio.h>
#include <string.h>

#include "base/sink.h"
#include "propagate/propagation.h"

static void put_key(struct sink *s, const char *key)
{
    sink_format(s, ", \"%s\": ", key);
}

static void put_number(struct sink *s, const char *key, double value)
{
    put_key(s, key);
    sink_number(s, value);
}

static void put_text(struct sink *s, const char *key, const char *text)
{
    put_key(s, key);
    sink_string(s, text, strlen(text));
}

static void put_layer_number(struct sink *s, const char *key, size_t layer)
{
    put_key(s, key);
    if (layer)
        sink_format(s, "%zu", layer);
    else
        sink_text(s, "null");
}

static void put_verdict(struct sink *s, const char *key, const struct verdict *v, const struct verdict *theory)
{
    sink_format(s, ",\n   \"%s\": {\"verdict\": \"%s\"", key, fate_word(v->fate));
    put_text(s, "words", verdict_words(v));
    put_layer_number(s, "vanishing_at", v->vanished);
    put_layer_number(s, "zero_at", v->zero);
    put_layer_number(s, "exploding_at", v->exploded);
    put_layer_number(s, "overflow_at", v->over);
    put_text(s, "theory", fate_word(theory->fate));
    put_layer_number(s, "theory_vanishing_at", theory->vanished);
    put_layer_number(s, "theory_exploding_at", theory->exploded);
    sink_text(s, "}");
}

static void put_layer(struct sink *s, const struct trial *t, size_t l)
{
    const struct stack_layer *const layer = &t->stack.layer[l];
    const struct layer_stats *const m = &t->stats[l];
    const struct theory *const theory = &t->theory[l];
    sink_format(s, "%s\n     {\"layer\": %zu", l ? "," : "", l + 1);
    put_text(s, "name", layer->name);
    sink_format(s, ", \"fan_in\": %lld, \"fan_out\": %lld", (long long)layer->fan_in, (long long)layer->fan_out);
    put_number(s, "weight_variance", layer->law.variance);
    put_number(s, "mean", m->mean);
    put_number(s, "variance", m->variance);
    put_number(s, "theory_variance", theory->variance);
    put_number(s, "theory_error", theory->error);
    put_number(s, "dead", m->dead);
    put_number(s, "saturated", m->saturated);
    sink_format(s, ", \"not_finite\": %llu", (unsigned long long)m->broken);
    put_number(s, "gradient", m->gradient);
    put_number(s, "theory_gradient", theory->gradient);
    sink_format(s, ", \"gradient_not_finite\": %llu}", (unsigned long long)m->gradient_broken);
}

static void put_trial(struct sink *s, const struct trial *t)
{
    sink_text(s, "\n  {\"scheme\": ");
    sink_string(s, t->scheme, strlen(t->scheme));
    sink_format(s, ", \"width\": %lld, \"depth\": %zu, \"left_out\": %zu", (long long)t->width, t->stack.depth, t->stack.left_out);
    put_verdict(s, "forward", &t->forward, &t->theory_forward);
    put_verdict(s, "backward", &t->backward, &t->theory_backward);
    sink_text(s, ",\n   \"layers\": [");
    for (size_t l = 0; l < t->stack.depth; l++)
        put_layer(s, t, l);
    sink_text(s, "]}");
}

static void put_growth(struct sink *s, const char *key, const struct growth *g)
{
    sink_format(s, ", \"%s\": {\"slope\": ", key);
    sink_number(s, g->slope);
    put_number(s, "error", g->error);
    put_number(s, "theory", g->theory);
    put_text(s, "words", growth_words(g));
    sink_text(s, "}");
}

static void print(struct sink *s)
{
    (void)fwrite(s->data, 1, s->used, stdout);
    sink_free(s);
}

void trials_json(const struct trials *t)
{
    struct sink s = {0};
    const struct settings *const set = &t->settings;
    sink_format(&s, "{\"activation\": \"%s\", \"dtype\": \"%s\", \"residual\": \"%s\", \"norm\": \"%s\", \"input\": \"%s\"",
                activation_word(set->activation), arithmetic_word(set->arithmetic), residual_word(set->residual), norm_word(set->norm),
                t->input);
    sink_format(&s, ", \"batch\": %lld, \"seed\": %llu, \"threads\": %u, \"isa\": \"%s\", \"maths\": \"%s\"", (long long)set->batch,
                (unsigned long long)set->seed, set->host->threads, set->host->isa, activation_maths);
    if (t->model)
        put_text(&s, "model", t->model);
    sink_text(&s, ",\n \"trials\": [");
    for (size_t i = 0; i < t->count; i++) {
        sink_text(&s, i ? "," : "");
        put_trial(&s, &t->trial[i]);
    }
    sink_text(&s, "]");
    if (t->activity) {
        sink_text(&s, ",\n \"growth\": [");
        for (size_t i = 0; i < t->schemes; i++) {
            sink_text(&s, i ? ",\n  {\"scheme\": " : "\n  {\"scheme\": ");
            sink_string(&s, t->trial[i].scheme, strlen(t->trial[i].scheme));
            put_growth(&s, "activation", &t->activity[i]);
            put_growth(&s, "gradient", &t->gradient[i]);
            sink_text(&s, "}");
        }
        sink_text(&s, "]");
    }
    sink_text(&s, "}\n");
    print(&s);
}

/* A text in quotes, as RFC 4180 has it. */
static void put_quoted(struct sink *s, const char *text)
{
    sink_text(s, "\"");
    for (const char *c = text; *c; c++)
        sink_put(s, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    sink_text(s, "\"");
}

/* What is not known is an empty field. */
static void put_field(struct sink *s, double value)
{
    sink_text(s, ",");
    if (value == value) {
        struct sink number = {0};
        sink_number(&number, value);
        sink_put(s, number.data, number.used);
        sink_free(&number);
    }
}

void trials_csv(const struct trials *t)
{
    struct sink s = {0};
    sink_text(&s, "scheme,width,layer,name,fan_in,fan_out,weight_variance,mean,variance,theory_variance,theory_error,dead,saturated,"
                  "gradient,theory_gradient\r\n");
    for (size_t i = 0; i < t->count; i++)
        for (size_t l = 0; l < t->trial[i].stack.depth; l++) {
            const struct trial *const k = &t->trial[i];
            const struct stack_layer *const layer = &k->stack.layer[l];
            const double fields[] = {layer->law.variance,   k->stats[l].mean,     k->stats[l].variance,
                                     k->theory[l].variance, k->theory[l].error,   k->stats[l].dead,
                                     k->stats[l].saturated, k->stats[l].gradient, k->theory[l].gradient};
            put_quoted(&s, k->scheme);
            sink_format(&s, ",%lld,%zu,", (long long)k->width, l + 1);
            put_quoted(&s, layer->name);
            sink_format(&s, ",%lld,%lld", (long long)layer->fan_in, (long long)layer->fan_out);
            for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++)
                put_field(&s, fields[f]);
            sink_text(&s, "\r\n");
        }
    print(&s);
}
