/* SPDX-License-Identifier: MIT */
/*
 * Every range is a slice of the whole: for all distributions, element types, instruction sets, alignments, thread counts and hosts'
 * floating-point modes. What the numbers themselves must be: words by sow_stream_block(), uniforms by libm's fma, constants by memcmp;
 * the normals' accuracy is tests/kernel/'s.
 */
#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include "src/context.h"
#include "src/format.h"
#include "tests/support.h"

enum { WHOLE = 2560, CANARY = 0xa5 }; /* more than src/fill.c copies through its stack */

static const sow_stream stream = {0x0123456789abcdefu, 0xfedcba9876543210u};

/* First elements of whole fills: both sides of 2^32 and so on, and the end at 2^64. */
static const uint64_t starts[] = {
    0,
    ((uint64_t)1 << 32) - WHOLE / 2,
    ((uint64_t)1 << 34) - 512,
    ((uint64_t)1 << 40) - 500,
    ((uint64_t)1 << 63) - 333,
    0 - (uint64_t)WHOLE,
};

static size_t mismatch(const void *a, const void *b, size_t bytes)
{
    const unsigned char *x = a, *y = b;
    if (memcmp(a, b, bytes) == 0)
        return bytes;
    for (size_t i = 0; i < bytes; i++)
        if (x[i] != y[i])
            return i;
    return bytes;
}

static int untouched(const unsigned char *begin, const unsigned char *end)
{
    return begin == end || (*begin == CANARY && memcmp(begin, begin + 1, (size_t)(end - begin) - 1) == 0);
}

static void fill_whole(sow_dist dist, sow_dtype dtype, uint64_t first, void *dst)
{
    sow_context *plain = test_context(0, 1);
    assert_int_equal(sow_fill(plain, stream, dist, dtype, first, dst, WHOLE), SOW_OK);
    sow_context_destroy(plain);
}

static uint64_t element_bits(const void *data, size_t i, sow_dtype dtype)
{
    uint64_t bits = 0;
    memcpy(&bits, (const char *)data + i * sow_dtype_size(dtype), sow_dtype_size(dtype)); /* little endian */
    return bits;
}

static uint64_t word(uint64_t i)
{
    uint32_t words[4];
    sow_stream_block(stream, i / 4, words);
    return words[i % 4];
}

static uint64_t expected_bits(uint64_t element, sow_dtype dtype)
{
    if (dtype == SOW_F64) { /* 2·element may pass 2^64: words are counted in blocks here */
        uint32_t words[4];
        sow_stream_block(stream, element / 2, words);
        return words[element % 2 * 2] | (uint64_t)words[element % 2 * 2 + 1] << 32;
    }
    return sow_dtype_size(dtype) == 2 ? word(element) & 0xffff : word(element);
}

static void words_are_those_of_the_blocks(void **state)
{
    (void)state;
    for (int t = 0; t < SOW_DTYPE_COUNT; t++)
        for (size_t s = 0; s < COUNT_OF(starts); s++) {
            static uint64_t data[WHOLE];
            fill_whole(sow_dist_bits(), (sow_dtype)t, starts[s], data);
            for (size_t i = 0; i < WHOLE; i++)
                assert_int_equal(element_bits(data, i, (sow_dtype)t), expected_bits(starts[s] + i, (sow_dtype)t));
        }
}

/* The contract's formula, by libm's fma and a search for the bounds of its own. */
static uint64_t expected_uniform(uint64_t element, sow_dtype dtype, double a, double b)
{
    double x;
    if (dtype == SOW_F64) {
        x = fma((double)(expected_bits(element, SOW_F64) >> 11) * 0x1p-53, b - a, a);
        x = x < b ? x : nextafter(b, -INFINITY);
    } else {
        x = (double)fmaf((float)(word(element) >> 8) * 0x1p-24f, (float)(b - a), (float)a);
    }
    uint64_t bits = sow__element_bits(x, dtype);
    while (sow__element_value(bits, dtype) >= b) /* towards zero, or across it, or away from it */
        bits = sow__element_value(bits, dtype) > 0   ? bits - 1
               : sow__element_value(bits, dtype) < 0 ? bits + 1
                                                     : sow__element_bits(-1, dtype);
    while (sow__element_value(bits, dtype) < a)
        bits = sow__element_value(bits, dtype) < 0 ? bits - 1 : bits + 1;
    return bits;
}

