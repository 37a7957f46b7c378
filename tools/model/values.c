/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/suggest.h"
#include "model/values_store.h"

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

static struct place ref_place(const struct values_ref *r)
{
    return json_place(r->message_file, r->node);
}

static const char *find_path(const struct values_store *s, const struct values_ref *r)
{
    if (*r->path == '/')
        return r->path;
    char *const path = arena_alloc(s->arena, strlen(r->folder) + strlen(r->path) + 1);
    strcat(strcpy(path, r->folder), r->path);
    if (access(path, F_OK) != 0 && r->or_here && access(r->path, F_OK) == 0)
        return r->path;
    return path;
}

static struct checkpoint *open_file(struct values_store *s, const struct values_ref *r)
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

static uint32_t find_tensor(const struct checkpoint *c, const struct values_ref *r, const char *name)
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

static const struct values *load(struct values_store *s, const struct values_ref *r, const char *name)
{
    const struct checkpoint *const c = open_file(s, r);
    const uint32_t i = find_tensor(c, r, name);
    const struct tensor *const t = &c->model.tensor[i];
    if (!values_getter(t->format))
        fail(EXIT_INPUT, ref_place(r), "values: %s of %s has the type %s, which has no reading as numbers here",
             quoted(t->name, t->name_length), c->name, formats[t->format].lower);
    struct values *const v = arena_alloc(s->arena, sizeof *v);
    *v = (struct values){.data = c->data[i], .shape = t->shape, .format = t->format, .rank = t->rank, .file = c, .tensor = i};
    values_survey(v, true);
    return v;
}

static const struct values *find(struct values_store *s, struct values_ref *r, const struct captures *captures)
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
        return ((const struct values_ref *)p->user)->varies;
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
static void record_digest(const struct values_store *s, const struct values_ref *r, const char *digest)
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
    for (struct values_ref *r = s->refs; r; r = r->next) {
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
