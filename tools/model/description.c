/* SPDX-License-Identifier: MIT */
/* Reads MODEL.json, and the same from the record that sow leaves in its files. */
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "model/keep.h"
#include "model/model.h"

static const char *const top_keys[] = {"name",           "variant", "description", "source",  "dtype",
                                       "shared_streams", "tensors", "rules",       "variants"};
static const char *const variant_keys[] = {"description", "source", "dtype", "shared_streams", "tensors", "rules"};
static const char *const tensor_keys[] = {"name", "shape", "dtype", "layout", "groups", "stream", "tied", "comment"};
static const char *const record_keys[] = {"version", "stream_version", "seed", "model", "kept", "shard"}; /* the last two may be missing */
/* Of a tensor in a record only. */
static const char *const kept_keys[] = {"kept", "redrawn"};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint8_t read_format(const struct model *m, const struct json *node)
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
        t.format = read_format(m, dtype);
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

static void read_tensor(void *user, const struct json *node)
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

/* A key of the model: a variant's own takes the place of the model's. */
static const struct json *top_member(const struct json *root, const struct json *variant, const char *key)
{
    const struct json *const own = variant ? json_member(variant, key) : NULL;
    return own ? own : json_member(root, key);
}

/* One member of the text that is kept, if there is one. */
static void keep(struct sink *sink, const struct json *member, const char *key)
{
    if (!member)
        return;
    sink_text(sink, sink->data[sink->used - 1] == '{' ? "\"" : ",\"");
    sink_text(sink, key);
    sink_text(sink, "\":");
    json_write(sink, member, NULL);
}

/* With the variant in its place: a file's record needs no choice. */
static void keep_text(struct model *m, const struct json *root, const struct json *variant)
{
    sink_text(&m->head, "{");
    keep(&m->head, json_member(root, "name"), "name");
    if (variant) {
        sink_text(&m->head, m->head.used > 1 ? ",\"variant\":" : "\"variant\":");
        sink_string(&m->head, variant->key, variant->key_length);
    } else {
        keep(&m->head, json_member(root, "variant"), "variant");
    }
    keep(&m->head, top_member(root, variant, "description"), "description");
    keep(&m->head, top_member(root, variant, "source"), "source");
    if (m->forced_format == FORMAT_NONE)
        keep(&m->head, top_member(root, variant, "dtype"), "dtype");
    else
        sink_format(&m->head, "%s\"dtype\":\"%s\"", m->head.used > 1 ? "," : "", formats[m->forced_format].lower);
    keep(&m->head, top_member(root, variant, "shared_streams"), "shared_streams");
    sink_text(&m->head, m->head.used > 1 ? ",\"tensors\":[" : "\"tensors\":[");
}

/* The variant that was asked for, or NULL. All must be well-formed, so that a fault does not wait for its reader. */
static const struct json *find_variant(const struct model *m, const struct json *root)
{
    const struct json *const variants = json_member(root, "variants"), *found = NULL;
    struct suggestion near = suggest_for(m->variant ? m->variant : "", m->variant ? strlen(m->variant) : 0);
    if (variants)
        json_expect(m->file, variants, JSON_OBJECT, "\"variants\"");
    for (const struct json *v = variants ? variants->child : NULL; v; v = v->next) {
        json_expect(m->file, v, JSON_OBJECT, "a variant");
        json_known_keys(m->file, v, variant_keys, COUNT(variant_keys));
        if (m->variant && strcmp(v->key, m->variant) == 0)
            found = v;
        suggest_offer(&near, v->key);
    }
    if (!m->variant || found)
        return found;
    struct sink known = {0};
    for (const struct json *v = variants ? variants->child : NULL; v && known.used < 500; v = v->next)
        sink_format(&known, "%s%.64s", known.used ? ", " : "", v->key);
    sink_put(&known, "", 1);
    fail(EXIT_INPUT, variants ? json_key_place(m->file, variants) : (struct place){m->file, 0, 0}, "no variant %s%s; it has %s",
         quoted(m->variant, strlen(m->variant)), suggest_text(&near), known.used > 1 ? known.data : "none");
}

static void read_model(struct model *m, const struct json *root, const struct json *variant)
{
    json_known_keys(m->file, root, top_keys, COUNT(top_keys));
    const struct json *const dtype = top_member(root, variant, "dtype"), *const shared = top_member(root, variant, "shared_streams");
    const struct json *const tensors = top_member(root, variant, "tensors"), *const rules = top_member(root, variant, "rules");
    const struct json *const name = json_member(root, "name");
    if (name)
        json_expect(m->file, name, JSON_STRING, "\"name\"");
    if (dtype && m->like && !m->from)
        fail(EXIT_INPUT, json_key_place(m->file, dtype), "\"dtype\" beside --like: the types come from %s; --dtype changes them", m->like);
    m->default_format = dtype ? read_format(m, dtype) : format_of(SOW_F32);
    if (m->forced_format != FORMAT_NONE)
        m->default_format = m->forced_format;
    m->shared_streams = shared && json_bool(m->file, shared, "\"shared_streams\"");
    if (tensors)
        json_expect(m->file, tensors, JSON_ARRAY, "\"tensors\"");
    else if (!m->like)
        fail(EXIT_INPUT, json_place(m->file, root), "no \"tensors\" (or --like FILE.safetensors, which gives them)");
    if (!rules && m->rules == 0)
        fail(EXIT_INPUT, json_place(m->file, root), "no \"rules\"");
    if (rules)
        rules_read(m, rules, m->is_record || m->from || m->rules > 0);
    for (size_t i = 0; i < m->tensors; i++) {
        struct tensor *const t = &m->tensor[i];
        if (t->format == FORMAT_NONE)
            t->format = m->default_format;
        else if (m->forced_format != FORMAT_NONE && formats[t->format].kind <= FORMAT_FOREIGN_FLOAT)
            t->format = m->forced_format;
    }
    keep_text(m, root, variant);
}

