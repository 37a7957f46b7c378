/* SPDX-License-Identifier: MIT */
#include "model/scheme_read.h"

#include <math.h>
#include <sow/tensor.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "model/values.h"

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

static double read_word(const char *file, const struct json *node, const sow_scheme_arg *arg)
{
    size_t count;
    const char *const *const words = words_of(arg->type, &count);
    json_expect(file, node, JSON_STRING, arg->name);
    struct suggestion near = suggest_for(node->text, node->length);
    for (size_t i = 0; i < count; i++) {
        if (json_is(node, words[i]))
            return (double)i;
        suggest_offer(&near, words[i]);
    }
    char known[256] = "";
    for (size_t i = 0; i < count && strlen(known) < sizeof known - 40; i++)
        strcat(strcat(known, i ? ", " : ""), words[i]);
    fail(EXIT_INPUT, json_place(file, node), "%s is %s, must be one of %s%s", arg->name, quoted(node->text, node->length), known,
         suggest_text(&near));
}

/* A number, "relu", {"leaky_relu": 0.2}, or {"rms": "gelu"} for another rule than torch's. */
static double read_gain(const char *file, const struct json *node)
{
    if (node->type == JSON_NUMBER)
        return json_double(file, node, "\"gain\"");
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
                fail(EXIT_INPUT, json_key_place(file, only), "%s, not %s", wanted, quoted(name, only->key_length));
            rule = (sow_gain_rule)(SOW_GAIN_TORCH + i);
            name = only->text;
        } else {
            slope = json_double(file, only, "the slope");
        }
    } else if (node->type != JSON_STRING) {
        fail(EXIT_INPUT, json_place(file, node), "\"gain\" must be a number, a name, or an object such as {\"leaky_relu\": 0.2}");
    }
    double gain = 0;
    char why[512];
    if (sow_gain(name, slope, rule, &gain, why, sizeof why) != SOW_OK)
        fail(EXIT_INPUT, json_place(file, node), "gain: %s", why);
    return gain;
}

static double read_number(const char *file, const struct json *node, const sow_scheme_arg *arg)
{
    if (node->type == JSON_STRING && (json_is(node, "inf") || json_is(node, "-inf")))
        return node->text[0] == '-' ? -INFINITY : INFINITY; /* JSON has no word for it; bounds may be open */
    return json_double(file, node, arg->name);
}

/* -1, or [0, 1], as the word that the library takes. */
static void read_axes(const char *file, const struct json *node, const sow_scheme_arg *arg, sow_scheme *scheme)
{
    char word[4 * SOW_MAX_RANK * 2] = "";
    const struct json *const first = node->type == JSON_ARRAY ? node->child : node;
    for (const struct json *axis = first; axis; axis = node->type == JSON_ARRAY ? axis->next : NULL) {
        const double value = json_double(file, axis, arg->name);
        if (!(value >= -SOW_MAX_RANK && value < SOW_MAX_RANK && value == floor(value)) || strlen(word) > sizeof word - 5)
            fail(EXIT_INPUT, json_place(file, axis), "%s is %s, must be %d to %d", arg->name, quoted(axis->text, axis->length),
                 -SOW_MAX_RANK, SOW_MAX_RANK - 1);
        (void)snprintf(word + strlen(word), sizeof word - strlen(word), "%s%d", *word ? "," : "", (int)value);
    }
    if (*word && sow_scheme_set_word(scheme, arg->name, word) != SOW_OK)
        fail(EXIT_INPUT, json_place(file, node), "%s takes no %s", arg->name, word);
}

