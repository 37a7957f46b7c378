/* SPDX-License-Identifier: MIT */
#include "model/scheme_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/sink.h"
#include "base/utf8.h"
#include "model/scheme_read.h"

struct text {
    struct arena *arena;
    const char *file, *text;
    size_t at;
    int depth; /* brackets that are open */
};

/* What the next value without a name is for. */
struct call {
    struct json *node; /* the scheme's object */
    sow_scheme scheme;
    const sow_scheme_info *info;
    size_t position;    /* arguments without a name so far */
    struct json *inner; /* the array of schemes within it, or NULL */
};

static struct place here(const struct text *t, size_t at)
{
    return (struct place){t->file, 1, (uint32_t)at + 1};
}

static struct json *add(struct text *t, enum json_type type, size_t at)
{
    struct json *const node = arena_alloc(t->arena, sizeof *node);
    *node = (struct json){.type = type, .text = "", .line = 1, .column = (uint32_t)at + 1};
    return node;
}

static struct json *scalar(struct text *t, enum json_type type, size_t at, const char *text, size_t length)
{
    struct json *const node = add(t, type, at);
    node->text = arena_copy(t->arena, text, length);
    node->length = (uint32_t)length;
    return node;
}

static void append(struct json *parent, struct json *node)
{
    struct json **end = &parent->child;
    while (*end)
        end = &(*end)->next;
    *end = node;
    parent->length++;
}

static void put_member(struct text *t, struct json *object, const char *key, size_t length, size_t at, struct json *value)
{
    value->key = arena_copy(t->arena, key, length);
    value->key_length = (uint32_t)length;
    value->key_line = 1;
    value->key_column = (uint32_t)at + 1;
    if (json_member(object, value->key))
        fail(EXIT_INPUT, here(t, at), "%s is given twice", quoted(key, length));
    append(object, value);
}

static char next(struct text *t)
{
    t->at += strspn(t->text + t->at, " \t\n");
    return t->text[t->at];
}

/* The end of the text in words, or what stands there. */
static const char *seen(const struct text *t)
{
    const size_t left = strlen(t->text + t->at);
    return left == 0 ? "the end" : quoted(t->text + t->at, left < 20 ? left : 20);
}

static void expect(struct text *t, char c, const char *what)
{
    if (next(t) != c)
        fail(EXIT_INPUT, here(t, t->at), "expected %s, got %s", what, seen(t));
    t->at++;
}

static void open_bracket(struct text *t)
{
    if (++t->depth > JSON_MAX_DEPTH - 2) /* as deep as a description may nest it */
        fail(EXIT_INPUT, here(t, t->at), "nested deeper than %d levels", JSON_MAX_DEPTH - 2);
    t->at++;
}

static size_t word_length(const char *text)
{
    return strcspn(text, " \t\n,=:()[]{}\"'");
}

/* A number as JSON has it: Python's 1. and .5, too, and a plus sign. */
static struct json *number(struct text *t, size_t at, const char *word, double value)
{
    const char *p = word + (*word == '-');
    const size_t whole = strspn(p, "0123456789"), fraction = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 1;
    if (whole > 0 && fraction > 0 && (whole == 1 || *p != '0') && isfinite(value))
        return scalar(t, JSON_NUMBER, at, word, strlen(word));
    if (!isfinite(value)) /* json_double() says so, with its place */
        return scalar(t, JSON_NUMBER, at, value < 0 ? "-1e999" : "1e999", value < 0 ? 6 : 5);
    struct sink sink = {0};
    sink_number(&sink, value);
    struct json *const node = scalar(t, JSON_NUMBER, at, sink.data, sink.used);
    sink_free(&sink);
    return node;
}

