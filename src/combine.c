/* SPDX-License-Identifier: MIT */
/* Schemes of schemes. A combinator cuts the view that it gets into views of its inner schemes, so that shards stay exact and cheap. */
#include <math.h>

#include "src/exact.h"
#include "src/explain.h"
#include "src/fpenv.h"
#include "src/scheme_row.h"
#include "src/try.h"

#define FAIL(c, ...) sow__fail(SOW_ERR_SCHEME, (c)->why, (c)->size, "%s: " __VA_ARGS__)

static sow_status need_inner(const sow__scheme_call *c, size_t least, size_t most)
{
    const sow_scheme_parts *p = c->scheme->parts;
    if (!p || !p->inner)
        return sow__fail(SOW_ERR_NULL, c->why, c->size, "%s: %s is null", c->row->info.name, p ? "inner" : "parts");
    if (p->inner_count < least || p->inner_count > most)
        return FAIL(c, "inner_count is %zu, must be %zu to %zu", c->row->info.name, p->inner_count, least, most);
    return SOW_OK;
}

static sow_status need_list(const sow__scheme_call *c)
{
    const sow_scheme_parts *p = c->scheme->parts;
    if (!p || (!p->list && p->list_count > 0))
        return sow__fail(SOW_ERR_NULL, c->why, c->size, "%s: %s is null", c->row->info.name, p ? "list" : "parts");
    return SOW_OK;
}

static int axis_of(const sow__scheme_call *c)
{
    const int axis = (int)sow__arg(c, "axis", 0);
    return axis < 0 ? axis + c->rank : axis;
}

static sow_status check_axis(const sow__scheme_call *c)
{
    const double axis = sow__arg(c, "axis", 0);
    if (!(axis >= -c->rank && axis < c->rank) || axis != floor(axis))
        return FAIL(c, "axis is %g, must be a whole number from %d to %d", c->row->info.name, axis, -c->rank, c->rank - 1);
    return SOW_OK;
}

/* Indices [begin, end) of the view along the axis. */
static sow__site piece(const sow__site *site, int axis, int64_t begin, int64_t end)
{
    sow__site s = *site;
    sow_tensor *t = &s.tensor;
    t->data = (unsigned char *)t->data + begin * t->stride[axis] * (int64_t)sow_dtype_size(t->dtype);
    t->offset[axis] += begin;
    t->shape[axis] = end - begin;
    return s;
}

static void with_dimension(const sow__scheme_call *c, int axis, int64_t n, int64_t shape[SOW_MAX_RANK])
{
    for (int i = 0; i < c->rank; i++)
        shape[i] = i == axis ? n : c->shape[i];
}

/* blocks: block b, of list[b] indices along the axis, is a tensor of its own, with the stream's child b and its own fans. */
static sow_status blocks_check(const sow__scheme_call *c)
{
    const sow_scheme_parts *p = c->scheme->parts;
    SOW_TRY(need_list(c));
    SOW_TRY(need_inner(c, 1, p->list_count > 1 ? p->list_count : 1));
    SOW_TRY(check_axis(c));
    if (p->inner_count != 1 && p->inner_count != p->list_count)
        return FAIL(c, "inner_count is %zu, must be 1 or the %zu blocks", c->row->info.name, p->inner_count, p->list_count);
    const int axis = axis_of(c);
    int64_t left = c->shape[axis], shape[SOW_MAX_RANK];
    for (size_t b = 0; b < p->list_count; left -= p->list[b++])
        if (p->list[b] < 0 || p->list[b] > left)
            return FAIL(c, "list[%zu] is %lld, must be 0 to the %lld that are left of dimension %d", c->row->info.name, b,
                        (long long)p->list[b], (long long)left, axis);
    if (left != 0)
        return FAIL(c, "list leaves %lld of dimension %d, must add up to %lld", c->row->info.name, (long long)left, axis,
                    (long long)c->shape[axis]);
    for (size_t b = 0; b < p->list_count; b++) {
        with_dimension(c, axis, p->list[b], shape);
        SOW_TRY(sow__check_inner(c, p->inner_count == 1 ? 0 : b, c->affine, c->rank, shape));
    }
    return SOW_OK;
}

