/* SPDX-License-Identifier: MIT */
#include "model/values.h"

#include <errno.h>
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"

struct values_file {
    struct values_file *next;
    const char *path; /* as opened */
    struct checkpoint checkpoint;
};

/* What one "values" says. */
struct ref {
    struct ref *next;
    struct json *node;
    const char *message_file; /* in messages */
    const char *folder;       /* that names of files start from */
    bool or_here;
    const char *path;   /* NULL: the array stands in the description */
    const char *tensor; /* with stars, perhaps; NULL: the only one of the file */
    bool varies;
    const struct json *digest; /* that the record has, or NULL */
    const struct values *fixed;
    sow_stream seen; /* digests of the arrays that were bound */
    size_t bound;
};

struct values_store {
    struct arena *arena;
    const char *folder; /* with its slash, or "" */
    bool or_here;
    struct values_file *files;
    struct ref *refs;
};

struct values_store *values_open(struct arena *arena)
{
    struct values_store *const s = arena_alloc(arena, sizeof *s);
    *s = (struct values_store){.arena = arena, .folder = ""};
    return s;
}

void values_from(struct values_store *s, const char *from, bool or_here)
{
    const char *const slash = strrchr(from, '/');
    s->folder = arena_copy(s->arena, from, slash ? (size_t)(slash - from) + 1 : 0);
    s->or_here = or_here;
}

void values_close(struct values_store *s)
{
    for (struct values_file *f = s->files; f; f = f->next)
        checkpoint_close(&f->checkpoint);
    s->files = NULL;
}

static struct place ref_place(const struct ref *r)
{
    return json_place(r->message_file, r->node);
}

/* Range and wholeness, and with `digest` what the bytes are, in pieces that are let go. */
static void survey(struct values *v, bool digest)
{
    enum { PIECE = 1 << 20 };
    values_get *const get = values_getter(v->format);
    const struct tensor shape = {.shape = v->shape, .rank = v->rank};
    const uint64_t n = tensor_elements(&shape), size = formats[v->format].bits / 8;
    struct sink text = {0};
    sink_format(&text, "%s %s", formats[v->format].lower, shape_text(&shape));
    v->digest = sow_stream_named(sow_stream_seed(0), text.data, text.used);
    sink_free(&text);
    v->low = INFINITY;
    v->high = -INFINITY;
    v->whole = true;
    for (uint64_t i = 0; i < n; i += PIECE) {
        const uint64_t end = n - i < PIECE ? n : i + PIECE;
        if (digest)
            v->digest = sow_stream_named(v->digest, (const char *)v->data + i * size, (end - i) * size);
        for (uint64_t k = i; k < end; k++) {
            const double x = get(v->data + k * size);
            v->whole = v->whole && x == floor(x) && isfinite(x);
            if (isfinite(x)) {
                v->low = x < v->low ? x : v->low;
                v->high = x > v->high ? x : v->high;
            }
        }
        if (v->file)
            checkpoint_done(v->file, v->tensor, i * size, end * size);
    }
}

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
    survey(v, false);
    return v;
}

