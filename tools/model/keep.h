/* SPDX-License-Identifier: MIT */
/**
 * @file keep.h
 * A checkpoint that is initialised in part: which of its tensors, or boxes of them, are drawn anew, and which keep their bytes. Said by
 * options --keep GLOB, --reinit GLOB or GLOB[slices], --grow GLOB; docs/descriptions.md has the rules.
 */
#ifndef SOW_TOOLS_KEEP_H
#define SOW_TOOLS_KEEP_H

#include "files/checkpoint.h"
#include "model/box.h"
#include "model/model.h"

enum keep_kind { KEEP, REINIT, GROW };

/** What --keep and the like said, in the order of the command line. */
struct keep_option {
    enum keep_kind kind;
    const char *text;   /**< as given */
    const char *glob;   /**< without the slices */
    const char *slices; /**< what stood between the last brackets, or NULL */
    uint64_t matched;
};

/** How a tensor differs from the checkpoint's of that name. */
struct change {
    const int64_t *old_shape;
    uint8_t old_rank, old_format;
    uint32_t boxes; /**< drawn anew; all else is kept */
    const struct box *box;
};

/** One option; leaves if it makes no sense. */
void keep_option(struct model *model, enum keep_kind kind, const char *text);

/** `model` starts with the tensors of `from`, which stays open and gives away its table. */
void keep_from(struct model *model, struct checkpoint *from);

/** The tensor of that name in the checkpoint, about to be described anew: what it was is noted. NULL: the checkpoint has none. */
struct tensor *keep_replace(struct model *model, const char *name, size_t length);

/** Decides for every tensor, once all are known. Leaves for contradictions and for options that match nothing. */
void keep_bind(struct model *model);

/** For the record: the options. */
void keep_write(const struct model *model, struct sink *sink);

/** Bytes [begin, begin + n) of a kept tensor, as far as they are kept; false if the file cannot be read any more (errno; 0: too short). */
bool keep_read(const struct model *model, const struct tensor *tensor, uint64_t begin, void *dst, size_t n);

#endif
