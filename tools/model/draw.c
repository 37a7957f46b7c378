/* SPDX-License-Identifier: MIT */
/* One tensor's numbers, any range of them. */
#include <sow/sow.h>
#include <string.h>

#include "model/box.h"
#include "model/keep.h"
#include "model/pipeline.h"
#include "model/values.h"

/* Small enough for the moments to find the numbers in the first-level cache, or the second. */
enum { PIECE_BYTES = 32 << 10 };

struct draw draw_of(const struct model *m, const struct tensor *t, const sow_context *context)
{
    struct draw d = {.context = context, .tensor = t, .stream = tensor_stream(m, t)};
    char why[256];
    if (t->kept && !t->change)
        return d;
    (void)tensor_law(m, t, &d.law, why, sizeof why); /* plan() has seen it succeed */
    if (formats[t->format].kind != FORMAT_FLOAT && d.law.plain)
        (void)format_whole(&formats[t->format], d.law.dist.mean, &d.whole);
    d.copies = d.law.values && values_are_copied(d.law.values, t->format, tensor_global_rank(t), tensor_global(t));
    d.centre = d.law.plain ? moments_centre(&d.law.dist) : 0;
    return d;
}

/* Little endian, as the file wants it and as the machines are that sow is built for. */
static void repeat(char *dst, uint64_t bits, size_t size, size_t n)
{
    char element[8];
    for (size_t i = 0; i < size; i++)
        element[i] = (char)(bits >> 8 * i & 0xff);
    for (size_t i = 0; i < n; i++)
        memcpy(dst + i * size, element, size);
}

/* At most PIECE_BYTES at a time into the moments, so that the numbers are still in the cache. */
static size_t piece(const struct draw *d, size_t size, size_t n)
{
    const size_t most = PIECE_BYTES / size;
    return d->law.plain && n > most ? most : n;
}

/* A box of a larger tensor: the range is a few boxes of that tensor, one behind the other in memory. */
static sow_status draw_boxes(const struct draw *d, sow_dtype dtype, uint64_t first, char *dst, size_t n)
{
    const struct tensor *const t = d->tensor;
    const uint64_t end = first + n;
    sow_status status = SOW_OK;
    while (first < end && status == SOW_OK) {
        const uint64_t begin = first;
        const struct box box = box_next(t->rank, t->shape, &first, end);
        sow_tensor view = sow_tensor_make(dst, dtype, t->rank, box.size);
        for (int i = 0; i < t->rank; i++) {
            view.global_shape[i] = t->global[i];
            view.offset[i] = t->offset[i] + box.start[i];
        }
        status = sow_init(d->context, d->law.scheme, d->stream, &view);
        dst += (first - begin) * sow_dtype_size(dtype);
    }
    return status;
}

static sow_status draw_piece(const struct draw *d, sow_dtype dtype, uint64_t first, void *dst, size_t n)
{
    const struct tensor *const t = d->tensor;
    if (t->global && !t->flat)
        return draw_boxes(d, dtype, first, dst, n);
    if (t->flat)
        first += (uint64_t)*t->offset;
    if (d->law.plain)
        return sow_fill(d->context, d->stream, d->law.dist, dtype, first, dst, n);
    /* Large ranges: some schemes pay by the call. */
    return sow_init_range(d->context, d->law.scheme, d->stream, dtype, tensor_global_rank(t), tensor_global(t), first, dst, n);
}

/* Elements of a type of whole numbers out of an array that it can hold (plan.c). */
static void put_whole(const struct draw *d, uint64_t first, char *dst, size_t n)
{
    enum { VALUES = 512 };
    const struct tensor *const t = d->tensor;
    const size_t size = formats[t->format].bits / 8;
    double values[VALUES];
    for (size_t here; n; n -= here, first += here) {
        here = n < VALUES ? n : VALUES;
        values_fill(d->law.values, tensor_global_rank(t), tensor_global(t), (int64_t)first, values, (int64_t)here);
        for (size_t i = 0; i < here; i++, dst += size) {
            uint64_t bits = 0;
            (void)format_whole(&formats[t->format], values[i], &bits);
            repeat(dst, bits, size, 1);
        }
    }
}

/* Elements that no kernel draws, by their index in the whole tensor: a constant of whole numbers, or an array's. */
static void put(const struct draw *d, uint64_t first, char *dst, size_t n)
{
    const size_t size = formats[d->tensor->format].bits / 8;
    const struct values *const v = d->law.values;
    if (!v)
        repeat(dst, d->whole, size, n);
    else if (!d->copies)
        put_whole(d, first, dst, n);
    else
        memcpy(dst, v->data + first * size, n * size);
    if (d->copies && v->file)
        checkpoint_done(v->file, v->tensor, first * size, (first + n) * size);
}

