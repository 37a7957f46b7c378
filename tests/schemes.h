/* SPDX-License-Identifier: MIT */
/** @file schemes.h Schemes from words, and values of elements, for tests. */
#ifndef SOW_TESTS_SCHEMES_H
#define SOW_TESTS_SCHEMES_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

/** "name argument=value …", where a value is a number or a word. */
static inline sow_scheme test_scheme(const char *text)
{
    char copy[200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    sow_scheme s = sow_scheme_named(strtok_r(rest, " ", &rest));
    if (s.row < 0)
        fail_msg("no scheme \"%s\"", text);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '='), *end;
        *value++ = '\0';
        const double x = strtod(value, &end);
        const sow_status status = *end ? sow_scheme_set_word(&s, word, value) : sow_scheme_set(&s, word, x);
        if (status != SOW_OK)
            fail_msg("\"%s\": %s=%s", text, word, value);
    }
    return s;
}

/** The f64 tensor that a scheme makes; the caller frees it. Fails the test if it cannot. */
static inline double *test_whole(sow_scheme scheme, sow_stream stream, int rank, const int64_t *shape)
{
    char why[300];
    sow_tensor t = sow_tensor_make(NULL, SOW_F64, rank, shape);
    double *data = malloc((size_t)sow_tensor_elements(&t) * sizeof *data + 8);
    t.data = data;
    if (sow_check_init(NULL, scheme, stream, &t, why, sizeof why) != SOW_OK)
        fail_msg("%s", why);
    assert_int_equal(sow_init(NULL, scheme, stream, &t), SOW_OK);
    return data;
}

#endif
