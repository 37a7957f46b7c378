/* SPDX-License-Identifier: MIT */
/**
 * @file output.h
 * A file that is written, or several that belong together. A regular one is put in place when all is on the disk (target.h); anything
 * else (a device, a FIFO, the standard output) is written as it stands.
 */
#ifndef SOW_TOOLS_OUTPUT_H
#define SOW_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/input.h"

struct output {
    const char *name; /**< as in messages */
    int fd;
    struct target *target; /**< a regular file, to be put in place; NULL: something else */
    bool is_standard;      /**< the standard output, by whatever name: no place for a report */
    bool force;
    uint64_t written, expected;
};

/** Checks the target against the inputs and opens it. Leaves with the reason; then nothing has changed. The name is not copied. */
struct output output_open(const char *name, bool force, const struct input *inputs, size_t input_count);

/** How many bytes will come: a full disk shows now. */
void output_expect(struct output *output, uint64_t bytes);

/** Leaves if they cannot be written. */
void output_write(struct output *output, const void *data, size_t length);

/** Everything to the disk, then the file in its place. */
void output_commit(struct output *output);

/** The same for regular files that make sense together only, all of one --force; see targets_commit(). */
void outputs_commit(struct output *output, size_t count, bool index, char *const *stale, size_t stales);

#endif