static void forget(void *user, const struct json *node)
{
    (void)user, (void)node;
}

/* A variant's tensors stand in the place of the model's, which then are not looked at; else those are read as they come. */
static const struct json *read_variant(struct model *m, const char *text, size_t length)
{
    const struct json_reader reader = {.file = m->file, .arena = &m->arena, .scratch = &m->scratch, .path = {"tensors"}, .element = forget};
    const struct json *const variant = find_variant(m, json_parse(&reader, text, length));
    const struct json *const tensors = json_member(variant, "tensors");
    if (!tensors)
        return variant;
    json_expect(m->file, tensors, JSON_ARRAY, "\"tensors\"");
    for (const struct json *node = tensors->child; node; node = node->next)
        read_tensor(m, node);
    return variant;
}

void description_read(struct model *m, const char *text, size_t length)
{
    const struct json *const variant = m->variant ? read_variant(m, text, length) : NULL;
    const bool own_tensors = variant && json_member(variant, "tensors");
    const struct json_reader reader = {.file = m->file,
                                       .arena = &m->arena,
                                       .scratch = &m->scratch,
                                       .path = {"tensors"},
                                       .element = own_tensors ? forget : read_tensor,
                                       .user = m};
    const struct json *const root = json_parse(&reader, text, length);
    (void)find_variant(m, root);
    read_model(m, root, variant);
}

/* The seed does not give what came from another checkpoint. */
static void refuse_kept(const struct model *m, const struct json *kept)
{
    size_t count = 0, first = 0;
    for (size_t i = m->tensors; i-- > 0;)
        if (m->tensor[i].kept) {
            first = i;
            count++;
        }
    if (!count && !kept)
        return;
    const struct json *const like = kept && kept->type == JSON_OBJECT ? json_member(kept, "like") : NULL;
    const bool named = like && like->type == JSON_STRING;
    fail(
        EXIT_INPUT, (struct place){m->file, 0, 0},
        "%zu of its %zu tensors, %s first, have bytes of another checkpoint%s%s, which no seed gives; sow init --like that checkpoint with "
        "the options under \"kept\" makes it again",
        count, m->tensors, count ? quoted(m->tensor[first].name, m->tensor[first].name_length) : "none", named ? ", " : "",
        named ? quoted(like->text, like->length) : "");
}

/* One rank's file describes the whole, and how it was cut where no rule says it. */
static void read_shard(struct model *m, const struct json *shard)
{
    static const char *const keys[] = {"rank", "world", "cut"};
    if (!shard)
        return;
    json_expect(m->file, shard, JSON_OBJECT, "\"shard\"");
    json_known_keys(m->file, shard, keys, COUNT(keys));
    const struct json *const rank = json_member(shard, "rank"), *const world = json_member(shard, "world");
    const uint64_t r = rank ? json_count(m->file, rank, "\"rank\"") : 0, w = world ? json_count(m->file, world, "\"world\"") : 0;
    if (r >= w || w > INT32_MAX)
        fail(EXIT_INPUT, json_place(m->file, shard), "\"shard\": \"rank\" must be below \"world\"");
    m->recorded_rank = (uint32_t)r;
    m->recorded_world = (uint32_t)w;
    const struct json *const cut = json_member(shard, "cut");
    if (cut && m->cut.kind == CUT_UNSAID)
        m->cut = cut_read(m->file, cut);
}

void record_read(struct model *m, const char *text, size_t length, bool keep_seed)
{
    const struct json_reader reader = {
        .file = m->file, .arena = &m->arena, .scratch = &m->scratch, .path = {"model", "tensors"}, .element = read_tensor, .user = m};
    m->is_record = true;
    const struct json *const root = json_parse(&reader, text, length);
    json_known_keys(m->file, root, record_keys, COUNT(record_keys));
    for (size_t i = 0; i + 2 < COUNT(record_keys); i++)
        if (!json_member(root, record_keys[i]))
            fail(EXIT_INPUT, json_place(m->file, root), "no \"%s\"", record_keys[i]);
    const struct json *const version = json_member(root, "stream_version"), *const model = json_member(root, "model");
    const uint64_t v = json_count(m->file, version, "\"stream_version\"");
    if (v != SOW_STREAM_VERSION)
        fail(EXIT_INPUT, json_place(m->file, version), "stream version %llu; this sow has version %d, whose bits differ",
             (unsigned long long)v, SOW_STREAM_VERSION);
    const uint64_t seed = json_count(m->file, json_member(root, "seed"), "\"seed\"");
    if (!keep_seed)
        m->seed = seed;
    read_shard(m, json_member(root, "shard"));
    json_expect(m->file, model, JSON_OBJECT, "\"model\"");
    read_model(m, model, NULL);
    refuse_kept(m, json_member(root, "kept"));
}