static sow_status blocks_view(const sow__scheme_call *c, const sow__site *site)
{
    const sow_scheme_parts *p = c->scheme->parts;
    const int axis = axis_of(c);
    const int64_t low = site->tensor.offset[axis], high = low + site->tensor.shape[axis];
    int64_t start = 0;
    for (size_t b = 0; b < p->list_count; start += p->list[b++]) {
        const int64_t begin = start > low ? start : low, stop = start + p->list[b], end = stop < high ? stop : high;
        if (begin >= end)
            continue;
        sow__site s = piece(site, axis, begin - low, end - low);
        s.stream = sow_stream_indexed(site->stream, b);
        s.tensor.offset[axis] = begin - start;
        s.tensor.global_shape[axis] = p->list[b];
        SOW_TRY(sow__write_inner(c, p->inner_count == 1 ? 0 : b, c->affine, &s));
    }
    return SOW_OK;
}

const sow__writer sow__writer_blocks = {blocks_check, NULL, NULL, blocks_view};

/* stack: index i along the axis is a tensor without that axis, with the stream's child i. */
static sow_status stack_check(const sow__scheme_call *c)
{
    int64_t shape[SOW_MAX_RANK];
    SOW_TRY(need_inner(c, 1, 1));
    SOW_TRY(check_axis(c));
    for (int i = 0, k = 0; i < c->rank; i++)
        if (i != axis_of(c))
            shape[k++] = c->shape[i];
    return sow__check_inner(c, 0, c->affine, c->rank - 1, shape);
}

static sow_status stack_view(const sow__scheme_call *c, const sow__site *site)
{
    const int axis = axis_of(c);
    for (int64_t i = 0; i < site->tensor.shape[axis]; i++) {
        sow__site s = piece(site, axis, i, i + 1);
        sow_tensor *t = &s.tensor;
        s.stream = sow_stream_indexed(site->stream, (uint64_t)t->offset[axis]);
        for (int k = axis; k + 1 < t->rank; k++) {
            t->shape[k] = t->shape[k + 1];
            t->stride[k] = t->stride[k + 1];
            t->offset[k] = t->offset[k + 1];
            t->global_shape[k] = t->global_shape[k + 1];
        }
        t->rank--;
        SOW_TRY(sow__write_inner(c, 0, c->affine, &s));
    }
    return SOW_OK;
}

const sow__writer sow__writer_stack = {stack_check, NULL, NULL, stack_view};

/* scale and add: the inner scheme's values, times and plus a number before they are rounded. */
static sow__affine around(const sow__scheme_call *c)
{
    const double k = sow__arg(c, "k", 1), value = sow__arg(c, "value", 0);
    return (sow__affine){c->affine.mul * k, c->affine.add + c->affine.mul * value};
}

static sow_status affine_check(const sow__scheme_call *c)
{
    double x;
    SOW_TRY(need_inner(c, 1, 1));
    SOW_TRY(sow__arg_positive_or_0(c, "k", 1, &x));
    SOW_TRY(sow__arg_finite(c, "value", 0, &x));
    return sow__check_inner(c, 0, around(c), c->rank, c->shape);
}

OUT_OF_LINE static sow__affine around_now(const sow__scheme_call *c)
{
    return around(c);
}

static sow_status affine_view(const sow__scheme_call *c, const sow__site *site)
{
    const sow__fpenv saved = sow__fpenv_enter();
    const sow__affine f = around_now(c);
    sow__fpenv_leave(saved);
    return sow__write_inner(c, 0, f, site);
}

const sow__writer sow__writer_affine = {affine_check, NULL, NULL, affine_view};

/* zero_rows: the listed indices along the axis are 0, the others are the inner scheme's. */
static sow_status zero_rows_check(const sow__scheme_call *c)
{
    const sow_scheme_parts *p = c->scheme->parts;
    SOW_TRY(need_list(c));
    SOW_TRY(need_inner(c, 1, 1));
    SOW_TRY(check_axis(c));
    SOW_TRY(sow__check_value(c, 0));
    for (size_t i = 0; i < p->list_count; i++)
        if (p->list[i] < 0 || p->list[i] >= c->shape[axis_of(c)])
            return FAIL(c, "list[%zu] is %lld, must be 0 to %lld", c->row->info.name, i, (long long)p->list[i],
                        (long long)c->shape[axis_of(c)] - 1);
    return sow__check_inner(c, 0, c->affine, c->rank, c->shape);
}

