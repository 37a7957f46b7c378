/* SPDX-License-Identifier: MIT */
#include "base/team.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

struct shared {
    const struct team *team;
    atomic_uint_fast64_t next;
};

struct member {
    struct shared *shared;
    unsigned number;
};

static void work(struct shared *s, unsigned number)
{
    const struct team *const t = s->team;
    for (uint64_t task; (task = atomic_fetch_add(&s->next, 1)) < t->tasks;) {
        t->work(t->user, number, task);
        if (number == 0 && t->progress)
            t->progress(t->user, task);
    }
}

static void *start(void *arg)
{
    const struct member *const m = arg;
    work(m->shared, m->number);
    return NULL;
}

void team_run(const struct team *t)
{
    struct shared shared = {.team = t};
    struct member member[TEAM_MAX];
    pthread_t thread[TEAM_MAX];
    unsigned started = 1;
    sigset_t all, old;
    (void)sigfillset(&all); /* signals stay with the calling thread */
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    for (; started < t->threads && started < t->tasks && started < TEAM_MAX; started++) {
        member[started] = (struct member){&shared, started};
        if (pthread_create(&thread[started], NULL, start, &member[started]) != 0)
            break;
    }
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    work(&shared, 0);
    for (unsigned i = 1; i < started; i++)
        (void)pthread_join(thread[i], NULL);
}

size_t team_thing(const uint64_t *first, size_t stride, size_t count, uint64_t task)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        uint64_t begin;
        memcpy(&begin, (const char *)first + middle * stride, sizeof begin);
        if (begin <= task)
            low = middle;
        else
            high = middle;
    }
    return low;
}