/* {"file": …, "tensor": …}, or short {FILE: TENSOR}. */
static void read_object(struct ref *r, const struct json *node)
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
    struct ref *const r = arena_alloc(s->arena, sizeof *r);
    sow_scheme_parts *const parts = arena_alloc(s->arena, sizeof *parts);
    *r = (struct ref){.next = s->refs,
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

static const char *find_path(const struct values_store *s, const struct ref *r)
{
    if (*r->path == '/')
        return r->path;
    char *const path = arena_alloc(s->arena, strlen(r->folder) + strlen(r->path) + 1);
    strcat(strcpy(path, r->folder), r->path);
    if (access(path, F_OK) != 0 && r->or_here && access(r->path, F_OK) == 0)
        return r->path;
    return path;
}

static struct checkpoint *open_file(struct values_store *s, const struct ref *r)
{
    const char *const path = find_path(s, r);
    for (struct values_file *f = s->files; f; f = f->next)
        if (strcmp(f->path, path) == 0)
            return &f->checkpoint;
    if (access(path, R_OK) != 0)
        fail(EXIT_INPUT, ref_place(r), "values: %s cannot be opened: %s%s", quoted(path, strlen(path)), strerror(errno),
             r->or_here ? "; files are looked for beside the checkpoint and in the current folder" : "");
    struct values_file *const f = arena_alloc(s->arena, sizeof *f);
    *f = (struct values_file){.next = s->files, .path = path, .checkpoint = checkpoint_open(path)};
    s->files = f;
    return &f->checkpoint;
}

static uint32_t find_tensor(const struct checkpoint *c, const struct ref *r, const char *name)
{
    if (!name) {
        if (c->model.tensors != 1)
            fail(EXIT_INPUT, ref_place(r), "values: %s has %zu tensors, \"tensor\" must name one", c->name, c->model.tensors);
        return 0;
    }
    const uint32_t i = checkpoint_find(c, name, strlen(name));
    if (i != NO_INDEX)
        return i;
    struct suggestion near = suggest_for(name, strlen(name));
    for (size_t k = 0; k < c->model.tensors; k++)
        suggest_offer(&near, c->model.tensor[k].name);
    fail(EXIT_INPUT, ref_place(r), "values: %s has no tensor %s%s", c->name, quoted(name, strlen(name)), suggest_text(&near));
}

static const struct values *load(struct values_store *s, const struct ref *r, const char *name)
{
    const struct checkpoint *const c = open_file(s, r);
    const uint32_t i = find_tensor(c, r, name);
    const struct tensor *const t = &c->model.tensor[i];
    if (!values_getter(t->format))
        fail(EXIT_INPUT, ref_place(r), "values: %s of %s has the type %s, which has no reading as numbers here",
             quoted(t->name, t->name_length), c->name, formats[t->format].lower);
    struct values *const v = arena_alloc(s->arena, sizeof *v);
    *v = (struct values){.data = c->data[i], .shape = t->shape, .format = t->format, .rank = t->rank, .file = c, .tensor = i};
    survey(v, true);
    return v;
}

static const struct values *find(struct values_store *s, struct ref *r, const struct captures *captures)
{
    if (r->fixed)
        return r->fixed;
    const struct values *v;
    if (r->varies) {
        struct sink name = {0};
        if (!captures || !glob_replace(&name, r->tensor, captures))
            fail(EXIT_INPUT, ref_place(r), "\"tensor\" has more stars than \"match\" has wildcards");
        sink_put(&name, "", 1);
        v = load(s, r, name.data);
        sink_free(&name);
    } else {
        r->fixed = v = load(s, r, r->tensor);
    }
    r->seen = sow_stream_named(r->seen, (const char *)&v->digest, sizeof v->digest);
    r->bound++;
    return v;
}

/* Of the library's "custom". */
static void draw(void *user, const sow_custom_range *range, double *out)
{
    values_fill(user, range->rank, range->shape, range->first, out, range->n);
}

const struct values *values_of(const sow_scheme *scheme)
{
    return scheme->parts && scheme->parts->custom == draw ? scheme->parts->user : NULL;
}

bool values_vary(const sow_scheme *scheme)
{
    const sow_scheme_parts *const p = scheme->parts;
    if (p && p->user && !p->custom)
        return ((const struct ref *)p->user)->varies;
    for (size_t i = 0; p && i < p->inner_count; i++)
        if (values_vary(&p->inner[i]))
            return true;
    return false;
}

sow_scheme values_bind(struct values_store *s, const sow_scheme *scheme, const struct captures *captures)
{
    sow_scheme bound = sow_scheme_named("custom");
    sow_scheme_parts *const parts = arena_alloc(s->arena, sizeof *parts);
    *parts = (sow_scheme_parts){.custom = draw, .user = (void *)find(s, scheme->parts->user, captures)};
    bound.parts = parts;
    return bound;
}

bool values_are_copied(const struct values *v, uint8_t format, int rank, const int64_t *shape)
{
    return v->format == format && v->rank == rank && memcmp(v->shape, shape, (size_t)rank * sizeof *shape) == 0;
}

/* One array under the factor and the summand of the schemes around it. */
static sow_status check_array(const struct values *v, int rank, bool empty, double mul, double add, const struct format *f, char *why,
                              size_t size)
{
    const struct tensor shape = {.shape = v->shape, .rank = v->rank};
    if (v->rank > rank) {
        (void)snprintf(why, size, "template: values have the shape %s, at most %d axes fit", shape_text(&shape), rank);
        return SOW_ERR_SHAPE;
    }
    if (empty)
        return SOW_OK;
    if (tensor_elements(&shape) == 0) {
        (void)snprintf(why, size, "template: values have no elements, the tensor has");
        return SOW_ERR_SHAPE;
    }
    const double ends[] = {v->low, v->high};
    for (int i = 0; i < 2 && v->low <= v->high; i++) {
        char reason[256];
        uint64_t bits;
        const double x = mul * ends[i] + add;
        if (f->kind == FORMAT_FLOAT && sow_check_dist(sow_dist_constant(x), f->dtype, reason, sizeof reason) != SOW_OK) {
            (void)snprintf(why, size, "template: %s", reason);
            return SOW_ERR_DIST;
        }
        if (f->kind != FORMAT_FLOAT && (!v->whole || fabs(x) > 0x1p53 || !format_whole(f, x, &bits))) {
            (void)snprintf(why, size, "template: values from %g to %g%s, %s cannot hold them exactly", v->low, v->high,
                           v->whole ? "" : ", not all whole", f->lower);
            return SOW_ERR_DTYPE;
        }
    }
    if (f->kind != FORMAT_FLOAT && !v->whole) {
        (void)snprintf(why, size, "template: values that are not finite, %s has none", f->lower);
        return SOW_ERR_DTYPE;
    }
    return SOW_OK;
}

static sow_status check(const sow_scheme *scheme, int rank, bool empty, double mul, double add, const struct format *f, char *why,
                        size_t size)
{
    const struct values *const v = values_of(scheme);
    const char *const name = sow_scheme_info_at((size_t)scheme->row)->name;
    if (v)
        return check_array(v, rank, empty, mul, add, f, why, size);
    const int k = sow_scheme_arg_index(scheme, "k"), value = sow_scheme_arg_index(scheme, "value");
    if (strcmp(name, "add") == 0)
        add += mul * scheme->arg[value];
    if (strcmp(name, "scale") == 0)
        mul *= scheme->arg[k];
    for (size_t i = 0; scheme->parts && i < scheme->parts->inner_count; i++) {
        const int inner_rank = rank - (strcmp(name, "stack") == 0);
        const sow_status status = check(&scheme->parts->inner[i], inner_rank, empty, mul, add, f, why, size);
        if (status != SOW_OK)
            return status;
    }
    return SOW_OK;
}

sow_status values_check(const sow_scheme *scheme, int rank, const int64_t *shape, const struct format *f, char *why, size_t size)
{
    bool empty = false;
    for (int i = 0; i < rank; i++)
        empty = empty || shape[i] == 0;
    return check(scheme, rank, empty, 1, 0, f, why, size);
}

static struct json *add_member(const struct values_store *s, struct json *object, const char *key, const char *text, size_t length)
{
    struct json *const m = arena_alloc(s->arena, sizeof *m), **end = &object->child;
    *m = (struct json){.type = JSON_STRING, .line = object->line, .column = object->column, .length = (uint32_t)length, .key = key};
    m->key_length = (uint32_t)strlen(key);
    m->text = arena_copy(s->arena, text, length);
    while (*end)
        end = &(*end)->next;
    *end = m;
    object->length++;
    return m;
}

/* What it says, in the long form, with the digest. */
static void record_digest(const struct values_store *s, const struct ref *r, const char *digest)
{
    r->node->type = JSON_OBJECT;
    r->node->child = NULL;
    r->node->length = 0;
    r->node->text = "";
    (void)add_member(s, r->node, "file", r->path, strlen(r->path));
    if (r->tensor)
        (void)add_member(s, r->node, "tensor", r->tensor, strlen(r->tensor));
    (void)add_member(s, r->node, "digest", digest, strlen(digest));
}

void values_seal(struct values_store *s)
{
    for (struct ref *r = s->refs; r; r = r->next) {
        char digest[40];
        if (r->bound == 0)
            continue;
        (void)snprintf(digest, sizeof digest, "%016llx%016llx", (unsigned long long)r->seen.key, (unsigned long long)r->seen.id);
        if (!r->digest)
            record_digest(s, r, digest);
        else if (strcmp(digest, r->digest->text) != 0)
            fail(EXIT_INPUT, json_place(r->message_file, r->digest), "values: %s has other values now, of digest %s, not %s",
                 quoted(r->path, strlen(r->path)), digest, quoted(r->digest->text, r->digest->length));
    }
}

const struct input *values_next_input(const struct values_store *s, const void **at)
{
    const struct values_file *const f = *at ? ((const struct values_file *)*at)->next : s->files;
    *at = f;
    return f ? &f->checkpoint.file[0].input : NULL; /* of an index, the first */
}
