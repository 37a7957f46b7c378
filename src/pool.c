/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "src/pool.h"

#include "src/alloc.h"

#if !defined(SOW_NO_THREADS)

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

/* One sow__pool_run(), on its caller's stack. Threads take the next number until there are none; the list is the pool's. */
typedef struct job {
    void (*task)(void *arg, size_t i);
    void *arg;
    size_t n;
    atomic_size_t next;
    unsigned helpers; /* threads at work on it besides the caller; the pool's mutex guards it */
    struct job *link;
} job;

struct sow__pool {
    sow_allocator allocator;
    pthread_mutex_t mutex;   /* guards all below but owner */
    pthread_cond_t work;     /* a job came, or the end */
    pthread_cond_t finished; /* a job lost its last helper */
    job *jobs;               /* those that may have numbers left, oldest first */
    int stop;
    unsigned started, wanted; /* threads besides the caller */
    /* The process whose threads these are: after fork() it is not the caller's, and the mutex may be stuck. REBUILDING: threads are being
     * started in the child, by one of its threads. */
    _Atomic pid_t owner;
    pthread_t threads[];
};

enum { REBUILDING = 0 };

static void work_on(job *j)
{
    for (;;) {
        const size_t i = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed);
        if (i >= j->n)
            return;
        j->task(j->arg, i);
    }
}

static int has_work(job *j)
{
    return atomic_load_explicit(&j->next, memory_order_relaxed) < j->n;
}

static job *find_job(sow__pool *pool)
{
    job *j = pool->jobs;
    while (j && !has_work(j))
        j = j->link;
    return j;
}

static void *thread_main(void *arg)
{
    sow__pool *pool = arg;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        job *j = find_job(pool);
        if (j) {
            j->helpers++;
            pthread_mutex_unlock(&pool->mutex);
            work_on(j);
            pthread_mutex_lock(&pool->mutex);
            if (--j->helpers == 0)
                pthread_cond_broadcast(&pool->finished);
        } else if (pool->stop) {
            break;
        } else {
            pthread_cond_wait(&pool->work, &pool->mutex);
        }
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static void stop_threads(sow__pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->stop = 1;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    pool->started = 0;
}

static void destroy_locks(sow__pool *pool)
{
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->mutex);
}

/* Threads inherit a mask with all signals blocked: the host's handlers run on the host's threads. */
static int start_all(sow__pool *pool)
{
    sigset_t all, saved;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &saved);
    while (pool->started < pool->wanted && pthread_create(&pool->threads[pool->started], NULL, thread_main, pool) == 0)
        pool->started++;
    pthread_sigmask(SIG_SETMASK, &saved, NULL);
    return pool->started == pool->wanted;
}

/* Fresh locks and threads; the fields that last are allocator and wanted. On failure no thread and no lock is left. */
static int start_pool(sow__pool *pool)
{
    pool->jobs = NULL;
    pool->stop = 0;
    pool->started = 0;
    if (pthread_mutex_init(&pool->mutex, NULL) != 0)
        return 0;
    if (pthread_cond_init(&pool->work, NULL) != 0) {
        pthread_mutex_destroy(&pool->mutex);
        return 0;
    }
    if (pthread_cond_init(&pool->finished, NULL) != 0) {
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->mutex);
        return 0;
    }
    if (start_all(pool))
        return 1;
    stop_threads(pool);
    destroy_locks(pool);
    return 0;
}

sow_status sow__pool_create(const sow_allocator *allocator, unsigned threads, sow__pool **out)
{
    const unsigned wanted = threads - 1;
    *out = NULL;
    sow__pool *pool = sow__allocate(allocator, sizeof *pool + wanted * sizeof pool->threads[0]);
    if (!pool)
        return SOW_ERR_MEMORY;
    pool->allocator = *allocator;
    pool->wanted = wanted;
    atomic_init(&pool->owner, getpid());
    if (!start_pool(pool)) {
        sow__release(allocator, pool);
        return SOW_ERR_THREAD;
    }
    *out = pool;
    return SOW_OK;
}

void sow__pool_destroy(sow__pool *pool)
{
    if (!pool)
        return;
    if (atomic_load(&pool->owner) == getpid()) {
        stop_threads(pool);
        destroy_locks(pool);
    }
    const sow_allocator allocator = pool->allocator;
    sow__release(&allocator, pool);
}

/* Whether the pool's threads live in this process. In a forked child the first caller starts new ones; those who come meanwhile, and
 * everybody if it fails, run alone. */
static int is_ours(sow__pool *pool)
{
    const pid_t self = getpid();
    pid_t owner = atomic_load_explicit(&pool->owner, memory_order_acquire);
    if (owner == self)
        return 1;
    if (owner == REBUILDING || !atomic_compare_exchange_strong(&pool->owner, &owner, REBUILDING))
        return 0;
    if (!start_pool(pool))
        return 0;
    atomic_store_explicit(&pool->owner, self, memory_order_release);
    return 1;
}

static void append(sow__pool *pool, job *j)
{
    job **end = &pool->jobs;
    while (*end)
        end = &(*end)->link;
    *end = j;
}

static void unlink_job(sow__pool *pool, job *j)
{
    job **at = &pool->jobs;
    while (*at != j)
        at = &(*at)->link;
    *at = j->link;
}

void sow__pool_run(sow__pool *pool, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    job j = {.task = task, .arg = arg, .n = n};
    if (n <= 1 || pool->wanted == 0 || !is_ours(pool)) {
        work_on(&j);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    append(pool, &j);
    if (n - 1 >= pool->started)
        pthread_cond_broadcast(&pool->work);
    else
        for (size_t i = 1; i < n; i++)
            pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);

    work_on(&j);

    /* No number is left, so no thread joins any more; those that joined are on their last one. */
    pthread_mutex_lock(&pool->mutex);
    unlink_job(pool, &j);
    while (j.helpers)
        pthread_cond_wait(&pool->finished, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

unsigned sow__pool_threads(const sow__pool *pool)
{
    return pool->wanted + 1;
}

#else /* SOW_NO_THREADS */

struct sow__pool {
    sow_allocator allocator;
};

sow_status sow__pool_create(const sow_allocator *allocator, unsigned threads, sow__pool **out)
{
    (void)threads;
    *out = sow__allocate(allocator, sizeof **out);
    if (!*out)
        return SOW_ERR_MEMORY;
    (*out)->allocator = *allocator;
    return SOW_OK;
}

void sow__pool_destroy(sow__pool *pool)
{
    if (!pool)
        return;
    const sow_allocator allocator = pool->allocator;
    sow__release(&allocator, pool);
}

void sow__pool_run(sow__pool *pool, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    (void)pool;
    for (size_t i = 0; i < n; i++)
        task(arg, i);
}

unsigned sow__pool_threads(const sow__pool *pool)
{
    (void)pool;
    return 1;
}

#endif
