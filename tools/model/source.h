/* SPDX-License-Identifier: MIT */
/** @file source.h A model from a checkpoint that sow wrote, and what the commands that draw read alike from their options. */
#ifndef SOW_TOOLS_SOURCE_H
#define SOW_TOOLS_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/input.h"
#include "model/model.h"

/** A safetensors file, or the index of several. */
bool source_is_checkpoint(const struct input *input);

/** Reads the record that sow left in it; leaves if there is none. With `keep_seed` model->seed stays. */
void source_again(struct model *model, const struct input *input, bool keep_seed);

/** --seed: a u64 in decimal, or in hexadecimal behind 0x. */
uint64_t seed_read(const char *text);

/** --dtype: the format of a floating-point type that sow draws. */
uint8_t dtype_read(const char *text);

#endif