static void read_argument(const char *file, const struct json *node, const sow_scheme_arg *arg, sow_scheme *scheme)
{
    double value;
    if (arg->type == SOW_ARG_AXES) {
        read_axes(file, node, arg, scheme);
        return;
    }
    const bool number = arg->type == SOW_ARG_NUMBER || arg->type == SOW_ARG_COUNT;
    switch (number && json_is(node, "*") ? SOW_ARG_AXES + 1 : (int)arg->type) {
    case SOW_ARG_AXES + 1:
        value = NAN; /* the number in the tensor's name (variant.h) */
        break;
    case SOW_ARG_NUMBER:
        value = read_number(file, node, arg);
        break;
    case SOW_ARG_COUNT:
        value = (double)json_count(file, node, arg->name);
        break;
    case SOW_ARG_FLAG:
        value = json_bool(file, node, arg->name);
        break;
    case SOW_ARG_GAIN:
        value = read_gain(file, node);
        break;
    default:
        value = read_word(file, node, arg);
        break;
    }
    if (sow_scheme_set(scheme, arg->name, value) != SOW_OK)
        fail(EXIT_INPUT, json_place(file, node), "scheme %s does not take %s = %s", sow_scheme_info_at((size_t)scheme->row)->name,
             arg->name, quoted(node->text, node->length));
}

sow_scheme scheme_read_name(const char *file, const struct json *node)
{
    json_expect(file, node, JSON_STRING, "\"scheme\"");
    const sow_scheme scheme = sow_scheme_named(node->text);
    if (scheme.row >= 0)
        return scheme;
    struct suggestion near = suggest_for(node->text, node->length);
    for (size_t i = 0; i < sow_scheme_count(); i++)
        suggest_offer(&near, sow_scheme_info_at(i)->name);
    fail(EXIT_INPUT, json_place(file, node), "unknown scheme %s%s (sow schemes lists them)", quoted(node->text, node->length),
         suggest_text(&near));
}

int scheme_needs(const sow_scheme *scheme, const char *part)
{
    const char *const parts = sow_scheme_info_at((size_t)scheme->row)->parts;
    return parts && strstr(parts, part) != NULL;
}

int scheme_takes(const sow_scheme *scheme, const char *argument)
{
    if (sow_scheme_arg_index(scheme, argument) >= 0)
        return 1;
    for (size_t i = 0; scheme->parts && i < scheme->parts->inner_count; i++)
        if (scheme_takes(&scheme->parts->inner[i], argument))
            return 1;
    return 0;
}

/* The keys that the scheme takes: its arguments and its parts. */
struct keys {
    const char *name[SOW_SCHEME_MAX_ARGS + 3];
    size_t count;
};

static struct keys keys_of(const sow_scheme *scheme)
{
    static const char *const parts[] = {"list", "inner", "values"};
    const sow_scheme_info *const info = sow_scheme_info_at((size_t)scheme->row);
    struct keys keys = {.count = 0};
    for (size_t i = 0; i < info->arg_count; i++)
        keys.name[keys.count++] = info->arg[i].name;
    for (size_t i = 0; i < COUNT(parts); i++)
        if (scheme_needs(scheme, parts[i]))
            keys.name[keys.count++] = parts[i];
    return keys;
}

_Noreturn static void unknown_key(const char *file, const struct json *member, const sow_scheme *scheme, const struct keys *keys,
                                  const char *const *own, size_t own_count)
{
    const char *const name = sow_scheme_info_at((size_t)scheme->row)->name;
    struct suggestion near = suggest_for(member->key, member->key_length);
    char known[512] = "";
    for (size_t i = 0; i < keys->count; i++) {
        suggest_offer(&near, keys->name[i]);
        if (strlen(known) < sizeof known - 80)
            strcat(strcat(known, i ? ", " : ""), keys->name[i]);
    }
    for (size_t i = 0; i < own_count; i++)
        suggest_offer(&near, own[i]);
    if (keys->count == 0)
        fail(EXIT_INPUT, json_key_place(file, member), "unknown key %s: %s takes no arguments%s", quoted(member->key, member->key_length),
             name, suggest_text(&near));
    fail(EXIT_INPUT, json_key_place(file, member), "unknown key %s: %s takes %s%s", quoted(member->key, member->key_length), name, known,
         suggest_text(&near));
}

