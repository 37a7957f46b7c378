/* SPDX-License-Identifier: MIT */
/* The layers of a model's description. */
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "model/model.h"
#include "propagate/stack.h"

static bool is_layer(const struct tensor *t)
{
    return t->rank == 2 && !t->tied && t->layout != SOW_LAYOUT_EMBEDDING && t->shape[0] > 0 && t->shape[1] > 0;
}

static bool is_dense(const struct tensor *t)
{
    return t->layout == SOW_LAYOUT_DENSE;
}

/* The block that a name belongs to, by the first number in it; descriptions list a tensor of all blocks in one line. */
static int64_t block_of(const char *name)
{
    const char *const digit = name + strcspn(name, "0123456789");
    return *digit ? (int64_t)strtoull(digit, NULL, 10) % 1000000000 : -1;
}

struct candidate {
    const struct tensor *tensor;
    int64_t block;
    size_t place;
};

static int by_block(const void *a, const void *b)
{
    const struct candidate *const x = a, *const y = b;
    return x->block != y->block ? (x->block > y->block) - (x->block < y->block) : (x->place > y->place) - (x->place < y->place);
}

/* All layers as a signal meets them: what has no number comes first, or last if it stands behind all blocks. */
static size_t list_candidates(const struct model *m, struct candidate *list)
{
    size_t count = 0;
    bool blocks = false;
    for (size_t i = 0; i < m->tensors; i++) {
        const struct tensor *const t = &m->tensor[i];
        const int64_t block = block_of(t->name);
        blocks |= block >= 0;
        if (is_layer(t))
            list[count++] = (struct candidate){t, block < 0 && blocks ? INT64_MAX : block, i};
    }
    qsort(list, count, sizeof *list, by_block);
    return count;
}

/* One step of the search: the longest chain that ends in this layer, as its length and the layer before. */
struct link {
    const struct tensor *tensor;
    size_t length, before;
};

static int64_t width_out(const struct tensor *t)
{
    return t->shape[is_dense(t) ? 1 : 0];
}

static int64_t width_in(const struct tensor *t)
{
    return t->shape[is_dense(t) ? 0 : 1];
}

/* Models have a handful of widths: the best chain for each is all that has to be remembered. */
static size_t find_chain(const struct candidate *list, size_t count, struct link *link, struct arena *arena)
{
    size_t *const best = arena_alloc(arena, (count + 1) * sizeof *best);
    size_t widths = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tensor *const t = list[i].tensor;
        struct link *const k = &link[i];
        *k = (struct link){t, 1, SIZE_MAX};
        size_t end = widths;
        for (size_t w = 0; w < widths; w++) {
            const struct link *const other = &link[best[w]];
            if (width_out(other->tensor) == width_in(t)) {
                k->length = other->length + 1;
                k->before = best[w];
            }
            if (width_out(other->tensor) == width_out(t))
                end = w;
        }
        if (end == widths)
            best[widths++] = i;
        else if (k->length > link[best[end]].length)
            best[end] = i;
        if (k->length > link[longest].length)
            longest = i;
    }
    return longest;
}

struct stack stack_of_model(struct arena *arena, const struct model *m)
{
    struct candidate *const list = arena_alloc(arena, (m->tensors + 1) * sizeof *list);
    struct link *const link = arena_alloc(arena, (m->tensors + 1) * sizeof *link);
    const size_t count = list_candidates(m, list);
    if (count == 0)
        fail(EXIT_INPUT, (struct place){m->file, 0, 0}, "no two-dimensional tensors, so no layers");
    size_t at = find_chain(list, count, link, arena);
    struct stack s = {.depth = link[at].length, .left_out = count - link[at].length};
    s.layer = stack_layers(arena, s.depth);
    for (size_t l = s.depth; l-- > 0; at = link[at].before) {
        const struct tensor *const t = link[at].tensor;
        struct law law;
        char why[512];
        if (tensor_law(m, t, &law, why, sizeof why) != SOW_OK)
            fail(EXIT_INPUT, tensor_place(m, t), "%s", why);
        s.layer[l] = (struct stack_layer){.name = t->name,
                                          .fan_in = width_in(t),
                                          .fan_out = width_out(t),
                                          .dense = is_dense(t),
                                          .scheme = law.scheme,
                                          .stream = tensor_stream(m, t)};
    }
    return s;
}
