/* SPDX-License-Identifier: MIT */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "src/context.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sched.h>
#endif
#include <unistd.h>

#include "src/alloc.h"
#include "src/dispatch.h"
#include "src/explain.h"

enum { MAX_THREADS = 1024 };

/* CPUs that this process may use. The kernel refuses a mask smaller than its own: 8192 CPUs are the most that Linux is built for. */
static unsigned usable_cpus(void)
{
    long n = 0;
#if defined(__linux__)
    cpu_set_t set[8192 / CPU_SETSIZE];
    if (sched_getaffinity(0, sizeof set, set) == 0)
        n = CPU_COUNT_S(sizeof set, set);
#endif
    if (n < 1)
        n = sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1)
        n = 1;
    return n < MAX_THREADS ? (unsigned)n : MAX_THREADS;
}

/* SOW_NUM_THREADS: decimal digits alone, 1 to 1024. Empty is as good as unset. */
static sow_status threads_of_environment(unsigned *threads, char *why, size_t size)
{
    const char *text = getenv("SOW_NUM_THREADS");
    *threads = 0;
    if (!text || !*text)
        return SOW_OK;
    unsigned n = 0;
    const char *p = text;
    while (*p >= '0' && *p <= '9' && n <= MAX_THREADS)
        n = n * 10 + (unsigned)(*p++ - '0');
    if (*p || n < 1 || n > MAX_THREADS)
        return sow__fail(SOW_ERR_OPTION, why, size, "SOW_NUM_THREADS is \"%s\"; it must be a whole number from 1 to %d", text, MAX_THREADS);
    *threads = n;
    return SOW_OK;
}

/* The caller's options in our struct: a caller built against a later header may set no field that we do not know. */
static sow_status read_options(const sow_context_options *options, sow_context_options *o, char *why, size_t size)
{
    memset(o, 0, sizeof *o);
    if (!options)
        return SOW_OK;
    const size_t known = sizeof *o, given = options->size ? options->size : known;
    if (given < known)
        return sow__fail(SOW_ERR_OPTION, why, size, "size is %zu; it must be 0 or sizeof(sow_context_options), which is %zu", given, known);
    for (size_t i = known; i < given; i++)
        if (((const unsigned char *)options)[i])
            return sow__fail(SOW_ERR_OPTION, why, size, "size is %zu, and an option beyond the %zu bytes that this version knows is set",
                             given, known);
    memcpy(o, options, known);
    return SOW_OK;
}

/* Everything of sow_context_create() that can be refused; threads comes out as a number >= 1. */
static sow_status resolve(const sow_context_options *options, sow_context_options *o, char *why, size_t size)
{
    sow_status status = read_options(options, o, why, size);
    if (status != SOW_OK)
        return status;
    if (o->threads > MAX_THREADS)
        return sow__fail(SOW_ERR_OPTION, why, size, "threads is %u; the limit is %d", o->threads, MAX_THREADS);
    if (!o->allocator.allocate != !o->allocator.release)
        return sow__fail(SOW_ERR_OPTION, why, size, "allocator.%s is null; allocate and release must both be set, or neither",
                         o->allocator.allocate ? "release" : "allocate");
    if (o->threads == 0 && (status = threads_of_environment(&o->threads, why, size)) != SOW_OK)
        return status;
    if (o->threads == 0)
        o->threads = usable_cpus();
    return sow__check_isa(o->isa, why, size);
}

sow_status sow_check_context(const sow_context_options *options, char *why, size_t size)
{
    sow_context_options o;
    const sow_status status = resolve(options, &o, why, size);
    return status == SOW_OK ? sow__pass(why, size) : status;
}

sow_status sow_context_create(const sow_context_options *options, sow_context **out)
{
    if (!out)
        return SOW_ERR_NULL;
    *out = NULL;
    sow_context_options o;
    sow_status status = resolve(options, &o, NULL, 0);
    if (status != SOW_OK)
        return status;

    sow_context *ctx = sow__allocate(&o.allocator, sizeof *ctx);
    if (!ctx)
        return SOW_ERR_MEMORY;
    *ctx = (sow_context){.allocator = o.allocator,
                         .kernels = o.isa ? sow__kernels_named(o.isa) : sow__kernels_default(),
                         .threads = o.threads,
                         .parallel_for = o.parallel_for,
                         .parallel_user = o.parallel_user};
    if (!o.parallel_for && o.threads > 1) {
        status = sow__pool_create(&o.allocator, o.threads, &ctx->pool);
        if (status != SOW_OK) {
            sow__release(&o.allocator, ctx);
            return status;
        }
        ctx->threads = sow__pool_threads(ctx->pool);
    }
    *out = ctx;
    return SOW_OK;
}

void sow_context_destroy(sow_context *ctx)
{
    if (!ctx)
        return;
    sow__pool_destroy(ctx->pool);
    const sow_allocator allocator = ctx->allocator;
    sow__release(&allocator, ctx);
}

unsigned sow_context_threads(const sow_context *ctx)
{
    return ctx ? ctx->threads : 1;
}

const sow_kernels *sow__context_kernels(const sow_context *ctx)
{
    return ctx ? ctx->kernels : sow__kernels_default();
}

const char *sow_context_isa(const sow_context *ctx)
{
    const sow_kernels *kernels = sow__context_kernels(ctx);
    return kernels ? kernels->isa : NULL;
}

sow_allocator sow__context_allocator(const sow_context *ctx)
{
    return ctx ? ctx->allocator : (sow_allocator){NULL, NULL, NULL};
}

void sow__context_run(const sow_context *ctx, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    if (ctx && ctx->parallel_for)
        ctx->parallel_for(ctx->parallel_user, n, task, arg);
    else if (ctx && ctx->pool)
        sow__pool_run(ctx->pool, n, task, arg);
    else
        for (size_t i = 0; i < n; i++)
            task(arg, i);
}
