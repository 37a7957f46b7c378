/* SPDX-License-Identifier: MIT */
#include "tests/kernel/harness.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "src/dispatch.h"
#include "src/dist.h"
#include "tests/kernel/expect.h"

enum { MAX_GROUPS = 48, CANARY = 256 };

/* Odd on purpose: bounds on both sides of zero and at it, widths that are one step of the type, subnormals, tails far out, signed zeros. */
static const double constants[] = {0, -0.0, 1, 0.1, -65504, 0x1p-25, 0x1.000002p-25, 0x1p-149, 1e300, NAN, INFINITY, -INFINITY, 65519};
static const double uniforms[][2] = {{0, 1},
                                     {-1, 1},
                                     {-0.0361, 0.0361},
                                     {1, 1.0078125},
                                     {0, 0x1p-140},
                                     {3, 3},
                                     {-0x1p-149, 0x1p-149},
                                     {-0x1p-1074, 0x1p-1074},
                                     {-0x1p-24, 0x1p-24},
                                     {-65000, 65000},
                                     {-1.7e38, 1.7e38},
                                     {-8e307, 8e307},
                                     {1e-310, 3e-310},
                                     {-1e-30, 0},
                                     {-1, 0},
                                     {-0.0, 1},
                                     {0.1, 0.1000001},
                                     {1000, 1001},
                                     {-0x1p-10, 0x1p-149}};
static const double normals[][2] = {{0, 1},        {0.5, 0.02}, {2, 0},     {0, 1e-6},    {0, 1e-45},    {-0.0, 1e-45},
                                    {1e30, 1e20},  {0, 5e37},   {0, 2e307}, {1000, 9000}, {0, 5e-324},   {-3, 0x1p-20},
                                    {0, 0x1p-130}, {-0.0, 1},   {0, 0.001}, {1, 1e-9},    {1e-40, 1e-39}};
static const double trunc_normals[][4] = {{0, 1, -2, 2},
                                          {0, 0.02, -2, 2},
                                          {0.1, 1, 5, 6},
                                          {0, 1, -9, -8},
                                          {0, 1, 0.3, 0.9},
                                          {0, 1, -100, 100},
                                          {1, 0, -2, 0.5},
                                          {0, 1, -INFINITY, -9},
                                          {0, 1, 0, INFINITY},
                                          {0, 1, -INFINITY, 0},
                                          {0, 1, -INFINITY, INFINITY},
                                          {0, 1e-45, -1, 0},
                                          {0, 1e-45, 0, 1},
                                          {-0.0, 1e-45, -1, 1},
                                          {0, 1e-320, -1, 0},
                                          {0, 1, 30, 31},
                                          {0, 1, -3001, -3000},
                                          {0, 1, 1e5, 2e5},
                                          {0, 1, -1e9, -1e8},
                                          {0, 1, -1e-3, 1e-3},
                                          {0, 1, -1e-12, 1e-12},
                                          {0, 1, -8, 1e-3},
                                          {0, 1, -1e-30, 5},
                                          {0, 1, 1, 1.001},
                                          {-2, 1, -1e-7, 3},
                                          {0.5, 1e-4, 0.4999, 0.6},
                                          {-5, 2, -1, 0}};

static double random_unit(void)
{
    return (double)(test_random() >> 11) * 0x1p-53;
}

/* Of any size that matters, either sign. */
static double random_number(sow_dtype dtype)
{
    const int span = dtype == SOW_F16 ? 13 : dtype == SOW_F64 && test_random_below(4) == 0 ? 900 : 30;
    const double x = scalbn(1 + random_unit(), (int)test_random_below((uint64_t)(2 * span)) - span);
    return test_random() & 1 ? -x : x;
}