static sow_status zero_rows_view(const sow__scheme_call *c, const sow__site *site)
{
    const sow_scheme_parts *p = c->scheme->parts;
    const int axis = axis_of(c);
    const int64_t low = site->tensor.offset[axis], n = site->tensor.shape[axis];
    for (int64_t begin = 0; begin < n;) {
        int64_t zero = n; /* the next row of zeros, n: none */
        for (size_t i = 0; i < p->list_count; i++)
            if (p->list[i] - low >= begin && p->list[i] - low < zero)
                zero = p->list[i] - low;
        if (begin < zero) {
            const sow__site s = piece(site, axis, begin, zero);
            SOW_TRY(sow__write_inner(c, 0, c->affine, &s));
        }
        if (zero < n) {
            const sow__site s = piece(site, axis, zero, zero + 1);
            sow__write_dist(sow_dist_constant(c->affine.add), &s);
        }
        begin = zero + 1;
    }
    return SOW_OK;
}

const sow__writer sow__writer_zero_rows = {zero_rows_check, NULL, NULL, zero_rows_view};

/* icnr: output channel o of a sub-pixel convolution is channel o / r² of the inner scheme. */
static sow_status icnr_check(const sow__scheme_call *c)
{
    const double r = sow__arg(c, "r", 1);
    int64_t shape[SOW_MAX_RANK];
    SOW_TRY(need_inner(c, 1, 1));
    if (c->rank < 1)
        return sow__bad_shape(c, "of rank 1 or more");
    if (r > 1e6 || fmod((double)c->shape[0], r * r) != 0)
        return FAIL(c, "r is %g, r² must divide the %lld outputs", c->row->info.name, r, (long long)c->shape[0]);
    with_dimension(c, 0, c->shape[0] / (int64_t)(r * r), shape);
    return sow__check_inner(c, 0, c->affine, c->rank, shape);
}

static sow_status icnr_view(const sow__scheme_call *c, const sow__site *site)
{
    const int64_t r = (int64_t)sow__arg(c, "r", 1), copies = r * r, n = site->tensor.shape[0];
    /* Every copies-th channel of the view is the next one of the inner scheme. */
    for (int64_t i = 0; i < copies && i < n; i++) {
        sow__site s = piece(site, 0, i, n);
        s.tensor.shape[0] = (n - i - 1) / copies + 1;
        s.tensor.stride[0] *= copies;
        s.tensor.offset[0] /= copies;
        s.tensor.global_shape[0] /= copies;
        SOW_TRY(sow__write_inner(c, 0, c->affine, &s));
    }
    return SOW_OK;
}

const sow__writer sow__writer_icnr = {icnr_check, NULL, NULL, icnr_view};

/* mup: the inner law at the base shape, over √(in/in of the base) if both fans differ from the base's (mup's init.py, MuReadout). */
sow_status sow__law_mup(const sow__scheme_call *c, sow_dist *dist)
{
    sow__scheme_call inner, base;
    double in, out, in_base, out_base;
    const sow_scheme_parts *p = c->scheme->parts;
    SOW_TRY(need_list(c));
    SOW_TRY(need_inner(c, 1, 1));
    if (p->list_count != (size_t)c->rank)
        return FAIL(c, "list_count is %zu, must be %d: a base shape of the same rank", c->row->info.name, p->list_count, c->rank);
    if (c->depth + 1 >= SOW_SCHEME_MAX_DEPTH)
        return FAIL(c, "depth of inner schemes is more than %d", c->row->info.name, SOW_SCHEME_MAX_DEPTH);
    SOW_TRY(sow__scheme_call_make(&base, p->inner, c->rank, p->list, c->dtype, c->why, c->size));
    SOW_TRY(sow__scheme_call_make(&inner, p->inner, c->rank, c->shape, c->dtype, c->why, c->size));
    if (!base.row->law)
        return FAIL(c, "inner is %s, must be a plain distribution", c->row->info.name, base.row->info.name);
    base.depth = inner.depth = c->depth + 1;
    SOW_TRY(sow__scheme_check(&base, dist));
    base.why = inner.why = NULL;
    if (sow__fan_of(&inner, SOW_FAN_IN, &in) != SOW_OK || sow__fan_of(&base, SOW_FAN_IN, &in_base) != SOW_OK ||
        sow__fan_of(&inner, SOW_FAN_OUT, &out) != SOW_OK || sow__fan_of(&base, SOW_FAN_OUT, &out_base) != SOW_OK)
        return SOW_OK;
    if (in != in_base && out != out_base)
        *dist = sow__transform(*dist, (sow__affine){1 / sqrt(in / in_base), 0});
    return SOW_OK;
}
