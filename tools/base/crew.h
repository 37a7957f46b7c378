/* SPDX-License-Identifier: MIT */
/**
 * @file crew.h
 * Threads that share numbered tasks: a sow_parallel_for, so that the library works on the same threads as the program. For steps of some
 * tens of microseconds that follow one another: a thread without work looks out for more a while before it sleeps.
 */
#ifndef SOW_TOOLS_CREW_H
#define SOW_TOOLS_CREW_H

#include <stddef.h>

struct crew;

/** A crew of `threads` >= 1, the caller included, or fewer if the system has no more. Leaves when there is no memory. */
struct crew *crew_open(unsigned threads);

/** task(arg, i) once for each i < n; returns when all have returned. One call at a time, from the thread that opened the crew. */
void crew_run(void *crew, size_t n, void (*task)(void *arg, size_t i), void *arg);

void crew_close(struct crew *crew);

#endif