static sow_dist random_dist(sow_dist_kind kind, sow_dtype dtype)
{
    const double x = random_number(dtype), y = random_number(dtype), centre = test_random() & 1 ? 0 : random_number(dtype);
    switch (kind) {
    case SOW_DIST_CONSTANT:
        return sow_dist_constant(x);
    case SOW_DIST_UNIFORM:
        return sow_dist_uniform(x < y ? x : y, x < y ? y : x);
    case SOW_DIST_NORMAL:
        return sow_dist_normal(centre, fabs(x));
    case SOW_DIST_TRUNC_NORMAL: {
        const double from = 12 * random_unit() - 6, width = 6 * random_unit() + 1e-6;
        return sow_dist_trunc_normal(centre, fabs(x), centre + from * fabs(x), centre + (from + width) * fabs(x));
    }
    default:
        return sow_dist_bits();
    }
}

static sow_dist listed_dist(sow_dist_kind kind, unsigned i, int *end)
{
    *end = 0;
    if (kind == SOW_DIST_CONSTANT && i < COUNT_OF(constants))
        return sow_dist_constant(constants[i]);
    if (kind == SOW_DIST_UNIFORM && i < COUNT_OF(uniforms))
        return sow_dist_uniform(uniforms[i][0], uniforms[i][1]);
    if (kind == SOW_DIST_NORMAL && i < COUNT_OF(normals))
        return sow_dist_normal(normals[i][0], normals[i][1]);
    if (kind == SOW_DIST_TRUNC_NORMAL && i < COUNT_OF(trunc_normals))
        return sow_dist_trunc_normal(trunc_normals[i][0], trunc_normals[i][1], trunc_normals[i][2], trunc_normals[i][3]);
    *end = 1;
    return sow_dist_bits();
}

sow_dist harness_dist(sow_dist_kind kind, sow_dtype dtype, unsigned i)
{
    int end;
    sow_dist dist = listed_dist(kind, i, &end);
    if (!end && sow_check_dist(dist, dtype, NULL, 0) == SOW_OK)
        return dist;
    do
        dist = random_dist(kind, dtype);
    while (sow_check_dist(dist, dtype, NULL, 0) != SOW_OK);
    return dist;
}

/* A whole number of groups: small, anywhere, or so that the low counter word wraps within the fill. */
static uint64_t random_block(unsigned per_group, size_t groups)
{
    uint64_t group = test_random() / per_group;
    switch (test_random_below(4)) {
    case 0:
        group = test_random_below(1000);
        break;
    case 1:
        group = (UINT64_C(1) << 32) / per_group * (1 + test_random_below(UINT64_C(1) << 28)) - test_random_below(groups + 2);
        break;
    case 2:
        group = (UINT64_C(1) << 32) / per_group - test_random_below(groups + 2);
        break;
    default:
        break;
    }
    return group * per_group;
}

/* Streams whose halves are zero, all ones, or anything. */
static uint64_t random_half(void)
{
    static const uint64_t odd[] = {0, UINT64_MAX, 0xffffffff, 0xffffffff00000000, 42};
    return test_random() & 3 ? test_random() : odd[test_random_below(COUNT_OF(odd))];
}

harness_case harness_random(sow_dist_kind kind, sow_dtype dtype, unsigned i)
{
    harness_case c = {.dist = harness_dist(kind, dtype, i), .dtype = dtype};
    c.kind = sow__dist_prepare(c.dist, dtype, &c.params);
    c.key = random_half();
    c.id = random_half();
    c.groups = test_random() & 3 ? 1 + test_random_below(6) : 1 + test_random_below(MAX_GROUPS);
    c.block = random_block(dtype == SOW_F64 ? SOW_GROUP / 2 : SOW_GROUP / 4, c.groups);
    c.shift = test_random() & 1 ? SIZE_MAX : test_random_below(64 / sow_dtype_size(dtype));
    return c;
}

void harness_describe(const harness_case *c, char *words, size_t size)
{
    snprintf(words, size,
             "%s(mean %a, std %a, a %a, b %a) %s, key 0x%016" PRIx64 ", id 0x%016" PRIx64 ", block 0x%" PRIx64 ", %zu groups, dst %s%zd",
             sow_dist_name(c->dist.kind), c->dist.mean, c->dist.std, c->dist.a, c->dist.b, sow_dtype_name(c->dtype), c->key, c->id,
             c->block, c->groups, c->shift == SIZE_MAX ? "before the guard page, " : "shifted by ", (ssize_t)c->shift);
}

