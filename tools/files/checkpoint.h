/* SPDX-License-Identifier: MIT */
/**
 * @file checkpoint.h
 * A checkpoint that is read: a safetensors file, a sharded one through its index (model.safetensors.index.json), or an .npy array. Headers
 * are checked in full when it is opened; the bytes are mapped, so a tensor costs memory only while its pages are looked at.
 */
#ifndef SOW_TOOLS_CHECKPOINT_H
#define SOW_TOOLS_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/input.h"
#include "model/model.h"

struct checkpoint_file {
    struct input input;
    uint64_t data_at; /**< offset of the tensors' bytes */
    void *map;        /**< the whole file; NULL if it is empty */
    size_t map_bytes;
};

struct checkpoint {
    const char *name;
    struct model model;   /**< its tensors, in the order of their bytes; `begin` is the offset behind the header of their file */
    const uint8_t **data; /**< bytes of tensor i, row-major, little endian, perhaps not aligned */
    uint32_t *file_of;    /**< file of tensor i */
    struct checkpoint_file *file;
    size_t files, file_capacity;
    uint64_t bytes; /**< of all tensors */
    char *record;   /**< sow's record in the metadata of the first file, or NULL */
    size_t record_length;
};

/** Leaves with the reason if it is none, is damaged, or cannot be read. */
struct checkpoint checkpoint_open(const char *name);
void checkpoint_close(struct checkpoint *checkpoint);

/** Index of the tensor of that name, or NO_INDEX. */
uint32_t checkpoint_find(const struct checkpoint *checkpoint, const char *name, size_t length);

/** Bytes [begin, end) of the tensor are no longer wanted: memory stays flat while a large file goes by. */
void checkpoint_done(const struct checkpoint *checkpoint, uint32_t tensor, uint64_t begin, uint64_t end);

/** Bytes [begin, begin + n) of the tensor to dst, read rather than mapped; false if they are not there any more (errno; 0: too short). */
bool checkpoint_read(const struct checkpoint *checkpoint, uint32_t tensor, uint64_t begin, void *dst, size_t n);

/** npy.c: whether a file starts as an .npy does; the array's tensor, added to `model`, and where its bytes begin. */
bool npy_is(const struct input *input);
/** *fortran: the bytes are column-major (of two or more axes longer than 1). */
uint64_t npy_read(const struct input *input, struct model *model, bool *fortran);
/** The header of an array of that format and shape, padded to a multiple of 64 bytes; false if npy has no such type (bf16: as V2). */
bool npy_write_head(struct sink *sink, const struct format *format, int rank, const int64_t *shape);

/** index.c: calls `each` for every entry of the weight map, in its order; leaves with the place of a fault. */
bool index_is(const struct input *input);
void index_read(const struct input *input,
                void (*each)(void *user, const char *tensor, size_t length, const char *file, size_t file_length), void *user);

/** The index of a planned model of several parts; path[i] is the file of part i. */
void index_write(const struct model *model, char *const *path, struct sink *sink);

#endif
