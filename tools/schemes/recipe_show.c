/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/json.h"
#include "schemes/scheme_show.h"

/* What is read of a recipe; its tensors go by. */
struct summary {
    struct arena arena, scratch;
    const struct json *root, *variant; /* the first variant, or NULL */
};

static void go_by(void *user, const struct json *node)
{
    (void)user, (void)node;
}

static struct summary read_summary(const struct recipe *r)
{
    struct summary s = {0};
    const struct json_reader reader = {.file = r->name, .arena = &s.arena, .scratch = &s.scratch, .path = {"tensors"}, .element = go_by};
    s.root = json_parse(&reader, (const char *)r->text, r->length);
    const struct json *const variants = json_member(s.root, "variants");
    s.variant = variants ? variants->child : NULL;
    return s;
}

static void free_summary(struct summary *s)
{
    arena_free(&s->arena);
    arena_free(&s->scratch);
}

/* A string member: a variant's own, or the recipe's. */
static const char *text_of(const struct summary *s, const struct json *variant, const char *key)
{
    const struct json *const own = variant ? json_member(variant, key) : NULL, *const node = own ? own : json_member(s->root, key);
    return node ? node->text : "";
}

void show_recipe(struct sink *sink, const struct recipe *r)
{
    struct summary s = read_summary(r);
    sink_format(sink, "%s\n  ", r->name);
    sink_text(sink, text_of(&s, NULL, "description"));
    sink_text(sink, "\n  ");
    sink_text(sink, text_of(&s, NULL, "source"));
    sink_text(sink, "\n");
    for (const struct json *v = s.variant; v; v = v->next) {
        sink_format(sink, "  :%-14s  ", v->key);
        sink_text(sink, v->child ? text_of(&s, v, "description") : "the same");
        sink_text(sink, "\n");
    }
    free_summary(&s);
}

static void member(struct sink *sink, const char *key, const char *text)
{
    sink_format(sink, ", \"%s\": ", key);
    sink_string(sink, text, strlen(text));
}

void show_recipe_json(struct sink *sink, const struct recipe *r)
{
    struct summary s = read_summary(r);
    sink_format(sink, "{\"name\": \"%s\"", r->name);
    member(sink, "title", text_of(&s, NULL, "name"));
    member(sink, "description", text_of(&s, NULL, "description"));
    member(sink, "source", text_of(&s, NULL, "source"));
    sink_text(sink, ", \"variants\": [");
    for (const struct json *v = s.variant; v; v = v->next) {
        sink_format(sink, "%s{\"name\": \"%s\"", v == s.variant ? "" : ", ", v->key);
        member(sink, "description", text_of(&s, v, "description"));
        member(sink, "source", text_of(&s, v, "source"));
        sink_text(sink, "}");
    }
    sink_text(sink, "]}");
    free_summary(&s);
}
