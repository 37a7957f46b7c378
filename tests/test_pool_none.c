/* SPDX-License-Identifier: MIT */
/* The pool as SOW_NO_THREADS builds it: same calls, same results, nothing started. */
#include "src/pool.h"
#include "tests/support.h"

static void count_one(void *arg, size_t i)
{
    ((unsigned *)arg)[i]++;
}

static void each_task_once(void **state)
{
    (void)state;
    unsigned count[100] = {0};
    test_allocator a;
    sow__pool *pool;
    test_allocator_init(&a);
    (void)test_fail_thread(1);
    assert_int_equal(sow__pool_create(&a.allocator, 4, &pool), SOW_OK);
    assert_int_equal(sow__pool_threads(pool), 1);
    sow__pool_run(pool, 99, count_one, count);
    sow__pool_run(pool, 0, count_one, count);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(count[i], i < 99);
    assert_int_equal(test_fail_thread(0), 0);
    sow__pool_destroy(pool);
    sow__pool_destroy(NULL);
    assert_int_equal(a.live, 0);
}

static void no_memory(void **state)
{
    (void)state;
    test_allocator a;
    sow__pool *pool;
    test_allocator_init(&a);
    a.fail_at = 1;
    assert_int_equal(sow__pool_create(&a.allocator, 4, &pool), SOW_ERR_MEMORY);
    assert_null(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_task_once),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
