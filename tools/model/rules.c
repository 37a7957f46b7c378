/* SPDX-License-Identifier: MIT */
/* The rules of a description: which scheme, with which arguments, for which names. */
#include <math.h>
#include <string.h>

#include "base/glob.h"
#include "model/model.h"
#include "model/scheme_read.h"
#include "model/scheme_text.h"
#include "model/values.h"
#include "model/variant.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const own_keys[] = {"match", "scheme", "fan_from", "constant_ok", "shard", "comment"};

static void read_rule(struct model *m, const char *file, const struct json *node, struct rule *r)
{
    json_expect(file, node, JSON_OBJECT, "a rule");
    const struct json *const match = json_member(node, "match"), *const scheme = json_member(node, "scheme");
    const struct json *const from = json_member(node, "fan_from"), *const ok = json_member(node, "constant_ok");
    const struct json *const cut = json_member(node, "shard");
    if (!match || !scheme)
        fail(EXIT_INPUT, json_place(file, node), "a rule without \"%s\"", match ? "scheme" : "match");
    json_expect(file, match, JSON_STRING, "\"match\"");
    const char *const why = glob_check(match->text);
    if (why)
        fail(EXIT_INPUT, json_place(file, match), "\"match\": %s", why);
    *r = (struct rule){
        .match = match->text, .file = file, .node = node, .line = node->line, .column = node->column, .first_constant = NO_INDEX};
    const struct scheme_reader reader = {.file = file, .arena = &m->arena, .values = m->values};
    r->scheme = scheme_read(&reader, node, own_keys, COUNT(own_keys));
    r->cut = cut ? cut_read(file, cut) : (struct cut){CUT_UNSAID, 0};
    r->numbered = variant_is_numbered(&r->scheme);
    r->constant_ok = ok && json_bool(file, ok, "\"constant_ok\"");
    if (from) {
        json_expect(file, from, JSON_STRING, "\"fan_from\"");
        if (!scheme_takes(&r->scheme, "fan_in"))
            fail(EXIT_INPUT, json_key_place(file, from), "scheme %s takes no fan, so no \"fan_from\"", scheme->text);
        r->fan_from = from->text;
    }
}

static struct rule *add_rule(struct model *m)
{
    m->rule = array_grow(m->rule, &m->rule_capacity, m->rules + 1, sizeof *m->rule);
    return &m->rule[m->rules++];
}

/* Names of files in rules start at the description's folder, at the checkpoint's for a record, at the current one for options. */
static void start_at(struct model *m, const char *from)
{
    if (!m->values)
        m->values = values_open(&m->arena);
    values_from(m->values, from, m->is_record);
}

void rules_read(struct model *m, const struct json *rules, bool spare_ok)
{
    json_expect(m->file, rules, JSON_ARRAY, "\"rules\"");
    start_at(m, m->file);
    for (const struct json *node = rules->child; node; node = node->next) {
        struct rule *const r = add_rule(m);
        read_rule(m, m->file, node, r);
        r->spare_ok = spare_ok;
    }
}

void rules_set(struct model *m, const char *text)
{
    const char *const file = scheme_text_place(&m->arena, "--set", text);
    start_at(m, "");
    read_rule(m, file, scheme_text_rule(&m->arena, file, text), add_rule(m));
}

void rules_write(const struct model *m, struct sink *sink)
{
    sink_text(sink, "[");
    for (size_t i = 0; i < m->rules; i++) {
        sink_text(sink, i ? "," : "");
        json_write(sink, m->rule[i].node, NULL);
    }
    sink_text(sink, "]");
}

uint32_t rules_find(const struct model *m, const char *name, size_t length, struct sink *from)
{
    from->used = 0;
    for (size_t i = 0; i < m->rules; i++) {
        const struct rule *const r = &m->rule[i];
        struct captures captures;
        if (!glob_match(r->match, name, length, &captures))
            continue;
        if (r->fan_from && !glob_replace(from, r->fan_from, &captures))
            fail(EXIT_INPUT, rule_place(r), "\"fan_from\" has more stars than \"match\" has wildcards");
        return (uint32_t)i;
    }
    return NO_INDEX;
}

double rule_number(const struct rule *r, const char *name, size_t length)
{
    struct captures captures;
    if (glob_match(r->match, name, length, &captures))
        for (size_t i = 0; i < captures.count; i++) {
            double value = 0;
            size_t k = 0;
            for (; k < captures.part[i].length && captures.part[i].text[k] >= '0' && captures.part[i].text[k] <= '9'; k++)
                value = value * 10 + (captures.part[i].text[k] - '0');
            if (k && k == captures.part[i].length)
                return value;
        }
    return NAN;
}
