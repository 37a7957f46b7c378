/* SPDX-License-Identifier: MIT */
/* Which tensors keep their bytes. */
#include "model/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/utf8.h"
#include "model/slices.h"

static const char *const option_names[] = {[KEEP] = "--keep", [REINIT] = "--reinit", [GROW] = "--grow"};

static struct place option_place(const struct keep_option *o)
{
    return (struct place){option_names[o->kind], 0, 0};
}

void keep_option(struct model *m, enum keep_kind kind, const char *text)
{
    m->keep = array_grow(m->keep, &m->keep_capacity, m->keeps + 1, sizeof *m->keep);
    struct keep_option *const o = &m->keep[m->keeps++];
    const size_t at = slices_find(text);
    *o = (struct keep_option){.kind = kind, .text = text, .glob = text};
    if (at) {
        o->glob = arena_copy(&m->arena, text, at - 1);
        o->slices = text + at;
    }
    if (at && kind != REINIT)
        fail(EXIT_INPUT, option_place(o), "%s: slices are for --reinit, what they leave out is kept", quoted(text, strlen(text)));
    const char *const why = !utf8_is_name(text, strlen(text)) ? "not UTF-8"
                            : *o->glob == '\0'                ? "no name before the slices"
                                                              : glob_check(o->glob);
    if (why)
        fail(EXIT_INPUT, option_place(o), "%s: %s", quoted(text, strlen(text)), why);
}

void keep_from(struct model *m, struct checkpoint *from)
{
    m->from = from;
    m->tensor = from->model.tensor;
    m->tensors = m->like_tensors = from->model.tensors;
    m->tensor_capacity = from->model.tensor_capacity;
    from->model.tensor = NULL;
    from->model.tensors = from->model.tensor_capacity = 0;
}

static int by_name(const void *a, const void *b, void *user)
{
    const struct tensor *const tensor = user, *const s = &tensor[*(const uint32_t *)a], *const t = &tensor[*(const uint32_t *)b];
    return name_compare(s->name, s->name_length, t->name, t->name_length);
}

/* The checkpoint's tensors by name, made when the first is looked for. */
static void sort_names(struct model *m)
{
    m->like_order = malloc((m->like_tensors + 1) * sizeof *m->like_order);
    if (!m->like_order)
        fail_memory(m->like_tensors * sizeof *m->like_order);
    for (size_t i = 0; i < m->like_tensors; i++)
        m->like_order[i] = (uint32_t)i;
    qsort_r(m->like_order, m->like_tensors, sizeof *m->like_order, by_name, m->tensor);
}

