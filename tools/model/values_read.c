/* SPDX-License-Identifier: MIT */
/* "values" out of JSON. */
#include <math.h>
#include <sow/tensor.h>
#include <stdlib.h>
#include <string.h>

#include "model/values_store.h"

/* An array of arrays of numbers. */
struct literal {
    const char *file;
    int64_t shape[SOW_MAX_RANK];
    int rank;
    double *data;
    size_t used, capacity;
};

static double number(const char *file, const struct json *node)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {{"inf", INFINITY}, {"-inf", -INFINITY}, {"nan", NAN}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (json_is(node, words[i].word))
            return words[i].value;
    return json_double(file, node, "a number in \"values\"");
}

static void read_array(struct literal *l, const struct json *node, int depth)
{
    if (depth == l->rank) {
        l->data = array_grow(l->data, &l->capacity, l->used + 1, sizeof *l->data);
        l->data[l->used++] = number(l->file, node);
        return;
    }
    json_expect(l->file, node, JSON_ARRAY, "a part of \"values\"");
    if (node->length != l->shape[depth])
        fail(EXIT_INPUT, json_place(l->file, node), "a part of \"values\" with %u elements, the one before has %lld", node->length,
             (long long)l->shape[depth]);
    for (const struct json *n = node->child; n; n = n->next)
        read_array(l, n, depth + 1);
}

static const struct values *read_literal(const struct values_store *s, const char *file, const struct json *node)
{
    struct literal l = {.file = file};
    for (const struct json *n = node; n && n->type == JSON_ARRAY; n = n->child) {
        if (l.rank == SOW_MAX_RANK)
            fail(EXIT_INPUT, json_place(file, n), "\"values\" of more than %d axes", SOW_MAX_RANK);
        l.shape[l.rank++] = n->length;
    }
    read_array(&l, node, 0);
    struct values *const v = arena_alloc(s->arena, sizeof *v);
    int64_t *const shape = arena_alloc(s->arena, sizeof l.shape);
    double *const data = arena_alloc(s->arena, (l.used + 1) * sizeof *data);
    memcpy(shape, l.shape, sizeof l.shape);
    if (l.used)
        memcpy(data, l.data, l.used * sizeof *data);
    free(l.data);
    *v = (struct values){.data = (const uint8_t *)data, .shape = shape, .format = format_of(SOW_F64), .rank = (uint8_t)l.rank};
    values_survey(v, false);
    return v;
}

/* {"file": …, "tensor": …}, or short {FILE: TENSOR}. */
static void read_object(struct values_ref *r, const struct json *node)
{
    static const char *const keys[] = {"file", "tensor", "digest"};
    const struct json *const path = json_member(node, "file"), *tensor = json_member(node, "tensor"), *const only = node->child;
    if (!path && node->length == 1 && !tensor) {
        json_expect(r->message_file, only, JSON_STRING, "the tensor");
        r->path = only->key;
        r->tensor = only->text;
    } else {
        json_known_keys(r->message_file, node, keys, sizeof keys / sizeof keys[0]);
        if (!path)
            fail(EXIT_INPUT, json_place(r->message_file, node), "\"values\" without \"file\"");
        json_expect(r->message_file, path, JSON_STRING, "\"file\"");
        r->path = path->text;
        r->digest = json_member(node, "digest");
        if (r->digest)
            json_expect(r->message_file, r->digest, JSON_STRING, "\"digest\"");
        if (tensor) {
            json_expect(r->message_file, tensor, JSON_STRING, "\"tensor\"");
            r->tensor = tensor->text;
        }
    }
    r->varies = r->tensor && strchr(r->tensor, '*');
}

const sow_scheme_parts *values_read(struct values_store *s, const char *file, const struct json *node)
{
    struct values_ref *const r = arena_alloc(s->arena, sizeof *r);
    sow_scheme_parts *const parts = arena_alloc(s->arena, sizeof *parts);
    *r = (struct values_ref){.next = s->refs,
                             .node = (struct json *)node,
                             .message_file = file,
                             .folder = s->folder,
                             .or_here = s->or_here}; /* a digest will be put into the tree */
    *parts = (sow_scheme_parts){.user = r};
    s->refs = r;
    if (node->type == JSON_STRING)
        r->path = node->text;
    else if (node->type == JSON_OBJECT)
        read_object(r, node);
    else if (node->type == JSON_ARRAY || node->type == JSON_NUMBER)
        r->fixed = read_literal(s, file, node);
    else
        fail(EXIT_INPUT, json_place(file, node), "\"values\" must be numbers, a file's name, or {\"file\": …, \"tensor\": …}, not %s",
             json_type_name(node));
    if (r->path && *r->path == '\0')
        fail(EXIT_INPUT, json_place(file, node), "\"values\": an empty file name");
    return parts;
}
