/* SPDX-License-Identifier: MIT */
#include "src/tensor.h"

#include <stdio.h>
#include <string.h>

#include "src/explain.h"
#include "src/try.h"

sow_tensor sow_tensor_make(void *data, sow_dtype dtype, int rank, const int64_t *shape)
{
    sow_tensor t;
    memset(&t, 0, sizeof t);
    t.data = data;
    t.dtype = dtype;
    t.rank = rank;
    if (rank < 0 || rank > SOW_MAX_RANK)
        return t;
    int64_t stride = 1;
    for (int i = rank; i-- > 0;) {
        t.shape[i] = t.global_shape[i] = shape[i];
        t.stride[i] = stride;
        /* A shape too large to stride over is refused by every check, so its strides may be anything defined. */
        stride = shape[i] > 1 && stride > INT64_MAX / shape[i] ? INT64_MAX : stride * (shape[i] > 1 ? shape[i] : 1);
    }
    return t;
}

const char *sow__shape_text(char text[SOW_SHAPE_TEXT], int rank, const int64_t *shape)
{
    size_t at = (size_t)snprintf(text, SOW_SHAPE_TEXT, "(");
    for (int i = 0; i < rank && i < SOW_MAX_RANK; i++)
        at += (size_t)snprintf(text + at, SOW_SHAPE_TEXT - at, i ? ", %lld" : "%lld", (long long)shape[i]);
    snprintf(text + at, SOW_SHAPE_TEXT - at, ")");
    return text;
}

sow_status sow__check_shape(const char *what, int rank, const int64_t *shape, size_t bytes, int64_t *elements, char *why, size_t size)
{
    char text[SOW_SHAPE_TEXT];
    int64_t product = 1;
    int fits = 1, empty = 0;
    if (rank < 0 || rank > SOW_MAX_RANK)
        return sow__fail(SOW_ERR_SHAPE, why, size, "rank is %d, must be 0 to %d", rank, SOW_MAX_RANK);
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return sow__fail(SOW_ERR_SHAPE, why, size, "%s[%d] is %lld, must be at least 0", what, i, (long long)shape[i]);
        empty |= shape[i] == 0;
        fits = fits && (shape[i] == 0 || product <= INT64_MAX / shape[i]);
        product = fits ? product * shape[i] : product;
    }
    if (empty)
        product = 0;
    else if (!fits)
        return sow__fail(SOW_ERR_SHAPE, why, size, "%s is %s, must have fewer than 2^63 elements", what,
                         sow__shape_text(text, rank, shape));
    else if (product > INT64_MAX / (int64_t)bytes)
        return sow__fail(SOW_ERR_SHAPE, why, size, "%s is %s with %d bytes per element, must have fewer than 2^63 bytes", what,
                         sow__shape_text(text, rank, shape), (int)bytes);
    if (elements)
        *elements = product;
    return SOW_OK;
}

int64_t sow_tensor_elements(const sow_tensor *tensor)
{
    int64_t elements;
    if (!tensor || sow__check_shape("shape", tensor->rank, tensor->shape, 1, &elements, NULL, 0) != SOW_OK)
        return -1;
    return elements;
}

static uint64_t magnitude(int64_t stride)
{
    return stride < 0 ? 0 - (uint64_t)stride : (uint64_t)stride;
}

/*
 * Dimensions are taken from the smallest stride to the largest; each must step over all that the smaller ones reach. Every view made by
 * slicing, stepping, flipping and transposing an array nests like this; interleavings that only number theory can tell apart do not.
 */
static sow_status check_strides(const sow_tensor *t, size_t bytes, char *why, size_t size)
{
    const uint64_t limit = (uint64_t)PTRDIFF_MAX / bytes;
    uint64_t extent = 1;
    unsigned done = 0;
    for (;;) {
        int next = -1;
        for (int i = 0; i < t->rank; i++)
            if (t->shape[i] > 1 && !(done >> i & 1) && (next < 0 || magnitude(t->stride[i]) < magnitude(t->stride[next])))
                next = i;
        if (next < 0)
            return SOW_OK;
        const uint64_t stride = magnitude(t->stride[next]), steps = (uint64_t)t->shape[next] - 1;
        if (stride < extent)
            return sow__fail(SOW_ERR_SHAPE, why, size, "stride[%d] is %lld, must be at least %llu or elements of the view overlap", next,
                             (long long)t->stride[next], (unsigned long long)extent);
        if (stride > (limit - extent) / steps)
            return sow__fail(SOW_ERR_SHAPE, why, size, "stride[%d] is %lld, which takes the view beyond %llu bytes", next,
                             (long long)t->stride[next], (unsigned long long)PTRDIFF_MAX);
        extent += stride * steps;
        done |= 1U << next;
    }
}

