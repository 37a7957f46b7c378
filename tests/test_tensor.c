/* SPDX-License-Identifier: MIT */
#include "src/tensor.h"
#include "tests/views.h"

static double memory[4096];

static sow_tensor make(int rank, const int64_t *shape)
{
    return sow_tensor_make(memory, SOW_F64, rank, shape);
}

static void refuses(const sow_tensor *t, sow_status status, const char *part, const char *part2)
{
    char why[300] = "";
    const sow_status got = sow_check_tensor(t, why, sizeof why);
    if (got != status || !strstr(why, part) || !strstr(why, part2))
        fail_msg("%s \"%s\", wanted %s with \"%s\" and \"%s\"", sow_status_name(got), why, sow_status_name(status), part, part2);
    assert_int_equal(sow_check_tensor(t, NULL, 0), status);
}

static void accepts(const sow_tensor *t)
{
    char why[300];
    if (sow_check_tensor(t, why, sizeof why) != SOW_OK)
        fail_msg("%s", why);
    assert_string_equal(why, "");
}

static void whole_tensors(void **state)
{
    (void)state;
    const int64_t shape[SOW_MAX_RANK] = {2, 3, 4, 1, 1, 2, 1, 5};
    for (int rank = 0; rank <= SOW_MAX_RANK; rank++) {
        const sow_tensor t = make(rank, shape);
        int64_t n = 1;
        for (int i = rank; i-- > 0; n *= shape[i])
            assert_true(t.stride[i] == n && t.offset[i] == 0 && t.global_shape[i] == t.shape[i]);
        accepts(&t);
        assert_true(sow_tensor_elements(&t) == n);
        const sow__rows r = sow__rows_make(&t);
        assert_true(r.rows == 1 && r.count == n && r.step == 1 && r.first == 0);
    }
}

static void shapes(void **state)
{
    (void)state;
    const int64_t two[] = {2, 2, 2, 2, 2, 2, 2, 2}, half = INT64_C(1) << 32;
    sow_tensor t = make(9, two);
    refuses(&t, SOW_ERR_SHAPE, "rank is 9", "0 to 8");
    assert_true(sow_tensor_elements(&t) == -1);
    t = make(-1, two);
    refuses(&t, SOW_ERR_SHAPE, "rank is -1", "0 to 8");
    t = make(2, (int64_t[]){3, -1});
    refuses(&t, SOW_ERR_SHAPE, "shape[1] is -1", "at least 0");
    assert_true(sow_tensor_elements(&t) == -1);
    t = make(2, (int64_t[]){half, half});
    refuses(&t, SOW_ERR_SHAPE, "(4294967296, 4294967296)", "fewer than 2^63 elements");
    assert_true(sow_tensor_elements(&t) == -1);
    t = make(2, (int64_t[]){half, half >> 1});
    refuses(&t, SOW_ERR_SHAPE, "elements", "2^63");
    t = make(2, (int64_t[]){half, half >> 4});
    refuses(&t, SOW_ERR_SHAPE, "8 bytes per element", "fewer than 2^63 bytes");
    assert_true(sow_tensor_elements(&t) == INT64_C(1) << 60);
    t = make(3, (int64_t[]){half, half, 0});
    accepts(&t);
    assert_true(sow_tensor_elements(&t) == 0);
    assert_true(sow_tensor_elements(NULL) == -1);
}

static void pointers_and_types(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 4}, empty[] = {3, 0};
    refuses(NULL, SOW_ERR_NULL, "tensor", "null");
    sow_tensor t = make(2, shape);
    t.data = NULL;
    refuses(&t, SOW_ERR_NULL, "data is null", "12 elements");
    t = sow_tensor_make(NULL, SOW_F16, 2, empty);
    accepts(&t);
    t = make(2, shape);
    t.dtype = SOW_DTYPE_COUNT;
    refuses(&t, SOW_ERR_DTYPE, "dtype is 4", "3");
    t.dtype = (sow_dtype)-5;
    refuses(&t, SOW_ERR_DTYPE, "dtype is -5", "0");
    t = make(2, shape);
    t.data = (char *)memory + 4;
    refuses(&t, SOW_ERR_ALIGN, "data is", "multiple of 8 bytes for f64");
    t.dtype = SOW_F32;
    accepts(&t);
}

