/* SPDX-License-Identifier: MIT */
/** @file description.h What the readers of descriptions (description.c, entries.c) and of records (record.c) share. */
#ifndef SOW_TOOLS_DESCRIPTION_H
#define SOW_TOOLS_DESCRIPTION_H

#include "model/model.h"

/** entries.c: one entry of "tensors", as json_reader.element takes it; `user` is the model. */
void description_tensor(void *user, const struct json *node);

/** The format that "dtype" names, one that sow writes. */
uint8_t description_format(const struct model *model, const struct json *node);

/** All of a model but its tensors, which have been read; the keys of `variant` (or NULL) stand in the place of its own. */
void description_model(struct model *model, const struct json *root, const struct json *variant);

#endif
