/* SPDX-License-Identifier: MIT */
/* The list of tensors in a description, entry by entry. */
#include <sow/sow.h>
#include <string.h>

#include "base/suggest.h"
#include "model/description.h"
#include "model/keep.h"

static const char *const tensor_keys[] = {"name", "shape", "dtype", "layout", "groups", "stream", "tied", "comment"};
/* Of a tensor in a record only. */
static const char *const kept_keys[] = {"kept", "redrawn"};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

uint8_t description_format(const struct model *m, const struct json *node)
{
    json_expect(m->file, node, JSON_STRING, "\"dtype\"");
    const uint8_t f = format_named(node->text);
    if (f != FORMAT_NONE && format_is_writable(&formats[f]))
        return f;
    struct suggestion near = suggest_for(node->text, node->length);
    for (size_t i = 0; i < format_count; i++)
        if (format_is_writable(&formats[i]))
            suggest_offer(&near, formats[i].lower);
    fail(EXIT_INPUT, json_place(m->file, node),
         "dtype %s %s; sow writes f32, f64, f16, bf16, and constants of i8 to i64, u8 to u64, bool%s", quoted(node->text, node->length),
         f == FORMAT_NONE ? "is unknown" : "is not supported", f == FORMAT_NONE ? suggest_text(&near) : "");
}

static uint8_t read_layout(const struct model *m, const struct json *node)
{
#define X(id, word, shape) #word,
    static const char *const words[] = {SOW_LAYOUT_LIST(X)};
#undef X
    json_expect(m->file, node, JSON_STRING, "\"layout\"");
    struct suggestion near = suggest_for(node->text, node->length);
    for (size_t i = 0; i < COUNT(words); i++) {
        if (json_is(node, words[i]))
            return (uint8_t)i;
        suggest_offer(&near, words[i]);
    }
    fail(EXIT_INPUT, json_place(m->file, node), "unknown layout %s%s", quoted(node->text, node->length), suggest_text(&near));
}

/* Rank, sizes, and that the elements stay below 2^63; bytes need the default type and are plan()'s. */
static void read_shape(struct model *m, const struct json *node, struct tensor *t)
{
    json_expect(m->file, node, JSON_ARRAY, "\"shape\"");
    if (node->length > SOW_MAX_RANK)
        fail(EXIT_INPUT, json_place(m->file, node), "a shape of %u sizes, at most %d", node->length, SOW_MAX_RANK);
    int64_t *const shape = arena_alloc(&m->arena, (node->length ? node->length : 1) * sizeof *shape);
    uint64_t elements = 1;
    for (const struct json *d = node->child; d; d = d->next) {
        const uint64_t size = json_count(m->file, d, "a size in \"shape\"");
        if (size > INT64_MAX || (size && elements > INT64_MAX / size))
            fail(EXIT_INPUT, json_place(m->file, d), "the shape has more than 2^63 - 1 elements");
        shape[t->rank++] = (int64_t)size;
        elements *= size ? size : 1;
    }
    t->shape = shape;
}

static void read_pattern(const struct model *m, const struct json *node, struct pattern *p, const char *what)
{
    json_expect(m->file, node, JSON_STRING, what);
    if (node->length == 0)
        fail(EXIT_INPUT, json_place(m->file, node), "%s is empty", what);
    const char *const why = pattern_parse(p, node->text, node->length);
    if (why)
        fail(EXIT_INPUT, json_place(m->file, node), "%s: %s", what, why);
}

/* Ranges of a stream or a tied name run in parallel with those of the name, or there are none. */
static void check_parallel(const struct model *m, const struct json *node, const struct pattern *name, const struct pattern *other,
                           const char *what)
{
    if (other->ranges != 0 && other->ranges != name->ranges)
        fail(EXIT_INPUT, json_place(m->file, node), "%s has %zu ranges, the name has %zu", what, other->ranges, name->ranges);
    for (size_t i = 0; i < other->ranges; i++)
        if (other->range[i].count != name->range[i].count)
            fail(EXIT_INPUT, json_place(m->file, node), "range %zu of %s stands for %llu names, that of the name for %llu", i + 1, what,
                 (unsigned long long)other->range[i].count, (unsigned long long)name->range[i].count);
}

