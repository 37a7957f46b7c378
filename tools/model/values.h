/* SPDX-License-Identifier: MIT */
/**
 * @file values.h
 * The arrays that `template` copies, tiles or broadcasts: written out in a description, an .npy file, or a tensor of another checkpoint.
 * Files are mapped and decoded where they are drawn, so an array costs no memory, whatever its type; what a tensor takes unchanged is
 * copied. The record names file and tensor, and a digest of the array, so that the file is made again from the same values or not at all.
 */
#ifndef SOW_TOOLS_VALUES_H
#define SOW_TOOLS_VALUES_H

#include <sow/scheme.h>
#include <sow/stream.h>

#include "base/glob.h"
#include "files/checkpoint.h"

/** One array. */
struct values {
    const uint8_t *data; /**< row-major, little endian, perhaps not aligned */
    const int64_t *shape;
    uint8_t format, rank;
    const struct checkpoint *file; /**< NULL: in memory */
    uint32_t tensor;               /**< of that file */
    double low, high;              /**< of the finite elements; low > high: there are none */
    bool whole;                    /**< all are whole numbers */
    sow_stream digest;             /**< of type, shape and bytes */
};

struct values_store;

/** An empty store. */
struct values_store *values_open(struct arena *arena);
/** Files that are named from now on start at the folder of `from`, or, with `or_here`, at the current one where they are not there. */
void values_from(struct values_store *store, const char *from, bool or_here);
void values_close(struct values_store *store);

/** What "values" says, without looking at files: the parts of a scheme "template". `file` as in messages. */
const sow_scheme_parts *values_read(struct values_store *store, const char *file, const struct json *node);

/** Whether a scheme of that template names other arrays for other tensors: its tensor's name has stars. */
bool values_vary(const sow_scheme *scheme);

/** The template with its array as a scheme that can be drawn. `captures` stand for the stars. Leaves if there is no such array. */
sow_scheme values_bind(struct values_store *store, const sow_scheme *scheme, const struct captures *captures);

/** The array of a scheme that values_bind() made; NULL for any other scheme. */
const struct values *values_of(const sow_scheme *scheme);

/** Whether a tensor of that shape and type can take the arrays in `scheme`, at any depth: rank, elements, range. In words at `why`. */
sow_status values_check(const sow_scheme *scheme, int rank, const int64_t *shape, const struct format *format, char *why, size_t size);

/** Whether it takes them byte for byte. */
bool values_are_copied(const struct values *values, uint8_t format, int rank, const int64_t *shape);

/** Once all are bound: checks the digests that a record has, and puts the others into the rules. */
void values_seal(struct values_store *store);

/** The files that were opened, one after another; NULL behind the last. *at is NULL at the start. */
const struct input *values_next_input(const struct values_store *store, const void **at);

/** decode.c: element i as a double, and whether the format has such a reading. */
typedef double values_get(const uint8_t *element);
values_get *values_getter(uint8_t format);

/** Elements first .. first + n - 1 of a tensor of that shape, the array tiled over it, aligned at the last axis. */
void values_fill(const struct values *values, int rank, const int64_t *shape, int64_t first, double *out, int64_t n);

#endif