static void boxes(void **state)
{
    (void)state;
    sow_tensor t = make(2, (int64_t[]){3, 4});
    t.global_shape[0] = 10;
    t.offset[0] = 7;
    accepts(&t);
    t.offset[0] = 8;
    refuses(&t, SOW_ERR_SHAPE, "offset[0] is 8", "global_shape[0], 10");
    t.offset[0] = -1;
    refuses(&t, SOW_ERR_SHAPE, "offset[0] is -1", "shape[0] 3");
    t.offset[0] = INT64_MAX;
    refuses(&t, SOW_ERR_SHAPE, "offset[0]", "inside");
    t.offset[0] = 0;
    t.global_shape[1] = 3;
    refuses(&t, SOW_ERR_SHAPE, "offset[1] is 0", "global_shape[1], 3");
    t.global_shape[1] = INT64_MAX;
    refuses(&t, SOW_ERR_SHAPE, "global_shape is (10, 9223372036854775807)", "2^63");
}

static void strides(void **state)
{
    (void)state;
    sow_tensor t = make(2, (int64_t[]){3, 4});
    t.stride[0] = 3;
    refuses(&t, SOW_ERR_SHAPE, "stride[0] is 3", "at least 4");
    t.stride[0] = 0;
    refuses(&t, SOW_ERR_SHAPE, "stride[0] is 0", "overlap");
    t.stride[0] = -4;
    accepts(&t);
    t.stride[0] = 1; /* transposed */
    t.stride[1] = 3;
    accepts(&t);
    t.stride[1] = 2;
    refuses(&t, SOW_ERR_SHAPE, "stride[1] is 2", "at least 3");
    t.stride[1] = INT64_MIN;
    refuses(&t, SOW_ERR_SHAPE, "stride[1] is -9223372036854775808", "bytes");
    t.stride[1] = INT64_MAX / 8;
    refuses(&t, SOW_ERR_SHAPE, "stride[1]", "beyond");
    t = make(2, (int64_t[]){1, 4}); /* a dimension of one element has no stride */
    t.stride[0] = 0;
    accepts(&t);
    t = make(2, (int64_t[]){0, 4});
    t.stride[1] = 0;
    accepts(&t);
}

/* Every element of the view once, at its place and with its index in the logical tensor, in growing order. */
static void rows_cover_the_view(void **state)
{
    (void)state;
    for (int round = 0; round < 4000; round++) {
        const sow_tensor t = test_random_view(memory, COUNT_OF(memory), SOW_F64);
        accepts(&t);
        const sow__rows r = sow__rows_make(&t);
        const int64_t elements = sow_tensor_elements(&t);
        assert_true(r.rows * r.count == elements);
        sow__cursor c = sow__rows_seek(&r, 0);
        for (int64_t e = 0; e < elements; e++) {
            int64_t global, offset;
            test_view_element(&t, e, &global, &offset);
            assert_true(c.first + e % r.count == global && c.offset + e % r.count * r.step == offset);
            if ((e + 1) % r.count == 0) {
                sow__rows_next(&r, &c);
                if (e + 1 < elements) {
                    const sow__cursor direct = sow__rows_seek(&r, (e + 1) / r.count);
                    assert_true(direct.first == c.first && direct.offset == c.offset);
                }
            }
        }
    }
}

/* Dimensions that continue each other are one row: a shard of whole rows is one, a column shard has one row per row. */
static void rows_are_long(void **state)
{
    (void)state;
    sow_tensor t = make(3, (int64_t[]){4, 6, 5});
    t.global_shape[0] = 100;
    t.offset[0] = 50;
    sow__rows r = sow__rows_make(&t);
    assert_true(r.rows == 1 && r.count == 120 && r.first == 1500);
    t = make(3, (int64_t[]){4, 6, 5});
    t.global_shape[2] = 10;
    r = sow__rows_make(&t);
    assert_true(r.rows == 24 && r.count == 5 && r.outer == 1 && r.skip[0] == 10 && r.move[0] == 5);
    t = make(3, (int64_t[]){4, 6, 5});
    t.global_shape[1] = 12;
    t.offset[1] = 6;
    r = sow__rows_make(&t);
    assert_true(r.rows == 4 && r.count == 30 && r.first == 30 && r.skip[0] == 60);
    t = make(2, (int64_t[]){4, 1});
    t.global_shape[1] = 3;
    t.offset[1] = 2;
    r = sow__rows_make(&t);
    assert_true(r.rows == 4 && r.count == 1 && r.first == 2 && r.skip[0] == 3 && r.move[0] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_tensors), cmocka_unit_test(shapes),  cmocka_unit_test(pointers_and_types),
        cmocka_unit_test(boxes),         cmocka_unit_test(strides), cmocka_unit_test(rows_cover_the_view),
        cmocka_unit_test(rows_are_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
