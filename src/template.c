/* SPDX-License-Identifier: MIT */
/* Values from outside: an array, or a callback. */
#include <math.h>
#include <string.h>

#include "src/exact.h"
#include "src/explain.h"
#include "src/format.h"
#include "src/scheme_row.h"
#include "src/tensor.h"
#include "src/try.h"

static double element(const sow_scheme_parts *p, int64_t i)
{
    const size_t bytes = sow_dtype_size(p->values_dtype);
    const unsigned char *at = (const unsigned char *)p->values + (size_t)i * bytes;
    uint64_t bits64;
    uint32_t bits32;
    uint16_t bits16;
    if (bytes == 8)
        return memcpy(&bits64, at, 8), sow__element_value(bits64, p->values_dtype);
    if (bytes == 4)
        return memcpy(&bits32, at, 4), sow__element_value(bits32, p->values_dtype);
    return memcpy(&bits16, at, 2), sow__element_value(bits16, p->values_dtype);
}

/* No finite value of one type overflows the other. */
static int is_within(sow_dtype from, sow_dtype to)
{
    return from == to || to == SOW_F64 || (to == SOW_F32 && from != SOW_F64) || (to == SOW_BF16 && from == SOW_F16);
}

static sow_status template_check(const sow__scheme_call *c)
{
    const sow_scheme_parts *p = c->scheme->parts;
    const size_t bytes = p ? sow_dtype_size(p->values_dtype) : 0;
    int64_t elements;
    if (!p || (!p->values_shape && p->values_rank != 0))
        return sow__fail(SOW_ERR_NULL, c->why, c->size, "template: %s is null", p ? "values_shape" : "parts");
    if (bytes == 0)
        return sow__fail(SOW_ERR_DTYPE, c->why, c->size, "template: values_dtype is %d, must be 0 to %d", (int)p->values_dtype,
                         SOW_DTYPE_COUNT - 1);
    SOW_TRY(sow__check_shape("values_shape", p->values_rank, p->values_shape, bytes, &elements, c->why, c->size));
    if (p->values_rank > c->rank)
        return sow__fail(SOW_ERR_SHAPE, c->why, c->size, "template: values_rank is %d, must be at most %d, the tensor's", p->values_rank,
                         c->rank);
    if (c->empty)
        return SOW_OK;
    if (elements == 0)
        return sow__fail(SOW_ERR_SHAPE, c->why, c->size, "template: values have 0 elements, must have 1 or more");
    if (!p->values)
        return sow__fail(SOW_ERR_NULL, c->why, c->size, "template: values is null");
    /* Else every call, also one for a small shard, would look at the whole array. */
    if (is_within(p->values_dtype, c->dtype) && c->affine.mul == 1 && c->affine.add == 0)
        return SOW_OK;
    for (int64_t i = 0; i < elements; i++)
        SOW_TRY(sow__check_value(c, element(p, i)));
    return SOW_OK;
}

static void template_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    const sow__scheme_call *c = l->call;
    const sow_scheme_parts *p = c->scheme->parts;
    if (p->values_rank == 0) {
        for (int64_t i = 0; i < n; i++)
            values[i] = element(p, 0);
        return;
    }
    /* The last axis advances by itself; the others are found anew for each row. */
    const int64_t width = c->shape[c->rank - 1], period = p->values_shape[p->values_rank - 1];
    for (int64_t i = 0; i < n;) {
        int64_t row = (first + i) / width, at = 0, span = period, column = (first + i) % width;
        for (int a = p->values_rank - 1, b = c->rank - 1; a-- > 0;) {
            b--;
            at += row % c->shape[b] % p->values_shape[a] * span;
            span *= p->values_shape[a];
            row /= c->shape[b];
        }
        for (int64_t from = column % period; i < n && column < width; i++, column++) {
            values[i] = element(p, at + from);
            from = from + 1 == period ? 0 : from + 1;
        }
    }
}

const sow__writer sow__writer_template = {template_check, NULL, template_values, NULL};

static sow_status custom_check(const sow__scheme_call *c)
{
    const sow_scheme_parts *p = c->scheme->parts;
    return p && p->custom ? SOW_OK : sow__fail(SOW_ERR_NULL, c->why, c->size, "custom: %s is null", p ? "custom" : "parts");
}

static void custom_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    const sow__scheme_call *c = l->call;
    const sow_custom_range range = {l->stream, c->dtype, c->rank, c->shape, first, n};
    c->scheme->parts->custom(c->scheme->parts->user, &range, values);
}

const sow__writer sow__writer_custom = {custom_check, NULL, custom_values, NULL};
