/* SPDX-License-Identifier: MIT */
/* The rules of a description: which scheme, with which arguments, for which names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/suggest.h"
#include "model/model.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The words of each kind of argument that takes words. */
static const char *const *words_of(sow_arg_type type, size_t *count)
{
#define X(id, word) #word,
    static const char *const modes[] = {SOW_FAN_MODE_LIST(X)};
    static const char *const laws[] = {SOW_LAW_LIST(X)};
    static const char *const fans[] = {SOW_FANS_LIST(X)};
#undef X
#define X(id, word, shape) #word,
    static const char *const layouts[] = {SOW_LAYOUT_LIST(X)};
#undef X
    switch (type) {
    case SOW_ARG_MODE:
        return *count = COUNT(modes), modes;
    case SOW_ARG_LAW:
        return *count = COUNT(laws), laws;
    case SOW_ARG_FANS:
        return *count = COUNT(fans), fans;
    case SOW_ARG_LAYOUT:
        return *count = COUNT(layouts), layouts;
    default:
        return *count = 0, NULL;
    }
}

static double read_word(const struct model *m, const struct json *node, const sow_scheme_arg *arg)
{
    size_t count;
    const char *const *const words = words_of(arg->type, &count);
    json_expect(m->file, node, JSON_STRING, arg->name);
    struct suggestion near = suggest_for(node->text, node->length);
    for (size_t i = 0; i < count; i++) {
        if (json_is(node, words[i]))
            return (double)i;
        suggest_offer(&near, words[i]);
    }
    char known[256] = "";
    for (size_t i = 0; i < count && strlen(known) < sizeof known - 40; i++)
        strcat(strcat(known, i ? ", " : ""), words[i]);
    fail(EXIT_INPUT, json_place(m->file, node), "%s is %s, must be one of %s%s", arg->name, quoted(node->text, node->length), known,
         suggest_text(&near));
}

/* A number, "relu", {"leaky_relu": 0.2}, or {"rms": "gelu"} for another rule than torch's. */
static double read_gain(const struct model *m, const struct json *node)
{
    if (node->type == JSON_NUMBER)
        return json_double(m->file, node, "\"gain\"");
    const char *name = node->text;
    double slope = NAN;
    sow_gain_rule rule = SOW_GAIN_TORCH;
    if (node->type == JSON_OBJECT && node->length == 1) {
        const struct json *const only = node->child;
        name = only->key;
        if (only->type == JSON_STRING) {
            static const char *const rules[] = {"torch", "rms", "std"};
            static const char *const wanted = "a gain by rule is {\"rms\": NAME}, {\"std\": NAME} or {\"torch\": NAME}";
            size_t i = 0;
            while (i < COUNT(rules) && strcmp(rules[i], name) != 0)
                i++;
            if (i == COUNT(rules))
                fail(EXIT_INPUT, json_key_place(m->file, only), "%s, not %s", wanted, quoted(name, only->key_length));
            rule = (sow_gain_rule)(SOW_GAIN_TORCH + i);
            name = only->text;
        } else {
            slope = json_double(m->file, only, "the slope");
        }
    } else if (node->type != JSON_STRING) {
        fail(EXIT_INPUT, json_place(m->file, node), "\"gain\" must be a number, a name, or an object such as {\"leaky_relu\": 0.2}");
    }
    double gain = 0;
    char why[512];
    if (sow_gain(name, slope, rule, &gain, why, sizeof why) != SOW_OK)
        fail(EXIT_INPUT, json_place(m->file, node), "gain: %s", why);
    return gain;
}

static double read_number(const struct model *m, const struct json *node, const sow_scheme_arg *arg)
{
    if (node->type == JSON_STRING && (json_is(node, "inf") || json_is(node, "-inf")))
        return node->text[0] == '-' ? -INFINITY : INFINITY; /* JSON has no word for it; bounds may be open */
    return json_double(m->file, node, arg->name);
}

