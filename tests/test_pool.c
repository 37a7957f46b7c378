/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/pool.h"
#include "tests/support.h"

enum { TASKS = 1000 };

typedef struct tally {
    atomic_uint count[TASKS];
    sow__pool *pool; /* for tasks that call it themselves */
    atomic_uint inner;
} tally;

static void count_one(void *arg, size_t i)
{
    atomic_fetch_add(&((tally *)arg)->count[i], 1);
}

/* How many of the first n were run other than once, and of the others at all. */
static size_t wrong(tally *t, size_t n)
{
    size_t bad = 0;
    for (size_t i = 0; i < TASKS; i++)
        bad += atomic_exchange(&t->count[i], 0) != (i < n);
    return bad;
}

static sow__pool *make(unsigned threads)
{
    static const sow_allocator standard;
    sow__pool *pool = NULL;
    assert_int_equal(sow__pool_create(&standard, threads, &pool), SOW_OK);
    assert_int_equal(sow__pool_threads(pool), threads);
    return pool;
}

static void each_task_once(void **state)
{
    (void)state;
    static tally t;
    static const size_t sizes[] = {0, 1, 2, 3, 7, 64, 999, TASKS};
    for (unsigned threads = 1; threads <= 9; threads++) {
        sow__pool *pool = make(threads);
        for (size_t i = 0; i < COUNT_OF(sizes) * 20; i++) {
            const size_t n = sizes[i % COUNT_OF(sizes)];
            sow__pool_run(pool, n, count_one, &t);
            assert_int_equal(wrong(&t, n), 0);
        }
        sow__pool_destroy(pool);
    }
    count_one(&t, 3); /* the detector can fail */
    assert_int_equal(wrong(&t, 3), 4);
}

static void destroyed_at_once(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        sow__pool_destroy(make(4));
    sow__pool_destroy(NULL);
}

static void run_inner(void *arg, size_t i)
{
    tally *outer = arg;
    tally *t = calloc(1, sizeof *t);
    sow__pool_run(outer->pool, 50, count_one, t);
    atomic_fetch_add(&outer->inner, wrong(t, 50) == 0);
    count_one(outer, i);
    free(t);
}

static void nested(void **state)
{
    (void)state;
    static tally t;
    for (unsigned threads = 1; threads <= 5; threads++) {
        t.pool = make(threads);
        atomic_store(&t.inner, 0);
        sow__pool_run(t.pool, 40, run_inner, &t);
        assert_int_equal(wrong(&t, 40), 0);
        assert_int_equal(atomic_load(&t.inner), 40);
        sow__pool_destroy(t.pool);
    }
}

static void *caller_main(void *arg)
{
    sow__pool *pool = arg;
    tally *t = calloc(1, sizeof *t);
    size_t bad = 0;
    for (size_t i = 0; i < 200; i++) {
        sow__pool_run(pool, i % 90, count_one, t);
        bad += wrong(t, i % 90);
    }
    free(t);
    return bad ? arg : NULL;
}

static void many_callers(void **state)
{
    (void)state;
    enum { CALLERS = 6 };
    pthread_t callers[CALLERS];
    sow__pool *pool = make(3);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, caller_main, pool), 0);
    for (int i = 0; i < CALLERS; i++) {
        void *bad;
        pthread_join(callers[i], &bad);
        assert_null(bad);
    }
    sow__pool_destroy(pool);
}

/* A second caller gets on while the first one's tasks stand still. */
typedef struct standstill {
    atomic_int begun, release;
    sow__pool *pool;
} standstill;

static void stand_still(void *arg, size_t i)
{
    standstill *s = arg;
    (void)i;
    atomic_fetch_add(&s->begun, 1);
    while (!atomic_load(&s->release))
        usleep(100);
}

static void *blocked_caller(void *arg)
{
    standstill *s = arg;
    sow__pool_run(s->pool, 3, stand_still, s);
    return NULL;
}

static void a_stuck_caller_stops_nobody(void **state)
{
    (void)state;
    static tally t;
    standstill s = {.pool = make(3)};
    pthread_t first;
    assert_int_equal(pthread_create(&first, NULL, blocked_caller, &s), 0);
    while (atomic_load(&s.begun) < 3)
        usleep(100);
    sow__pool_run(s.pool, 500, count_one, &t);
    assert_int_equal(wrong(&t, 500), 0);
    atomic_store(&s.release, 1);
    pthread_join(first, NULL);
    sow__pool_destroy(s.pool);
}

