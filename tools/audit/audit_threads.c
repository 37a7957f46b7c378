/* SPDX-License-Identifier: MIT */
#include "audit/audit_threads.h"

#include <pthread.h>
#include <stdatomic.h>

struct shared_tasks {
    atomic_size_t next;
    size_t tasks;
    void (*task)(void *user, unsigned worker, size_t i);
    void *user;
};

struct member {
    struct shared_tasks *shared;
    unsigned worker;
};

static void *work(void *arg)
{
    const struct member *const m = arg;
    for (size_t i; (i = atomic_fetch_add(&m->shared->next, 1)) < m->shared->tasks;)
        m->shared->task(m->shared->user, m->worker, i);
    return NULL;
}

void threads_run(unsigned threads, size_t tasks, void (*task)(void *user, unsigned worker, size_t i), void *user)
{
    enum { MOST = 1024 };
    struct shared_tasks shared = {.tasks = tasks, .task = task, .user = user};
    struct member member[MOST];
    pthread_t thread[MOST];
    unsigned started = 0;
    threads = threads > MOST ? MOST : threads;
    for (unsigned i = 0; i < threads; i++)
        member[i] = (struct member){&shared, i};
    /* A thread that does not start leaves its share to the others. */
    while (started + 1 < threads && started + 1 < tasks && pthread_create(&thread[started], NULL, work, &member[started + 1]) == 0)
        started++;
    (void)work(&(struct member){&shared, 0});
    while (started > 0)
        (void)pthread_join(thread[--started], NULL);
}
