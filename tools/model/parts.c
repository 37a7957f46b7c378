/* SPDX-License-Identifier: MIT */
/* Which file a tensor goes into, and where in it. */
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

#define NO_PART UINT32_MAX

struct placing {
    const struct tensor *tensor;
    const uint32_t *part_of; /* NULL: all are in one */
};

/* File by file; in it as the reference library writes files: falling alignment, then names. Tied ones, which are not written, behind. */
static int by_place(const void *a, const void *b, void *user)
{
    const struct placing *const p = user;
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const struct tensor *const s = &p->tensor[i], *const t = &p->tensor[j];
    if (s->tied != t->tied)
        return s->tied - t->tied;
    if (!s->tied && p->part_of && p->part_of[i] != p->part_of[j])
        return p->part_of[i] < p->part_of[j] ? -1 : 1;
    if (!s->tied && format_align(&formats[s->format]) != format_align(&formats[t->format]))
        return format_align(&formats[s->format]) > format_align(&formats[t->format]) ? -1 : 1;
    return name_compare(s->name, s->name_length, t->name, t->name_length);
}

/*
 * In the order of the description: a tensor that alone passes the limit gets a file of its own, the others fill the open file until one
 * does not fit any more. A file takes its number when it is closed, which is how huggingface_hub counts.
 */
static uint32_t divide(const struct model *m, uint32_t *part_of)
{
    uint32_t parts = 0;
    uint64_t bytes = 0;
    size_t opened = 0;
    bool open = false;
    for (size_t i = 0; i <= m->tensors; i++) {
        const struct tensor *const t = &m->tensor[i];
        const bool end = i == m->tensors;
        part_of[i] = NO_PART;
        if (!end && t->tied)
            continue;
        const uint64_t size = end ? 0 : tensor_bytes(t);
        if (size > m->max_part_bytes) {
            part_of[i] = parts++;
            continue;
        }
        if (open && (end || size > m->max_part_bytes - bytes)) {
            for (; opened < i; opened++)
                part_of[opened] = part_of[opened] == NO_PART ? parts : part_of[opened];
            parts++;
            bytes = 0;
        }
        open = true;
        bytes += size;
    }
    return parts;
}

static void place_part(struct model *m, struct part *part)
{
    for (size_t i = part->first; i < part->first + part->count; i++) {
        struct tensor *const t = &m->tensor[m->order[i]];
        const uint64_t bytes = tensor_bytes(t);
        if (bytes > (uint64_t)INT64_MAX - (1u << 30) - m->bytes) /* a header fits, too */
            fail(EXIT_INPUT, tensor_place(m, t), "%s and those before it: more than 2^63 bytes together", quoted(t->name, t->name_length));
        t->begin = part->bytes;
        part->bytes += bytes;
        m->bytes += bytes;
    }
}

void parts_place(struct model *m)
{
    uint32_t *const part_of = m->max_part_bytes ? malloc((m->tensors + 1) * sizeof *part_of) : NULL;
    if (m->max_part_bytes && !part_of)
        fail_memory(m->tensors * sizeof *part_of);
    m->parts = part_of ? divide(m, part_of) : 1;
    m->part = calloc(m->parts + 1, sizeof *m->part);
    if (!m->part)
        fail_memory(m->parts * sizeof *m->part);
    const struct placing placing = {m->tensor, part_of};
    qsort_r(m->order, m->tensors, sizeof *m->order, by_place, (void *)&placing);
    for (m->written = 0; m->written < m->tensors && !m->tensor[m->order[m->written]].tied; m->written++)
        m->part[part_of ? part_of[m->order[m->written]] : 0].count++;
    for (size_t i = 0; i < m->parts; i++) {
        m->part[i].first = i ? m->part[i - 1].first + m->part[i - 1].count : 0;
        place_part(m, &m->part[i]);
    }
    free(part_of);
}
