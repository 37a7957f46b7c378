/* SPDX-License-Identifier: MIT */
/** @file save.h A planned model becomes a checkpoint: its files drawn, written and put in place together, then the report. */
#ifndef SOW_TOOLS_SAVE_H
#define SOW_TOOLS_SAVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/host.h"
#include "base/input.h"
#include "model/model.h"

struct save {
    const struct model *model;
    const struct host *host;
    const char *name;     /**< of the file; with max_part_bytes as part_names() takes it */
    const char *manifest; /**< where the digests of its tensors go; NULL: nowhere */
    bool force;
    bool quiet; /**< no progress bar, no report */
    bool json;  /**< the report */
    const struct input *inputs;
    size_t input_count;
};

void save_model(const struct save *save);

#endif
