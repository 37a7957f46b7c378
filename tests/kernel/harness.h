/* SPDX-License-Identifier: MIT */
/**
 * @file harness.h
 * A small checkasm for a table of kernels. Each case is one call with random block, groups, alignment, stream and parameters; the bytes are
 * compared with a reference table's, and nothing around them may change: canaries before and behind, or a page that faults right behind.
 * test_harness.c hands it broken tables, which it must catch.
 *
 * Randomness is support.h's: the seed is printed, and SOW_TEST_SEED repeats a run.
 */
#ifndef SOW_TESTS_KERNEL_HARNESS_H
#define SOW_TESTS_KERNEL_HARNESS_H

#include "simd/kernels.h"
#include "tests/support.h"

typedef struct harness_case {
    sow_dist dist;
    sow_dtype dtype;
    sow_params params;
    sow_dist_kind kind; /* whose kernel draws it: a distribution without width is a constant */
    uint64_t key, id, block;
    size_t groups;
    size_t shift; /* elements by which dst misses a 64-byte boundary; the guard page behind it where SIZE_MAX */
} harness_case;

/** Distributions of one kind, ordinary and pathological, then random ones without end. Each is valid for the dtype. */
sow_dist harness_dist(sow_dist_kind kind, sow_dtype dtype, unsigned i);

/** A random case of one kind and dtype; `i` counts the cases and walks through the list of distributions. */
harness_case harness_random(sow_dist_kind kind, sow_dtype dtype, unsigned i);

/** In words, so that a failure can be repeated by hand. */
void harness_describe(const harness_case *c, char *words, size_t size);

/** One case of `tested` against the bytes of `reference`: 1 if all is well; else 0 and a sentence at `why`. */
int harness_try(const sow_kernels *tested, const sow_kernels *reference, const harness_case *c, char *why, size_t size);

/** `rounds` random cases for every distribution and dtype; stops at the first that fails, as harness_try(). */
int harness_compare(const sow_kernels *tested, const sow_kernels *reference, unsigned rounds, char *why, size_t size);

/** The same against expect.h's models instead of another table. */
int harness_expect(const sow_kernels *tested, unsigned rounds, char *why, size_t size);

/** 16-bit elements against the f32 elements of the same table, rounded, and held inside the bounds where there are any. */
int harness_halves(const sow_kernels *tested, unsigned rounds, size_t groups, char *why, size_t size);

/** The kernels of that name; or says why not and ends the program with 77, which is a skipped test. */
const sow_kernels *harness_kernels(const char *isa);

#endif
