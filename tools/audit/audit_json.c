/* SPDX-License-Identifier: MIT */
/* For programs: JSON, and a row of CSV for each tensor. */
#include <inttypes.h>
#include <math.h>
#include <sow/version.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"

static void print_out(void *user, const char *data, size_t length)
{
    (void)user;
    (void)fwrite(data, 1, length, stdout);
}

static void put_text(struct sink *s, const char *key, const char *text)
{
    sink_format(s, ", \"%s\": ", key);
    sink_string(s, text, strlen(text));
}

static void put_number(struct sink *s, const char *key, double value)
{
    sink_format(s, ", \"%s\": ", key);
    sink_number(s, value);
}

static void put_law(struct sink *s, const struct examined *e)
{
    const struct law_fit *const law = &e->law;
    sink_format(s, "{\"kind\": \"%s\"", law_words[law->kind]);
    put_text(s, "text", e->law_text);
    if (law->kind != LAW_NONE && law->kind != LAW_EMPTY) {
        put_number(s, "mean", law->mean);
        put_number(s, "std", law->std);
        put_number(s, "std_error", law->std_error);
        put_number(s, "low", law->low);
        put_number(s, "high", law->high);
        if (law->kind == LAW_TRUNCATED) {
            put_number(s, "parent_std", law->parent);
            put_number(s, "cut", law_cut(law));
        }
        if (law->kind == LAW_ORTHOGONAL)
            put_number(s, "gain", law->gain);
        if (law->sparse)
            put_number(s, "zeros", law->zeros);
        put_number(s, "p", law->p);
        put_number(s, "confidence", law->confidence);
    }
    sink_text(s, "}");
}

static void put_tensor(struct sink *s, const struct audit *a, const struct examined *e)
{
    sink_text(s, "    {\"name\": ");
    sink_string(s, e->tensor->name, e->tensor->name_length);
    sink_format(s, ", \"shape\": %s, \"dtype\": \"%s\"", shape_text(e->tensor), formats[e->tensor->format].lower);
    put_text(s, "role", a->role[e->role].pattern);
    sink_text(s, ", \"law\": ");
    put_law(s, e);
    sink_text(s, ", \"schemes\": [");
    for (size_t i = 0; i < e->explanations; i++) {
        sink_text(s, i ? ", {\"scheme\": " : "{\"scheme\": ");
        sink_string(s, e->explanation[i].text, strlen(e->explanation[i].text));
        put_number(s, "std", e->explanation[i].std);
        put_number(s, "off", e->explanation[i].off);
        sink_text(s, "}");
    }
    if (e->fixed) {
        sink_text(s, e->explanations ? ", {\"scheme\": " : "{\"scheme\": ");
        sink_string(s, e->fixed, strlen(e->fixed));
        sink_text(s, "}");
    }
    sink_text(s, "]}");
}

static void put_name(struct sink *s, const char *key, const struct audit *a, uint32_t tensor)
{
    if (tensor == NO_INDEX)
        return;
    sink_format(s, ", \"%s\": ", key);
    sink_string(s, a->examined[tensor].tensor->name, a->examined[tensor].tensor->name_length);
}

static void put_finding(struct sink *s, const struct audit *a, const struct finding *f)
{
    sink_format(s, "    {\"severity\": \"%s\", \"kind\": \"%s\", \"also\": [", f->note ? "note" : "error", finding_words[f->kind]);
    bool first = true;
    for (int k = 0; k < FINDING_KINDS; k++)
        if (f->also & 1u << k) {
            sink_format(s, "%s\"%s\"", first ? "" : ", ", finding_words[k]);
            first = false;
        }
    sink_text(s, "]");
    put_name(s, "tensor", a, f->tensor);
    put_name(s, "other", a, f->other);
    if (f->index >= 0)
        sink_format(s, ", \"index\": %" PRId64, f->index);
    put_text(s, "text", f->text);
    sink_text(s, "}");
}

void audit_print_json(const struct audit *a)
{
    char buffer[4096];
    struct sink s = {.flush = print_out, .data = buffer, .capacity = sizeof buffer};
    size_t errors = 0;
    for (size_t i = 0; i < a->findings; i++)
        errors += !a->finding[i].note;
    sink_text(&s, "{\"file\": ");
    sink_string(&s, a->checkpoint->name, strlen(a->checkpoint->name));
    sink_format(&s, ", \"version\": \"%s\", \"layers\": %.0f, \"errors\": %zu, \"notes\": %zu,\n  \"findings\": [\n", sow_version(),
                a->layers, errors, a->findings - errors);
    for (size_t i = 0; i < a->findings; i++) {
        put_finding(&s, a, &a->finding[i]);
        sink_text(&s, i + 1 < a->findings ? ",\n" : "\n");
    }
    sink_text(&s, "  ],\n  \"tensors\": [\n");
    for (size_t i = 0; i < a->tensors; i++) {
        put_tensor(&s, a, &a->examined[i]);
        sink_text(&s, i + 1 < a->tensors ? ",\n" : "\n");
    }
    sink_text(&s, "  ]}\n");
    sink_flush(&s);
}

/* RFC 4180: quotes doubled. */
static void put_field(struct sink *s, const char *text, size_t length)
{
    sink_text(s, "\"");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            sink_text(s, "\"");
        sink_put(s, text + i, 1);
    }
    sink_text(s, "\"");
}

void audit_print_csv(const struct audit *a)
{
    char buffer[4096];
    struct sink s = {.flush = print_out, .data = buffer, .capacity = sizeof buffer};
    sink_text(&s, "tensor,shape,dtype,law,mean,std,std_error,low,high,zeros,confidence,scheme,scheme_std,errors\r\n");
    for (uint32_t i = 0; i < a->tensors; i++) {
        const struct examined *const e = &a->examined[i];
        const struct law_fit *const law = &e->law;
        const double number[] = {law->mean, law->std, law->std_error, law->low, law->high, law->zeros, law->confidence};
        put_field(&s, e->tensor->name, e->tensor->name_length);
        sink_format(&s, ",\"%s\",%s,%s", shape_text(e->tensor), formats[e->tensor->format].lower, law_words[law->kind]);
        for (size_t k = 0; k < sizeof number / sizeof number[0]; k++) {
            sink_text(&s, ",");
            if (e->is_float && isfinite(number[k]))
                sink_number(&s, number[k]);
        }
        const char *const scheme = e->explanations ? e->explanation[0].text : e->fixed ? e->fixed : "";
        sink_text(&s, ",");
        put_field(&s, scheme, strlen(scheme));
        sink_text(&s, ",");
        if (e->explanations)
            sink_number(&s, e->explanation[0].std);
        sink_text(&s, ",");
        bool first = true;
        for (size_t k = 0; k < a->findings; k++)
            if (!a->finding[k].note && (a->finding[k].tensor == i || a->finding[k].other == i)) {
                sink_format(&s, "%s%s", first ? "" : " ", finding_words[a->finding[k].kind]);
                first = false;
            }
        sink_text(&s, "\r\n");
    }
    sink_flush(&s);
}