/* The keys of one tensor but its names. */
static struct tensor read_fields(struct model *m, const struct json *node, bool tied)
{
    struct tensor t = {.rule = NO_INDEX, .fan_from = NO_INDEX, .format = FORMAT_NONE, .layout = NO_LAYOUT};
    static const char *const untied[] = {"dtype", "layout", "groups", "stream", "shape"};
    for (size_t i = 0; tied && i < COUNT(untied); i++) {
        const struct json *const member = json_member(node, untied[i]);
        if (member)
            fail(EXIT_INPUT, json_key_place(m->file, member), "a tied tensor has no \"%s\" of its own", untied[i]);
    }
    const struct json *const dtype = json_member(node, "dtype"), *const layout = json_member(node, "layout");
    const struct json *const groups = json_member(node, "groups"), *const shape = json_member(node, "shape");
    if (dtype)
        t.format = description_format(m, dtype);
    if (layout)
        t.layout = read_layout(m, layout);
    if (groups) {
        const uint64_t n = json_count(m->file, groups, "\"groups\"");
        if (n < 1 || n > UINT32_MAX)
            fail(EXIT_INPUT, json_place(m->file, groups), "\"groups\" is %llu, at least 1, at most 4294967295", (unsigned long long)n);
        t.groups = (uint32_t)n;
    }
    if (!shape && !tied)
        fail(EXIT_INPUT, json_place(m->file, node), "a tensor without \"shape\" (or \"tied\")");
    if (shape)
        read_shape(m, shape, &t);
    t.tied = tied;
    t.kept = json_member(node, "kept") || json_member(node, "redrawn");
    t.line = node->line;
    t.column = node->column;
    return t;
}

/* A tensor more, or the checkpoint's, described anew: then its type stays if nothing else is said. */
static struct tensor *add_tensor(struct model *m, const struct tensor *fields, const char *name, size_t length)
{
    struct tensor *t = m->from ? keep_replace(m, name, length) : NULL;
    if (!t)
        t = model_add(m);
    else if (t->line)
        fail(EXIT_INPUT, (struct place){m->file, fields->line, fields->column}, "two tensors named %s, the first on line %u",
             quoted(name, length), t->line);
    const struct change *const change = t->change;
    const uint8_t format = t->format;
    *t = *fields;
    t->change = change;
    if (change && t->format == FORMAT_NONE && !t->tied)
        t->format = format;
    return t;
}

/* Adds all tensors that one entry stands for. */
static void expand(struct model *m, const struct tensor *fields, const struct pattern *name, const struct pattern *other)
{
    struct sink text = {0};
    for (uint64_t i = 0; i < name->count; i++) {
        pattern_expand(name, i, &text);
        struct tensor *const t = add_tensor(m, fields, text.data, text.used);
        t->name = t->stream = arena_copy(&m->arena, text.data, text.used);
        if (strcmp(t->name, "__metadata__") == 0)
            fail(EXIT_INPUT, tensor_place(m, t), "\"__metadata__\" is the file's own name, not a tensor's");
        t->name_length = t->stream_length = (uint32_t)text.used;
        if (other) {
            pattern_expand(other, other->ranges ? i : 0, &text);
            t->stream = arena_copy(&m->arena, text.data, text.used);
            t->stream_length = (uint32_t)text.used;
        }
    }
    sink_free(&text);
}

void description_tensor(void *user, const struct json *node)
{
    struct model *const m = user;
    if (m->like && !m->from)
        fail(EXIT_INPUT, json_place(m->file, node), "\"tensors\" beside --like: the names and shapes come from %s", m->like);
    json_expect(m->file, node, JSON_OBJECT, "a tensor");
    const char *keys[COUNT(tensor_keys) + COUNT(kept_keys)];
    memcpy(keys, tensor_keys, sizeof tensor_keys);
    memcpy(keys + COUNT(tensor_keys), kept_keys, sizeof kept_keys);
    json_known_keys(m->file, node, keys, COUNT(tensor_keys) + (m->is_record ? COUNT(kept_keys) : 0));
    const struct json *const name = json_member(node, "name"), *const stream = json_member(node, "stream");
    const struct json *const tied = json_member(node, "tied");
    if (!name)
        fail(EXIT_INPUT, json_place(m->file, node), "a tensor without \"name\"");
    struct pattern names, others;
    read_pattern(m, name, &names, "\"name\"");
    const struct tensor fields = read_fields(m, node, tied != NULL);
    if (tied)
        read_pattern(m, tied, &others, "\"tied\"");
    else if (stream)
        read_pattern(m, stream, &others, "\"stream\"");
    if (tied || stream)
        check_parallel(m, tied ? tied : stream, &names, &others, tied ? "\"tied\"" : "\"stream\"");
    expand(m, &fields, &names, tied || stream ? &others : NULL);
    if (m->from)
        return; /* the whole list comes from the table */
    if (m->list.used)
        sink_put(&m->list, ",", 1);
    const bool forced = m->forced_format != FORMAT_NONE && fields.format != FORMAT_NONE && formats[fields.format].kind == FORMAT_FLOAT;
    json_write(&m->list, node, forced ? "dtype" : NULL);
}
