/* SPDX-License-Identifier: MIT */
/**
 * @file context.h
 * A context holds what a fill may use besides its arguments: threads and a choice of kernels. It never changes a single bit of a result.
 * Every function that takes a context accepts NULL: the calling thread alone, the best kernels of the machine (or those of SOW_ISA).
 *
 *     sow_context *ctx;
 *     if (sow_context_create(NULL, &ctx) == SOW_OK) { …; sow_context_destroy(ctx); }
 *
 * One context may be used by many threads at once, from inside a host's worker threads, and after fork(). The library has one mutable
 * global, an atomic pointer to the kernels chosen for NULL contexts.
 */
#ifndef SOW_CONTEXT_H
#define SOW_CONTEXT_H

#include <stddef.h>

#include "sow/export.h"
#include "sow/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sow_context sow_context;

/** Runs task(arg, i) once for each i in [0, n), on any threads in any order, and returns when all have returned. */
typedef void sow_parallel_for(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg);

/** Replacement for malloc and free; used by sow_context_create() and for scratch memory, never by a plain fill. */
typedef struct sow_allocator {
    void *(*allocate)(void *user, size_t bytes); /**< At least max_align_t aligned, NULL on failure. */
    void (*release)(void *user, void *memory);   /**< Never called with NULL. */
    void *user;
} sow_allocator;

/** All zero (or a NULL pointer) means: own pool, as many threads as the process may use CPUs, best kernels, malloc. */
typedef struct sow_context_options {
    size_t size; /**< sizeof(sow_context_options), or 0; lets the struct grow. */
    unsigned
        threads; /**< Threads of the own pool, the caller's included, 1 to 1024. 0: SOW_NUM_THREADS, else the CPUs of the affinity mask. */
    const char *isa;                /**< "scalar", "avx2", "avx512", "neon"; NULL: SOW_ISA, else the best. */
    sow_parallel_for *parallel_for; /**< If set, large fills run on the host's threads; `threads` then is how many pieces to aim at. */
    void *parallel_user;            /**< First argument of parallel_for. */
    sow_allocator allocator;        /**< allocate NULL: malloc and free. */
} sow_context_options;

/**
 * Creates a context in *out. On error *out is NULL and nothing is left behind.
 * Errors: SOW_ERR_NULL (out), SOW_ERR_OPTION (threads > 1024, a malformed SOW_NUM_THREADS, half an allocator), SOW_ERR_ISA, SOW_ERR_MEMORY,
 * SOW_ERR_THREAD.
 */
SOW_API sow_status sow_context_create(const sow_context_options *options, sow_context **out);

/** Same checks as sow_context_create(), in words; creates nothing. */
SOW_API sow_status sow_check_context(const sow_context_options *options, char *why, size_t size);

/** Stops the pool and frees the context. NULL is fine. No call that uses it may be running. In a forked child it is safe, too. */
SOW_API void sow_context_destroy(sow_context *ctx);

/** How many threads a large fill may use: 1 for NULL. */
SOW_API unsigned sow_context_threads(const sow_context *ctx);

/** Name of the kernels that fills with this context use, or NULL if SOW_ISA asks for what the machine lacks. */
SOW_API const char *sow_context_isa(const sow_context *ctx);

/** Instruction sets built into this library, worst first. */
SOW_API size_t sow_isa_count(void);
/** Name of instruction set i < sow_isa_count(), else NULL. */
SOW_API const char *sow_isa_name(size_t i);
/** Whether the machine and the system can run it: 1 or 0. */
SOW_API int sow_isa_usable(size_t i);
/** What instruction set i needs, as words ("avx2 fma f16c"); "" for scalar; NULL if i is out of range. */
SOW_API const char *sow_isa_needs(size_t i);

#ifdef __cplusplus
}
#endif
#endif
