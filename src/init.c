/* SPDX-License-Identifier: MIT */
#include "sow/init.h"

#include <inttypes.h>
#include <string.h>

#include "sow/fill.h"
#include "src/context.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/fill.h"
#include "src/format.h"
#include "src/fpenv.h"
#include "src/scheme_row.h"
#include "src/tensor.h"
#include "src/try.h"

/* Below this a tensor is not worth waking a thread; and what one task is given. As in fill.c. */
#define PARALLEL_BYTES (128 << 10)
#define TASK_BYTES     (64 << 10)
enum { TASKS_PER_THREAD = 8 };

/* Elements that are scattered, or sit in rows shorter than this many, come from a buffer on the stack. */
#define BUFFER_BYTES 4096
enum { SHORT_ROW = SOW_GROUP };

/* A writer's values are rounded to the element type so many at a time. */
enum { VALUES = 256 };

/* What fills the elements of one view: a distribution, or a writer's values. */
typedef struct job {
    const sow_context *ctx;
    sow_stream stream;
    sow_dist dist;
    sow__source source;    /* of dist, where there is more than one run */
    const sow__leaf *leaf; /* NULL: dist */
    sow_dtype dtype;
    size_t bytes; /* of an element */
    unsigned char *data;
    sow__rows rows;
    int64_t elements;
    int64_t end;     /* one past the last global index of the view */
    int close;       /* rows are short and near enough to be drawn together */
    int64_t in_task; /* elements */
} job;

/* Global elements [first, first + n), drawn for rows that pick from them. */
typedef struct buffer {
    int64_t first, n;
    _Alignas(8) unsigned char bytes[BUFFER_BYTES];
} buffer;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void sow__element_store(double x, sow_dtype dtype, unsigned char *dst)
{
    const uint64_t bits = sow__element_bits(x, dtype);
    const uint32_t bits32 = (uint32_t)bits;
    const uint16_t bits16 = (uint16_t)bits;
    memcpy(dst,
           dtype == SOW_F64   ? (const void *)&bits
           : dtype == SOW_F32 ? (const void *)&bits32
                              : (const void *)&bits16,
           sow_dtype_size(dtype));
}

OUT_OF_LINE static void draw_values(const job *j, int64_t first, unsigned char *dst, int64_t n)
{
    const sow__affine f = j->leaf->call->affine;
    const int plain = f.mul == 1 && f.add == 0;
    double values[VALUES];
    while (n > 0) {
        const int64_t here = smaller(n, VALUES);
        j->leaf->call->row->writer->values(j->leaf, first, values, here);
        for (int64_t i = 0; i < here; i++)
            sow__element_store(plain ? values[i] : f.mul * values[i] + f.add, j->dtype, dst + i * (int64_t)j->bytes);
        first += here;
        dst += here * (int64_t)j->bytes;
        n -= here;
    }
}

static void draw(const job *j, int64_t first, void *dst, int64_t n)
{
    if (j->leaf)
        draw_values(j, first, dst, n);
    else
        sow__source_draw(&j->source, (uint64_t)first, dst, (size_t)n);
}

static void scatter(const job *j, buffer *b, int64_t first, unsigned char *dst, int64_t n)
{
    const int64_t room = BUFFER_BYTES / (int64_t)j->bytes, step = j->rows.step * (int64_t)j->bytes;
    while (n > 0) {
        if (first < b->first || first >= b->first + b->n) {
            b->first = first;
            b->n = smaller(room, j->close ? j->end - first : n);
            draw(j, first, b->bytes, b->n);
        }
        const int64_t here = smaller(n, b->first + b->n - first);
        const unsigned char *from = b->bytes + (first - b->first) * (int64_t)j->bytes;
        for (int64_t i = 0; i < here; i++)
            memcpy(dst + i * step, from + i * (int64_t)j->bytes, j->bytes);
        first += here;
        dst += here * step;
        n -= here;
    }
}

