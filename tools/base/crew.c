/* SPDX-License-Identifier: MIT */
#include "base/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/progress.h"
#include "base/say.h"

/*
 * One call at a time, on numbers that threads take until there are none. A thread that comes late finds the call closed and waits for the
 * next: the caller waits only for those that did come, so a busy machine costs no more than the help.
 */
struct crew {
    void (*task)(void *arg, size_t i);
    void *arg;
    size_t n;
    atomic_size_t next;
    atomic_uint turn;     /* calls so far */
    atomic_uint busy;     /* threads at work on the call; changed under the lock */
    unsigned threads;     /* besides the caller */
    pthread_mutex_t lock; /* guards the rest */
    bool open, stop;
    pthread_cond_t called, done;
    pthread_t thread[];
};

static const double patience = 50e-6;

static void work(struct crew *c)
{
    for (size_t i; (i = atomic_fetch_add_explicit(&c->next, 1, memory_order_relaxed)) < c->n;)
        c->task(c->arg, i);
}

/* Looks out for a new call a while, as long steps follow one another within microseconds. */
static void look_out(struct crew *c, unsigned seen)
{
    const double end = seconds_now() + patience;
    while (atomic_load_explicit(&c->turn, memory_order_relaxed) == seen && seconds_now() < end)
        ;
}

static void *thread_main(void *user)
{
    struct crew *const c = user;
    unsigned seen = 0;
    (void)pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        if (c->open && atomic_load_explicit(&c->turn, memory_order_relaxed) != seen) {
            seen = atomic_load_explicit(&c->turn, memory_order_relaxed);
            c->busy++;
            (void)pthread_mutex_unlock(&c->lock);
            work(c);
            (void)pthread_mutex_lock(&c->lock);
            if (--c->busy == 0)
                (void)pthread_cond_signal(&c->done);
            (void)pthread_mutex_unlock(&c->lock);
            look_out(c, seen);
            (void)pthread_mutex_lock(&c->lock);
        } else {
            (void)pthread_cond_wait(&c->called, &c->lock);
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct crew *crew_open(unsigned threads)
{
    struct crew *const c = calloc(1, sizeof *c + threads * sizeof c->thread[0]);
    sigset_t all, old;
    if (!c)
        fail_memory(sizeof *c);
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->called, NULL);
    (void)pthread_cond_init(&c->done, NULL);
    (void)sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    while (c->threads + 1 < threads && pthread_create(&c->thread[c->threads], NULL, thread_main, c) == 0)
        c->threads++;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return c;
}

void crew_run(void *crew, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    struct crew *const c = crew;
    const bool alone = n < 2 || c->threads == 0;
    (void)pthread_mutex_lock(&c->lock);
    c->task = task, c->arg = arg, c->n = n;
    atomic_store_explicit(&c->next, 0, memory_order_relaxed);
    c->open = !alone;
    if (!alone) {
        atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed);
        (void)pthread_cond_broadcast(&c->called);
    }
    (void)pthread_mutex_unlock(&c->lock);
    work(c);
    for (const double end = seconds_now() + patience; atomic_load_explicit(&c->busy, memory_order_relaxed) && seconds_now() < end;)
        ;
    (void)pthread_mutex_lock(&c->lock);
    c->open = false;
    while (c->busy)
        (void)pthread_cond_wait(&c->done, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
}

void crew_close(struct crew *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->stop = true;
    (void)pthread_cond_broadcast(&c->called);
    (void)pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->threads; i++)
        (void)pthread_join(c->thread[i], NULL);
    (void)pthread_cond_destroy(&c->done);
    (void)pthread_cond_destroy(&c->called);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}
