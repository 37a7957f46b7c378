/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"

enum { BLOCK_BYTES = 128 << 10 };

struct arena_block {
    struct arena_block *before;
    size_t used, size;
    char bytes[];
};

static void *take(struct arena *arena, size_t bytes, size_t align)
{
    struct arena_block *b = arena->last;
    size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
    if (!b || at > b->size || bytes > b->size - at) {
        const size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        if (size > SIZE_MAX - sizeof *b || !(b = malloc(sizeof *b + size)))
            fail_memory(size);
        *b = (struct arena_block){.before = arena->last, .size = size};
        arena->last = b;
        at = 0;
    }
    b->used = at + bytes;
    return b->bytes + at;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    return take(arena, bytes, 8);
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *const copy = take(arena, length + 1, 1);
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *b = arena->last;
    while (b && b->before) {
        struct arena_block *const before = b->before;
        free(b);
        b = before;
    }
    if (b)
        b->used = 0;
    arena->last = b;
}

void arena_free(struct arena *arena)
{
    arena_reset(arena);
    free(arena->last);
    arena->last = NULL;
}

void *array_grow(void *array, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity)
        return array;
    size_t room = *capacity + *capacity / 2 + 64;
    if (room < need)
        room = need;
    void *const grown = room > SIZE_MAX / size ? NULL : realloc(array, room * size);
    if (!grown)
        fail_memory(room > SIZE_MAX / size ? SIZE_MAX : room * size);
    *capacity = room;
    return grown;
}
