/* SPDX-License-Identifier: MIT */
/** @file task.h What the networks learn: which points of a square belong together. */
#ifndef SOW_TOOLS_SYMMETRY_TASK_H
#define SOW_TOOLS_SYMMETRY_TASK_H

#include "symmetry/net.h"

/* X(enumerator, word): +1 inside a circle of half the square's area; +1 where x and y have one sign. */
#define TASK_LIST(X) X(TASK_CIRCLE, circle) X(TASK_XOR, xor)

enum task {
#define X(id, word) id,
    TASK_LIST(X)
#undef X
        TASK_COUNT
};

extern const char *const task_words[TASK_COUNT];

/** `points` of the square [-1, 1)², drawn from `stream`; those too near to a border are passed over. */
void task_draw(struct net_data *data, enum task task, sow_stream stream, size_t points);
void task_free(struct net_data *data);

#endif