static void uniforms_are_the_formula(void **state)
{
    (void)state;
    static const double bounds[][2] = {{0, 1},   {-0.0361, 0.0361}, {1, 1.0078125}, {0.1, 0.7},
                                       {-3, -1}, {1000, 1001},      {-1, 0x1p-20},  {0, 65504}};
    for (int t = 0; t < SOW_DTYPE_COUNT; t++)
        for (size_t b = 0; b < COUNT_OF(bounds); b++) {
            static uint64_t data[WHOLE];
            fill_whole(sow_dist_uniform(bounds[b][0], bounds[b][1]), (sow_dtype)t, 0, data);
            for (size_t i = 0; i < WHOLE; i++)
                if (element_bits(data, i, (sow_dtype)t) != expected_uniform(i, (sow_dtype)t, bounds[b][0], bounds[b][1]))
                    fail_msg("[%g, %g) %s element %zu: %llx, not %llx", bounds[b][0], bounds[b][1], sow_dtype_name((sow_dtype)t), i,
                             (unsigned long long)element_bits(data, i, (sow_dtype)t),
                             (unsigned long long)expected_uniform(i, (sow_dtype)t, bounds[b][0], bounds[b][1]));
        }
}

static void constants_are_constant(void **state)
{
    (void)state;
    static const double values[] = {0, -0.0, 0.1, -1e-7, INFINITY, 65519, 1.00390625};
    for (int t = 0; t < SOW_DTYPE_COUNT; t++)
        for (size_t v = 0; v < COUNT_OF(values); v++) {
            static uint64_t data[WHOLE];
            fill_whole(sow_dist_constant(values[v]), (sow_dtype)t, 5, data);
            for (size_t i = 0; i < WHOLE; i++)
                assert_int_equal(element_bits(data, i, (sow_dtype)t), sow__element_bits(values[v], (sow_dtype)t));
        }
}

/* One slice of `whole`, at either end of guarded memory, shifted by whole elements; all bytes around it must stay. */
static void check_slice(const sow_context *ctx, sow_dist dist, sow_dtype dtype, uint64_t start, const unsigned char *whole, size_t offset,
                        size_t n, test_guarded *g, size_t shift, int at_end)
{
    const size_t size = sow_dtype_size(dtype), bytes = n * size, room = (size_t)(g->end - g->begin);
    unsigned char *dst = at_end ? g->end - bytes - shift * size : g->begin + shift * size;
    memset(g->begin, CANARY, room);
    const sow_status status = sow_fill(ctx, stream, dist, dtype, start + offset, dst, n);
    const int touched = !untouched(g->begin, dst) || !untouched(dst + bytes, g->end);
    const size_t at = mismatch(dst, whole + offset * size, bytes);
    if (status != SOW_OK || touched || at < bytes)
        fail_msg(
            "%s %s/%s(mean %g std %g a %g b %g) first %llu + %zu, n %zu, shift %zu: status %d, differs at byte %zu, touched outside: %d",
            sow_context_isa(ctx), sow_dist_name(dist.kind), sow_dtype_name(dtype), dist.mean, dist.std, dist.a, dist.b,
            (unsigned long long)start, offset, n, shift, (int)status, at, touched);
}

static void slices_of_a_whole(void **state)
{
    (void)state;
    const int slices = test_emulated() ? 3 : 8;
    test_guarded g = test_guarded_make(WHOLE * 8);
    for (size_t isa = 0; isa < sow_isa_count(); isa++) {
        sow_context *ctx = test_context(isa, 1);
        if (!ctx)
            continue;
        for (size_t d = 0; d < test_dist_count; d++)
            for (int t = 0; t < SOW_DTYPE_COUNT; t++)
                for (size_t s = 0; s < COUNT_OF(starts); s++) {
                    static uint64_t whole[WHOLE];
                    fill_whole(test_dists[d], (sow_dtype)t, starts[s], whole);
                    check_slice(ctx, test_dists[d], (sow_dtype)t, starts[s], (unsigned char *)whole, 0, WHOLE, &g, 0, s % 2);
                    for (int i = 0; i < slices; i++) {
                        const size_t offset = test_random_below(WHOLE);
                        const size_t n = test_random_below((i % 2 ? WHOLE : 150) + 1), rest = WHOLE - offset;
                        check_slice(ctx, test_dists[d], (sow_dtype)t, starts[s], (unsigned char *)whole, offset, n < rest ? n : rest, &g,
                                    test_random_below(20), i & 2);
                    }
                }
        sow_context_destroy(ctx);
    }
    test_guarded_free(&g);
}

