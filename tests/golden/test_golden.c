/* SPDX-License-Identifier: MIT */
/*
 * Golden values and digests of fills, which every instruction set and thread count must meet. Both files are read line by line; the tables
 * below serve to print them anew, with plain C kernels:
 *
 *     tests/golden/print.sh build
 *
 * A change of these files is a change of everybody's weights: CHANGELOG says so. model.py checks values.txt against docs/bits.md.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "src/siphash.h"
#include "tests/support.h"

/* What a line of either file says before its result. */
typedef struct row {
    sow_dist dist;
    sow_dtype dtype;
    sow_stream stream;
    uint64_t first;
    size_t n;
} row;

static const char *isa; /* of the context */

/* Printing */

static const sow_dist dists[] = {
    {SOW_DIST_BITS, 0, 0, 0, 0},
    {SOW_DIST_CONSTANT, 0.1, 0, 0, 0},
    {SOW_DIST_CONSTANT, -0x1.8p-25, 0, 0, 0},
    {SOW_DIST_UNIFORM, 0, 0, 0, 1},
    {SOW_DIST_UNIFORM, 0, 0, -0.0361, 0.0361},
    {SOW_DIST_UNIFORM, 0, 0, 1, 1.0078125},
    {SOW_DIST_UNIFORM, 0, 0, -0x1p-149, 0x1p-149},
    {SOW_DIST_UNIFORM, 0, 0, -3, 1000.5},
    {SOW_DIST_NORMAL, 0, 1, 0, 0},
    {SOW_DIST_NORMAL, 0.5, 0.02, 0, 0},
    {SOW_DIST_NORMAL, 0, 1e-6, 0, 0},
    {SOW_DIST_NORMAL, -2, 0x1p-9, 0, 0},
    {SOW_DIST_TRUNC_NORMAL, 0, 1, -2, 2},
    {SOW_DIST_TRUNC_NORMAL, 0, 0.02, -2, 2},
    {SOW_DIST_TRUNC_NORMAL, 0, 1, 0.3, 0.9},
    {SOW_DIST_TRUNC_NORMAL, 0.1, 1, 5, 6},
    {SOW_DIST_TRUNC_NORMAL, 0, 1, -9, -8},
    {SOW_DIST_TRUNC_NORMAL, 1, 0.5, -49, 51},
};

static void print_row(const row *r)
{
    printf("%s %a %a %a %a %s %016" PRIx64 " %016" PRIx64 " %" PRIu64 " %zu ", sow_dist_name(r->dist.kind), r->dist.mean, r->dist.std,
           r->dist.a, r->dist.b, sow_dtype_name(r->dtype), r->stream.key, r->stream.id, r->first, r->n);
}

/* Each row another position: odd, across 2^32 elements, across 2^32 blocks, far out, the very end. */
static uint64_t position(unsigned i, sow_dtype dtype, size_t n)
{
    switch (i % 5) {
    case 0:
        return 7;
    case 1:
        return (UINT64_C(1) << 32) - n / 3;
    case 2:
        return (UINT64_C(1) << (dtype == SOW_F64 ? 33 : 34)) - n / 2;
    case 3:
        return (UINT64_C(1) << 40) + 3;
    default:
        return 0 - (uint64_t)n;
    }
}

static row row_at(unsigned i, size_t n)
{
    row r = {.dist = dists[i / SOW_DTYPE_COUNT], .dtype = (sow_dtype)(i % SOW_DTYPE_COUNT), .n = n};
    const sow_stream all = {0x0123456789abcdef, 0xfedcba9876543210};
    r.stream = i % 3 ? sow_stream_indexed(all, i) : sow_stream_seed(42);
    r.first = position(i / SOW_DTYPE_COUNT + i, r.dtype, n);
    return r;
}

/* Digests */

static void digest(const void *bytes, size_t count, char text[33])
{
    sow__siphash hash;
    uint64_t out[2];
    sow__siphash_start(&hash, 0, 0);
    sow__siphash_add(&hash, bytes, count);
    sow__siphash_finish(&hash, out);
    snprintf(text, 33, "%016" PRIx64 "%016" PRIx64, out[0], out[1]);
}

static void *fill(const sow_context *ctx, const row *r)
{
    void *memory = malloc(r->n * sow_dtype_size(r->dtype));
    assert_non_null(memory);
    assert_int_equal(sow_fill(ctx, r->stream, r->dist, r->dtype, r->first, memory, r->n), SOW_OK);
    return memory;
}

static void print_digest(const sow_context *ctx, const row *r)
{
    char text[33];
    void *memory = fill(ctx, r);
    digest(memory, r->n * sow_dtype_size(r->dtype), text);
    puts(text);
    free(memory);
}

/* The elements as hexadecimal numbers. */
static void elements_text(const void *memory, const row *r, char *text, size_t size)
{
    const size_t bytes = sow_dtype_size(r->dtype);
    size_t used = 0;
    for (size_t i = 0; i < r->n; i++) {
        uint64_t element = 0;
        memcpy(&element, (const char *)memory + i * bytes, bytes);
        used += (size_t)snprintf(text + used, size - used, "%s%0*" PRIx64, i ? "," : "", (int)(2 * bytes), element);
        assert_true(used < size);
    }
}

static void print_values(const sow_context *ctx, const row *r)
{
    char text[1024];
    void *memory = fill(ctx, r);
    elements_text(memory, r, text, sizeof text);
    puts(text);
    free(memory);
}

