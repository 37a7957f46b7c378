/* SPDX-License-Identifier: MIT */
/** @file size.h A number of bytes as people write it. */
#ifndef SOW_TOOLS_SIZE_H
#define SOW_TOOLS_SIZE_H

#include <stdint.h>

/** "5GB", "512MiB", "2.5 GB", "100" (bytes): at least 1, below 2^63. Leaves with a message that starts with `what`. */
uint64_t size_read(const char *what, const char *text);

#endif
