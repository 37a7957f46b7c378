/* SPDX-License-Identifier: MIT */
/** @file cut.h How the tensors of a model are cut for the ranks of a parallel job: one share for each. */
#ifndef SOW_TOOLS_CUT_H
#define SOW_TOOLS_CUT_H

#include <stdint.h>

#include "base/json.h"

enum cut_kind {
    CUT_UNSAID,
    CUT_NONE, /**< every rank has the whole tensor */
    CUT_FLAT, /**< a range of its elements in row-major order, as a tensor of one axis */
    CUT_AXIS, /**< a range of one axis */
};

struct cut {
    uint8_t kind;
    int8_t axis; /**< negative: from the last one */
};

struct model;

/** "row" (axis 0), "column" (axis 1), "flat", "none", or an axis. Leaves for anything else. */
struct cut cut_read(const char *file, const struct json *node);
/** The same from --shard. */
struct cut cut_word(const char *text);
/** As cut_read() reads it, valid until the next call: "row", "-1". */
const char *cut_text(struct cut cut);

/** Of a model whose laws are checked: each tensor becomes model->rank's share of it. */
void cut_model(struct model *model);

#endif
