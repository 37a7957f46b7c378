/* SPDX-License-Identifier: MIT */
/** @file team.h Many tasks over a few threads, each taking the next one. The calling thread is one of them, and shows the progress. */
#ifndef SOW_TOOLS_TEAM_H
#define SOW_TOOLS_TEAM_H

#include <stddef.h>
#include <stdint.h>

enum { TEAM_MAX = 1024 };

struct team {
    unsigned threads; /**< at most TEAM_MAX */
    uint64_t tasks;
    /** Called for every task once, on thread 0 (the caller's) to threads - 1. It must not leave through fail(). */
    void (*work)(void *user, unsigned thread, uint64_t task);
    /** Called on the calling thread after each of its own tasks, so often; may be NULL. */
    void (*progress)(void *user, uint64_t task);
    void *user;
};

/**
 * Tasks are often pieces of things that stand one behind the other: which of `count` > 0 things a task is of. `first` points at the number
 * of the first one's first task, the others' are `stride` bytes apart.
 */
size_t team_thing(const uint64_t *first, size_t stride, size_t count, uint64_t task);

/** Returns when all are done. Fewer threads than asked for do the same. */
void team_run(const struct team *team);

#endif
