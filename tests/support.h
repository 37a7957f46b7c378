/* SPDX-License-Identifier: MIT */
/**
 * @file support.h
 * What tests share: cmocka, a seed that is printed and accepted, guarded memory, vector files, failures on demand.
 */
#ifndef SOW_TESTS_SUPPORT_H
#define SOW_TESTS_SUPPORT_H

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
/* clang-format on */

#include "sow/sow.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/** SplitMix64 (Steele, Lea & Flood 2014): unlike the generator under test. Seeded by SOW_TEST_SEED, else by the clock; prints it once. */
uint64_t test_random(void);
/** Uniform below `limit` >= 1. */
uint64_t test_random_below(uint64_t limit);

/** Memory between two pages that fault; bytes are set to 0xa5. */
typedef struct test_guarded {
    void *map;
    size_t map_bytes;
    unsigned char *begin, *end; /* the accessible bytes: whole pages */
} test_guarded;
test_guarded test_guarded_make(size_t bytes);
void test_guarded_free(test_guarded *g);

/** Next line of tests/vectors/`name` that is neither empty nor a comment, without its newline; NULL at the end, which closes the file. */
FILE *test_vectors_open(const char *name);
char *test_vectors_line(FILE *file, char *line, size_t size);

/** An allocator that counts, and fails the call number `fail_at` (from 1; 0: none). */
typedef struct test_allocator {
    sow_allocator allocator; /* pass this one */
    unsigned calls, fail_at;
    int live;
} test_allocator;
void test_allocator_init(test_allocator *t);

/** Makes the pthread_create() call number `n` from now (from 1) fail; 0: none. Returns how many calls there were since the last time. */
unsigned test_fail_thread(unsigned n);

/** Runs `body` in a forked child, which passes by returning 0; other endings fail the test. */
#define test_in_child(body, arg) assert_int_equal(test_child_status(body, arg), 0)
int test_child_status(int (*body)(void *arg), void *arg);

/** Whether qemu-user runs this program: all is slow. */
int test_emulated(void);

/** Whether a forked child can start threads; prints why not: qemu-user fails an assertion, sanitizers give up or hang. */
int test_child_can_start_threads(void);

/** One valid distribution per row, ordinary and pathological; every element type can draw each. */
extern const sow_dist test_dists[];
extern const size_t test_dist_count;

/** Number of the best instruction set that the machine can run. */
size_t test_best_isa(void);

/** A context with `threads` of instruction set i (below sow_isa_count()); NULL if the machine lacks it. */
sow_context *test_context(size_t isa, unsigned threads);

#endif