/* Elements [begin, end) of the view, counted in its own row-major order, on this thread; all was checked before. */
static void init_range(const job *j, int64_t begin, int64_t end)
{
    const sow__rows *r = &j->rows;
    if (begin >= end)
        return;
    const sow__fpenv saved = sow__fpenv_enter();
    buffer b;
    b.first = b.n = 0;
    sow__cursor c = sow__rows_seek(r, begin / r->count);
    for (int64_t into = begin % r->count; begin < end; into = 0) {
        const int64_t n = smaller(r->count - into, end - begin);
        unsigned char *dst = j->data + (c.offset + into * r->step) * (int64_t)j->bytes;
        if (r->step == 1 && !j->close)
            draw(j, c.first + into, dst, n);
        else
            scatter(j, &b, c.first + into, dst, n);
        begin += n;
        sow__rows_next(r, &c);
    }
    sow__fpenv_leave(saved);
}

static void init_task(void *arg, size_t i)
{
    const job *j = arg;
    const int64_t begin = (int64_t)i * j->in_task;
    init_range(j, begin, begin + smaller(j->in_task, j->elements - begin));
}

/* The job of a view that is neither empty nor unchecked. */
static job make_job(const sow__site *site, sow_dist dist, const sow__leaf *leaf)
{
    job j = {.ctx = site->ctx,
             .stream = site->stream,
             .dist = dist,
             .leaf = leaf,
             .dtype = site->tensor.dtype,
             .bytes = sow_dtype_size(site->tensor.dtype),
             .data = site->tensor.data,
             .rows = sow__rows_make(&site->tensor)};
    const sow__rows *r = &j.rows;
    j.elements = r->rows * r->count;
    j.end = sow__rows_seek(r, r->rows - 1).first + r->count;
    j.close = r->outer > 0 && r->count < SHORT_ROW && r->skip[r->outer - 1] <= 4 * r->count;
    return j;
}

/* A whole tensor, or rows of one: sow_fill() does it, which cuts at group borders. */
static int is_one_run(const job *j)
{
    return !j->leaf && j->rows.rows == 1 && j->rows.step == 1;
}

static void prepare_runs(job *j)
{
    if (!j->leaf)
        sow__source_make(&j->source, j->ctx, j->stream, j->dist, j->dtype);
}

/* All of it, on the threads of the context. */
static void run_job(job *j)
{
    const int64_t bytes = (int64_t)j->bytes, threads = sow_context_threads(j->ctx);
    if (is_one_run(j)) {
        (void)sow_fill(j->ctx, j->stream, j->dist, j->dtype, (uint64_t)j->rows.first, j->data, (size_t)j->elements);
        return;
    }
    prepare_runs(j);
    if (threads == 1 || j->elements * bytes < PARALLEL_BYTES) {
        init_range(j, 0, j->elements);
        return;
    }
    const int64_t even = j->elements / (threads * TASKS_PER_THREAD) + 1, least = TASK_BYTES / bytes;
    j->in_task = even > least ? even : least;
    sow__context_run(j->ctx, (size_t)((j->elements + j->in_task - 1) / j->in_task), init_task, j);
}

/* Part `ith` of `nth` of it, on this thread. */
static void run_part(job *j, size_t ith, size_t nth)
{
    if (is_one_run(j)) {
        (void)sow_fill_part(j->ctx, j->stream, j->dist, j->dtype, (uint64_t)j->rows.first, j->data, (size_t)j->elements, ith, nth);
        return;
    }
    prepare_runs(j);
    /* The first `extra` parts hold one element more. */
    const uint64_t each = (uint64_t)j->elements / nth, extra = (uint64_t)j->elements % nth;
    const uint64_t begin = each * ith + (ith < extra ? ith : extra);
    init_range(j, (int64_t)begin, (int64_t)(begin + each + (ith < extra)));
}

OUT_OF_LINE static void begin_leaf(sow__leaf *leaf)
{
    leaf->call->row->writer->begin(leaf);
}

static sow__leaf make_leaf(const sow__scheme_call *c, const sow_context *ctx, sow_stream stream)
{
    sow__leaf leaf = {.call = c, .ctx = ctx, .stream = stream};
    if (c->row->writer->begin) {
        const sow__fpenv saved = sow__fpenv_enter();
        begin_leaf(&leaf);
        sow__fpenv_leave(saved);
    }
    return leaf;
}

