/* SPDX-License-Identifier: MIT */
/* Reads MODEL.json: the model and its variants; entries.c reads the list of tensors, record.c the same out of a file that sow wrote. */
#include "model/description.h"

#include <sow/sow.h>
#include <string.h>

#include "base/suggest.h"

static const char *const top_keys[] = {"name",           "variant", "description", "source",  "dtype",
                                       "shared_streams", "tensors", "rules",       "variants"};
static const char *const variant_keys[] = {"description", "source", "dtype", "shared_streams", "tensors", "rules"};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

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

void description_model(struct model *m, const struct json *root, const struct json *variant)
{
    json_known_keys(m->file, root, top_keys, COUNT(top_keys));
    const struct json *const dtype = top_member(root, variant, "dtype"), *const shared = top_member(root, variant, "shared_streams");
    const struct json *const tensors = top_member(root, variant, "tensors"), *const rules = top_member(root, variant, "rules");
    const struct json *const name = json_member(root, "name");
    if (name)
        json_expect(m->file, name, JSON_STRING, "\"name\"");
    if (dtype && m->like && !m->from)
        fail(EXIT_INPUT, json_key_place(m->file, dtype), "\"dtype\" beside --like: the types come from %s; --dtype changes them", m->like);
    m->default_format = dtype ? description_format(m, dtype) : format_of(SOW_F32);
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
        description_tensor(m, node);
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
                                       .element = own_tensors ? forget : description_tensor,
                                       .user = m};
    const struct json *const root = json_parse(&reader, text, length);
    (void)find_variant(m, root);
    description_model(m, root, variant);
}
