/* SPDX-License-Identifier: MIT */
/**
 * @file output.h
 * The file that is written. A regular target comes into being in one step, when all is on the disk: until then its bytes are in a file
 * without a name (or, where the file system has none, a temporary one beside the target), so a kill leaves nothing or the old file.
 * A symbolic link is followed. Anything else (a device, a FIFO, the standard output) is written as it stands.
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
    bool is_file;     /**< a regular file, to be put in place */
    bool is_standard; /**< the standard output, by whatever name: no place for a report */
    bool force;
    uint64_t written, expected;
};

/** Checks the target against the inputs and opens it. Leaves with the reason; then nothing has changed. */
struct output output_open(const char *name, bool force, const struct input *inputs, size_t input_count);

/** How many bytes will come: a full disk shows now. */
void output_expect(struct output *output, uint64_t bytes);

/** Leaves if they cannot be written. */
void output_write(struct output *output, const void *data, size_t length);

/** Everything to the disk, then the file in its place. */
void output_commit(struct output *output);

#endif
