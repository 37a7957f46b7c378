/* SPDX-License-Identifier: MIT */
#include "files/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files/safetensors.h"

static struct checkpoint_file *add_file(struct checkpoint *c, const char *name)
{
    c->file = array_grow(c->file, &c->file_capacity, c->files + 1, sizeof *c->file);
    struct checkpoint_file *const f = &c->file[c->files++];
    *f = (struct checkpoint_file){.input = input_open(name)};
    return f;
}

static void map_file(struct checkpoint_file *f)
{
    if (f->input.bytes == 0)
        return;
    f->map_bytes = (size_t)f->input.bytes;
    f->map = mmap(NULL, f->map_bytes, PROT_READ, MAP_PRIVATE, f->input.fd, 0);
    if (f->map == MAP_FAILED)
        fail(EXIT_MACHINE, (struct place){f->input.name, 0, 0}, "cannot be mapped: %s", strerror(errno));
    (void)madvise(f->map, f->map_bytes, MADV_SEQUENTIAL);
}

/* The tensors from `first` on are of the last file. */
static void place_tensors(struct checkpoint *c, size_t first)
{
    const struct checkpoint_file *const f = &c->file[c->files - 1];
    c->data = realloc(c->data, (c->model.tensors + 1) * sizeof *c->data);
    c->file_of = realloc(c->file_of, (c->model.tensors + 1) * sizeof *c->file_of);
    if (!c->data || !c->file_of)
        fail_memory(c->model.tensors * sizeof *c->data);
    for (size_t i = first; i < c->model.tensors; i++) {
        c->data[i] = f->map ? (const uint8_t *)f->map + f->data_at + c->model.tensor[i].begin : (const uint8_t *)"";
        c->file_of[i] = (uint32_t)(c->files - 1);
        c->bytes += tensor_bytes(&c->model.tensor[i]);
    }
}

static int by_begin(const void *a, const void *b)
{
    const struct tensor *const s = a, *const t = b;
    return s->begin != t->begin ? (s->begin > t->begin) - (s->begin < t->begin) : strcmp(s->name, t->name);
}

static void add_safetensors(struct checkpoint *c, struct checkpoint_file *f)
{
    struct model one = {.file = f->input.name, .like = f->input.name};
    char *record;
    size_t length;
    safetensors_read(&f->input, &one, &record, &length);
    qsort(one.tensor, one.tensors, sizeof *one.tensor, by_begin);
    uint64_t bytes = 0;
    const size_t first = c->model.tensors;
    for (size_t i = 0; i < one.tensors; i++) {
        struct tensor *const t = model_add(&c->model);
        *t = one.tensor[i];
        int64_t *const shape = arena_alloc(&c->model.arena, sizeof *shape * (t->rank ? t->rank : 1u));
        memcpy(shape, one.tensor[i].shape, sizeof *shape * t->rank);
        t->shape = shape;
        t->name = t->stream = arena_copy(&c->model.arena, t->name, t->name_length);
        bytes += tensor_bytes(t);
    }
    f->data_at = f->input.bytes - bytes; /* safetensors_read() has seen that nothing stands between or behind */
    if (c->files == 1) {
        c->record = record;
        c->record_length = length;
    } else {
        free(record);
    }
    model_free(&one);
    map_file(f);
    place_tensors(c, first);
}

/* Column-major bytes in row-major order, in memory of their own. */
static void turn(struct checkpoint_file *f, const struct tensor *t)
{
    const size_t size = formats[t->format].bits / 8, bytes = (size_t)tensor_bytes(t);
    uint8_t *const copy = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        fail_memory(bytes);
    uint64_t index[64] = {0}, stride[64], from = 0;
    for (int i = 0; i < t->rank; i++)
        stride[i] = i ? stride[i - 1] * (uint64_t)t->shape[i - 1] : 1;
    for (size_t at = 0; at < bytes; at += size) {
        memcpy(copy + at, (const uint8_t *)f->map + f->data_at + from * size, size);
        for (int i = t->rank; i-- > 0;) {
            from += stride[i];
            if (++index[i] < (uint64_t)t->shape[i])
                break;
            from -= index[i] * stride[i];
            index[i] = 0;
        }
    }
    (void)munmap(f->map, f->map_bytes);
    f->map = copy;
    f->map_bytes = bytes;
    f->data_at = 0;
}

static void add_npy(struct checkpoint *c, struct checkpoint_file *f)
{
    bool fortran;
    f->data_at = npy_read(&f->input, &c->model, &fortran);
    map_file(f);
    if (fortran)
        turn(f, &c->model.tensor[0]);
    place_tensors(c, 0);
}

struct indexed {
    struct checkpoint *checkpoint;
    struct entry {
        const char *tensor;
        uint32_t file;
    } * entry;
    size_t entries, capacity;
    char **path;
    size_t paths, path_capacity, folder;
};

