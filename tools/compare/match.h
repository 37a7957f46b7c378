/* SPDX-License-Identifier: MIT */
/** @file match.h Which tensor of a checkpoint should be which tensor of a model. */
#ifndef SOW_TOOLS_MATCH_H
#define SOW_TOOLS_MATCH_H

#include "compare/finding.h"
#include "files/checkpoint.h"

struct findings {
    struct finding *finding; /**< the model's tensors in its order, then the EXTRA ones */
    size_t count, capacity;
    uint64_t elements, bytes; /**< that are compared */
};

struct matcher {
    const struct checkpoint *checkpoint;
    const struct model *model;
    struct findings *found;
    /** Called for each finding that is EQUAL so far, because name, shape and type are: tensor `index` of the checkpoint should be `want`.
     */
    void (*pair)(void *user, size_t finding, const struct tensor *want, uint32_t index);
    void *user;
};

/** A tied tensor should be the one that it is tied to, and may be missing. */
void match_names(const struct matcher *matcher);

#endif
