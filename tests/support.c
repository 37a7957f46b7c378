/* SPDX-License-Identifier: MIT */
#include "tests/support.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t test_random(void)
{
    static uint64_t state;
    static int seeded;
    if (!seeded) {
        const char *text = getenv("SOW_TEST_SEED");
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        state = (uint64_t)now.tv_nsec << 20 ^ (uint64_t)now.tv_sec ^ (uint64_t)getpid();
        if (text)
            state = strtoull(text, NULL, 0);
        printf("# SOW_TEST_SEED=%llu\n", (unsigned long long)state);
        fflush(stdout);
        seeded = 1;
    }
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t test_random_below(uint64_t limit)
{
    return test_random() % limit;
}

test_guarded test_guarded_make(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (bytes / page + 1) * page;
    test_guarded g = {.map_bytes = inner + 2 * page};
    g.map = mmap(NULL, g.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(g.map, MAP_FAILED);
    g.begin = (unsigned char *)g.map + page;
    g.end = g.begin + inner;
    assert_int_equal(mprotect(g.begin, inner, PROT_READ | PROT_WRITE), 0);
    memset(g.begin, 0xa5, inner);
    return g;
}

void test_guarded_free(test_guarded *g)
{
    munmap(g->map, g->map_bytes);
}

FILE *test_vectors_open(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", SOW_TEST_VECTORS, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    return file;
}

char *test_vectors_line(FILE *file, char *line, size_t size)
{
    while (fgets(line, (int)size, file)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] && line[0] != '#')
            return line;
    }
    fclose(file);
    return NULL;
}

static void *counting_allocate(void *user, size_t bytes)
{
    test_allocator *t = user;
    if (++t->calls == t->fail_at)
        return NULL;
    t->live++;
    return malloc(bytes);
}

static void counting_release(void *user, void *memory)
{
    test_allocator *t = user;
    assert_non_null(memory);
    t->live--;
    free(memory);
}

void test_allocator_init(test_allocator *t)
{
    *t = (test_allocator){.allocator = {counting_allocate, counting_release, t}};
}

static unsigned thread_calls, thread_fail_at;

unsigned test_fail_thread(unsigned n)
{
    const unsigned calls = thread_calls;
    thread_calls = 0;
    thread_fail_at = n;
    return calls;
}

/* The linker sends every pthread_create() of the library here (--wrap). */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    if (++thread_calls == thread_fail_at)
        return EAGAIN;
    return __real_pthread_create(thread, attr, start, arg);
}

int test_child_status(int (*body)(void *arg), void *arg)
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        alarm(60); /* a deadlock is a failure, not a hang */
        _exit(body(arg));
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

/* qemu shows its guest a false cmdline and exe, but the true name of the process. */
int test_emulated(void)
{
    char name[16] = "";
    FILE *file = fopen("/proc/self/comm", "r");
    if (!file)
        return 0;
    if (!fgets(name, sizeof name, file))
        name[0] = '\0';
    fclose(file);
    return strncmp(name, "qemu-", 5) == 0;
}

#if defined(__SANITIZE_THREAD__)
#define SANITIZER "ThreadSanitizer"
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZER "AddressSanitizer"
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZER "ThreadSanitizer"
#elif __has_feature(address_sanitizer)
#define SANITIZER "AddressSanitizer" /* sometimes: its list of threads may be locked at the fork, by a thread that just starts */
#endif
#endif
#if !defined(SANITIZER)
#define SANITIZER NULL
#endif

int test_child_can_start_threads(void)
{
    const char *who = SANITIZER ? SANITIZER : test_emulated() ? "qemu-user" : NULL;
    if (who)
        printf("# skipped: threads in a forked child, which %s cannot start\n", who);
    return !who;
}

const sow_dist test_dists[] = {
    {SOW_DIST_BITS, 0, 0, 0, 0},
    {SOW_DIST_CONSTANT, 0.1, 0, 0, 0},
    {SOW_DIST_CONSTANT, -0.0, 0, 0, 0},
    {SOW_DIST_UNIFORM, 0, 0, 0, 1},
    {SOW_DIST_UNIFORM, 0, 0, -0.0361, 0.0361},
    {SOW_DIST_UNIFORM, 0, 0, 1, 1.0078125}, /* one value in bf16, eight in f16 */
    {SOW_DIST_UNIFORM, 0, 0, 0, 0x1p-140},  /* two steps; nothing but 0 in f16 and bf16 */
    {SOW_DIST_UNIFORM, 0, 0, 3, 3},
    {SOW_DIST_NORMAL, 0, 1, 0, 0},
    {SOW_DIST_NORMAL, 0.5, 0.02, 0, 0},
    {SOW_DIST_NORMAL, 2, 0, 0, 0},
    {SOW_DIST_NORMAL, 0, 1e-6, 0, 0}, /* subnormal in f16 */
    {SOW_DIST_TRUNC_NORMAL, 0, 0.02, -2, 2},
    {SOW_DIST_TRUNC_NORMAL, 0, 1, -2, 2},
    {SOW_DIST_TRUNC_NORMAL, 0.1, 1, 5, 6},
    {SOW_DIST_TRUNC_NORMAL, 0, 1, -INFINITY, -9},
    {SOW_DIST_TRUNC_NORMAL, 1, 0, -2, 0.5},
};
const size_t test_dist_count = COUNT_OF(test_dists);

size_t test_best_isa(void)
{
    size_t i = sow_isa_count() - 1;
    while (i && !sow_isa_usable(i))
        i--;
    return i;
}

sow_context *test_context(size_t isa, unsigned threads)
{
    sow_context *ctx = NULL;
    const sow_context_options options = {.threads = threads, .isa = sow_isa_name(isa)};
    const sow_status status = sow_context_create(&options, &ctx);
    if (sow_isa_usable(isa))
        assert_int_equal(status, SOW_OK);
    else
        assert_int_equal(status, SOW_ERR_ISA);
    return ctx;
}