sow_status sow_check_tensor(const sow_tensor *t, char *why, size_t size)
{
    int64_t elements;
    if (!t)
        return sow__fail(SOW_ERR_NULL, why, size, "tensor is null");
    const size_t bytes = sow_dtype_size(t->dtype);
    if (bytes == 0)
        return sow__fail(SOW_ERR_DTYPE, why, size, "dtype is %d, must be 0 to %d", (int)t->dtype, SOW_DTYPE_COUNT - 1);
    SOW_TRY(sow__check_shape("shape", t->rank, t->shape, bytes, &elements, why, size));
    SOW_TRY(sow__check_shape("global_shape", t->rank, t->global_shape, bytes, NULL, why, size));
    for (int i = 0; i < t->rank; i++)
        if (t->offset[i] < 0 || t->shape[i] > t->global_shape[i] || t->offset[i] > t->global_shape[i] - t->shape[i])
            return sow__fail(SOW_ERR_SHAPE, why, size, "offset[%d] is %lld with shape[%d] %lld, must lie inside global_shape[%d], %lld", i,
                             (long long)t->offset[i], i, (long long)t->shape[i], i, (long long)t->global_shape[i]);
    if (elements == 0)
        return sow__pass(why, size);
    SOW_TRY(check_strides(t, bytes, why, size));
    if (!t->data)
        return sow__fail(SOW_ERR_NULL, why, size, "data is null, must point to %lld elements", (long long)elements);
    if ((uintptr_t)t->data % bytes != 0)
        return sow__fail(SOW_ERR_ALIGN, why, size, "data is %p, must be a multiple of %d bytes for %s", t->data, (int)bytes,
                         sow_dtype_name(t->dtype));
    return sow__pass(why, size);
}

sow__rows sow__rows_make(const sow_tensor *t)
{
    sow__rows r;
    int64_t skip[SOW_MAX_RANK], span = 1;
    int dims = 0;
    memset(&r, 0, sizeof r);
    for (int i = t->rank; i-- > 0;) {
        if (t->shape[i] == 0)
            return (memset(&r, 0, sizeof r), r);
        skip[i] = span;
        r.first += t->offset[i] * span;
        span *= t->global_shape[i];
    }
    for (int i = 0; i < t->rank; i++) {
        if (t->shape[i] == 1)
            continue;
        if (dims > 0 && r.skip[dims - 1] == t->shape[i] * skip[i] && r.move[dims - 1] == t->shape[i] * t->stride[i]) {
            dims--;
            r.n[dims] *= t->shape[i];
        } else {
            r.n[dims] = t->shape[i];
        }
        r.skip[dims] = skip[i];
        r.move[dims] = t->stride[i];
        dims++;
    }
    r.rows = r.count = r.step = 1;
    if (dims > 0 && r.skip[dims - 1] == 1) {
        dims--;
        r.count = r.n[dims];
        r.step = r.move[dims];
    }
    for (int i = 0; i < dims; i++)
        r.rows *= r.n[i];
    r.outer = dims;
    return r;
}

sow__cursor sow__rows_seek(const sow__rows *r, int64_t row)
{
    sow__cursor c;
    memset(&c, 0, sizeof c);
    c.first = r->first;
    for (int i = r->outer; i-- > 0; row /= r->n[i]) {
        c.index[i] = row % r->n[i];
        c.first += c.index[i] * r->skip[i];
        c.offset += c.index[i] * r->move[i];
    }
    return c;
}

void sow__rows_next(const sow__rows *r, sow__cursor *c)
{
    for (int i = r->outer; i-- > 0;) {
        c->first += r->skip[i];
        c->offset += r->move[i];
        if (++c->index[i] < r->n[i])
            return;
        c->first -= r->n[i] * r->skip[i];
        c->offset -= r->n[i] * r->move[i];
        c->index[i] = 0;
    }
}

void sow__next_box(int rank, const int64_t *shape, int64_t *first, int64_t end, int64_t *offset, int64_t *box)
{
    int64_t rest = *first, span = 1;
    for (int i = rank; i-- > 0; rest /= shape[i]) {
        offset[i] = rest % shape[i];
        box[i] = 1;
    }
    /* From the last axis outwards: whole axes as long as the range starts at their first index and holds all of them. */
    int axis = rank - 1;
    while (axis > 0 && offset[axis] == 0 && end - *first >= span * shape[axis]) {
        box[axis] = shape[axis];
        span *= shape[axis--];
    }
    if (axis >= 0) {
        const int64_t most = shape[axis] - offset[axis], fit = (end - *first) / span;
        box[axis] = fit < most ? fit : most;
        span *= box[axis];
    }
    *first += span;
}
