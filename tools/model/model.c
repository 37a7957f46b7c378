/* SPDX-License-Identifier: MIT */
#include "model/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/values.h"

struct tensor *model_add(struct model *m)
{
    if (m->tensors == RANGE_MAX_NAMES)
        fail(EXIT_INPUT, (struct place){m->file, 0, 0}, "more than %u tensors, more than a file's header can hold", RANGE_MAX_NAMES);
    m->tensor = array_grow(m->tensor, &m->tensor_capacity, m->tensors + 1, sizeof *m->tensor);
    struct tensor *const t = &m->tensor[m->tensors++];
    *t = (struct tensor){.rule = NO_INDEX, .fan_from = NO_INDEX, .format = FORMAT_NONE, .layout = NO_LAYOUT};
    return t;
}

void model_free(struct model *m)
{
    if (m->values)
        values_close(m->values);
    free(m->tensor);
    free(m->rule);
    free(m->order);
    free(m->like_order);
    free(m->keep);
    free(m->part);
    arena_free(&m->arena);
    arena_free(&m->scratch);
    sink_free(&m->head);
    sink_free(&m->list);
    sink_free(&m->tail);
    *m = (struct model){0};
}

int name_compare(const char *a, size_t n, const char *b, size_t m)
{
    const int c = memcmp(a, b, n < m ? n : m);
    return c ? c : (n > m) - (n < m);
}

uint64_t tensor_elements(const struct tensor *t)
{
    uint64_t n = 1;
    for (int i = 0; i < t->rank; i++)
        n *= (uint64_t)t->shape[i];
    return n;
}

uint64_t tensor_bytes(const struct tensor *t)
{
    uint64_t bytes = 0;
    (void)format_bytes(&formats[t->format], tensor_elements(t), &bytes);
    return bytes;
}

const int64_t *tensor_global(const struct tensor *t)
{
    return t->global ? t->global : t->shape;
}

int tensor_global_rank(const struct tensor *t)
{
    return t->flat ? t->flat_rank : t->rank;
}

struct place tensor_place(const struct model *m, const struct tensor *t)
{
    return m->like && t->line == 0 ? (struct place){m->like, 0, 0} : (struct place){m->file, t->line, t->column};
}

struct place rule_place(const struct rule *r)
{
    return (struct place){r->file, r->line, r->column};
}

const char *shape_text(const struct tensor *t)
{
    static char text[8 * 22 + 4];
    size_t used = 0;
    text[used++] = '[';
    for (int i = 0; i < t->rank && used < sizeof text - 24; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i ? ", " : "", (long long)t->shape[i]);
    strcpy(text + used, "]");
    return text;
}
