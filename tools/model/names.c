/* SPDX-License-Identifier: MIT */
#include "model/names.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b, void *tensors)
{
    const struct tensor *const s = (const struct tensor *)tensors + *(const uint32_t *)a;
    const struct tensor *const t = (const struct tensor *)tensors + *(const uint32_t *)b;
    return name_compare(s->name, s->name_length, t->name, t->name_length);
}

struct names names_of(const struct model *m)
{
    struct names n = {m, malloc((m->tensors + 1) * sizeof *n.sorted)};
    if (!n.sorted)
        fail_memory(m->tensors * sizeof *n.sorted);
    for (size_t i = 0; i < m->tensors; i++)
        n.sorted[i] = (uint32_t)i;
    qsort_r(n.sorted, m->tensors, sizeof *n.sorted, by_name, m->tensor);
    return n;
}

uint32_t names_find(const struct names *n, const char *name, size_t length)
{
    size_t low = 0, high = n->model->tensors;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct tensor *const t = &n->model->tensor[n->sorted[middle]];
        const int c = name_compare(name, length, t->name, t->name_length);
        if (c == 0)
            return n->sorted[middle];
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NO_INDEX;
}

void names_free(struct names *n)
{
    free(n->sorted);
    n->sorted = NULL;
}
