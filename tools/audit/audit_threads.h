/* SPDX-License-Identifier: MIT */
/** @file audit_threads.h Threads that share a list of tasks. */
#ifndef SOW_TOOLS_AUDIT_THREADS_H
#define SOW_TOOLS_AUDIT_THREADS_H

#include <stddef.h>

/** task(user, worker, i) once for every i < tasks, in that order, on up to `threads` threads, the caller's (worker 0) among them. */
void threads_run(unsigned threads, size_t tasks, void (*task)(void *user, unsigned worker, size_t i), void *user);

#endif
