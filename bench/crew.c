/* SPDX-License-Identifier: MIT */
#include "bench/crew.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* About 20 µs of looking before a thread sleeps. */
enum { SPINS = 10000 };

typedef struct member {
    crew *owner;
    unsigned index;
    pthread_t thread;
} member;

struct crew {
    unsigned threads;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    atomic_uint turn; /* goes up with every run */
    atomic_uint busy; /* threads that still work */
    atomic_uint stop;
    crew_task *task;
    void *arg;
    member members[];
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Until *value is (or, if `change`, is no longer) `expected`. */
static void await(crew *c, atomic_uint *value, unsigned expected, int change)
{
    for (int i = 0; i < SPINS; i++) {
        if ((atomic_load_explicit(value, memory_order_acquire) != expected) == change)
            return;
        relax();
    }
    pthread_mutex_lock(&c->mutex);
    while ((atomic_load_explicit(value, memory_order_acquire) != expected) != change)
        pthread_cond_wait(&c->changed, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
}

static void announce(crew *c)
{
    pthread_mutex_lock(&c->mutex);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->mutex);
}

static void *work(void *arg)
{
    const member *m = arg;
    crew *c = m->owner;
    for (unsigned turn = 0;; turn++) {
        await(c, &c->turn, turn, 1);
        if (atomic_load(&c->stop))
            return NULL;
        c->task(c->arg, m->index, c->threads);
        if (atomic_fetch_sub_explicit(&c->busy, 1, memory_order_acq_rel) == 1)
            announce(c);
    }
}

void crew_run(crew *c, crew_task *task, void *arg)
{
    if (c->threads > 1) {
        c->task = task;
        c->arg = arg;
        atomic_store_explicit(&c->busy, c->threads - 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&c->turn, 1, memory_order_release);
        announce(c);
    }
    task(arg, 0, c->threads);
    if (c->threads > 1)
        await(c, &c->busy, 0, 0);
}

crew *crew_create(unsigned threads)
{
    crew *c = calloc(1, sizeof *c + threads * sizeof *c->members);
    if (!c)
        return NULL;
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->changed, NULL);
    for (c->threads = 1; c->threads < threads; c->threads++) {
        member *m = &c->members[c->threads];
        m->owner = c;
        m->index = c->threads;
        if (pthread_create(&m->thread, NULL, work, m)) {
            crew_destroy(c);
            return NULL;
        }
    }
    return c;
}

void crew_destroy(crew *c)
{
    if (!c)
        return;
    atomic_store(&c->stop, 1);
    atomic_fetch_add(&c->turn, 1);
    announce(c);
    for (unsigned i = 1; i < c->threads; i++)
        pthread_join(c->members[i].thread, NULL);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->mutex);
    free(c);
}
