/* SPDX-License-Identifier: MIT */
/* What a node of the tree is taken for, and how it is written again. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/suggest.h"

const struct json *json_member(const struct json *object, const char *key)
{
    for (const struct json *m = object->child; m; m = m->next)
        if (strcmp(m->key, key) == 0)
            return m;
    return NULL;
}

bool json_is(const struct json *node, const char *text)
{
    return node->type == JSON_STRING && strcmp(node->text, text) == 0;
}

struct place json_place(const char *file, const struct json *node)
{
    return (struct place){file, node->line, node->column};
}

struct place json_key_place(const char *file, const struct json *node)
{
    return (struct place){file, node->key_line, node->key_column};
}

static const char *type_name(enum json_type type)
{
    static const char *const names[] = {"null", "true or false", "a number", "a string", "an array", "an object"};
    return names[type];
}

const char *json_type_name(const struct json *node)
{
    return type_name(node->type);
}

void json_expect(const char *file, const struct json *node, enum json_type type, const char *what)
{
    if (node->type != type)
        fail(EXIT_INPUT, json_place(file, node), "%s must be %s, not %s", what, type_name(type), json_type_name(node));
}

uint64_t json_count(const char *file, const struct json *node, const char *what)
{
    json_expect(file, node, JSON_NUMBER, what);
    uint64_t value = 0;
    for (const char *c = node->text; *c; c++) {
        if (*c < '0' || *c > '9')
            fail(EXIT_INPUT, json_place(file, node), "%s must be a whole number of at least 0, not %s", what, node->text);
        const unsigned digit = (unsigned)(*c - '0');
        if (value > (UINT64_MAX - digit) / 10)
            fail(EXIT_INPUT, json_place(file, node), "%s is %s, at most 18446744073709551615", what, quoted(node->text, node->length));
        value = value * 10 + digit;
    }
    return value;
}

double json_double(const char *file, const struct json *node, const char *what)
{
    json_expect(file, node, JSON_NUMBER, what);
    const double value = strtod(node->text, NULL);
    if (!isfinite(value))
        fail(EXIT_INPUT, json_place(file, node), "%s is %s, outside the range of a double", what, quoted(node->text, node->length));
    return value;
}

bool json_bool(const char *file, const struct json *node, const char *what)
{
    json_expect(file, node, JSON_BOOL, what);
    return node->text[0] == 't';
}

void json_known_keys(const char *file, const struct json *object, const char *const *known, size_t count)
{
    for (const struct json *m = object->child; m; m = m->next) {
        struct suggestion near = suggest_for(m->key, m->key_length);
        size_t i = 0;
        while (i < count && strcmp(known[i], m->key) != 0)
            suggest_offer(&near, known[i++]);
        if (i == count)
            fail(EXIT_INPUT, json_key_place(file, m), "unknown key %s%s", quoted(m->key, m->key_length), suggest_text(&near));
    }
}

void json_write(struct sink *sink, const struct json *node, const char *without)
{
    switch (node->type) {
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        sink_put(sink, node->text, node->length);
        return;
    case JSON_STRING:
        sink_string(sink, node->text, node->length);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    bool first = true;
    sink_put(sink, node->type == JSON_ARRAY ? "[" : "{", 1);
    for (const struct json *m = node->child; m; m = m->next) {
        if (without && m->key && strcmp(m->key, without) == 0)
            continue;
        if (!first)
            sink_put(sink, ",", 1);
        first = false;
        if (m->key) {
            sink_string(sink, m->key, m->key_length);
            sink_put(sink, ":", 1);
        }
        json_write(sink, m, NULL);
    }
    sink_put(sink, node->type == JSON_ARRAY ? "]" : "}", 1);
}