/* Threads besides the caller really run tasks: two tasks that wait for one another. */
static void meet(void *arg, size_t i)
{
    (void)i;
    atomic_int *here = arg;
    atomic_fetch_add(here, 1);
    while (atomic_load(here) < 2)
        usleep(100);
}

static void threads_take_part(void **state)
{
    (void)state;
    atomic_int here = 0;
    sow__pool *pool = make(2);
    sow__pool_run(pool, 2, meet, &here);
    assert_int_equal(atomic_load(&here), 2);
    sow__pool_destroy(pool);
}

static int in_child(void *arg)
{
    sow__pool *pool = arg;
    static tally t;
    for (int i = 0; i < 50; i++) {
        sow__pool_run(pool, 300, count_one, &t);
        if (wrong(&t, 300))
            return 1;
    }
    atomic_int here = 0; /* the child has threads again */
    sow__pool_run(pool, 2, meet, &here);
    sow__pool_destroy(pool);
    return 0;
}

static int child_that_only_destroys(void *arg)
{
    sow__pool_destroy(arg);
    return 0;
}

static int child_without_threads(void *arg)
{
    static tally t;
    (void)test_fail_thread(2); /* one starts, the next does not: the child works alone */
    for (int i = 0; i < 3; i++) {
        sow__pool_run(arg, 300, count_one, &t);
        if (wrong(&t, 300))
            return 1;
    }
    sow__pool_destroy(arg);
    return 0;
}

static int grandchild(void *arg)
{
    static tally t;
    sow__pool_run(arg, 300, count_one, &t);
    if (wrong(&t, 300))
        return 1;
    if (test_child_status(in_child, arg) != 0)
        return 2;
    sow__pool_destroy(arg);
    return 0;
}

static void after_fork(void **state)
{
    (void)state;
    static tally t;
    sow__pool *pool = make(4);
    sow__pool_run(pool, 10, count_one, &t);
    test_in_child(child_that_only_destroys, pool);
    if (test_child_can_start_threads()) {
        for (int i = 0; i < 10; i++)
            test_in_child(in_child, pool);
        test_in_child(child_without_threads, pool);
        test_in_child(grandchild, pool);
    }
    assert_int_equal(wrong(&t, 10), 0);
    sow__pool_run(pool, TASKS, count_one, &t); /* and the parent's is as before */
    assert_int_equal(wrong(&t, TASKS), 0);
    sow__pool_destroy(pool);
}

/* Forks while other threads hold and wait on the locks. */
static void *restless(void *arg)
{
    standstill *s = arg;
    static _Thread_local tally t;
    while (!atomic_load(&s->release))
        sow__pool_run(s->pool, 20, count_one, &t);
    return NULL;
}

static void fork_while_busy(void **state)
{
    (void)state;
    if (!test_child_can_start_threads())
        skip();
    static standstill s;
    s.pool = make(3);
    pthread_t other[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&other[i], NULL, restless, &s), 0);
    for (int i = 0; i < 20; i++)
        test_in_child(in_child, s.pool);
    atomic_store(&s.release, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(other[i], NULL);
    sow__pool_destroy(s.pool);
}

/* Fail the n-th thread, then the n-th allocation, until nothing fails: nothing may be left behind. */
static void failures(void **state)
{
    (void)state;
    test_allocator a;
    sow__pool *pool;
    for (unsigned n = 1; n <= 4; n++) {
        test_allocator_init(&a);
        (void)test_fail_thread(n);
        const sow_status status = sow__pool_create(&a.allocator, 4, &pool);
        assert_int_equal(status, n < 4 ? SOW_ERR_THREAD : SOW_OK);
        assert_int_equal(test_fail_thread(0), n < 4 ? n : 3);
        assert_int_equal(a.live, status == SOW_OK);
        assert_int_equal(pool != NULL, status == SOW_OK);
        if (pool)
            sow__pool_destroy(pool);
        assert_int_equal(a.live, 0);
    }
    test_allocator_init(&a);
    a.fail_at = 1;
    assert_int_equal(sow__pool_create(&a.allocator, 4, &pool), SOW_ERR_MEMORY);
    assert_null(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_once),
        cmocka_unit_test(destroyed_at_once),
        cmocka_unit_test(nested),
        cmocka_unit_test(many_callers),
        cmocka_unit_test(a_stuck_caller_stops_nobody),
        cmocka_unit_test(threads_take_part),
        cmocka_unit_test(after_fork),
        cmocka_unit_test(fork_while_busy),
        cmocka_unit_test(failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
