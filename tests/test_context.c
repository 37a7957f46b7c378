/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

static void defaults(void **state)
{
    (void)state;
    sow_context *ctx;
    assert_int_equal(sow_context_create(NULL, &ctx), SOW_OK);
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    assert_int_equal(sow_context_threads(ctx), CPU_COUNT(&set));
    assert_string_equal(sow_context_isa(ctx), sow_context_isa(NULL));
    sow_context_destroy(ctx);
    sow_context_destroy(NULL);
    assert_int_equal(sow_context_threads(NULL), 1);
    assert_int_equal(sow_context_create(NULL, NULL), SOW_ERR_NULL);
}

/* Creates, and asks the check: both must agree. Returns the threads, or minus the status. */
static int created(const sow_context_options *options, char *why, size_t size)
{
    sow_context *ctx = (sow_context *)why;
    const sow_status status = sow_context_create(options, &ctx);
    assert_int_equal(sow_check_context(options, why, size), status);
    if (status != SOW_OK) {
        assert_null(ctx);
        return -(int)status;
    }
    assert_string_equal(why, "");
    const int threads = (int)sow_context_threads(ctx);
    sow_context_destroy(ctx);
    return threads;
}

static void threads_option(void **state)
{
    (void)state;
    char why[256];
    sow_context_options o = {.size = sizeof o};
    for (o.threads = 1; o.threads <= 9; o.threads++)
        assert_int_equal(created(&o, why, sizeof why), o.threads);
    o.threads = 1025;
    assert_int_equal(created(&o, why, sizeof why), -SOW_ERR_OPTION);
    assert_string_equal(why, "threads is 1025; the limit is 1024");
}

static void threads_of_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int result;
    } rows[] = {
        {"1", 1},
        {"7", 7},
        {"003", 3},
        {"0", -SOW_ERR_OPTION},
        {"-1", -SOW_ERR_OPTION},
        {"+2", -SOW_ERR_OPTION},
        {" 2", -SOW_ERR_OPTION},
        {"2 ", -SOW_ERR_OPTION},
        {"2,4", -SOW_ERR_OPTION},
        {"0x2", -SOW_ERR_OPTION},
        {"1025", -SOW_ERR_OPTION},
        {"two", -SOW_ERR_OPTION},
        {"99999999999999999999", -SOW_ERR_OPTION},
        {"4294967297", -SOW_ERR_OPTION},
    };
    char why[256];
    const sow_context_options o = {.threads = 2};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        setenv("SOW_NUM_THREADS", rows[i].value, 1);
        assert_int_equal(created(NULL, why, sizeof why), rows[i].result);
        if (rows[i].result < 0) {
            assert_non_null(strstr(why, rows[i].value));
            assert_non_null(strstr(why, "SOW_NUM_THREADS"));
            assert_non_null(strstr(why, "1024"));
        }
        assert_int_equal(created(&o, why, sizeof why), 2); /* the option wins */
    }
    setenv("SOW_NUM_THREADS", "", 1);
    assert_true(created(NULL, why, sizeof why) >= 1);
    unsetenv("SOW_NUM_THREADS");
}

static void size_option(void **state)
{
    (void)state;
    char why[256];
    struct {
        sow_context_options o;
        size_t later;
    } grown = {.o = {.size = sizeof grown, .threads = 2}};
    assert_int_equal(created(&grown.o, why, sizeof why), 2);
    grown.later = 1;
    assert_int_equal(created(&grown.o, why, sizeof why), -SOW_ERR_OPTION);
    assert_non_null(strstr(why, "size is"));
    grown.o.size = sizeof(sow_context_options) - 1;
    assert_int_equal(created(&grown.o, why, sizeof why), -SOW_ERR_OPTION);
    grown.o.size = 0;
    assert_int_equal(created(&grown.o, why, sizeof why), 2);
}