static void read_argument(const struct model *m, const struct json *node, const sow_scheme_arg *arg, sow_scheme *scheme)
{
    double value;
    switch (arg->type) {
    case SOW_ARG_NUMBER:
        value = read_number(m, node, arg);
        break;
    case SOW_ARG_COUNT:
        value = (double)json_count(m->file, node, arg->name);
        break;
    case SOW_ARG_FLAG:
        value = json_bool(m->file, node, arg->name);
        break;
    case SOW_ARG_GAIN:
        value = read_gain(m, node);
        break;
    default:
        value = read_word(m, node, arg);
        break;
    }
    if (sow_scheme_set(scheme, arg->name, value) != SOW_OK)
        fail(EXIT_INPUT, json_place(m->file, node), "scheme %s does not take %s = %s", sow_scheme_info_at((size_t)scheme->row)->name,
             arg->name, quoted(node->text, node->length));
}

static sow_scheme read_scheme(const struct model *m, const struct json *node)
{
    json_expect(m->file, node, JSON_STRING, "\"scheme\"");
    const sow_scheme scheme = sow_scheme_named(node->text);
    if (scheme.row >= 0)
        return scheme;
    struct suggestion near = suggest_for(node->text, node->length);
    for (size_t i = 0; i < sow_scheme_count(); i++)
        suggest_offer(&near, sow_scheme_info_at(i)->name);
    fail(EXIT_INPUT, json_place(m->file, node), "unknown scheme %s%s (sow info --schemes lists them)", quoted(node->text, node->length),
         suggest_text(&near));
}

/* Every other key of a rule is an argument of its scheme. */
static void read_arguments(const struct model *m, const struct json *node, struct rule *r)
{
    static const char *const own[] = {"match", "scheme", "fan_from", "constant_ok", "comment"};
    const sow_scheme_info *const info = sow_scheme_info_at((size_t)r->scheme.row);
    const char *known[COUNT(own) + SOW_SCHEME_MAX_ARGS];
    for (size_t i = 0; i < COUNT(own); i++)
        known[i] = own[i];
    for (size_t i = 0; i < info->arg_count; i++)
        known[COUNT(own) + i] = info->arg[i].name;
    json_known_keys(m->file, node, known, COUNT(own) + info->arg_count);
    for (size_t i = 0; i < info->arg_count; i++) {
        const struct json *const value = json_member(node, info->arg[i].name);
        if (value)
            read_argument(m, value, &info->arg[i], &r->scheme);
    }
}

static void read_rule(struct model *m, const struct json *node, struct rule *r)
{
    json_expect(m->file, node, JSON_OBJECT, "a rule");
    const struct json *const match = json_member(node, "match"), *const scheme = json_member(node, "scheme");
    const struct json *const from = json_member(node, "fan_from"), *const ok = json_member(node, "constant_ok");
    if (!match || !scheme)
        fail(EXIT_INPUT, json_place(m->file, node), "a rule without \"%s\"", match ? "scheme" : "match");
    json_expect(m->file, match, JSON_STRING, "\"match\"");
    const char *const why = glob_check(match->text);
    if (why)
        fail(EXIT_INPUT, json_place(m->file, match), "\"match\": %s", why);
    *r = (struct rule){.match = match->text, .line = node->line, .column = node->column, .first_constant = NO_INDEX};
    r->scheme = read_scheme(m, scheme);
    read_arguments(m, node, r);
    r->has_layout = sow_scheme_arg_index(&r->scheme, "layout") >= 0;
    r->has_groups = sow_scheme_arg_index(&r->scheme, "groups") >= 0;
    r->constant_ok = ok && json_bool(m->file, ok, "\"constant_ok\"");
    if (from) {
        json_expect(m->file, from, JSON_STRING, "\"fan_from\"");
        if (sow_scheme_arg_index(&r->scheme, "fan_in") < 0)
            fail(EXIT_INPUT, json_key_place(m->file, from), "scheme %s takes no fan, so no \"fan_from\"", scheme->text);
        r->fan_from = from->text;
    }
}

void rules_read(struct model *m, const struct json *rules)
{
    json_expect(m->file, rules, JSON_ARRAY, "\"rules\"");
    m->rule = calloc(rules->length ? rules->length : 1, sizeof *m->rule);
    if (!m->rule)
        fail_memory(rules->length * sizeof *m->rule);
    for (const struct json *node = rules->child; node; node = node->next)
        read_rule(m, node, &m->rule[m->rules++]);
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
            fail(EXIT_INPUT, rule_place(m, r), "\"fan_from\" has more stars than \"match\" has wildcards");
        return (uint32_t)i;
    }
    return NO_INDEX;
}