/* A number, true or false, or a string without quotes. */
static struct json *word(struct text *t)
{
    const size_t at = t->at, length = word_length(t->text + at);
    if (length == 0)
        fail(EXIT_INPUT, here(t, at), "expected a value, got %s", seen(t));
    t->at += length;
    const char *const copy = arena_copy(t->arena, t->text + at, length);
    if (strcmp(copy, "true") == 0 || strcmp(copy, "false") == 0)
        return scalar(t, JSON_BOOL, at, copy, length);
    if (strcmp(copy, "inf") == 0 || strcmp(copy, "+inf") == 0 || strcmp(copy, "-inf") == 0)
        return scalar(t, JSON_STRING, at, *copy == '+' ? copy + 1 : copy, length - (*copy == '+'));
    if (strspn(copy, "0123456789+-.eE") == length) {
        char *end;
        const double value = strtod(copy, &end);
        if (*end == '\0')
            return number(t, at, copy, value);
    }
    return scalar(t, JSON_STRING, at, copy, length);
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
            fail(EXIT_INPUT, here(t, at), "a string without its closing %c", quote);
        sink_put(&sink, t->text + t->at, 1);
    }
    t->at++;
    struct json *const node = scalar(t, JSON_STRING, at, sink.used ? sink.data : "", sink.used);
    sink_free(&sink);
    return node;
}

static struct json *value(struct text *t);
static struct json *scheme(struct text *t);

static struct json *list(struct text *t, struct json *(*element)(struct text *))
{
    struct json *const node = add(t, JSON_ARRAY, t->at);
    open_bracket(t);
    while (next(t) != ']') {
        append(node, element(t));
        if (next(t) != ',')
            break;
        t->at++;
    }
    expect(t, ']', "a comma or \"]\"");
    t->depth--;
    return node;
}

static struct json *object(struct text *t)
{
    struct json *const node = add(t, JSON_OBJECT, t->at);
    open_bracket(t);
    while (next(t) != '}') {
        const size_t at = t->at;
        const struct json *const key = *(t->text + at) == '"' || t->text[at] == '\'' ? string(t) : word(t);
        expect(t, ':', "a colon");
        put_member(t, node, key->text, key->length, at, value(t));
        if (next(t) != ',')
            break;
        t->at++;
    }
    expect(t, '}', "a comma or \"}\"");
    t->depth--;
    return node;
}

/* NAME:VALUE is short for {"NAME": VALUE}. */
static struct json *value(struct text *t)
{
    const char c = next(t);
    const size_t at = t->at;
    if (c == '[')
        return list(t, value);
    if (c == '{')
        return object(t);
    struct json *const first = c == '"' || c == '\'' ? string(t) : word(t);
    if (next(t) != ':' || first->type != JSON_STRING)
        return first;
    struct json *const pair = add(t, JSON_OBJECT, at);
    t->at++;
    (void)next(t);
    put_member(t, pair, first->text, first->length, at, t->text[t->at] == '"' || t->text[t->at] == '\'' ? string(t) : word(t));
    return pair;
}

static bool names_scheme(const struct text *t)
{
    char name[64];
    const char *const p = t->text + t->at;
    const size_t n = word_length(p);
    if (p[n + strspn(p + n, " \t\n")] == '(')
        return true;
    if (n == 0 || n >= sizeof name)
        return false;
    memcpy(name, p, n);
    name[n] = '\0';
    return sow_scheme_named(name).row >= 0;
}

/* A scheme within a scheme; without arguments it is a string, its name. */
static struct json *nested(struct text *t)
{
    struct json *const node = scheme(t);
    return node->length > 1 ? node : scalar(t, JSON_STRING, node->column - 1, node->child->text, node->child->length);
}

static void add_inner(struct text *t, struct call *c, struct json *inner)
{
    if (!c->inner) {
        c->inner = add(t, JSON_ARRAY, t->at);
        c->inner->line = inner->line;
        c->inner->column = inner->column;
        put_member(t, c->node, "inner", 5, inner->column - 1, c->inner);
    }
    append(c->inner, inner);
}

/* A value without a name: by what it is, else the next argument of the table. */
static void positional(struct text *t, struct call *c)
{
    const char first = next(t);
    const size_t at = t->at;
    if (scheme_needs(&c->scheme, "inner") && names_scheme(t)) {
        add_inner(t, c, nested(t));
    } else if (scheme_needs(&c->scheme, "list") && first == '[') {
        put_member(t, c->node, "list", 4, at, list(t, value));
    } else if (scheme_needs(&c->scheme, "values")) {
        put_member(t, c->node, "values", 6, at, value(t));
    } else if (c->position < c->info->arg_count) {
        const char *const name = c->info->arg[c->position++].name;
        put_member(t, c->node, name, strlen(name), at, value(t));
    } else {
        fail(EXIT_INPUT, here(t, at), "one value too many for %s, which takes %zu", c->info->name, c->info->arg_count);
    }
}

