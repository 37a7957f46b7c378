/* SPDX-License-Identifier: MIT */
/** @file views.h Random views for the tests of geometry. */
#ifndef SOW_TESTS_VIEWS_H
#define SOW_TESTS_VIEWS_H

#include <string.h>

#include "tests/support.h"

/**
 * A box of a logical tensor of at most 7^4 elements, stored with permuted, stretched and flipped strides inside the `room` elements at
 * `memory`.
 */
static inline sow_tensor test_random_view(void *memory, size_t room, sow_dtype dtype)
{
    int order[SOW_MAX_RANK];
    for (;;) {
        sow_tensor t;
        memset(&t, 0, sizeof t);
        t.dtype = dtype;
        t.rank = (int)test_random_below(5);
        for (int i = 0; i < t.rank; i++) {
            t.global_shape[i] = 1 + (int64_t)test_random_below(7);
            t.shape[i] = test_random_below(3) ? t.global_shape[i] : 1 + (int64_t)test_random_below((uint64_t)t.global_shape[i]);
            t.offset[i] = (int64_t)test_random_below((uint64_t)(t.global_shape[i] - t.shape[i]) + 1);
            const int j = (int)test_random_below((uint64_t)i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        const int plain = test_random_below(2) == 0;
        int64_t extent = 1, low = 0;
        for (int k = t.rank; k-- > 0;) {
            const int i = plain ? k : order[k];
            const int64_t stride = extent + (plain ? 0 : (int64_t)test_random_below(3));
            t.stride[i] = !plain && test_random_below(3) == 0 ? -stride : stride;
            low += t.stride[i] < 0 ? t.stride[i] * (t.shape[i] - 1) : 0;
            extent += stride * (t.shape[i] - 1);
        }
        t.data = (char *)memory - low * (int64_t)sow_dtype_size(dtype);
        if (extent <= (int64_t)room)
            return t;
    }
}

/** Element e of the view, in its own row-major order: its index in the logical tensor, and its place from t->data, in elements. */
static inline void test_view_element(const sow_tensor *t, int64_t e, int64_t *global, int64_t *offset)
{
    int64_t span = 1;
    *global = *offset = 0;
    for (int i = t->rank; i-- > 0; e /= t->shape[i], span *= t->global_shape[i]) {
        *global += (t->offset[i] + e % t->shape[i]) * span;
        *offset += e % t->shape[i] * t->stride[i];
    }
}

#endif