/* Every shard once, in the order in which the index names them first. */
static void on_entry(void *user, const char *tensor, size_t length, const char *file, size_t file_length)
{
    struct indexed *const x = user;
    size_t i = x->paths;
    while (i-- > 0)
        if (strlen(x->path[i] + x->folder) == file_length && memcmp(x->path[i] + x->folder, file, file_length) == 0)
            break;
    if (i == SIZE_MAX) {
        i = x->paths;
        x->path = array_grow(x->path, &x->path_capacity, i + 1, sizeof *x->path);
        char *const path = arena_alloc(&x->checkpoint->model.arena, x->folder + file_length + 1);
        memcpy(path, x->checkpoint->name, x->folder);
        memcpy(path + x->folder, file, file_length);
        path[x->folder + file_length] = '\0';
        x->path[x->paths++] = path;
    }
    x->entry = array_grow(x->entry, &x->capacity, x->entries + 1, sizeof *x->entry);
    x->entry[x->entries++] = (struct entry){arena_copy(&x->checkpoint->model.arena, tensor, length), (uint32_t)i};
}

static int by_entry(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->tensor, ((const struct entry *)b)->tensor);
}

/* What the index says and what the files have is one list. */
static void check_index(const struct indexed *x)
{
    const struct checkpoint *const c = x->checkpoint;
    qsort(x->entry, x->entries, sizeof *x->entry, by_entry);
    for (size_t i = 1; i < x->entries; i++)
        if (by_entry(&x->entry[i - 1], &x->entry[i]) == 0)
            fail(EXIT_INPUT, (struct place){c->name, 0, 0}, "weight_map has %s twice",
                 quoted(x->entry[i].tensor, strlen(x->entry[i].tensor)));
    for (size_t i = 0; i < c->model.tensors; i++) {
        const struct tensor *const t = &c->model.tensor[i];
        const struct entry key = {t->name, 0}, *const e = bsearch(&key, x->entry, x->entries, sizeof *x->entry, by_entry);
        if (!e || e->file != c->file_of[i])
            fail(EXIT_INPUT, (struct place){c->name, 0, 0}, "%s has %s, which the weight map %s%s", c->file[c->file_of[i]].input.name,
                 quoted(t->name, t->name_length), e ? "places in " : "does not have", e ? x->path[e->file] + x->folder : "");
    }
    if (c->model.tensors != x->entries)
        fail(EXIT_INPUT, (struct place){c->name, 0, 0}, "weight_map has %zu tensors, its files have %zu", x->entries, c->model.tensors);
}

static void add_index(struct checkpoint *c, const struct input *index)
{
    const char *const slash = strrchr(c->name, '/');
    struct indexed x = {.checkpoint = c, .folder = slash ? (size_t)(slash - c->name) + 1 : 0};
    index_read(index, on_entry, &x);
    for (size_t i = 0; i < x.paths; i++)
        add_safetensors(c, add_file(c, x.path[i]));
    check_index(&x);
    free(x.entry);
    free(x.path);
}

struct checkpoint checkpoint_open(const char *name)
{
    struct checkpoint c = {.name = name, .model = {.file = name, .like = name}};
    struct input first = input_open(name);
    const bool index = index_is(&first);
    if (index) {
        add_index(&c, &first);
        input_close(&first);
        return c;
    }
    input_close(&first);
    struct checkpoint_file *const f = add_file(&c, name);
    if (npy_is(&f->input))
        add_npy(&c, f);
    else
        add_safetensors(&c, f);
    return c;
}

void checkpoint_close(struct checkpoint *c)
{
    for (size_t i = 0; i < c->files; i++) {
        if (c->file[i].map)
            (void)munmap(c->file[i].map, c->file[i].map_bytes);
        input_close(&c->file[i].input);
    }
    free(c->file);
    free(c->data);
    free(c->file_of);
    free(c->record);
    model_free(&c->model);
    *c = (struct checkpoint){0};
}

uint32_t checkpoint_find(const struct checkpoint *c, const char *name, size_t length)
{
    for (size_t i = 0; i < c->model.tensors; i++)
        if (c->model.tensor[i].name_length == length && memcmp(c->model.tensor[i].name, name, length) == 0)
            return (uint32_t)i;
    return NO_INDEX;
}

void checkpoint_done(const struct checkpoint *c, uint32_t tensor, uint64_t begin, uint64_t end)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)c->data[tensor];
    const uintptr_t from = (at + begin + page - 1) / page * page, to = (at + end) / page * page;
    if (from < to && c->file[c->file_of[tensor]].map && c->file[c->file_of[tensor]].data_at) /* a copy in memory must stay */
        (void)madvise((void *)from, to - from, MADV_DONTNEED);
}

bool checkpoint_read(const struct checkpoint *c, uint32_t tensor, uint64_t begin, void *dst, size_t n)
{
    const struct checkpoint_file *const f = &c->file[c->file_of[tensor]];
    if (!f->data_at) { /* a copy in memory */
        memcpy(dst, c->data[tensor] + begin, n);
        return true;
    }
    uint64_t offset = (uint64_t)(c->data[tensor] - (const uint8_t *)f->map) + begin;
    for (char *p = dst; n;) {
        const ssize_t got = pread(f->input.fd, p, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = 0;
        if (got <= 0)
            return false;
        p += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}
