/* SPDX-License-Identifier: MIT */
#include "model/text_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct place text_place(const struct text *t, size_t at)
{
    return (struct place){t->file, 1, (uint32_t)at + 1};
}

struct json *text_node(struct text *t, enum json_type type, size_t at)
{
    struct json *const node = arena_alloc(t->arena, sizeof *node);
    *node = (struct json){.type = type, .text = "", .line = 1, .column = (uint32_t)at + 1};
    return node;
}

struct json *text_scalar(struct text *t, enum json_type type, size_t at, const char *text, size_t length)
{
    struct json *const node = text_node(t, type, at);
    node->text = arena_copy(t->arena, text, length);
    node->length = (uint32_t)length;
    return node;
}

void text_append(struct json *parent, struct json *node)
{
    struct json **end = &parent->child;
    while (*end)
        end = &(*end)->next;
    *end = node;
    parent->length++;
}

void text_member(struct text *t, struct json *object, const char *key, size_t length, size_t at, struct json *value)
{
    value->key = arena_copy(t->arena, key, length);
    value->key_length = (uint32_t)length;
    value->key_line = 1;
    value->key_column = (uint32_t)at + 1;
    if (json_member(object, value->key))
        fail(EXIT_INPUT, text_place(t, at), "%s is given twice", quoted(key, length));
    if (object->length >= JSON_MAX_KEYS)
        fail(EXIT_INPUT, text_place(t, at), "more than %d keys in one object", JSON_MAX_KEYS);
    text_append(object, value);
}

char text_next(struct text *t)
{
    t->at += strspn(t->text + t->at, " \t\n");
    return t->text[t->at];
}

/* The end of the text in words, or what stands there. */
const char *text_seen(const struct text *t)
{
    const size_t left = strlen(t->text + t->at);
    return left == 0 ? "the end" : quoted(t->text + t->at, left < 20 ? left : 20);
}

void text_expect(struct text *t, char c, const char *what)
{
    if (text_next(t) != c)
        fail(EXIT_INPUT, text_place(t, t->at), "expected %s, got %s", what, text_seen(t));
    t->at++;
}

void text_open(struct text *t)
{
    if (++t->depth > JSON_MAX_DEPTH - 2) /* as deep as a description may nest it */
        fail(EXIT_INPUT, text_place(t, t->at), "nested deeper than %d levels", JSON_MAX_DEPTH - 2);
    t->at++;
}

size_t text_word_length(const char *text)
{
    return strcspn(text, " \t\n,=:()[]{}\"'");
}

/* A number as JSON has it: Python's 1. and .5, too, and a plus sign. */
static struct json *number(struct text *t, size_t at, const char *word, double value)
{
    const char *p = word + (*word == '-');
    const size_t whole = strspn(p, "0123456789"), fraction = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 1;
    if (whole > 0 && fraction > 0 && (whole == 1 || *p != '0') && isfinite(value))
        return text_scalar(t, JSON_NUMBER, at, word, strlen(word));
    if (!isfinite(value)) /* json_double() says so, with its place */
        return text_scalar(t, JSON_NUMBER, at, value < 0 ? "-1e999" : "1e999", value < 0 ? 6 : 5);
    struct sink sink = {0};
    sink_number(&sink, value);
    struct json *const node = text_scalar(t, JSON_NUMBER, at, sink.data, sink.used);
    sink_free(&sink);
    return node;
}

/* A number, true or false, or a string without quotes. */
static struct json *word(struct text *t)
{
    const size_t at = t->at, length = text_word_length(t->text + at);
    if (length == 0)
        fail(EXIT_INPUT, text_place(t, at), "expected a value, got %s", text_seen(t));
    t->at += length;
    const char *const copy = arena_copy(t->arena, t->text + at, length);
    if (strcmp(copy, "true") == 0 || strcmp(copy, "false") == 0)
        return text_scalar(t, JSON_BOOL, at, copy, length);
    if (strcmp(copy, "inf") == 0 || strcmp(copy, "+inf") == 0 || strcmp(copy, "-inf") == 0)
        return text_scalar(t, JSON_STRING, at, *copy == '+' ? copy + 1 : copy, length - (*copy == '+'));
    if (strspn(copy, "0123456789+-.eE") == length) {
        char *end;
        const double value = strtod(copy, &end);
        if (*end == '\0')
            return number(t, at, copy, value);
    }
    return text_scalar(t, JSON_STRING, at, copy, length);
}

/* In quotes of one kind; a backslash before a quote or a backslash takes it as it is. */
static struct json *string(struct text *t)
{
    const size_t at = t->at;
    const char quote = t->text[at];
    struct sink sink = {0};
    for (t->at++; t->text[t->at] != quote; t->at++) {
        if (t->text[t->at] == '\\' && (t->text[t->at + 1] == quote || t->text[t->at + 1] == '\\'))
            t->at++;
        if (t->text[t->at] == '\0')
            fail(EXIT_INPUT, text_place(t, at), "a string without its closing %c", quote);
        sink_put(&sink, t->text + t->at, 1);
    }
    t->at++;
    struct json *const node = text_scalar(t, JSON_STRING, at, sink.used ? sink.data : "", sink.used);
    sink_free(&sink);
    return node;
}

struct json *text_list(struct text *t, struct json *(*element)(struct text *))
{
    struct json *const node = text_node(t, JSON_ARRAY, t->at), **end = &node->child;
    text_open(t);
    while (text_next(t) != ']') {
        *end = element(t);
        end = &(*end)->next;
        node->length++;
        if (text_next(t) != ',')
            break;
        t->at++;
    }
    text_expect(t, ']', "a comma or \"]\"");
    t->depth--;
    return node;
}

static struct json *object(struct text *t)
{
    struct json *const node = text_node(t, JSON_OBJECT, t->at);
    text_open(t);
    while (text_next(t) != '}') {
        const size_t at = t->at;
        const struct json *const key = *(t->text + at) == '"' || t->text[at] == '\'' ? string(t) : word(t);
        text_expect(t, ':', "a colon");
        text_member(t, node, key->text, key->length, at, text_value(t));
        if (text_next(t) != ',')
            break;
        t->at++;
    }
    text_expect(t, '}', "a comma or \"}\"");
    t->depth--;
    return node;
}

/* NAME:VALUE is short for {"NAME": VALUE}. */
struct json *text_value(struct text *t)
{
    const char c = text_next(t);
    const size_t at = t->at;
    if (c == '[')
        return text_list(t, text_value);
    if (c == '{')
        return object(t);
    struct json *const first = c == '"' || c == '\'' ? string(t) : word(t);
    if (text_next(t) != ':' || first->type != JSON_STRING)
        return first;
    struct json *const pair = text_node(t, JSON_OBJECT, at);
    t->at++;
    (void)text_next(t);
    text_member(t, pair, first->text, first->length, at, t->text[t->at] == '"' || t->text[t->at] == '\'' ? string(t) : word(t));
    return pair;
}
