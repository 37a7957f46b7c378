/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest.h"

static const struct tensor *tensor_at(const struct manifest_maker *k, size_t place)
{
    return &k->model->tensor[k->model->order[place]];
}

/* The next tensor that has bytes; empty ones have the digest of nothing. */
static void next_tensor(struct manifest_maker *k)
{
    for (; k->place < k->model->written; k->place++) {
        k->digester = digest_begin();
        if (!k->digester)
            fail_memory(0);
        k->left = tensor_bytes(tensor_at(k, k->place));
        if (k->left)
            return;
        k->digest[k->place] = digest_end(k->digester);
        k->digester = NULL;
    }
}

struct manifest_maker manifest_begin(const struct model *m)
{
    struct manifest_maker k = {.model = m, .digest = calloc(m->written + 1, sizeof *k.digest)};
    if (!k.digest)
        fail_memory(m->written * sizeof *k.digest);
    next_tensor(&k);
    return k;
}

void manifest_bytes(void *user, const char *data, size_t length)
{
    struct manifest_maker *const k = user;
    while (length) {
        const size_t n = length < k->left ? length : (size_t)k->left;
        digest_add(k->digester, data, n);
        data += n;
        length -= n;
        k->left -= n;
        if (k->left == 0) {
            k->digest[k->place++] = digest_end(k->digester);
            k->digester = NULL;
            next_tensor(k);
        }
    }
}

static void to_output(void *user, const char *data, size_t length)
{
    output_write(user, data, length);
}

void manifest_end(struct manifest_maker *k, struct output *out)
{
    static char buffer[64 << 10];
    struct sink s = {.flush = to_output, .user = out, .data = buffer, .capacity = sizeof buffer};
    sink_text(&s, "{\"version\": 1, \"digest\": \"" DIGEST_NAME "\", \"tensors\": [");
    for (size_t i = 0; i < k->model->written; i++) {
        const struct tensor *const t = tensor_at(k, i);
        sink_text(&s, i ? ",\n {\"name\": " : "\n {\"name\": ");
        sink_string(&s, t->name, t->name_length);
        sink_format(&s, ", \"dtype\": \"%s\", \"shape\": %s, \"digest\": \"%s\"}", formats[t->format].lower, shape_text(t),
                    k->digest[i].text);
    }
    sink_text(&s, "\n]}\n");
    sink_flush(&s);
    free(k->digest);
    k->digest = NULL;
}

/* Folder and name of a path whose last part need not exist yet; false if the folder does not. */
static bool place_of(const char *path, char *folder, const char **name)
{
    const char *const slash = strrchr(path, '/');
    char parent[PATH_MAX];
    const size_t n = slash ? (size_t)(slash - path) : 0;
    if (realpath(path, folder)) { /* a link is followed, as output_open() does */
        *name = "";
        return true;
    }
    if (n >= sizeof parent)
        return false;
    memcpy(parent, path, n);
    parent[n] = '\0';
    *name = slash ? slash + 1 : path;
    return realpath(slash ? (n ? parent : "/") : ".", folder) != NULL;
}

void manifest_check_path(const char *manifest, const char *checkpoint)
{
    char a[PATH_MAX], b[PATH_MAX];
    const char *name, *other;
    const bool same = strcmp(manifest, checkpoint) == 0;
    if (same || (place_of(manifest, a, &name) && place_of(checkpoint, b, &other) && strcmp(a, b) == 0 && strcmp(name, other) == 0))
        fail(EXIT_INPUT, (struct place){manifest, 0, 0}, "would be the checkpoint and its manifest");
}
