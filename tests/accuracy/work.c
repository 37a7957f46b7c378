/* SPDX-License-Identifier: MIT */
#include "tests/accuracy/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

typedef struct job {
    void (*fn)(void *, unsigned, size_t);
    void *arg;
    size_t items;
    atomic_size_t next;
    atomic_uint workers;
} job;

void (*work_at_end)(void);

unsigned work_threads(void)
{
    const char *asked = getenv("SOW_NUM_THREADS");
    const long n = asked ? atol(asked) : sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

static void *work(void *arg)
{
    job *j = arg;
    const unsigned worker = atomic_fetch_add(&j->workers, 1);
    for (size_t i = atomic_fetch_add(&j->next, 1); i < j->items; i = atomic_fetch_add(&j->next, 1))
        j->fn(j->arg, worker, i);
    if (work_at_end)
        work_at_end();
    return NULL;
}

void work_run(size_t items, void (*fn)(void *, unsigned, size_t), void *arg)
{
    job j = {.fn = fn, .arg = arg, .items = items};
    pthread_t threads[THREADS_MAX];
    unsigned started = 0;
    while (started + 1 < work_threads() && pthread_create(&threads[started], NULL, work, &j) == 0)
        started++;
    work(&j);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

double work_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
