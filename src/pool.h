/* SPDX-License-Identifier: MIT */
/**
 * @file pool.h
 * Persistent threads that run numbered tasks. It knows a function and a counter, nothing else. SOW_NO_THREADS builds the same API without
 * threads.
 */
#ifndef SOW_SRC_POOL_H
#define SOW_SRC_POOL_H

#include <stddef.h>

#include "sow/context.h"

typedef struct sow__pool sow__pool;

/** A pool of `threads` >= 1, the caller of sow__pool_run() included. On error (SOW_ERR_MEMORY, SOW_ERR_THREAD) nothing is left behind. */
sow_status sow__pool_create(const sow_allocator *allocator, unsigned threads, sow__pool **out);

/** NULL is fine. No sow__pool_run() may be running. In a child after fork(), where the threads are gone, only memory is freed. */
void sow__pool_destroy(sow__pool *pool);

/**
 * Runs task(arg, i) once for each i < n, on the caller and any idle threads, and returns when all have returned. Callers may overlap and
 * nest: each works on its own tasks, so none can wait for a thread that waits for it. After fork() the child starts threads of its own.
 */
void sow__pool_run(sow__pool *pool, size_t n, void (*task)(void *arg, size_t i), void *arg);

/** Threads of the pool, the caller included; fewer than asked for only in a forked child that could not start them. */
unsigned sow__pool_threads(const sow__pool *pool);

#endif
