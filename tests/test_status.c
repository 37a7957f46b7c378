/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tests/support.h"

static void every_status_has_its_words(void **state)
{
    (void)state;
#define X(name, value, text)                                                                                                               \
    assert_int_equal(name, value);                                                                                                         \
    assert_string_equal(sow_status_name(name), #name);                                                                                     \
    assert_string_equal(sow_status_string(name), text);
    SOW_STATUS_LIST(X)
#undef X
}

static void unknown_values_are_safe(void **state)
{
    (void)state;
    const int values[] = {-1, SOW_ERR_THREAD + 1, 1000000, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        assert_string_equal(sow_status_string((sow_status)values[i]), "unknown status");
        assert_string_equal(sow_status_name((sow_status)values[i]), "unknown status");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_words),
        cmocka_unit_test(unknown_values_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