/* A box of the tensor, row by row, each to its place beside that of the box's first element. */
static void put_box(const struct draw *d, const struct box *box, char *dst)
{
    const struct tensor *const t = d->tensor;
    const int64_t *const whole = tensor_global(t);
    const size_t size = formats[t->format].bits / 8, row = t->rank ? (size_t)box->size[t->rank - 1] : 1;
    const uint64_t origin = box_index(t->rank, t->shape, box->start), rows = box_elements(t->rank, box) / row;
    int64_t at[SOW_MAX_RANK], global[SOW_MAX_RANK];
    memcpy(at, box->start, sizeof at);
    for (uint64_t i = 0; i < rows; i++) {
        for (int k = 0; k < t->rank; k++)
            global[k] = at[k] + (t->global ? t->offset[k] : 0);
        put(d, box_index(t->rank, whole, global), dst + (box_index(t->rank, t->shape, at) - origin) * size, row);
        for (int k = t->rank - 1; k-- > 0;) {
            if (++at[k] < box->start[k] + box->size[k])
                break;
            at[k] = box->start[k];
        }
    }
}

static void put_range(const struct draw *d, uint64_t first, char *dst, size_t n)
{
    const struct tensor *const t = d->tensor;
    const uint64_t end = first + n;
    if (!t->global || t->flat || !d->law.values) {
        put(d, first + (t->flat ? (uint64_t)*t->offset : 0), dst, n);
        return;
    }
    for (uint64_t begin = first; first < end; begin = first) {
        const struct box box = box_next(t->rank, t->shape, &first, end);
        put_box(d, &box, dst);
        dst += (first - begin) * (formats[t->format].bits / 8);
    }
}

/* Pages of the array that were looked at for a range of a tensor of its shape. */
static void let_go(const struct draw *d, uint64_t first, size_t n)
{
    const struct values *const v = d->law.values;
    const struct tensor *const t = d->tensor;
    if (!v || !v->file || t->global || !values_are_copied(v, v->format, t->rank, t->shape))
        return;
    const size_t size = formats[v->format].bits / 8;
    checkpoint_done(v->file, v->tensor, first * size, (first + n) * size);
}

/* What is new in a range of a kept tensor, over its bytes. */
static sow_status draw_change(const struct draw *d, uint64_t first, char *dst, size_t n)
{
    const struct tensor *const t = d->tensor;
    const struct format *const f = &formats[t->format];
    const uint64_t begin = first, end = first + n;
    while (first < end) {
        const struct box range = box_next(t->rank, t->shape, &first, end);
        for (uint32_t i = 0; i < t->change->boxes; i++) {
            struct box box;
            if (!box_meet(t->rank, &range, &t->change->box[i], &box))
                continue;
            char *const at = dst + (box_index(t->rank, t->shape, box.start) - begin) * (f->bits / 8);
            if (f->kind != FORMAT_FLOAT || d->copies) {
                put_box(d, &box, at);
                continue;
            }
            sow_tensor view = sow_tensor_make(at, f->dtype, t->rank, t->shape); /* its strides */
            memcpy(view.shape, box.size, sizeof *view.shape * t->rank);
            memcpy(view.offset, box.start, sizeof *view.offset * t->rank);
            const sow_status status = sow_init(d->context, d->law.scheme, d->stream, &view);
            if (status != SOW_OK)
                return status;
        }
    }
    return SOW_OK;
}

static sow_status draw_elements(const struct draw *d, uint64_t first, void *dst, size_t n, struct moments *moments)
{
    const struct format *const f = &formats[d->tensor->format];
    const size_t size = f->bits / 8;
    if (d->tensor->kept) {
        const sow_status status = d->tensor->change ? draw_change(d, first, dst, n) : SOW_OK;
        if (status == SOW_OK && moments && d->tensor->change && f->kind == FORMAT_FLOAT)
            moments_add(moments, f->dtype, dst, n, d->centre);
        return status;
    }
    if (f->kind != FORMAT_FLOAT || d->copies) {
        put_range(d, first, dst, n);
        if (moments && f->kind == FORMAT_FLOAT)
            moments_add(moments, f->dtype, dst, n, d->centre);
        return SOW_OK;
    }
    if (!moments || (d->law.plain && d->law.dist.kind == SOW_DIST_CONSTANT))
        return draw_piece(d, f->dtype, first, dst, n);
    for (char *p = dst; n;) {
        const size_t k = piece(d, size, n);
        const sow_status status = draw_piece(d, f->dtype, first, p, k);
        if (status != SOW_OK)
            return status;
        moments_add(moments, f->dtype, p, k, d->centre);
        p += k * size;
        first += k;
        n -= k;
    }
    return SOW_OK;
}

sow_status draw_range(const struct draw *d, uint64_t first, void *dst, size_t n, struct moments *moments)
{
    const sow_status status = draw_elements(d, first, dst, n, moments);
    let_go(d, first, n);
    return status;
}