/* Every head and tail around one border. */
static void all_short_ranges(void **state)
{
    (void)state;
    static uint64_t whole[WHOLE];
    test_guarded g = test_guarded_make(200 * 8);
    for (size_t isa = 0; isa < sow_isa_count(); isa++) {
        sow_context *ctx = test_context(isa, 1);
        if (!ctx)
            continue;
        for (int t = 0; t < SOW_DTYPE_COUNT; t++) {
            fill_whole(sow_dist_bits(), (sow_dtype)t, 0, whole);
            for (size_t offset = 0; offset < 66; offset++)
                for (size_t n = 0; n < 132; n += 1 + n / 3)
                    check_slice(ctx, sow_dist_bits(), (sow_dtype)t, 0, (unsigned char *)whole, offset, n, &g, 0, 1);
        }
        sow_context_destroy(ctx);
    }
    test_guarded_free(&g);
}

/* The same number as a tail, in the middle and as a head: a fault in one of the three would show here first. */
static void the_detector_can_fail(void **state)
{
    (void)state;
    static uint64_t a[WHOLE], b[WHOLE];
    fill_whole(sow_dist_bits(), SOW_F32, 0, a);
    fill_whole(sow_dist_bits(), SOW_F32, 1, b); /* one element late */
    assert_true(mismatch(a, b, WHOLE * 4) < 4);
    assert_int_equal(mismatch((unsigned char *)a + 4, b, WHOLE * 4 - 4), WHOLE * 4 - 4);
    for (int at = 0; at < 3; at++) {
        unsigned char bytes[3] = {CANARY, CANARY, CANARY};
        assert_true(untouched(bytes, bytes + 3) && untouched(bytes, bytes));
        bytes[at] ^= 1;
        assert_false(untouched(bytes, bytes + 3));
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    enum { MOST = 300000 };
    const size_t most = test_emulated() ? MOST / 2 : MOST;
    unsigned char *whole = malloc(MOST * 8), *out = malloc(MOST * 8 + 64);
    for (unsigned threads = 1; threads <= 9; threads++)
        for (size_t d = 0; d < test_dist_count; d += test_emulated() ? 4 : 2 - threads % 2) {
            const sow_dtype t = (sow_dtype)((threads + d) % SOW_DTYPE_COUNT);
            const size_t size = sow_dtype_size(t), n = most - test_random_below(most / 2) - threads, shift = test_random_below(8) * size;
            const uint64_t first = d % 3 ? test_random() >> 1 : 0 - (uint64_t)n;
            sow_context *ctx = test_context(test_best_isa(), threads);
            if (!ctx)
                continue;
            memset(out, CANARY, MOST * 8 + 64);
            assert_int_equal(sow_fill(NULL, stream, test_dists[d], t, first, whole, n), SOW_OK);
            assert_int_equal(sow_fill(ctx, stream, test_dists[d], t, first, out + shift, n), SOW_OK);
            assert_int_equal(mismatch(out + shift, whole, n * size), n * size);
            assert_true(untouched(out, out + shift) && untouched(out + shift + n * size, out + MOST * 8 + 64));
            sow_context_destroy(ctx);
        }
    free(whole);
    free(out);
}

static void parts_make_the_whole(void **state)
{
    (void)state;
    static uint64_t whole[WHOLE], out[WHOLE];
    static const size_t counts[] = {1, 2, 3, 7, 16, 100, 5000};
    static const size_t sizes[] = {0, 1, 63, 64, 65, 700, WHOLE};
    for (int t = 0; t < SOW_DTYPE_COUNT; t++)
        for (size_t c = 0; c < COUNT_OF(counts); c++)
            for (size_t k = 0; k < COUNT_OF(sizes); k++) {
                const uint64_t first = 0 - (uint64_t)WHOLE + k;
                const size_t n = sizes[k] < WHOLE - k ? sizes[k] : WHOLE - k, bytes = n * sow_dtype_size((sow_dtype)t);
                const sow_dist dist = sow_dist_normal(0, 1);
                assert_int_equal(sow_fill(NULL, stream, dist, (sow_dtype)t, first, whole, n), SOW_OK);
                memset(out, CANARY, sizeof out);
                for (size_t i = counts[c]; i-- > 0;) {
                    static uint64_t before[WHOLE];
                    memcpy(before, out, sizeof before);
                    assert_int_equal(sow_fill_part(NULL, stream, dist, (sow_dtype)t, first, out, n, i, counts[c]), SOW_OK);
                    /* disjoint: what a part writes was not written before */
                    for (size_t b = 0; counts[c] < 20 && b < bytes; b++)
                        if (((unsigned char *)before)[b] != ((unsigned char *)out)[b])
                            assert_int_equal(((unsigned char *)before)[b], CANARY);
                }
                assert_int_equal(mismatch(out, whole, bytes), bytes);
                assert_true(bytes == sizeof out || ((unsigned char *)out)[bytes] == CANARY);
            }
    assert_int_equal(sow_fill_part(NULL, stream, sow_dist_bits(), SOW_F32, 0, out, 4, 2, 2), SOW_ERR_PART);
    assert_int_equal(sow_fill_part(NULL, stream, sow_dist_bits(), SOW_F32, 0, out, 4, 0, 0), SOW_ERR_PART);
}

static void errors_touch_nothing(void **state)
{
    (void)state;
    static const struct {
        sow_dist dist;
        int dtype;
        uint64_t first;
        size_t offset, n; /* offset in bytes from an aligned address; SIZE_MAX: dst is NULL */
        sow_status status;
        const char *words[3];
    } rows[] = {
        {{SOW_DIST_NORMAL, 0, -1, 0, 0}, SOW_F32, 0, 0, 16, SOW_ERR_DIST, {"std", "-1"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, 77, 0, 0, 16, SOW_ERR_DTYPE, {"dtype", "77"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F32, 0, SIZE_MAX, 16, SOW_ERR_NULL, {"dst", "16"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F32, 0, 2, 16, SOW_ERR_ALIGN, {"dst", "4 bytes", "f32"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F64, 0, 4, 16, SOW_ERR_ALIGN, {"dst", "8 bytes", "f64"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_BF16, 0, 1, 0, SOW_ERR_ALIGN, {"dst", "2 bytes", "bf16"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F32, UINT64_MAX, 0, 2, SOW_ERR_RANGE, {"18446744073709551615", "n is 2", "2^64"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F32, UINT64_MAX - 14, 0, 16, SOW_ERR_RANGE, {"first", "n is 16", "2^64"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F32, 0, 0, SIZE_MAX, SOW_ERR_RANGE, {"n is"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F32, 0, 0, SIZE_MAX / 4, SOW_ERR_RANGE, {"n is", "f32"}},
        {{SOW_DIST_BITS, 0, 0, 0, 0}, SOW_F64, 0, 0, SIZE_MAX / 8 + 2, SOW_ERR_RANGE, {"n is", "f64"}},
    };
    _Alignas(64) unsigned char memory[256];
    sow_context *ctx = test_context(0, 3);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int with = 0; with < 2; with++) {
            const sow_context *c = with ? ctx : NULL;
            char why[256] = "";
            memset(memory, CANARY, sizeof memory);
            void *dst = rows[i].offset == SIZE_MAX ? NULL : memory + rows[i].offset;
            const sow_dtype t = (sow_dtype)rows[i].dtype;
            assert_int_equal(sow_fill(c, stream, rows[i].dist, t, rows[i].first, dst, rows[i].n), rows[i].status);
            assert_int_equal(sow_fill_part(c, stream, rows[i].dist, t, rows[i].first, dst, rows[i].n, 0, 2), rows[i].status);
            assert_int_equal(sow_check_fill(c, stream, rows[i].dist, t, rows[i].first, dst, rows[i].n, why, sizeof why), rows[i].status);
            for (size_t w = 0; w < 3 && rows[i].words[w]; w++)
                if (!strstr(why, rows[i].words[w]))
                    fail_msg("row %zu: \"%s\" lacks \"%s\"", i, why, rows[i].words[w]);
            assert_true(untouched(memory, memory + sizeof memory));
        }
    /* the last element there is, and nothing at all */
    uint32_t last;
    assert_int_equal(sow_fill(NULL, stream, sow_dist_bits(), SOW_F32, UINT64_MAX, &last, 1), SOW_OK);
    assert_int_equal(last, word(UINT64_MAX));
    assert_int_equal(sow_fill(ctx, stream, sow_dist_bits(), SOW_F32, UINT64_MAX, NULL, 0), SOW_OK);
    sow_context_destroy(ctx);
}

/* What a host may have set. */
static unsigned host_mode(int i)
{
    static const int rounding[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    fesetround(rounding[i % 4]);
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | (i & 4 ? 0x8000u : 0) |
                           (i & 8 ? 0x0040u : 0)); /* flush to zero, denormals are zero */
    return __builtin_ia32_stmxcsr() & ~0x3fu;
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    fpcr |= (uint64_t)(i & 4 ? 1 : 0) << 24;
    __asm__ volatile("msr fpcr, %0" ::"r"(fpcr));
    return (unsigned)fpcr;
#else
    return (unsigned)fegetround();
#endif
}

static unsigned host_mode_now(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_stmxcsr() & ~0x3fu;
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return (unsigned)fpcr;
#else
    return (unsigned)fegetround();
#endif
}

static void host_s_floating_point_modes(void **state)
{
    (void)state;
    enum { N = 80000 };
    unsigned char *whole = malloc(N * 8), *out = malloc(N * 8);
    fenv_t saved;
    fegetenv(&saved);
    for (int mode = 0; mode < 16; mode++)
        for (size_t isa = 0; isa < sow_isa_count(); isa++) {
            if (!sow_isa_usable(isa))
                continue;
            const unsigned set = host_mode(mode);
            sow_context *ctx = test_context(isa, 2); /* its thread inherits the mode */
            fesetenv(&saved);
            for (size_t d = (size_t)mode % 3; d < test_dist_count; d += 3) {
                const sow_dtype t = (sow_dtype)((d + (size_t)mode / 3) % SOW_DTYPE_COUNT);
                const size_t n = isa ? N : 1500, bytes = n * sow_dtype_size(t);
                assert_int_equal(sow_fill(NULL, stream, test_dists[d], t, 77, whole, n), SOW_OK);
                (void)host_mode(mode);
                const sow_status status = sow_fill(ctx, stream, test_dists[d], t, 77, out, n);
                const unsigned left = host_mode_now();
                fesetenv(&saved);
                assert_int_equal(status, SOW_OK);
                assert_int_equal(left, set);
                if (mismatch(out, whole, bytes) < bytes)
                    fail_msg("mode %d, %s, row %zu, %s", mode, sow_isa_name(isa), d, sow_dtype_name(t));
            }
            sow_context_destroy(ctx);
        }
    free(whole);
    free(out);
}

/* The modes that this machine can set do change plain arithmetic: else the test above shows nothing. */
static void modes_matter(void **state)
{
    (void)state;
    volatile float third = 1, three = 3, tiny = 0x1p-140f, half = 0.5f;
    fenv_t saved;
    fegetenv(&saved);
    const volatile float near = third / three;
    (void)host_mode(1 + 4 + 8);
    const volatile float down = third / three, flushed = tiny * half;
    fesetenv(&saved);
    assert_true(down < near); /* the float nearest to 1/3 lies above it */
    assert_true(flushed == 0);
}

typedef struct shared_fill {
    const sow_context *ctx;
    const unsigned char *expected;
    size_t n;
    atomic_uint wrong;
} shared_fill;

static void fill_and_compare(void *arg, size_t i)
{
    shared_fill *f = arg;
    unsigned char *out = malloc(f->n * 4);
    (void)i;
    const sow_status status = sow_fill(f->ctx, stream, sow_dist_normal(0, 1), SOW_F32, 3, out, f->n);
    if (status != SOW_OK || memcmp(out, f->expected, f->n * 4) != 0)
        atomic_fetch_add(&f->wrong, 1);
    free(out);
}

static void *concurrent(void *arg)
{
    for (size_t i = 0; i < 10; i++)
        fill_and_compare(arg, i);
    return NULL;
}

static int in_child(void *arg)
{
    shared_fill *f = arg;
    fill_and_compare(f, 0);
    fill_and_compare(f, 1);
    sow_context_destroy((sow_context *)(uintptr_t)f->ctx);
    return atomic_load(&f->wrong) != 0;
}

/* One context from many threads, from inside its own threads, and in a forked child. */
static void one_context_for_all(void **state)
{
    (void)state;
    enum { CALLERS = 4, N = 100001 };
    unsigned char *expected = malloc(N * 4);
    assert_int_equal(sow_fill(NULL, stream, sow_dist_normal(0, 1), SOW_F32, 3, expected, N), SOW_OK);
    const sow_context_options options = {.threads = 3};
    sow_context *ctx;
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    shared_fill f = {.ctx = ctx, .expected = expected, .n = N};
    pthread_t callers[CALLERS];
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, concurrent, &f), 0);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    assert_int_equal(atomic_load(&f.wrong), 0);

    sow__context_run(ctx, 12, fill_and_compare, &f);
    assert_int_equal(atomic_load(&f.wrong), 0);

    if (test_child_can_start_threads()) {
        test_in_child(in_child, &f);
        expected[N] ^= 1; /* the child's detector can fail */
        assert_int_not_equal(test_child_status(in_child, &f), 0);
    }
    sow_context_destroy(ctx);
    free(expected);
}

#if defined(__linux__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
/* From here on the kernel kills the process when this thread makes any system call but the one that ends it. */
static int close_the_cage(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    const struct sock_fprog program = {COUNT_OF(code), code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int fill_in_a_cage(void *arg)
{
    static float out[100000];
    sow_context *ctx = test_context(0, 2);
    if (!close_the_cage())
        return 77;
    int bad = sow_fill(NULL, stream, sow_dist_normal(0, 1), SOW_F32, 5, out, COUNT_OF(out)) != SOW_OK;
    bad |= sow_fill(ctx, stream, sow_dist_uniform(0, 1), SOW_F32, 5, out, *(size_t *)arg) != SOW_OK;
    return bad;
}

static void small_fills_make_no_system_call(void **state)
{
    (void)state;
    size_t n = 60000;
    const int status = test_emulated() ? 77 << 8 : test_child_status(fill_in_a_cage, &n);
    if (status == 77 << 8) {
        puts("# skipped: no seccomp here");
        skip();
    }
    assert_int_equal(status, 0);
    n = 100000; /* this one wakes a thread, and is seen */
    assert_int_equal(test_child_status(fill_in_a_cage, &n) & 127, SIGSYS);
}
#else
static void small_fills_make_no_system_call(void **state)
{
    (void)state;
    puts("# skipped: needs Linux without sanitizers");
    skip();
}
#endif

static size_t allocations;

static void *no_memory(void *user, size_t bytes)
{
    (void)user;
    allocations++;
    return malloc(bytes);
}

static void release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static void nothing_is_allocated(void **state)
{
    (void)state;
    static float out[100000];
    const sow_context_options options = {.threads = 2, .allocator = {no_memory, release, NULL}};
    sow_context *ctx;
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    const size_t before = allocations;
    for (size_t n = 1; n <= COUNT_OF(out); n *= 10)
        assert_int_equal(sow_fill(ctx, stream, sow_dist_normal(0, 1), SOW_F32, 1, out, n), SOW_OK);
    assert_int_equal(allocations, before);
    sow_context_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_blocks),
        cmocka_unit_test(uniforms_are_the_formula),
        cmocka_unit_test(constants_are_constant),
        cmocka_unit_test(slices_of_a_whole),
        cmocka_unit_test(all_short_ranges),
        cmocka_unit_test(the_detector_can_fail),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(parts_make_the_whole),
        cmocka_unit_test(errors_touch_nothing),
        cmocka_unit_test(modes_matter),
        cmocka_unit_test(host_s_floating_point_modes),
        cmocka_unit_test(one_context_for_all),
        cmocka_unit_test(small_fills_make_no_system_call),
        cmocka_unit_test(nothing_is_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
