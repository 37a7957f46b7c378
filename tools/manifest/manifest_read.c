/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "manifest/manifest.h"

static struct place at(const struct manifest *f, const struct json *node)
{
    return json_place(f->model.file, node);
}

static const struct json *need(const struct manifest *f, const struct json *object, const char *key, enum json_type type)
{
    const struct json *const node = json_member(object, key);
    if (!node)
        fail(EXIT_INPUT, at(f, object), "no \"%s\"", key);
    json_expect(f->model.file, node, type, key);
    return node;
}

static void read_shape(struct manifest *f, const struct json *node, struct tensor *t)
{
    if (node->length > UINT8_MAX)
        fail(EXIT_INPUT, at(f, node), "a shape of %u sizes, at most %d", node->length, UINT8_MAX);
    int64_t *const shape = arena_alloc(&f->model.arena, (node->length + 1u) * sizeof *shape);
    uint64_t elements = 1, bytes;
    for (const struct json *d = node->child; d; d = d->next) {
        const uint64_t size = json_count(f->model.file, d, "a size in \"shape\"");
        if (size > INT64_MAX || (size && elements > INT64_MAX / size))
            fail(EXIT_INPUT, at(f, d), "the shape has more than 2^63 - 1 elements");
        shape[t->rank++] = (int64_t)size;
        elements *= size ? size : 1;
    }
    t->shape = shape;
    if (!format_bytes(&formats[t->format], tensor_elements(t), &bytes))
        fail(EXIT_INPUT, at(f, node), "the shape is no whole number of bytes below 2^63");
}

static struct digest read_digest(const struct manifest *f, const struct json *node)
{
    struct digest digest = {""};
    if (node->length != DIGEST_CHARS || strspn(node->text, "0123456789abcdef") != DIGEST_CHARS)
        fail(EXIT_INPUT, at(f, node), "\"digest\" is %s, must be %d hexadecimal digits in lower case", quoted(node->text, node->length),
             DIGEST_CHARS);
    memcpy(digest.text, node->text, DIGEST_CHARS);
    return digest;
}

static void read_tensor(void *user, const struct json *node)
{
    struct manifest *const f = user;
    static const char *const keys[] = {"name", "dtype", "shape", "digest"};
    json_expect(f->model.file, node, JSON_OBJECT, "a tensor");
    json_known_keys(f->model.file, node, keys, sizeof keys / sizeof keys[0]);
    const struct json *const name = need(f, node, "name", JSON_STRING), *const dtype = need(f, node, "dtype", JSON_STRING);
    struct tensor *const t = model_add(&f->model);
    t->name = t->stream = arena_copy(&f->model.arena, name->text, name->length);
    t->name_length = t->stream_length = name->length;
    t->line = node->line;
    t->column = node->column;
    t->format = format_named(dtype->text);
    if (t->format == FORMAT_NONE)
        fail(EXIT_INPUT, at(f, dtype), "unknown dtype %s", quoted(dtype->text, dtype->length));
    read_shape(f, need(f, node, "shape", JSON_ARRAY), t);
    f->digest = array_grow(f->digest, &f->capacity, f->model.tensors, sizeof *f->digest);
    f->digest[f->model.tensors - 1] = read_digest(f, need(f, node, "digest", JSON_STRING));
}

static int by_name(const void *a, const void *b)
{
    const struct tensor *const s = *(const struct tensor *const *)a, *const t = *(const struct tensor *const *)b;
    const int c = name_compare(s->name, s->name_length, t->name, t->name_length);
    return c ? c : (s > t) - (s < t);
}

static void check_names(const struct manifest *f)
{
    const size_t n = f->model.tensors;
    const struct tensor **const sorted = malloc((n + 1) * sizeof *sorted);
    if (!sorted)
        fail_memory(n * sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &f->model.tensor[i];
    qsort(sorted, n, sizeof *sorted, by_name);
    for (size_t i = 1; i < n; i++)
        if (name_compare(sorted[i - 1]->name, sorted[i - 1]->name_length, sorted[i]->name, sorted[i]->name_length) == 0)
            fail(EXIT_INPUT, (struct place){f->model.file, sorted[i]->line, sorted[i]->column},
                 "two tensors named %s, the first on line %u", quoted(sorted[i]->name, sorted[i]->name_length), sorted[i - 1]->line);
    free(sorted);
}

void manifest_read(struct manifest *f, const struct input *in)
{
    static const char *const keys[] = {"version", "digest", "tensors"};
    size_t length;
    char *const text = input_read(in, &length);
    f->model.file = in->name;
    const struct json_reader reader = {
        .file = in->name, .arena = &f->model.arena, .scratch = &f->model.scratch, .path = {"tensors"}, .element = read_tensor, .user = f};
    const struct json *const root = json_parse(&reader, text, length);
    json_known_keys(in->name, root, keys, sizeof keys / sizeof keys[0]);
    const struct json *const version = need(f, root, "version", JSON_NUMBER), *const digest = need(f, root, "digest", JSON_STRING);
    (void)need(f, root, "tensors", JSON_ARRAY);
    if (json_count(in->name, version, "\"version\"") != 1)
        fail(EXIT_INPUT, at(f, version), "version %s of a manifest; this sow knows 1", version->text);
    if (!json_is(digest, DIGEST_NAME))
        fail(EXIT_INPUT, at(f, digest), "digest %s; this sow knows " DIGEST_NAME, quoted(digest->text, digest->length));
    check_names(f);
    free(text);
}

void manifest_free(struct manifest *f)
{
    model_free(&f->model);
    free(f->digest);
    f->digest = NULL;
}
