/* SPDX-License-Identifier: MIT */
/*
 * The harness must see what it is there for. Each fault below is one that a real kernel could have; a table with it goes through the same
 * functions that test_kernels.c uses, and a fault that passes is a failure of the harness. The intact table must pass.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/kernel/expect.h"
#include "tests/kernel/harness.h"

typedef enum fault {
    INTACT,
    ONE_ULP,       /* the last bit of one element of the first group */
    LATE,          /* each element where its successor belongs */
    SWAPPED,       /* two neighbours */
    BYTE_BEHIND,   /* one byte past the end … */
    BYTE_BEFORE,   /* … and before the start */
    VECTOR_BEHIND, /* a whole store past the end, at a distance */
    UNWRITTEN,     /* leaves the last element as it was */
    LAST_GROUP,    /* wrong in the last group only, */
    REST,          /* in what an unrolled loop of six leaves over, */
    AFTER_WRAP,    /* after the low counter word has wrapped, */
    CARRY_LOST,    /* upper counter word not raised by the wrap */
    HIGH_BLOCK,    /* upper half of the block number ignored, */
    HIGH_ID,       /* of the id, */
    HIGH_KEY,      /* of the key */
    UNALIGNED,     /* wrong where dst is not aligned to 64 bytes */
    FIVE_ROUNDS,   /* the words of Philox4x32-5 */
    NINE_ROUNDS,   /* … and -9 */
    MANY_GROUPS,   /* wrong from the 17th group on */
    FAULTS
} fault;

static const char *const fault_names[] = {
    "intact",     "one ulp",    "late",       "swapped", "byte behind", "byte before", "vector behind", "unwritten",   "last group", "rest",
    "after wrap", "carry lost", "high block", "high id", "high key",    "unaligned",   "five rounds",   "nine rounds", "many groups"};
_Static_assert(COUNT_OF(fault_names) == FAULTS, "one name per fault");

static const sow_kernels *base;
static fault broken;
static int only_kind = -1, only_dtype = -1; /* -1: all */

static void swap_elements(unsigned char *x, unsigned char *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char t = x[i];
        x[i] = y[i];
        y[i] = t;
    }
}

static void few_rounds(int rounds, sow_dtype dtype, uint64_t key, uint64_t id, uint64_t block, unsigned char *out, size_t groups)
{
    const size_t blocks = groups * (dtype == SOW_F64 ? SOW_GROUP / 2 : SOW_GROUP / 4);
    for (size_t i = 0; i < blocks; i++) {
        uint32_t w[4];
        expect_philox(key, id, block + i, rounds, w);
        for (int k = 0; k < 4; k++) {
            const size_t bytes = dtype == SOW_F16 || dtype == SOW_BF16 ? 2 : 4;
            memcpy(out, &w[k], bytes);
            out += bytes;
        }
    }
}

static void after_wrap(sow_kernel *kernel, uint64_t key, uint64_t id, uint64_t block, const sow_params *params, unsigned char *out,
                       size_t groups, unsigned blocks_in_group, size_t group_bytes)
{
    const uint64_t left = ((UINT64_C(1) << 32) - (uint32_t)block) / blocks_in_group;
    if (left >= groups)
        return;
    unsigned char *second = out + left * group_bytes;
    if (broken == CARRY_LOST)
        kernel(key, id, (block >> 32) << 32, params, second, groups - (size_t)left);
    else
        second[0] ^= 1;
}

static void run_broken(int kind, sow_dtype dtype, uint64_t key, uint64_t id, uint64_t block, const sow_params *params, void *dst,
                       size_t groups)
{
    sow_kernel *kernel = base->fill[kind][dtype];
    const size_t element = sow_dtype_size(dtype), group = SOW_GROUP * element, bytes = groups * group;
    const unsigned blocks_in_group = dtype == SOW_F64 ? SOW_GROUP / 2 : SOW_GROUP / 4;
    unsigned char *out = dst, last[8];
    const int here = (only_kind < 0 || only_kind == kind) && (only_dtype < 0 || only_dtype == (int)dtype);
    const fault f = here ? broken : INTACT;

    memcpy(last, out + bytes - element, element);
    if (f == HIGH_BLOCK)
        block &= 0xffffffff;
    if (f == HIGH_ID)
        id &= 0xffffffff;
    if (f == HIGH_KEY)
        key &= 0xffffffff;
    kernel(key, id, block, params, dst, groups);
    switch (f) {
    case ONE_ULP:
        out[17 * element] ^= 1;
        break;
    case LATE:
        memmove(out + element, out, bytes - element);
        break;
    case SWAPPED:
        swap_elements(out + 6 * element, out + 7 * element, element);
        break;
    case BYTE_BEHIND:
        ((volatile unsigned char *)out)[bytes] = 0x5a;
        break;
    case BYTE_BEFORE:
        ((volatile unsigned char *)out - 1)[0] = 0x5a;
        break;
    case VECTOR_BEHIND:
        for (size_t i = 64; i < 128; i++)
            ((volatile unsigned char *)out)[bytes + i] = 0x5a;
        break;
    case UNWRITTEN:
        memcpy(out + bytes - element, last, element);
        break;
    case LAST_GROUP:
        out[bytes - group] ^= 1;
        break;
    case REST:
        if (groups % 6)
            out[groups / 6 * 6 * group] ^= 1;
        break;
    case AFTER_WRAP:
    case CARRY_LOST:
        after_wrap(kernel, key, id, block, params, out, groups, blocks_in_group, group);
        break;
    case UNALIGNED:
        if ((uintptr_t)dst % 64)
            out[0] ^= 1;
        break;
    case MANY_GROUPS:
        if (groups > 16)
            out[16 * group] ^= 1;
        break;
    case FIVE_ROUNDS:
    case NINE_ROUNDS:
        if (kind == SOW_DIST_BITS)
            few_rounds(f == FIVE_ROUNDS ? 5 : 9, dtype, key, id, block, dst, groups);
        break;
    default:
        break;
    }
}

