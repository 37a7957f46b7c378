/* SPDX-License-Identifier: MIT */
/** @file input.h A file that is read: what it is, which file on the disk it is, and its text. */
#ifndef SOW_TOOLS_INPUT_H
#define SOW_TOOLS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct input {
    const char *name; /**< as in messages; "-" is the standard input */
    int fd;
    bool regular;
    dev_t device;
    ino_t inode;
    uint64_t bytes; /**< of a regular file */
};

/** Leaves with the reason if it cannot be opened. */
struct input input_open(const char *name);
void input_close(struct input *input);

/** A safetensors file, by name or by its first bytes; else it is taken for JSON. */
bool input_is_safetensors(const struct input *input);

/** The whole text of a description, at most 1 GB. The caller frees it. */
char *input_read(const struct input *input, size_t *length);

/** Exactly `length` bytes at `offset`; leaves if they are not there. */
void input_read_at(const struct input *input, void *buffer, size_t length, uint64_t offset);

#endif