static void allocator_option(void **state)
{
    (void)state;
    char why[256];
    test_allocator a;
    test_allocator_init(&a);
    sow_context_options o = {.threads = 3, .allocator = a.allocator};
    o.allocator.release = NULL;
    assert_int_equal(created(&o, why, sizeof why), -SOW_ERR_OPTION);
    assert_non_null(strstr(why, "allocator.release"));
    o.allocator = a.allocator;
    o.allocator.allocate = NULL;
    assert_int_equal(created(&o, why, sizeof why), -SOW_ERR_OPTION);
    assert_non_null(strstr(why, "allocator.allocate"));
    assert_int_equal(a.calls, 0);

    o.allocator = a.allocator;
    assert_int_equal(created(&o, why, sizeof why), 3);
    assert_true(a.calls > 0);
    assert_int_equal(a.live, 0);
}

/* Until nothing fails: the status says what failed, and nothing is left. */
static void failures_by_exhaustion(void **state)
{
    (void)state;
    sow_context *ctx;
    test_allocator a;
    sow_status status = SOW_ERR_MEMORY;
    unsigned n;
    for (n = 1; status != SOW_OK; n++) {
        test_allocator_init(&a);
        a.fail_at = n;
        const sow_context_options o = {.threads = 4, .allocator = a.allocator};
        status = sow_context_create(&o, &ctx);
        assert_true(status == SOW_OK || (status == SOW_ERR_MEMORY && !ctx && a.live == 0));
    }
    assert_true(n > 2);
    sow_context_destroy(ctx);
    assert_int_equal(a.live, 0);
    status = SOW_ERR_THREAD;
    for (n = 1; status != SOW_OK; n++) {
        test_allocator_init(&a);
        (void)test_fail_thread(n);
        const sow_context_options o = {.threads = 4, .allocator = a.allocator};
        status = sow_context_create(&o, &ctx);
        assert_true(status == SOW_OK || (status == SOW_ERR_THREAD && !ctx && a.live == 0));
    }
    (void)test_fail_thread(0);
    assert_int_equal(n, 5);
    sow_context_destroy(ctx);
    assert_int_equal(a.live, 0);
}

/* A host's loop, backwards; and what it was asked for. */
typedef struct host {
    size_t calls, tasks;
} host;

static void backwards(void *user, size_t n, void (*task)(void *arg, size_t i), void *arg)
{
    host *h = user;
    h->calls++;
    h->tasks += n;
    while (n--)
        task(arg, n);
}

static void borrowed_threads(void **state)
{
    (void)state;
    enum { N = 1 << 18 };
    host h = {0, 0};
    sow_context *ctx;
    const sow_context_options o = {.threads = 5, .parallel_for = backwards, .parallel_user = &h};
    (void)test_fail_thread(1); /* none may be started */
    assert_int_equal(sow_context_create(&o, &ctx), SOW_OK);
    assert_int_equal(test_fail_thread(0), 0);
    assert_int_equal(sow_context_threads(ctx), 5);

    float *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y);
    const sow_stream s = sow_stream_seed(3);
    assert_int_equal(sow_fill(ctx, s, sow_dist_normal(0, 1), SOW_F32, 0, x, 1000), SOW_OK);
    assert_int_equal(h.calls, 0); /* small ones stay here */
    assert_int_equal(sow_fill(ctx, s, sow_dist_normal(0, 1), SOW_F32, 11, x, N), SOW_OK);
    assert_int_equal(h.calls, 1);
    assert_int_equal(h.tasks, 5);
    assert_int_equal(sow_fill(NULL, s, sow_dist_normal(0, 1), SOW_F32, 11, y, N), SOW_OK);
    assert_memory_equal(x, y, N * sizeof *x);
    free(x);
    free(y);
    sow_context_destroy(ctx);
}

int main(void)
{
    unsetenv("SOW_NUM_THREADS");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),         cmocka_unit_test(threads_option),   cmocka_unit_test(threads_of_the_environment),
        cmocka_unit_test(size_option),      cmocka_unit_test(allocator_option), cmocka_unit_test(failures_by_exhaustion),
        cmocka_unit_test(borrowed_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