static void argument(struct text *t, struct call *c)
{
    (void)next(t);
    const char *const name = t->text + t->at;
    const size_t at = t->at, length = word_length(name), gap = strspn(name + length, " \t\n");
    if (length == 0 || name[length + gap] != '=') {
        positional(t, c);
        return;
    }
    t->at += length + gap + 1;
    if (length == 5 && memcmp(name, "inner", 5) == 0)
        put_member(t, c->node, name, length, at, next(t) == '[' ? list(t, nested) : nested(t));
    else
        put_member(t, c->node, name, length, at, value(t));
}

static struct json *scheme(struct text *t)
{
    (void)next(t);
    const size_t at = t->at, length = word_length(t->text + at);
    if (length == 0)
        fail(EXIT_INPUT, here(t, at), "expected a scheme's name, got %s", seen(t));
    struct json *const name = scalar(t, JSON_STRING, at, t->text + at, length);
    struct call c = {.node = add(t, JSON_OBJECT, at)};
    c.scheme = scheme_read_name(t->file, name);
    c.info = sow_scheme_info_at((size_t)c.scheme.row);
    put_member(t, c.node, "scheme", 6, at, name);
    t->at += length;
    if (next(t) != '(')
        return c.node;
    open_bracket(t);
    while (next(t) != ')') {
        argument(t, &c);
        if (next(t) != ',')
            break;
        t->at++;
    }
    expect(t, ')', "a comma or \")\"");
    t->depth--;
    if (c.inner && c.inner->length == 1) { /* one scheme for all is no list of one */
        struct json *const only = c.inner->child;
        const struct json list_of_one = *c.inner;
        *c.inner = *only;
        c.inner->key = list_of_one.key;
        c.inner->key_length = list_of_one.key_length;
        c.inner->key_line = list_of_one.key_line;
        c.inner->key_column = list_of_one.key_column;
        c.inner->next = list_of_one.next;
    }
    return c.node;
}

static struct json *whole(struct text *t)
{
    struct json *const node = scheme(t);
    if (next(t) != '\0')
        fail(EXIT_INPUT, here(t, t->at), "nothing may follow the scheme, but %s does", seen(t));
    return node;
}

static void check_utf8(const struct text *t)
{
    if (!utf8_is_name(t->text, strlen(t->text)))
        fail(EXIT_INPUT, here(t, 0), "not UTF-8");
}

const char *scheme_text_place(struct arena *arena, const char *option, const char *text)
{
    const char *const q = quoted(text, strlen(text));
    char *const place = arena_alloc(arena, strlen(option) + strlen(q) + 2);
    (void)sprintf(place, "%s %s", option, q);
    return place;
}

const struct json *scheme_text_parse(struct arena *arena, const char *file, const char *text)
{
    struct text t = {.arena = arena, .file = file, .text = text};
    check_utf8(&t);
    return whole(&t);
}

const struct json *scheme_text_rule(struct arena *arena, const char *file, const char *text)
{
    struct text t = {.arena = arena, .file = file, .text = text};
    check_utf8(&t);
    const size_t length = glob_end(text);
    if (length == 0 || text[length] != '=')
        fail(EXIT_INPUT, here(&t, 0), "must be GLOB=SCHEME(ARG=VALUE, …)");
    t.at = length + 1;
    struct json *const node = whole(&t);
    struct json *const match = scalar(&t, JSON_STRING, 0, text, length);
    put_member(&t, node, "match", 5, 0, match);
    return node;
}

sow_scheme scheme_text_read(struct arena *arena, const char *option, const char *text)
{
    const char *const file = scheme_text_place(arena, option, text);
    const struct scheme_reader reader = {.file = file, .arena = arena};
    return scheme_read(&reader, scheme_text_parse(arena, file, text), NULL, 0);
}