static bool is_among(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static const int64_t *read_list(const struct scheme_reader *r, const struct json *node)
{
    json_expect(r->file, node, JSON_ARRAY, "\"list\"");
    int64_t *const list = arena_alloc(r->arena, sizeof *list * (node->length + 1u)), *next = list;
    for (const struct json *n = node->child; n; n = n->next) {
        const uint64_t value = json_count(r->file, n, "a number in \"list\"");
        if (value > INT64_MAX)
            fail(EXIT_INPUT, json_place(r->file, n), "a number in \"list\" is %s, at most 9223372036854775807", n->text);
        *next++ = (int64_t)value;
    }
    return list;
}

static sow_scheme read_nested(const struct scheme_reader *r, const struct json *node, const char *const *own, size_t own_count, int depth);

/* One scheme, or for blocks an array of them. */
static const sow_scheme *read_inner(const struct scheme_reader *r, const struct json *node, int depth, size_t *count)
{
    const bool many = node->type == JSON_ARRAY;
    *count = many ? node->length : 1;
    sow_scheme *const inner = arena_alloc(r->arena, sizeof *inner * (*count + 1));
    const struct json *n = many ? node->child : node;
    for (size_t i = 0; i < *count; i++, n = n->next)
        inner[i] = read_nested(r, n, NULL, 0, depth + 1);
    return inner;
}

static const struct json *need(const struct scheme_reader *r, const struct json *node, const sow_scheme *scheme, const char *part)
{
    const struct json *const member = node->type == JSON_OBJECT ? json_member(node, part) : NULL;
    if (!member)
        fail(EXIT_INPUT, json_place(r->file, node), "%s needs \"%s\"", sow_scheme_info_at((size_t)scheme->row)->name, part);
    return member;
}

static void read_parts(const struct scheme_reader *r, const struct json *node, int depth, sow_scheme *scheme)
{
    if (scheme_needs(scheme, "values") && r->values)
        scheme->parts = values_read(r->values, r->file, need(r, node, scheme, "values"));
    else if (scheme_needs(scheme, "custom") || scheme_needs(scheme, "values"))
        fail(EXIT_INPUT, json_place(r->file, node), "%s is for programs that call the library",
             sow_scheme_info_at((size_t)scheme->row)->name);
    if (!scheme_needs(scheme, "inner"))
        return;
    sow_scheme_parts *const parts = arena_alloc(r->arena, sizeof *parts);
    *parts = (sow_scheme_parts){.inner = NULL};
    if (scheme_needs(scheme, "list")) {
        const struct json *const list = need(r, node, scheme, "list");
        parts->list = read_list(r, list);
        parts->list_count = list->length;
    }
    parts->inner = read_inner(r, need(r, node, scheme, "inner"), depth, &parts->inner_count);
    scheme->parts = parts;
}

static sow_scheme read_nested(const struct scheme_reader *r, const struct json *node, const char *const *own, size_t own_count, int depth)
{
    if (depth >= SOW_SCHEME_MAX_DEPTH)
        fail(EXIT_INPUT, json_place(r->file, node), "schemes within schemes, more than %d levels", SOW_SCHEME_MAX_DEPTH);
    const struct json *name = node;
    if (node->type != JSON_STRING) {
        json_expect(r->file, node, JSON_OBJECT, "a scheme");
        name = json_member(node, "scheme");
        if (!name)
            fail(EXIT_INPUT, json_place(r->file, node), "a scheme without \"scheme\", its name");
    }
    sow_scheme scheme = scheme_read_name(r->file, name);
    const sow_scheme_info *const info = sow_scheme_info_at((size_t)scheme.row);
    const struct keys keys = keys_of(&scheme);
    for (const struct json *m = node->type == JSON_OBJECT ? node->child : NULL; m; m = m->next) {
        if (m == name || is_among(m->key, own, own_count))
            continue;
        if (!is_among(m->key, keys.name, keys.count))
            unknown_key(r->file, m, &scheme, &keys, own, own_count);
        for (size_t i = 0; i < info->arg_count; i++)
            if (strcmp(m->key, info->arg[i].name) == 0)
                read_argument(r->file, m, &info->arg[i], &scheme);
    }
    read_parts(r, node, depth, &scheme);
    return scheme;
}

sow_scheme scheme_read(const struct scheme_reader *r, const struct json *node, const char *const *own, size_t own_count)
{
    return read_nested(r, node, own, own_count, 0);
}
