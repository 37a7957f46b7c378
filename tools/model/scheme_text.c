/* SPDX-License-Identifier: MIT */
#include "model/scheme_text.h"

#include <stdio.h>
#include <string.h>

#include "base/glob.h"
#include "base/utf8.h"
#include "model/scheme_read.h"
#include "model/text_value.h"

/* What the next value without a name is for. */
struct call {
    struct json *node; /* the scheme's object */
    sow_scheme scheme;
    const sow_scheme_info *info;
    size_t position;    /* arguments without a name so far */
    struct json *inner; /* the array of schemes within it, or NULL */
};

static struct json *scheme(struct text *t);

static bool names_scheme(const struct text *t)
{
    char name[64];
    const char *const p = t->text + t->at;
    const size_t n = text_word_length(p);
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
    return node->length > 1 ? node : text_scalar(t, JSON_STRING, node->column - 1, node->child->text, node->child->length);
}

static void add_inner(struct text *t, struct call *c, struct json *inner)
{
    if (!c->inner) {
        c->inner = text_node(t, JSON_ARRAY, t->at);
        c->inner->line = inner->line;
        c->inner->column = inner->column;
        text_member(t, c->node, "inner", 5, inner->column - 1, c->inner);
    }
    text_append(c->inner, inner);
}

/* A value without a name: by what it is, else the next argument of the table. */
static void positional(struct text *t, struct call *c)
{
    const char first = text_next(t);
    const size_t at = t->at;
    if (scheme_needs(&c->scheme, "inner") && names_scheme(t)) {
        add_inner(t, c, nested(t));
    } else if (scheme_needs(&c->scheme, "list") && first == '[') {
        text_member(t, c->node, "list", 4, at, text_list(t, text_value));
    } else if (scheme_needs(&c->scheme, "values")) {
        text_member(t, c->node, "values", 6, at, text_value(t));
    } else if (c->position < c->info->arg_count) {
        const char *const name = c->info->arg[c->position++].name;
        text_member(t, c->node, name, strlen(name), at, text_value(t));
    } else {
        fail(EXIT_INPUT, text_place(t, at), "one value too many for %s, which takes %zu", c->info->name, c->info->arg_count);
    }
}

static void argument(struct text *t, struct call *c)
{
    (void)text_next(t);
    const char *const name = t->text + t->at;
    const size_t at = t->at, length = text_word_length(name), gap = strspn(name + length, " \t\n");
    if (length == 0 || name[length + gap] != '=') {
        positional(t, c);
        return;
    }
    t->at += length + gap + 1;
    if (length == 5 && memcmp(name, "inner", 5) == 0)
        text_member(t, c->node, name, length, at, text_next(t) == '[' ? text_list(t, nested) : nested(t));
    else
        text_member(t, c->node, name, length, at, text_value(t));
}

static struct json *scheme(struct text *t)
{
    (void)text_next(t);
    const size_t at = t->at, length = text_word_length(t->text + at);
    if (length == 0)
        fail(EXIT_INPUT, text_place(t, at), "expected a scheme's name, got %s", text_seen(t));
    struct json *const name = text_scalar(t, JSON_STRING, at, t->text + at, length);
    struct call c = {.node = text_node(t, JSON_OBJECT, at)};
    c.scheme = scheme_read_name(t->file, name);
    c.info = sow_scheme_info_at((size_t)c.scheme.row);
    text_member(t, c.node, "scheme", 6, at, name);
    t->at += length;
    if (text_next(t) != '(')
        return c.node;
    text_open(t);
    while (text_next(t) != ')') {
        argument(t, &c);
        if (text_next(t) != ',')
            break;
        t->at++;
    }
    text_expect(t, ')', "a comma or \")\"");
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
    if (text_next(t) != '\0')
        fail(EXIT_INPUT, text_place(t, t->at), "nothing may follow the scheme, but %s does", text_seen(t));
    return node;
}

static void check_utf8(const struct text *t)
{
    if (!utf8_is_name(t->text, strlen(t->text)))
        fail(EXIT_INPUT, text_place(t, 0), "not UTF-8");
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
        fail(EXIT_INPUT, text_place(&t, 0), "must be GLOB=SCHEME(ARG=VALUE, …)");
    t.at = length + 1;
    struct json *const node = whole(&t);
    struct json *const match = text_scalar(&t, JSON_STRING, 0, text, length);
    text_member(&t, node, "match", 5, 0, match);
    return node;
}

sow_scheme scheme_text_read(struct arena *arena, const char *option, const char *text)
{
    const char *const file = scheme_text_place(arena, option, text);
    const struct scheme_reader reader = {.file = file, .arena = arena};
    return scheme_read(&reader, scheme_text_parse(arena, file, text), NULL, 0);
}
