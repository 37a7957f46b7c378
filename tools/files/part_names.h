/* SPDX-License-Identifier: MIT */
/**
 * @file part_names.h
 * The files of a checkpoint in parts: STEM-00001-of-00003.safetensors … and STEM.safetensors.index.json, or STEM.safetensors alone where
 * one is enough.
 */
#ifndef SOW_TOOLS_PART_NAMES_H
#define SOW_TOOLS_PART_NAMES_H

#include <stddef.h>

struct part_names {
    char **path; /**< one for each part; the index behind them, if there are several */
    size_t count;
    char **stale; /**< names in the same folder: files of an older checkpoint of that stem that are none of these */
    size_t stales;
};

/**
 * `name` is FOLDER/STEM.safetensors, or a folder, made if it is not there, where the stem is "model". Leaves if it can be neither.
 */
struct part_names part_names(const char *name, size_t parts);
void part_names_free(struct part_names *names);

/** The part of a path behind its last slash. */
const char *base_name(const char *path);

#endif