/* Where a kernel that leaves its buffer lands. */
static sigjmp_buf escape;
static volatile sig_atomic_t watching;

static void on_fault(int signal_number)
{
    if (watching)
        siglongjmp(escape, signal_number);
    signal(signal_number, SIG_DFL);
}

/* 1, or 0 if it touched a page that it must not touch. */
static int call(const sow_kernels *k, const harness_case *c, void *dst)
{
    struct sigaction act = {.sa_handler = on_fault, .sa_flags = SA_NODEFER}, old[2];
    sigaction(SIGSEGV, &act, &old[0]);
    sigaction(SIGBUS, &act, &old[1]);
    const int signal_number = sigsetjmp(escape, 1);
    if (signal_number == 0) {
        watching = 1;
        k->fill[c->kind][c->dtype](c->key, c->id, c->block, &c->params, dst, c->groups);
    }
    watching = 0;
    sigaction(SIGSEGV, &old[0], NULL);
    sigaction(SIGBUS, &old[1], NULL);
    return signal_number == 0;
}

/* What the memory around holds: anything but a constant, so that a shifted copy of it shows as well. */
static unsigned char canary(size_t i)
{
    return (unsigned char)(i * 37 + 11);
}

static size_t first_difference(const unsigned char *x, const unsigned char *y, size_t n)
{
    size_t i = 0;
    while (i < n && x[i] == y[i])
        i++;
    return i;
}

/* Guarded memory for one case, used again and again. */
static test_guarded *memory(void)
{
    static test_guarded g;
    if (!g.map)
        g = test_guarded_make((size_t)MAX_GROUPS * SOW_GROUP * 8 + 2 * CANARY + 64);
    return &g;
}

static int report(const sow_kernels *k, const harness_case *c, char *why, size_t size, const char *what, size_t at)
{
    char words[400];
    harness_describe(c, words, sizeof words);
    snprintf(why, size, "%s: %s at byte %zd (element %zu) of %s", k->isa, what, (ssize_t)at, at / sow_dtype_size(c->dtype), words);
    return 0;
}

static int around_intact(const unsigned char *from, const unsigned char *to, const unsigned char *skip, size_t skipped,
                         const unsigned char **where)
{
    for (const unsigned char *p = from; p < to; p++) {
        if (p == skip)
            p += skipped;
        if (p < to && *p != canary((size_t)(p - from))) {
            *where = p;
            return 0;
        }
    }
    return 1;
}

int harness_try(const sow_kernels *tested, const sow_kernels *reference, const harness_case *c, char *why, size_t size)
{
    static unsigned char want[MAX_GROUPS * SOW_GROUP * 8];
    const test_guarded *g = memory();
    const size_t element = sow_dtype_size(c->dtype), bytes = c->groups * SOW_GROUP * element;
    unsigned char *dst = c->shift == SIZE_MAX ? g->end - bytes : g->begin + CANARY + c->shift * element;
    unsigned char *from = dst - CANARY, *to = c->shift == SIZE_MAX ? g->end : dst + bytes + CANARY;
    const unsigned char *where = NULL;

    if (!call(reference, c, want))
        return report(reference, c, why, size, "the reference faults", 0);
    for (unsigned char *p = from; p < to; p++)
        *p = canary((size_t)(p - from));
    for (size_t i = 0; i < bytes; i++)
        dst[i] = (unsigned char)~want[i]; /* a byte that is not written cannot be right */
    if (!call(tested, c, dst))
        return report(tested, c, why, size, "touches the page behind dst", bytes);
    const size_t at = first_difference(dst, want, bytes);
    if (at < bytes)
        return report(tested, c, why, size, "another value", at);
    if (!around_intact(from, to, dst, bytes, &where))
        return report(tested, c, why, size, "writes outside dst", (size_t)(where - dst));
    return 1;
}

