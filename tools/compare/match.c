/* SPDX-License-Identifier: MIT */
#include "compare/match.h"

#include <string.h>

#include "model/names.h"

static size_t add(struct findings *f, struct finding finding)
{
    f->finding = array_grow(f->finding, &f->capacity, f->count + 1, sizeof *f->finding);
    f->finding[f->count] = finding;
    return f->count++;
}

static void match(const struct matcher *m, const struct tensor *want, uint32_t index)
{
    const struct tensor *const have = &m->checkpoint->model.tensor[index];
    struct finding f = {.want = want, .have = have};
    if (want->rank != have->rank || memcmp(want->shape, have->shape, want->rank * sizeof *want->shape) != 0)
        f.verdict = OTHER_SHAPE;
    else if (want->format != have->format)
        f.verdict = OTHER_DTYPE;
    const size_t place = add(m->found, f);
    if (f.verdict != EQUAL)
        return;
    m->found->elements += tensor_elements(want);
    m->found->bytes += tensor_bytes(want);
    m->pair(m->user, place, want, index);
}

void match_names(const struct matcher *m)
{
    const struct model *const model = m->model;
    struct names mine = names_of(model), theirs = names_of(&m->checkpoint->model);
    for (size_t i = 0; i < model->tensors; i++) {
        const struct tensor *const t = &model->tensor[model->order ? model->order[i] : i];
        const uint32_t index = names_find(&theirs, t->name, t->name_length);
        if (index != NO_INDEX)
            match(m, t->tied ? &model->tensor[names_find(&mine, t->stream, t->stream_length)] : t, index);
        else if (!t->tied)
            (void)add(m->found, (struct finding){.want = t, .verdict = MISSING});
    }
    for (size_t i = 0; i < m->checkpoint->model.tensors; i++) {
        const struct tensor *const t = &m->checkpoint->model.tensor[i];
        if (names_find(&mine, t->name, t->name_length) == NO_INDEX)
            (void)add(m->found, (struct finding){.have = t, .verdict = EXTRA});
    }
    names_free(&mine);
    names_free(&theirs);
}
