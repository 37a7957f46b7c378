/* SPDX-License-Identifier: MIT */
#include "model/box.h"

struct box box_next(int rank, const int64_t *shape, uint64_t *first, uint64_t end)
{
    struct box box;
    uint64_t rest = *first;
    for (int i = rank; i-- > 0; rest /= (uint64_t)shape[i]) {
        box.start[i] = (int64_t)(rest % (uint64_t)shape[i]);
        box.size[i] = 1;
    }
    /* Inner axes are taken whole for as long as the range starts at their start and has room for them. */
    uint64_t span = 1;
    int axis = rank - 1;
    for (; axis > 0 && box.start[axis] == 0 && span * (uint64_t)shape[axis] <= end - *first; axis--) {
        box.size[axis] = shape[axis];
        span *= (uint64_t)shape[axis];
    }
    if (axis >= 0) {
        const int64_t room = (int64_t)((end - *first) / span), left = shape[axis] - box.start[axis];
        box.size[axis] = room < left ? room : left;
        span *= (uint64_t)box.size[axis];
    }
    *first += span;
    return box;
}

bool box_meet(int rank, const struct box *a, const struct box *b, struct box *both)
{
    for (int i = 0; i < rank; i++) {
        const int64_t a_end = a->start[i] + a->size[i], b_end = b->start[i] + b->size[i];
        const int64_t start = a->start[i] > b->start[i] ? a->start[i] : b->start[i], end = a_end < b_end ? a_end : b_end;
        if (start >= end)
            return false;
        both->start[i] = start;
        both->size[i] = end - start;
    }
    return true;
}

uint64_t box_elements(int rank, const struct box *box)
{
    uint64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= (uint64_t)box->size[i];
    return n;
}

uint64_t box_index(int rank, const int64_t *shape, const int64_t *at)
{
    uint64_t index = 0;
    for (int i = 0; i < rank; i++)
        index = index * (uint64_t)shape[i] + (uint64_t)at[i];
    return index;
}
