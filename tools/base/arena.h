/* SPDX-License-Identifier: MIT */
/** @file arena.h Memory that is given back all at once, and arrays that grow. Both leave the program when there is no memory. */
#ifndef SOW_TOOLS_ARENA_H
#define SOW_TOOLS_ARENA_H

#include <stddef.h>

/** All zero is an empty arena. */
struct arena {
    struct arena_block *last;
};

/** Aligned for any type of up to 8 bytes; not cleared. */
void *arena_alloc(struct arena *arena, size_t bytes);

/** A copy of `length` bytes and a zero, without alignment. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

/** Forgets everything but one block, which is kept for reuse. */
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

/** `array` with room for `need` elements of `size` bytes; *capacity is kept by it. */
void *array_grow(void *array, size_t *capacity, size_t need, size_t size);

#endif
