/* SPDX-License-Identifier: MIT */
#include "sow/init.h"

#include <string.h>

#include "sow/fill.h"
#include "src/context.h"
#include "src/explain.h"
#include "src/tensor.h"
#include "src/try.h"

/* Below this a tensor is not worth waking a thread; and what one task is given. As in fill.c. */
#define PARALLEL_BYTES (128 << 10)
#define TASK_BYTES     (64 << 10)
enum { TASKS_PER_THREAD = 8 };

/* Elements that are scattered, or sit in rows shorter than this many, come from a buffer on the stack. */
#define BUFFER_BYTES 4096
enum { SHORT_ROW = SOW_GROUP };

typedef struct job {
    const sow_context *ctx;
    sow_stream stream;
    sow_dist dist;
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

/* On this thread; all was checked before. */
static void draw(const job *j, int64_t first, void *dst, int64_t n)
{
    (void)sow_fill_part(j->ctx, j->stream, j->dist, j->dtype, (uint64_t)first, dst, (size_t)n, 0, 1);
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

/* Elements [begin, end) of the view, counted in its own row-major order. */
static void init_range(const job *j, int64_t begin, int64_t end)
{
    const sow__rows *r = &j->rows;
    if (begin >= end)
        return;
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
}

static void init_task(void *arg, size_t i)
{
    const job *j = arg;
    const int64_t begin = (int64_t)i * j->in_task;
    init_range(j, begin, begin + smaller(j->in_task, j->elements - begin));
}

static sow_status check(const sow_context *ctx, const sow_scheme *scheme, sow_stream stream, const sow_tensor *tensor, sow_dist *dist,
                        char *why, size_t size)
{
    SOW_TRY(sow_check_tensor(tensor, why, size));
    SOW_TRY(sow_scheme_dist(scheme, tensor->rank, tensor->global_shape, tensor->dtype, dist, why, size));
    return sow_check_fill(ctx, stream, *dist, tensor->dtype, 0, NULL, 0, why, size);
}

sow_status sow_check_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, char *why, size_t size)
{
    sow_dist dist;
    return check(ctx, &scheme, stream, tensor, &dist, why, size);
}

static sow_status start(job *j, const sow_context *ctx, const sow_scheme *scheme, sow_stream stream, const sow_tensor *tensor)
{
    SOW_TRY(check(ctx, scheme, stream, tensor, &j->dist, NULL, 0));
    j->ctx = ctx;
    j->stream = stream;
    j->dtype = tensor->dtype;
    j->bytes = sow_dtype_size(tensor->dtype);
    j->data = tensor->data;
    j->rows = sow__rows_make(tensor);
    j->elements = j->rows.rows * j->rows.count;
    if (j->elements == 0)
        return SOW_OK;
    const sow__rows *r = &j->rows;
    j->end = sow__rows_seek(r, r->rows - 1).first + r->count;
    j->close = r->outer > 0 && r->count < SHORT_ROW && r->skip[r->outer - 1] <= 4 * r->count;
    return SOW_OK;
}

sow_status sow_init(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor)
{
    job j;
    SOW_TRY(start(&j, ctx, &scheme, stream, tensor));
    const int64_t bytes = (int64_t)j.bytes;
    if (j.rows.rows == 1 && j.rows.step == 1)
        return sow_fill(ctx, stream, j.dist, j.dtype, (uint64_t)j.rows.first, j.data, (size_t)j.elements);
    const int64_t threads = sow_context_threads(ctx);
    if (threads == 1 || j.elements * bytes < PARALLEL_BYTES) {
        init_range(&j, 0, j.elements);
        return SOW_OK;
    }
    const int64_t even = j.elements / (threads * TASKS_PER_THREAD) + 1, least = TASK_BYTES / bytes;
    j.in_task = even > least ? even : least;
    sow__context_run(ctx, (size_t)((j.elements + j.in_task - 1) / j.in_task), init_task, &j);
    return SOW_OK;
}

sow_status sow_init_part(const sow_context *ctx, sow_scheme scheme, sow_stream stream, const sow_tensor *tensor, size_t ith, size_t nth)
{
    job j;
    if (ith >= nth)
        return SOW_ERR_PART;
    SOW_TRY(start(&j, ctx, &scheme, stream, tensor));
    if (j.rows.rows == 1 && j.rows.step == 1)
        return sow_fill_part(ctx, stream, j.dist, j.dtype, (uint64_t)j.rows.first, j.data, (size_t)j.elements, ith, nth);
    /* The first `extra` parts hold one element more. */
    const uint64_t each = (uint64_t)j.elements / nth, extra = (uint64_t)j.elements % nth;
    const uint64_t begin = each * ith + (ith < extra ? ith : extra);
    init_range(&j, (int64_t)begin, (int64_t)(begin + each + (ith < extra)));
    return SOW_OK;
}
