/* SPDX-License-Identifier: MIT */
#include "tests/support.h"

static void sizes_and_names(void **state)
{
    (void)state;
#define X(id, name, st, bytes)                                                                                                             \
    assert_int_equal(sow_dtype_size(id), bytes);                                                                                           \
    assert_string_equal(sow_dtype_name(id), #name);                                                                                        \
    assert_int_equal(sow_dtype_named(#name), id);                                                                                          \
    assert_int_equal(sow_dtype_named(st), id);
    SOW_DTYPE_LIST(X)
#undef X
    assert_int_equal(SOW_F32, 0); /* part of the ABI */
    assert_int_equal(SOW_F64, 1);
    assert_int_equal(SOW_F16, 2);
    assert_int_equal(SOW_BF16, 3);
}

static void unknown_types(void **state)
{
    (void)state;
    const int values[] = {-1, SOW_DTYPE_COUNT, 1000000};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        assert_int_equal(sow_dtype_size((sow_dtype)values[i]), 0);
        assert_null(sow_dtype_name((sow_dtype)values[i]));
    }
    const char *const names[] = {"", "f", "F32 ", "Bf16", "f8", NULL};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(sow_dtype_named(names[i]), SOW_DTYPE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_names),
        cmocka_unit_test(unknown_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
