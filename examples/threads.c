/* SPDX-License-Identifier: MIT */
/* Three ways to bring threads: sow's own pool, a borrowed parallel-for, and parts that a host's threads ask for. One result. */
#include <pthread.h>
#include <sow/sow.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 5000000, THREADS = 3 };

static const sow_dist dist = {.kind = SOW_DIST_NORMAL, .mean = 0, .std = 0.02};

/* A stand-in for the host's scheduler: runs the tasks on THREADS threads, round robin. OpenMP's or TBB's loop would stand here. */
struct job {
    void (*task)(void *arg, size_t i);
    void *arg;
    size_t n, first;
};

static void *work(void *p)
{
    const struct job *j = p;
    for (size_t i = j->first; i < j->n; i += THREADS)
        j->task(j->arg, i);
    return NULL;
}

static void host_parallel_for(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    pthread_t id[THREADS];
    struct job job[THREADS];
    int started[THREADS];
    ++*(int *)user;
    for (size_t k = 0; k < THREADS; k++) {
        job[k] = (struct job){task, arg, n, k};
        started[k] = k > 0 && pthread_create(&id[k], NULL, work, &job[k]) == 0;
    }
    for (size_t k = 0; k < THREADS; k++)
        if (!started[k])
            work(&job[k]); /* the caller's own share, and that of a thread which could not be had */
    for (size_t k = 0; k < THREADS; k++)
        if (started[k])
            pthread_join(id[k], NULL);
}

/* The third way: the host's threads exist already, and each calls for its part. */
struct part {
    sow_stream stream;
    float *dst;
    size_t ith;
    sow_status status;
};

static void *fill_part(void *p)
{
    struct part *part = p;
    part->status = sow_fill_part(NULL, part->stream, dist, SOW_F32, 0, part->dst, N, part->ith, THREADS);
    return NULL;
}

static sow_status fill_in_parts(sow_stream stream, float *dst)
{
    pthread_t id[THREADS];
    struct part part[THREADS];
    int started[THREADS];
    for (size_t k = 0; k < THREADS; k++) {
        part[k] = (struct part){stream, dst, k, SOW_OK};
        started[k] = pthread_create(&id[k], NULL, fill_part, &part[k]) == 0;
        if (!started[k])
            fill_part(&part[k]);
    }
    sow_status status = SOW_OK;
    for (size_t k = 0; k < THREADS; k++) {
        if (started[k])
            pthread_join(id[k], NULL);
        if (part[k].status != SOW_OK)
            status = part[k].status;
    }
    return status;
}

static sow_status fill_with(const sow_context_options *options, sow_stream stream, float *dst)
{
    sow_context *ctx;
    sow_status status = sow_context_create(options, &ctx);
    if (status == SOW_OK)
        status = sow_fill(ctx, stream, dist, SOW_F32, 0, dst, N);
    sow_context_destroy(ctx);
    return status;
}

int main(void)
{
    const sow_stream stream = sow_stream_named(sow_stream_seed(42), "wte.weight", 10);
    int borrowed = 0;
    const sow_context_options pool = {.size = sizeof pool, .threads = THREADS};
    const sow_context_options host = {
        .size = sizeof host, .threads = THREADS, .parallel_for = host_parallel_for, .parallel_user = &borrowed};
    float *one = malloc(sizeof *one * N), *other = malloc(sizeof *other * N);
    int bad = !one || !other || sow_fill(NULL, stream, dist, SOW_F32, 0, one, N) != SOW_OK;

    for (int way = 0; way < 3 && !bad; way++) {
        static const char *const name[] = {"own pool", "borrowed parallel-for", "part ith of nth"};
        memset(other, 0xff, sizeof *other * N);
        const sow_status status = way == 0   ? fill_with(&pool, stream, other)
                                  : way == 1 ? fill_with(&host, stream, other)
                                             : fill_in_parts(stream, other);
        bad = status != SOW_OK || memcmp(one, other, sizeof *one * N) != 0;
        printf("%-22s %s\n", name[way], bad ? "DIFFERS" : "equal to one thread");
    }
    free(other);
    free(one);
    return bad || borrowed == 0;
}
