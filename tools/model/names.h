/* SPDX-License-Identifier: MIT */
/** @file names.h Tensors by name, where there may be a million of them. */
#ifndef SOW_TOOLS_NAMES_H
#define SOW_TOOLS_NAMES_H

#include "model/model.h"

struct names {
    const struct model *model;
    uint32_t *sorted;
};

struct names names_of(const struct model *model);
/** Index of the tensor, or NO_INDEX. */
uint32_t names_find(const struct names *names, const char *name, size_t length);
void names_free(struct names *names);

#endif
