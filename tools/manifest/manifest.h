/* SPDX-License-Identifier: MIT */
/**
 * @file manifest.h
 * A digest of every tensor's bytes, apart from the checkpoint: {"version": 1, "digest": "xxh128", "tensors": [{"name", "dtype", "shape",
 * "digest"}, …]}. How the checkpoint is divided into files plays no part. docs/verify.md shows it.
 */
#ifndef SOW_TOOLS_MANIFEST_H
#define SOW_TOOLS_MANIFEST_H

#include "base/input.h"
#include "base/output.h"
#include "manifest/digest.h"
#include "model/model.h"

/** Made while the pieces of a planned model go by. */
struct manifest_maker {
    const struct model *model;
    struct digest *digest; /**< by place in the model's order */
    struct digester *digester;
    size_t place;  /**< tensor that comes next */
    uint64_t left; /**< bytes of it that are still to come */
};

struct manifest_maker manifest_begin(const struct model *model);
/** The bytes of all tensors in the model's order, piece by piece; a pipeline's `written`. */
void manifest_bytes(void *maker, const char *data, size_t length);
/** Writes it and frees the maker. */
void manifest_end(struct manifest_maker *maker, struct output *output);

/** Leaves if two files that are written would be the same. */
void manifest_check_path(const char *manifest, const char *checkpoint);

/** What a manifest says: its tensors in an unplanned model (`like` is the manifest), and their digests. */
struct manifest {
    struct model model;
    struct digest *digest; /**< by index */
    size_t capacity;
};

/** Leaves with the place of a fault. */
void manifest_read(struct manifest *manifest, const struct input *input);
void manifest_free(struct manifest *manifest);

#endif