static int print(const char *what)
{
    const int values = strcmp(what, "values") == 0;
    const sow_context_options options = {.threads = 1, .isa = "scalar"};
    sow_context *ctx;
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    printf("# Stream version %d. Columns: distribution, mean, std, a, b, element type, key, id, first element, number of elements,\n",
           SOW_STREAM_VERSION);
    printf(values ? "# their bits. " : "# SipHash-2-4-128 under key 0 of their bytes (little endian), each 64-bit half as a number.\n# ");
    puts("Written by: tests/golden/print.sh BUILD");
    for (unsigned i = 0; i < COUNT_OF(dists) * SOW_DTYPE_COUNT; i++) {
        const row r = row_at(i, values ? 16 : (1 << 20) + 37);
        if (sow_check_dist(r.dist, r.dtype, NULL, 0) != SOW_OK)
            continue;
        print_row(&r);
        (values ? print_values : print_digest)(ctx, &r);
    }
    sow_context_destroy(ctx);
    return 0;
}

/* Reading */

static sow_dist_kind kind_named(const char *name)
{
    int kind = 0;
    while (kind < SOW_DIST_COUNT && strcmp(sow_dist_name((sow_dist_kind)kind), name) != 0)
        kind++;
    return (sow_dist_kind)kind;
}

/* Returns the rest of the line, which is the result. */
static const char *parse(const char *line, row *r)
{
    char dist[16], dtype[8];
    int used = 0;
    const int fields = sscanf(line, "%15s %la %la %la %la %7s %" SCNx64 " %" SCNx64 " %" SCNu64 " %zu %n", dist, &r->dist.mean,
                              &r->dist.std, &r->dist.a, &r->dist.b, dtype, &r->stream.key, &r->stream.id, &r->first, &r->n, &used);
    if (fields != 10)
        fail_msg("not a row: %s", line);
    r->dist.kind = kind_named(dist);
    r->dtype = sow_dtype_named(dtype);
    return line + used;
}

/*
 * Calls `check` for each line, or one in `stride`, with a context of `threads`. Each distribution must occur with each element type.
 */
static void each_row(const char *file_name, unsigned threads, unsigned stride,
                     void (*check)(const sow_context *ctx, const row *r, const char *want))
{
    const sow_context_options options = {.threads = threads, .isa = isa};
    int seen[SOW_DIST_COUNT][SOW_DTYPE_COUNT] = {0};
    char path[1024], line[2048];
    unsigned number = threads;
    sow_context *ctx;
    assert_int_equal(sow_context_create(&options, &ctx), SOW_OK);
    snprintf(path, sizeof path, "../golden/%s", file_name);
    FILE *file = test_vectors_open(path);
    while (test_vectors_line(file, line, sizeof line)) {
        row r;
        const char *want = parse(line, &r);
        assert_true(r.dist.kind < SOW_DIST_COUNT && r.dtype < SOW_DTYPE_COUNT);
        seen[r.dist.kind][r.dtype]++;
        if (number++ % stride == 0)
            check(ctx, &r, want);
    }
    for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
        for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++)
            assert_true(seen[kind][dtype]);
    sow_context_destroy(ctx);
}

static void differs(const row *r, const sow_context *ctx, const char *got, const char *want)
{
    print_row(r);
    fail_msg("%s, %u threads: %s, must be %s", sow_context_isa(ctx), sow_context_threads(ctx), got, want);
}

static void check_digest(const sow_context *ctx, const row *r, const char *want)
{
    char text[33];
    void *memory = fill(ctx, r);
    digest(memory, r->n * sow_dtype_size(r->dtype), text);
    free(memory);
    if (strcmp(text, want) != 0)
        differs(r, ctx, text, want);
}

static void check_values(const sow_context *ctx, const row *r, const char *want)
{
    char text[1024];
    void *memory = fill(ctx, r);
    elements_text(memory, r, text, sizeof text);
    free(memory);
    if (strcmp(text, want) != 0)
        differs(r, ctx, text, want);
}

static void test_values(void **state)
{
    (void)state;
    each_row("values.txt", 1, 1, check_values);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* Plain C takes seconds for the whole file, sanitizers and emulators a minute, both together many: then some rows stand for all. */
static unsigned rows_apart(unsigned threads)
{
    const int scalar = strcmp(isa, "scalar") == 0, emulated = test_emulated();
    if (SANITIZED || (scalar && emulated))
        return 23;
    return threads > 1 && (scalar || emulated) ? 7 : 1;
}

static void test_digests_1_thread(void **state)
{
    (void)state;
    each_row("digests.txt", 1, rows_apart(1), check_digest);
}

static void test_digests_2_threads(void **state)
{
    (void)state;
    each_row("digests.txt", 2, rows_apart(2), check_digest);
}

static void test_digests_3_threads(void **state)
{
    (void)state;
    each_row("digests.txt", 3, rows_apart(3), check_digest);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_digests_1_thread),
        cmocka_unit_test(test_digests_2_threads),
        cmocka_unit_test(test_digests_3_threads),
    };
    if (argc == 3 && strcmp(argv[1], "--print") == 0)
        return print(argv[2]);
    if (argc != 2) {
        fprintf(stderr, "usage: %s ISA | --print digests | --print values\n", argv[0]);
        return 2;
    }
    isa = argv[1];
    const sow_context_options options = {.isa = isa};
    char why[300];
    if (sow_check_context(&options, why, sizeof why) != SOW_OK) {
        printf("skipped: %s\n", why);
        return 77;
    }
    return cmocka_run_group_tests_name(isa, tests, NULL, NULL);
}