void sow__leaf_draw(const sow__leaf *leaf, sow_dist dist, int64_t first, double *values, int64_t n)
{
    float narrow[VALUES];
    if (leaf->call->dtype == SOW_F64) {
        (void)sow_fill_part(leaf->ctx, leaf->stream, dist, SOW_F64, (uint64_t)first, values, (size_t)n, 0, 1);
        return;
    }
    for (int64_t here; n > 0; first += here, values += here, n -= here) {
        here = smaller(n, VALUES);
        (void)sow_fill_part(leaf->ctx, leaf->stream, dist, SOW_F32, (uint64_t)first, narrow, (size_t)here, 0, 1);
        for (int64_t i = 0; i < here; i++)
            values[i] = (double)narrow[i];
    }
}

/* A call that passed its check, and the distribution that this found. */
static sow_status write_call(const sow__scheme_call *c, sow_dist dist, const sow__site *site)
{
    const sow__writer *w = c->row->writer;
    if (w && w->view)
        return w->view(c, site);
    sow__leaf leaf = {0};
    if (w)
        leaf = make_leaf(c, site->ctx, site->stream);
    job j = make_job(site, dist, w ? &leaf : NULL);
    run_job(&j);
    return SOW_OK;
}

void sow__write_dist(sow_dist dist, const sow__site *site)
{
    job j = make_job(site, dist, NULL);
    run_job(&j);
}

sow_status sow__write_inner(const sow__scheme_call *c, size_t i, sow__affine f, const sow__site *site)
{
    sow__scheme_call inner;
    sow_dist dist = {0};
    const sow_tensor *t = &site->tensor;
    SOW_TRY(sow__scheme_call_make(&inner, &c->scheme->parts->inner[i], t->rank, t->global_shape, t->dtype, NULL, 0));
    inner.affine = f;
    inner.depth = c->depth + 1;
    SOW_TRY(sow__scheme_check(&inner, &dist));
    return write_call(&inner, dist, site);
}

static sow_status check(sow__scheme_call *c, const sow_context *ctx, const sow_scheme *scheme, sow_stream stream, const sow_tensor *tensor,
                        sow_dist *dist, char *why, size_t size)
{
    SOW_TRY(sow_check_tensor(tensor, why, size));
    SOW_TRY(sow__scheme_call_make(c, scheme, tensor->rank, tensor->global_shape, tensor->dtype, why, size));
    SOW_TRY(sow__scheme_check(c, dist));
    return sow_check_fill(ctx, stream, c->row->law ? *dist : sow_dist_bits(), tensor->dtype, 0, NULL, 0, why, size);
}

sow_status sow_check_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, char *why, size_t size)
{
    sow__scheme_call c;
    sow_dist dist;
    return check(&c, ctx, &scheme, stream, tensor, &dist, why, size);
}

sow_status sow_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor)
{
    sow__scheme_call c;
    sow_dist dist = {0};
    SOW_TRY(check(&c, ctx, &scheme, stream, tensor, &dist, NULL, 0));
    if (sow_tensor_elements(tensor) == 0)
        return SOW_OK;
    const sow__site site = {ctx, stream, *tensor};
    return write_call(&c, dist, &site);
}

/*
 * Elements [first, end) of the site's view, in its own row-major order, as boxes, each a view of its own. With `packed` memory the range
 * lies at packed[0], contiguous.
 */
static sow_status write_boxes(const sow__scheme_call *c, const sow__site *site, int64_t first, int64_t end, unsigned char *packed)
{
    const sow_tensor *t = &site->tensor;
    const int64_t bytes = (int64_t)sow_dtype_size(t->dtype);
    while (first < end) {
        const int64_t begin = first;
        int64_t offset[SOW_MAX_RANK], span = 1;
        sow__site box = *site;
        sow__next_box(t->rank, t->shape, &first, end, offset, box.tensor.shape);
        for (int i = t->rank; i-- > 0; span *= box.tensor.shape[i]) {
            box.tensor.offset[i] += offset[i];
            if (packed)
                box.tensor.stride[i] = span;
            else
                box.tensor.data = (unsigned char *)box.tensor.data + offset[i] * t->stride[i] * bytes;
        }
        if (packed) {
            box.tensor.data = packed;
            packed += (first - begin) * bytes;
        }
        SOW_TRY(c->row->writer->view(c, &box));
    }
    return SOW_OK;
}

