/* SPDX-License-Identifier: MIT */
/* The bytes of kept tensors. */
#include <string.h>

#include "model/keep.h"

/* The part of a range of a grown tensor that lies in the old one, run by run. */
static bool read_corner(const struct model *m, const struct tensor *t, uint64_t first, uint64_t end, char *dst)
{
    const struct change *const c = t->change;
    const size_t size = formats[t->format].bits / 8;
    struct box old = {{0}, {0}}, both;
    for (int i = 0; i < t->rank; i++)
        old.size[i] = c->old_shape[i];
    for (uint64_t begin = first; first < end; begin = first) {
        const struct box box = box_next(t->rank, t->shape, &first, end);
        char *const at = dst;
        dst += (first - begin) * size;
        if (!box_meet(t->rank, &box, &old, &both))
            continue;
        /* Inner axes that are whole in both tensors are one run. */
        int axis = t->rank - 1;
        uint64_t run = size;
        for (; axis > 0 && both.size[axis] == t->shape[axis] && t->shape[axis] == c->old_shape[axis]; axis--)
            run *= (uint64_t)both.size[axis];
        run *= axis >= 0 ? (uint64_t)both.size[axis] : 1;
        const uint64_t runs = box_elements(t->rank, &both) * size / run;
        int64_t index[SOW_MAX_RANK];
        memcpy(index, both.start, sizeof index);
        for (uint64_t k = 0; k < runs; k++) {
            const uint64_t to = (box_index(t->rank, t->shape, index) - begin) * size;
            if (!checkpoint_read(m->from, (uint32_t)(t - m->tensor), box_index(t->rank, c->old_shape, index) * size, at + to, (size_t)run))
                return false;
            for (int i = axis; i-- > 0;) {
                if (++index[i] < both.start[i] + both.size[i])
                    break;
                index[i] = both.start[i];
            }
        }
    }
    return true;
}

static bool has_grown(const struct tensor *t)
{
    return t->change && (t->rank != t->change->old_rank || memcmp(t->shape, t->change->old_shape, t->rank * sizeof *t->shape) != 0);
}

bool keep_read(const struct model *m, const struct tensor *t, uint64_t begin, void *dst, size_t n)
{
    if (!has_grown(t))
        return checkpoint_read(m->from, (uint32_t)(t - m->tensor), begin, dst, n);
    const size_t size = formats[t->format].bits / 8;
    return read_corner(m, t, begin / size, (begin + n) / size, dst);
}