/* One function per row and column, as in a real table. */
#define KERNEL(kind, dtype)                                                                                                                \
    static void kernel_##kind##_##dtype(uint64_t key, uint64_t id, uint64_t block, const sow_params *params, void *dst, size_t groups)     \
    {                                                                                                                                      \
        run_broken(kind, dtype, key, id, block, params, dst, groups);                                                                      \
    }
#define X(kind, name) KERNEL(kind, SOW_F32) KERNEL(kind, SOW_F64) KERNEL(kind, SOW_F16) KERNEL(kind, SOW_BF16)
SOW_DIST_LIST(X)
#undef X

static const sow_kernels table = {
    .isa = "broken",
    .fill =
        {
#define X(kind, name)                                                                                                                      \
    [kind] = {[SOW_F32] = kernel_##kind##_SOW_F32,                                                                                         \
              [SOW_F64] = kernel_##kind##_SOW_F64,                                                                                         \
              [SOW_F16] = kernel_##kind##_SOW_F16,                                                                                         \
              [SOW_BF16] = kernel_##kind##_SOW_BF16},
            SOW_DIST_LIST(X)
#undef X
        },
};

enum { ROUNDS = 150 };
static char why[1200];

static void test_intact_passes(void **state)
{
    (void)state;
    broken = INTACT;
    if (!harness_compare(&table, &sow_kernels_scalar, ROUNDS / 3, why, sizeof why) || !harness_expect(&table, 10, why, sizeof why) ||
        !harness_halves(&table, 3, 16, why, sizeof why))
        fail_msg("%s", why);
}

static void test_faults_are_caught(void **state)
{
    (void)state;
    only_kind = only_dtype = -1;
    for (int f = INTACT + 1; f < FAULTS; f++) {
        broken = (fault)f;
        if (harness_compare(&table, &sow_kernels_scalar, ROUNDS, why, sizeof why))
            fail_msg("not caught: %s", fault_names[f]);
    }
}

/* A fault in one cell of the table, named by the report. */
static void test_single_cells_are_caught(void **state)
{
    static const fault some[] = {ONE_ULP, BYTE_BEHIND, LAST_GROUP};
    char cell[64];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(some); i++)
        for (only_kind = 0; only_kind < SOW_DIST_COUNT; only_kind++)
            for (only_dtype = 0; only_dtype < SOW_DTYPE_COUNT; only_dtype++) {
                broken = some[i];
                snprintf(cell, sizeof cell, ") %s, key", sow_dtype_name((sow_dtype)only_dtype));
                if (harness_compare(&table, &sow_kernels_scalar, ROUNDS, why, sizeof why))
                    fail_msg("not caught: %s in %s %s only", fault_names[some[i]], sow_dist_name((sow_dist_kind)only_kind), cell + 2);
                assert_non_null(strstr(why, cell));
                assert_non_null(strstr(why, "broken: "));
            }
    only_kind = only_dtype = -1;
}

/* The same fault in the reference: only the models can see it. */
static void test_models_catch(void **state)
{
    static const fault some[] = {ONE_ULP, LATE, SWAPPED, CARRY_LOST, AFTER_WRAP, HIGH_BLOCK, HIGH_ID, HIGH_KEY, FIVE_ROUNDS, NINE_ROUNDS};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(some); i++) {
        broken = some[i];
        if (!harness_compare(&table, &table, 5, why, sizeof why))
            fail_msg("differs from itself: %s: %s", fault_names[some[i]], why);
        if (harness_expect(&table, ROUNDS, why, sizeof why))
            fail_msg("the models let pass: %s", fault_names[some[i]]);
    }
}

static void test_halves_catch(void **state)
{
    (void)state;
    broken = ONE_ULP;
    for (only_dtype = SOW_F16; only_dtype <= SOW_BF16; only_dtype++)
        for (only_kind = SOW_DIST_UNIFORM; only_kind < SOW_DIST_COUNT; only_kind++)
            if (harness_halves(&table, 20, 4, why, sizeof why))
                fail_msg("not caught: %s %s", sow_dist_name((sow_dist_kind)only_kind), sow_dtype_name((sow_dtype)only_dtype));
    only_kind = only_dtype = -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intact_passes), cmocka_unit_test(test_faults_are_caught), cmocka_unit_test(test_single_cells_are_caught),
        cmocka_unit_test(test_models_catch),  cmocka_unit_test(test_halves_catch),
    };
    base = &sow_kernels_scalar;
    return cmocka_run_group_tests_name("harness", tests, NULL, NULL);
}