int harness_compare(const sow_kernels *tested, const sow_kernels *reference, unsigned rounds, char *why, size_t size)
{
    for (unsigned i = 0; i < rounds; i++)
        for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
            for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++) {
                const harness_case c = harness_random((sow_dist_kind)kind, (sow_dtype)dtype, i);
                if (!harness_try(tested, reference, &c, why, size))
                    return 0;
            }
    return 1;
}

int harness_expect(const sow_kernels *tested, unsigned rounds, char *why, size_t size)
{
    static unsigned char got[MAX_GROUPS * SOW_GROUP * 8];
    char words[400], what[300];
    for (unsigned i = 0; i < rounds; i++)
        for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
            for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++) {
                const harness_case c = harness_random((sow_dist_kind)kind, (sow_dtype)dtype, i);
                const size_t element = sow_dtype_size(c.dtype);
                if (!call(tested, &c, got))
                    return report(tested, &c, why, size, "faults", 0);
                for (size_t k = 0; k < c.groups * SOW_GROUP; k++)
                    if (!expect_element(c.key, c.id, c.block, c.dist, c.dtype, k, got + k * element, what, sizeof what)) {
                        harness_describe(&c, words, sizeof words);
                        snprintf(why, size, "%s: element %zu %s; %s", tested->isa, k, what, words);
                        return 0;
                    }
            }
    return 1;
}

/* The f32 element as the 16-bit element that the contract asks for. */
static uint16_t rounded(float x, const harness_case *c)
{
    if (c->kind == SOW_DIST_UNIFORM || c->kind == SOW_DIST_TRUNC_NORMAL) { /* c->params: bounds that the 16-bit type can represent */
        x = x > c->params.f32.hi ? c->params.f32.hi : x;
        x = x < c->params.f32.lo ? c->params.f32.lo : x;
    }
    return c->dtype == SOW_F16 ? expect_f16(x) : expect_bf16(x);
}

int harness_halves(const sow_kernels *tested, unsigned rounds, size_t groups, char *why, size_t size)
{
    float *wide = malloc(groups * SOW_GROUP * sizeof *wide);
    uint16_t *half = malloc(groups * SOW_GROUP * sizeof *half);
    int ok = wide && half;
    for (unsigned i = 0; ok && i < rounds; i++)
        for (int kind = SOW_DIST_CONSTANT; ok && kind < SOW_DIST_COUNT; kind++)
            for (int dtype = SOW_F16; ok && dtype <= SOW_BF16; dtype++) {
                harness_case c = harness_random((sow_dist_kind)kind, (sow_dtype)dtype, i), f32 = c;
                c.groups = f32.groups = groups;
                f32.dtype = SOW_F32;
                if (sow_check_dist(f32.dist, SOW_F32, why, size) != SOW_OK) {
                    ok = 0; /* a distribution of a 16-bit type is one of f32, too */
                    break;
                }
                f32.kind = sow__dist_prepare(f32.dist, SOW_F32, &f32.params);
                tested->fill[f32.kind][SOW_F32](c.key, c.id, c.block, &f32.params, wide, groups);
                tested->fill[c.kind][dtype](c.key, c.id, c.block, &c.params, half, groups);
                for (size_t k = 0; ok && k < groups * SOW_GROUP; k++)
                    if (half[k] != rounded(wide[k], &c) && !isnan(wide[k])) {
                        ok = report(tested, &c, why, size, "not the rounded f32", k * sizeof *half);
                        break;
                    }
            }
    free(wide);
    free(half);
    return ok;
}

const sow_kernels *harness_kernels(const char *isa)
{
    const sow_kernels *k = sow__kernels_named(isa);
    if (!k) {
        char why[200];
        sow__check_isa(isa, why, sizeof why);
        printf("skipped: %s\n", why);
        exit(77);
    }
    return k;
}
