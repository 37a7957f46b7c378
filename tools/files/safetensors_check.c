/* SPDX-License-Identifier: MIT */
/* What can be said of a header only when all of it is read: equal names, holes and overlaps. By sorting, so that many keys cost little. */
#include <stdlib.h>
#include <string.h>

#include "files/safetensors.h"

static struct place whole(const struct input *in)
{
    return (struct place){in->name, 0, 0};
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_names(const void *a, const void *b, void *tensors)
{
    const struct tensor *const all = tensors;
    return strcmp(all[*(const uint32_t *)a].name, all[*(const uint32_t *)b].name);
}

static int compare_bytes(const void *a, const void *b, void *tensors)
{
    const struct tensor *const s = (const struct tensor *)tensors + *(const uint32_t *)a;
    const struct tensor *const t = (const struct tensor *)tensors + *(const uint32_t *)b;
    const int c = (s->begin > t->begin) - (s->begin < t->begin);
    const bool s_empty = tensor_bytes(s) == 0, t_empty = tensor_bytes(t) == 0;
    return c ? c : t_empty - s_empty; /* an empty one before the one that starts where it stands */
}

static void check_metadata(const struct input *in, const char **keys, size_t count)
{
    if (count)
        qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (strcmp(keys[i - 1], keys[i]) == 0)
            fail(EXIT_INPUT, whole(in), "header: __metadata__: duplicate key %s", quoted(keys[i], strlen(keys[i])));
}

static void check_names(const struct input *in, const struct model *m, uint32_t *order)
{
    qsort_r(order, m->tensors, sizeof *order, compare_names, m->tensor);
    for (size_t i = 1; i < m->tensors; i++) {
        const struct tensor *const t = &m->tensor[order[i]];
        if (strcmp(m->tensor[order[i - 1]].name, t->name) == 0)
            fail(EXIT_INPUT, whole(in), "header: duplicate key %s", quoted(t->name, t->name_length));
    }
}

/* The tensors' bytes follow one another from 0 to the end of the file. */
static void check_offsets(const struct input *in, const struct model *m, uint32_t *order, uint64_t data_bytes)
{
    uint64_t at = 0;
    qsort_r(order, m->tensors, sizeof *order, compare_bytes, m->tensor);
    for (size_t i = 0; i < m->tensors; i++) {
        const struct tensor *const t = &m->tensor[order[i]];
        if (t->begin != at)
            fail(EXIT_INPUT, whole(in), "header: tensor %s starts at %llu, but the bytes before it end at %llu: %s",
                 quoted(t->name, t->name_length), (unsigned long long)t->begin, (unsigned long long)at,
                 t->begin > at ? "a hole" : "an overlap");
        at += tensor_bytes(t);
    }
    if (at != data_bytes)
        fail(EXIT_INPUT, whole(in), "the tensors have %llu bytes, but %llu follow the header", (unsigned long long)at,
             (unsigned long long)data_bytes);
}

void safetensors_check(const struct input *in, const struct model *m, const char **keys, size_t key_count, uint64_t data_bytes)
{
    uint32_t *const order = malloc((m->tensors ? m->tensors : 1) * sizeof *order);
    if (!order)
        fail_memory(m->tensors * sizeof *order);
    for (size_t i = 0; i < m->tensors; i++)
        order[i] = (uint32_t)i;
    check_metadata(in, keys, key_count);
    check_names(in, m, order);
    check_offsets(in, m, order, data_bytes);
    free(order);
}