sow_status sow_init_part(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, size_t ith, size_t nth)
{
    sow__scheme_call c;
    sow_dist dist = {0};
    if (ith >= nth)
        return SOW_ERR_PART;
    SOW_TRY(check(&c, ctx, &scheme, stream, tensor, &dist, NULL, 0));
    const int64_t elements = sow_tensor_elements(tensor);
    if (elements == 0)
        return SOW_OK;
    const sow__writer *w = c.row->writer;
    sow_context alone;
    if (ctx) {
        alone = *ctx;
        alone.threads = 1;
        alone.pool = NULL;
        alone.parallel_for = NULL;
    }
    const sow__site site = {ctx ? &alone : NULL, stream, *tensor};
    if (w && w->view) {
        const uint64_t each = (uint64_t)elements / nth, extra = (uint64_t)elements % nth;
        const uint64_t begin = each * ith + (ith < extra ? ith : extra);
        return write_boxes(&c, &site, (int64_t)begin, (int64_t)(begin + each + (ith < extra)), NULL);
    }
    sow__leaf leaf = {0};
    if (w)
        leaf = make_leaf(&c, site.ctx, stream);
    job j = make_job(&site, dist, w ? &leaf : NULL);
    run_part(&j, ith, nth);
    return SOW_OK;
}

static sow_status check_range(sow__scheme_call *c, const sow_context *ctx, const sow_scheme *scheme, sow_stream stream, sow_dtype dtype,
                              int rank, const int64_t *shape, uint64_t first, const void *dst, size_t n, sow_dist *dist, char *why,
                              size_t size)
{
    SOW_TRY(sow__scheme_call_make(c, scheme, rank, shape, dtype, why, size));
    SOW_TRY(sow__scheme_check(c, dist));
    const sow_tensor whole = sow_tensor_make(NULL, dtype, rank, shape);
    const uint64_t elements = (uint64_t)sow_tensor_elements(&whole);
    if (first > elements || n > elements - first)
        return sow__fail(SOW_ERR_RANGE, why, size, "first is %" PRIu64 " and n is %zu, first + n must be at most the %" PRIu64 " elements",
                         first, n, elements);
    return sow_check_fill(ctx, stream, c->row->law ? *dist : sow_dist_bits(), dtype, first, dst, n, why, size);
}

sow_status sow_check_init_range(const sow_context *ctx, sow_scheme scheme, sow_stream stream, sow_dtype dtype, int rank,
                                const int64_t *shape, uint64_t first, const void *dst, size_t n, char *why, size_t size)
{
    sow__scheme_call c;
    sow_dist dist;
    return check_range(&c, ctx, &scheme, stream, dtype, rank, shape, first, dst, n, &dist, why, size);
}

sow_status sow_init_range(const sow_context *ctx, sow_scheme scheme, sow_stream stream, sow_dtype dtype, int rank, const int64_t *shape,
                          uint64_t first, void *dst, size_t n)
{
    sow__scheme_call c;
    sow_dist dist = {0};
    SOW_TRY(check_range(&c, ctx, &scheme, stream, dtype, rank, shape, first, dst, n, &dist, NULL, 0));
    if (n == 0)
        return SOW_OK;
    const sow__writer *w = c.row->writer;
    if (!w)
        return sow_fill(ctx, stream, dist, dtype, first, dst, n);
    if (w->view) {
        const sow__site site = {ctx, stream, sow_tensor_make(NULL, dtype, rank, shape)};
        return write_boxes(&c, &site, (int64_t)first, (int64_t)(first + n), dst);
    }
    /* Elements of the flattened tensor. */
    const int64_t count = (int64_t)n;
    sow__site site = {ctx, stream, sow_tensor_make(dst, dtype, 1, &count)};
    site.tensor.offset[0] = (int64_t)first;
    site.tensor.global_shape[0] = (int64_t)(first + n);
    const sow__leaf leaf = make_leaf(&c, ctx, stream);
    job j = make_job(&site, dist, &leaf);
    run_job(&j);
    return SOW_OK;
}
