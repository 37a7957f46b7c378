/* SPDX-License-Identifier: MIT */
/* The kernels of one instruction set (the argument) against plain C, against the models of expect.c, and against themselves. */
#include <math.h>
#include <stdlib.h>

#include "tests/kernel/expect.h"
#include "tests/kernel/harness.h"

static const sow_kernels *tested;
static char why[1200];

#define CHECK(good)                                                                                                                        \
    do {                                                                                                                                   \
        if (!(good))                                                                                                                       \
            fail_msg("%s", why);                                                                                                           \
    } while (0)

/* Emulators and sanitizers are slow: fewer rounds, never none. SOW_TEST_ROUNDS multiplies. */
static unsigned rounds(unsigned native)
{
    const char *text = getenv("SOW_TEST_ROUNDS");
    const unsigned times = text ? (unsigned)strtoul(text, NULL, 10) : 1;
    return (test_emulated() ? native / 10 + 1 : native) * (times ? times : 1);
}

static void test_table(void **state)
{
    (void)state;
    for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
        for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++)
            assert_non_null(tested->fill[kind][dtype]);
}

/* (1 + u)² - (1 + 2u): nothing is left where the product is rounded first, u² where the compiler made an fma of it. */
static void test_no_contraction(void **state)
{
    const volatile float a = 1 + 0x1p-23f, c = -(1 + 0x1p-22f);
    const volatile double d = 1 + 0x1p-52, f = -(1 + 0x1p-51);
    (void)state;
    assert_true(fmaf(a, a, c) == 0x1p-46f); /* the operands do tell the two apart */
    assert_true(fma(d, d, f) == 0x1p-104);
    assert_true(tested->probe_f32(a, a, c) == 0);
    assert_true(tested->probe_f64(d, d, f) == 0);
}

static void test_scalar_reference(void **state)
{
    (void)state;
    CHECK(harness_compare(tested, &sow_kernels_scalar, rounds(600), why, sizeof why));
}

static void test_models(void **state)
{
    (void)state;
    CHECK(harness_expect(tested, rounds(60), why, sizeof why));
}

static void test_halves(void **state)
{
    (void)state;
    CHECK(harness_halves(tested, rounds(30), test_emulated() ? 64 : 1024, why, sizeof why));
}

/* One call of many groups, through a wrap, is the same as many calls of one. */
static void test_one_by_one(void **state)
{
    enum { GROUPS = 40 };
    static unsigned char whole[GROUPS * SOW_GROUP * 8], part[SOW_GROUP * 8];
    (void)state;
    for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
        for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++) {
            harness_case c = harness_random((sow_dist_kind)kind, (sow_dtype)dtype, 0);
            const unsigned per_group = dtype == SOW_F64 ? SOW_GROUP / 2 : SOW_GROUP / 4;
            const size_t bytes = SOW_GROUP * sow_dtype_size((sow_dtype)dtype);
            c.block = (UINT64_C(3) << 32) - 17 * per_group;
            tested->fill[c.kind][dtype](c.key, c.id, c.block, &c.params, whole, GROUPS);
            for (size_t i = 0; i < GROUPS; i++) {
                tested->fill[c.kind][dtype](c.key, c.id, c.block + i * per_group, &c.params, part, 1);
                assert_memory_equal(part, whole + i * bytes, bytes);
            }
        }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),  cmocka_unit_test(test_no_contraction), cmocka_unit_test(test_scalar_reference),
        cmocka_unit_test(test_models), cmocka_unit_test(test_halves),         cmocka_unit_test(test_one_by_one),
    };
    const char *isa = argc > 1 ? argv[1] : getenv("SOW_ISA");
    if (!isa) {
        fprintf(stderr, "usage: %s ISA (or SOW_ISA=…)\n", argv[0]);
        return 2;
    }
    tested = harness_kernels(isa);
    return cmocka_run_group_tests_name(tested->isa, tests, NULL, NULL);
}