struct tensor *keep_replace(struct model *m, const char *name, size_t length)
{
    if (!m->like_order)
        sort_names(m);
    size_t low = 0, high = m->like_tensors;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        struct tensor *const t = &m->tensor[m->like_order[middle]];
        const int c = name_compare(name, length, t->name, t->name_length);
        if (c == 0) {
            if (t->line) /* described before */
                return t;
            struct change *const change = arena_alloc(&m->arena, sizeof *change);
            *change = (struct change){.old_shape = t->shape, .old_rank = t->rank, .old_format = t->format};
            t->change = change;
            return t;
        }
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* What the options say about one tensor. */
struct verdict {
    const struct keep_option *keep, *reinit, *grow, *box; /* the first of each that matches, or NULL */
    size_t boxes;
};

static struct verdict judge(struct model *m, const struct tensor *t)
{
    struct verdict v = {NULL, NULL, NULL, NULL, 0};
    for (size_t i = 0; i < m->keeps; i++) {
        struct keep_option *const o = &m->keep[i];
        if (!glob_match(o->glob, t->name, t->name_length, NULL))
            continue;
        o->matched++;
        v.boxes += o->slices != NULL;
        if (o->kind == KEEP && !v.keep)
            v.keep = o;
        else if (o->kind == GROW && !v.grow)
            v.grow = o;
        else if (o->slices && !v.box)
            v.box = o;
        else if (o->kind == REINIT && !o->slices && !v.reinit)
            v.reinit = o;
    }
    return v;
}

static bool is_given(const struct model *m, enum keep_kind kind)
{
    for (size_t i = 0; i < m->keeps; i++)
        if (m->keep[i].kind == kind)
            return true;
    return false;
}

/* Whether the tensor keeps bytes; leaves for what contradicts itself. */
static bool decide(const struct model *m, const struct tensor *t, const struct verdict *v)
{
    const char *const name = quoted(t->name, t->name_length);
    const bool is_old = (size_t)(t - m->tensor) < m->like_tensors;
    const struct keep_option *const keeps = v->keep ? v->keep : v->grow;
    if (v->reinit && (keeps || v->boxes))
        fail(EXIT_INPUT, option_place(v->reinit), "%s matches %s, which %s keeps%s", quoted(v->reinit->text, strlen(v->reinit->text)), name,
             keeps ? option_names[keeps->kind] : "another --reinit", keeps ? "" : " but for a box");
    if (!is_old && (keeps || v->boxes))
        fail(EXIT_INPUT, option_place(keeps ? keeps : v->box), "%s is not in %s: nothing to keep", name, m->like);
    if (!is_old || v->reinit)
        return false;
    if (keeps || v->boxes)
        return true;
    if (is_given(m, KEEP) && is_given(m, REINIT))
        fail(EXIT_INPUT, tensor_place(m, t), "%s is neither kept nor re-initialised: with both --keep and --reinit each tensor needs one",
             name);
    return !is_given(m, KEEP);
}

static void check_shape(const struct model *m, const struct tensor *t, bool grow)
{
    const struct change *const c = t->change;
    const int axes = t->rank == c->old_rank ? t->rank : 0;
    bool same = t->rank == c->old_rank, larger = same;
    for (int i = 0; i < axes; i++) {
        larger = larger && t->shape[i] >= c->old_shape[i];
        same = same && t->shape[i] == c->old_shape[i];
    }
    const char *const name = quoted(t->name, t->name_length);
    if (t->format != c->old_format)
        fail(EXIT_INPUT, tensor_place(m, t), "%s is kept, but is %s here and %s in %s; --reinit draws it", name, formats[t->format].lower,
             formats[c->old_format].lower, m->like);
    if (same || (larger && grow))
        return;
    const struct tensor old = {.shape = c->old_shape, .rank = c->old_rank};
    char here[200];
    strcpy(here, shape_text(t));
    fail(EXIT_INPUT, tensor_place(m, t), "%s is kept, but is %s here and %s in %s; --reinit draws it%s", name, here, shape_text(&old),
         m->like,
         larger ? ", --grow keeps what there is and draws the rest"
         : grow ? "; --grow needs a shape as large in every axis"
                : "");
}

/* What a grown tensor has more, as boxes: those behind the old end of axis i, before the old ends of the axes before it. */
static uint32_t new_boxes(const struct tensor *t, const int64_t *old, struct box *box)
{
    uint32_t n = 0;
    for (int i = 0; i < t->rank; i++) {
        if (t->shape[i] == old[i])
            continue;
        for (int k = 0; k < t->rank; k++) {
            box[n].start[k] = k == i ? old[k] : 0;
            box[n].size[k] = k < i ? old[k] : k == i ? t->shape[k] - old[k] : t->shape[k];
        }
        n += box_elements(t->rank, &box[n]) > 0;
    }
    return n;
}

static void find_boxes(struct model *m, struct tensor *t, const struct verdict *v)
{
    struct box grown[SOW_MAX_RANK];
    struct change *const change = arena_alloc(&m->arena, sizeof *change);
    *change = t->change ? *t->change : (struct change){.old_shape = t->shape, .old_rank = t->rank, .old_format = t->format};
    t->change = change;
    if (t->rank > SOW_MAX_RANK)
        fail(EXIT_INPUT, tensor_place(m, t), "%s has %d dimensions, at most %d where a box is drawn", quoted(t->name, t->name_length),
             t->rank, SOW_MAX_RANK);
    change->boxes = new_boxes(t, change->old_shape, grown);
    struct box *const box = arena_alloc(&m->arena, (v->boxes + change->boxes + 1) * sizeof *box);
    memcpy(box, grown, change->boxes * sizeof *box);
    change->box = box;
    for (size_t i = 0; i < m->keeps; i++) {
        const struct keep_option *const o = &m->keep[i];
        if (!o->slices || !glob_match(o->glob, t->name, t->name_length, NULL))
            continue;
        const char *const why = slices_box(o->slices, t->rank, t->shape, &box[change->boxes++]);
        if (why)
            fail(EXIT_INPUT, option_place(o), "%s, %s %s: %s", quoted(o->text, strlen(o->text)), quoted(t->name, t->name_length),
                 shape_text(t), why);
    }
}

void keep_bind(struct model *m)
{
    for (size_t i = 0; i < m->tensors; i++) {
        struct tensor *const t = &m->tensor[i];
        if (t->tied) {
            t->change = NULL;
            continue;
        }
        const struct verdict v = judge(m, t);
        t->kept = decide(m, t, &v);
        if (t->kept && t->change)
            check_shape(m, t, v.grow != NULL);
        if (t->kept && (t->change || v.boxes))
            find_boxes(m, t, &v);
        if (!t->kept || (t->change && t->change->boxes == 0))
            t->change = NULL;
    }
    for (size_t i = 0; i < m->keeps; i++)
        if (m->keep[i].matched == 0)
            fail(EXIT_INPUT, option_place(&m->keep[i]), "%s matches no tensor", quoted(m->keep[i].text, strlen(m->keep[i].text)));
}

void keep_write(const struct model *m, struct sink *sink)
{
    const char *const slash = strrchr(m->like, '/'), *const base = slash ? slash + 1 : m->like;
    sink_text(sink, "{\"like\":");
    sink_string(sink, base, strlen(base));
    for (enum keep_kind kind = KEEP; kind <= GROW; kind++) {
        bool first = true;
        for (size_t i = 0; i < m->keeps; i++) {
            if (m->keep[i].kind != kind)
                continue;
            if (first)
                sink_format(sink, ",\"%s\":[", option_names[kind] + 2);
            else
                sink_text(sink, ",");
            sink_string(sink, m->keep[i].text, strlen(m->keep[i].text));
            first = false;
        }
        sink_text(sink, first ? "" : "]");
    }
    sink_text(sink, "}");
}
