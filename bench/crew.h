/* SPDX-License-Identifier: MIT */
/**
 * @file crew.h
 * Threads of our own that stay, for the yardsticks: a memset with two threads must use two, and its wake-up must not flatter the fill it
 * is compared with. So a waiting thread spins for some microseconds before it sleeps, which the library's pool never does.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

typedef struct crew crew;

typedef void crew_task(void *arg, unsigned i, unsigned n);

/** `threads` of them, the caller's included; NULL if that cannot be had. */
crew *crew_create(unsigned threads);
void crew_destroy(crew *c);

/** task(arg, i, n) for each of the crew's n threads at once; i = 0 is the caller. Returns when all have. */
void crew_run(crew *c, crew_task *task, void *arg);

#endif
