/* SPDX-License-Identifier: MIT */
#include "src/orthogonal.h"

#include <float.h>
#include <stdatomic.h>
#include <string.h>

#include "simd/half.h"
#include "src/alloc.h"
#include "src/context.h"
#include "src/dispatch.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/fpenv.h"
#include "src/reflect.h"
#include "src/try.h"

enum { PANEL = SOW_PANEL, TILE = SOW_PANEL * SOW_PANEL };

/* One side of the matrix in the view: its indices are a box of some of the tensor's dimensions, innermost first. */
typedef struct axis {
    int dims;
    int64_t n[SOW_MAX_RANK];    /* sizes */
    int64_t skip[SOW_MAX_RANK]; /* matrix indices from one to the next */
    int64_t move[SOW_MAX_RANK]; /* memory elements from one to the next */
    int64_t first;              /* matrix index of the first */
    int64_t count, global;      /* indices in the view, and in the matrix */
} axis;

typedef struct position {
    int64_t index, offset;
} position;

/* X is the k x L matrix whose rows the reflectors multiply, k <= L: the matrix itself, or its transpose. */
typedef struct job {
    const sow_context *ctx;
    sow__reflect reflect;
    const sow_tensor *tensor;
    double gain;
    axis rows, columns; /* of X */
    int in_place;       /* X is computed where it shall be; else in a buffer of a chunk's rows */
    int64_t blocks;     /* that the last row needs */
    int64_t group;      /* blocks that are applied to a chunk of rows in one go, and prepared meanwhile */
    int64_t height;     /* rows in a chunk */
    int64_t chunks;
    size_t workers;
    int64_t row_length; /* of a buffer's row */
    unsigned char *memory, *groups[2], *work;
    double *sign;
    size_t worker_bytes;
} job;

/* One step: apply one group of blocks to all rows while the next is made. */
typedef struct phase {
    const job *j;
    int64_t apply, prepare; /* groups, counted from the last blocks; -1: none */
    atomic_llong next;
} phase;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The dimension `out`, or all but it. */
static axis axis_make(const sow_tensor *t, int out, int others)
{
    axis a;
    memset(&a, 0, sizeof a);
    a.count = a.global = 1;
    for (int d = t->rank; d-- > 0;) {
        if ((d == out) == others)
            continue;
        const int last = a.dims - 1;
        a.first += t->offset[d] * a.global;
        if (last >= 0 && a.skip[last] * a.n[last] == a.global && a.move[last] * a.n[last] == t->stride[d]) {
            a.n[last] *= t->shape[d];
        } else if (t->shape[d] != 1) {
            a.n[a.dims] = t->shape[d];
            a.skip[a.dims] = a.global;
            a.move[a.dims++] = t->stride[d];
        }
        a.count *= t->shape[d];
        a.global *= t->global_shape[d];
    }
    return a;
}

static position axis_at(const axis *a, int64_t i)
{
    position p = {a->first, 0};
    for (int d = 0; d < a->dims; d++) {
        p.index += i % a->n[d] * a->skip[d];
        p.offset += i % a->n[d] * a->move[d];
        i /= a->n[d];
    }
    return p;
}

static double largest_gain(sow_dtype dtype)
{
    switch (dtype) {
    case SOW_F64:
        return DBL_MAX / 2;
    case SOW_F16:
        return 65504.0 / 2;
    case SOW_BF16:
        return 0x1.fep127 / 2;
    default:
        return (double)FLT_MAX / 2;
    }
}

sow_status sow__orthogonal_check(const sow_context *ctx, double gain, const sow_tensor *tensor, int out_axis, char *why, size_t size)
{
    const double limit = largest_gain(tensor->dtype);
    if (tensor->rank < 2)
        return sow__fail(SOW_ERR_SHAPE, why, size, "orthogonal: rank is %d, must be at least 2", tensor->rank);
    if (out_axis < 0 || out_axis >= tensor->rank)
        return sow__fail(SOW_ERR_SHAPE, why, size, "orthogonal: out_axis is %d, must be 0 to %d", out_axis, tensor->rank - 1);
    if (!(gain >= -limit && gain <= limit))
        return sow__fail(SOW_ERR_SCHEME, why, size, "orthogonal: gain is %g, must be within ±%g, half of what %s holds", gain, limit,
                         sow_dtype_name(tensor->dtype));
    if (!sow__context_kernels(ctx))
        return sow__check_isa(NULL, why, size);
    return sow__pass(why, size);
}

/* Blocks [low, high) of group i, which counts from the last. */
static int64_t group_high(const job *j, int64_t i)
{
    return j->blocks - i * j->group;
}

static int64_t group_low(const job *j, int64_t i)
{
    return larger(0, group_high(j, i) - j->group);
}

static void *block_memory(const job *j, int64_t group, int64_t t)
{
    return j->groups[group & 1] + sow__reflect_tiles(&j->reflect, group_low(j, group), t) * TILE * (int64_t)j->reflect.bytes;
}

/* Values of X's rows at `from`, `row_length` apart, to where they belong. */
#define STORE(name, to_type, from_type, convert)                                                                                           \
    static void name(const job *j, const from_type *from, const position *rows, int64_t n)                                                 \
    {                                                                                                                                      \
        const axis *c = &j->columns;                                                                                                       \
        const int64_t run = c->dims ? c->n[0] : 1, skip = c->dims ? c->skip[0] : 0, move = c->dims ? c->move[0] : 0;                       \
        to_type *data = j->tensor->data;                                                                                                   \
        for (int64_t at = 0; at < c->count; at += run) {                                                                                   \
            const position p = axis_at(c, at);                                                                                             \
            if (move == 1 || move == -1)                                                                                                   \
                for (int64_t r = 0; r < n; r++)                                                                                            \
                    for (int64_t i = 0; i < run; i++)                                                                                      \
                        data[p.offset + rows[r].offset + i * move] = convert(from[r * j->row_length + p.index + i * skip]);                \
            else                                                                                                                           \
                for (int64_t i = 0; i < run; i++)                                                                                          \
                    for (int64_t r = 0; r < n; r++)                                                                                        \
                        data[p.offset + rows[r].offset + i * move] = convert(from[r * j->row_length + p.index + i * skip]);                \
        }                                                                                                                                  \
    }

#define SAME(x) (x)
STORE(store_f32, float, float, SAME)
STORE(store_f64, double, double, SAME)
STORE(store_f16, uint16_t, float, half_f16)
STORE(store_bf16, uint16_t, float, half_bf16)

static void store(const job *j, const void *from, const position *rows, int64_t n)
{
    switch (j->tensor->dtype) {
    case SOW_F64:
        store_f64(j, from, rows, n);
        break;
    case SOW_F16:
        store_f16(j, from, rows, n);
        break;
    case SOW_BF16:
        store_bf16(j, from, rows, n);
        break;
    default:
        store_f32(j, from, rows, n);
    }
}

/* Memory of one worker: products, then what only one of the two kinds of work needs. */
static unsigned char *worker_memory(const job *j, size_t worker)
{
    return j->work + worker * j->worker_bytes;
}

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* Group `group` applied to a chunk of rows. */
static void apply_chunk(const job *j, int64_t group, int64_t chunk, unsigned char *memory)
{
    const size_t bytes = j->reflect.bytes;
    const int64_t begin = chunk * j->height, n = smaller(j->height, j->rows.count - begin);
    position *p = (void *)memory;
    int64_t *index = (void *)(memory + aligned((size_t)j->height * sizeof *p));
    unsigned char *scratch = (unsigned char *)index + aligned((size_t)j->height * sizeof *index);
    unsigned char *x = scratch + aligned(3 * (size_t)j->height * PANEL * bytes);
    ptrdiff_t stride = j->row_length;
    for (int64_t i = 0; i < n; i++) {
        p[i] = axis_at(&j->rows, begin + i);
        index[i] = p[i].index;
    }
    if (j->in_place) {
        x = (unsigned char *)j->tensor->data + p[0].offset * (int64_t)bytes;
        stride = n > 1 ? p[1].offset - p[0].offset : 0;
    }
    const int64_t low = group_low(j, group);
    for (int64_t t = group_high(j, group); t-- > low;) {
        int64_t from = 0;
        while (from < n && index[from] < t * PANEL)
            from++;
        const sow__reflect_rows rows = {x + from * stride * (int64_t)bytes, stride, index + from, (size_t)(n - from)};
        if (rows.n)
            sow__reflect_apply(&j->reflect, t, block_memory(j, group, t), rows, scratch);
    }
    if (low > 0)
        return;
    for (int64_t i = 0; i < n; i++)
        if (j->gain * j->sign[index[i]] != 1)
            j->reflect.matrix->scale(x + i * stride * (int64_t)bytes, (size_t)j->reflect.length, j->gain * j->sign[index[i]]);
    if (!j->in_place)
        store(j, x, p, n);
}

OUT_OF_LINE static void work(phase *f, size_t worker)
{
    const job *j = f->j;
    unsigned char *memory = worker_memory(j, worker);
    const int64_t low = f->prepare < 0 ? 0 : group_low(j, f->prepare), high = f->prepare < 0 ? 0 : group_high(j, f->prepare);
    const int64_t chunks = f->apply < 0 ? 0 : j->chunks;
    for (;;) {
        const int64_t i = atomic_fetch_add_explicit(&f->next, 1, memory_order_relaxed);
        if (i < high - low) /* the longest first */
            sow__reflect_prepare(&j->reflect, low + i, block_memory(j, f->prepare, low + i), j->sign + (low + i) * PANEL, (void *)memory);
        else if (i < high - low + chunks)
            apply_chunk(j, f->apply, chunks - 1 - (i - (high - low)), memory);
        else
            return;
    }
}

static void work_task(void *arg, size_t worker)
{
    const sow__fpenv saved = sow__fpenv_enter();
    work(arg, worker);
    sow__fpenv_leave(saved);
}

static void run(const job *j, int64_t apply, int64_t prepare)
{
    phase f = {.j = j, .apply = apply, .prepare = prepare};
    atomic_init(&f.next, 0);
    sow__context_run(j->ctx, j->workers, work_task, &f);
}

/* In-place work wants rows that are whole and contiguous, at even distances. */
static int can_stay(const job *j)
{
    const axis *r = &j->rows, *c = &j->columns;
    const int whole = c->count == c->global && (c->dims == 0 || (c->dims == 1 && c->move[0] == 1));
    return whole && r->dims <= 1 && (j->tensor->dtype == SOW_F32 || j->tensor->dtype == SOW_F64);
}

/*
 * Rows in a chunk. In place they shall stay in a second-level cache while a group of blocks passes over them; where that leaves too few to
 * pay for reading the blocks, or where the chunk meets all blocks there are, more rows are faster. Every thread shall get some.
 */
#define CHUNK_BYTES (768 << 10)
#define GROUP_BYTES (2 << 20)
enum { HEIGHT_STEP = 6, HEIGHT_LEAST = 12, HEIGHT_MOST = 48 };

static int64_t chunk_height(const job *j, int64_t row_bytes, int64_t threads)
{
    const int64_t cached = CHUNK_BYTES / row_bytes;
    const int64_t wanted = j->in_place && cached >= HEIGHT_LEAST ? smaller(cached, HEIGHT_MOST) : HEIGHT_MOST;
    return larger(HEIGHT_STEP, smaller(wanted, j->rows.count / threads) / HEIGHT_STEP * HEIGHT_STEP);
}

static void plan(job *j)
{
    const int64_t bytes = (int64_t)j->reflect.bytes, row_bytes = j->columns.global * bytes;
    const int64_t threads = sow_context_threads(j->ctx);
    j->blocks = axis_at(&j->rows, j->rows.count - 1).index / PANEL + 1;
    j->height = chunk_height(j, row_bytes, threads);
    j->chunks = (j->rows.count + j->height - 1) / j->height;
    const int64_t block_bytes = sow__reflect_tiles(&j->reflect, 0, 1) * TILE * bytes;
    j->group = j->in_place ? smaller(j->blocks, larger(1, GROUP_BYTES / block_bytes)) : j->blocks;
    j->workers = (size_t)smaller(threads, larger(j->chunks, j->group));
    j->row_length = (j->columns.global + PANEL - 1) / PANEL * PANEL + 16; /* not a power of two, whose multiples share cache sets */
}

static int add_size(size_t *total, size_t n, size_t bytes)
{
    size_t product;
    return __builtin_mul_overflow(n, bytes, &product) || product > SIZE_MAX / 4 || __builtin_add_overflow(*total, aligned(product), total);
}

/* All scratch memory in one piece, or SOW_ERR_MEMORY. */
static sow_status allocate(job *j, const sow_allocator *allocator)
{
    const size_t bytes = j->reflect.bytes, tile = TILE * bytes, height = (size_t)j->height;
    size_t apply = 0, prepare = SOW_REFLECT_SCRATCH * sizeof(double), groups = 0, total = 64;
    const int overflow = add_size(&apply, height, sizeof(position)) || add_size(&apply, height, sizeof(int64_t)) ||
                         add_size(&apply, 3 * height * PANEL, bytes) ||
                         (!j->in_place && add_size(&apply, height, (size_t)j->row_length * bytes)) ||
                         add_size(&groups, (size_t)sow__reflect_tiles(&j->reflect, 0, j->group), tile);
    j->worker_bytes = apply > prepare ? apply : prepare;
    const size_t copies = j->group < j->blocks ? 2 : 1;
    if (overflow || add_size(&total, copies, groups) || add_size(&total, (size_t)j->blocks * PANEL, sizeof(double)) ||
        add_size(&total, j->workers, j->worker_bytes))
        return SOW_ERR_MEMORY;
    j->memory = sow__allocate(allocator, total);
    if (!j->memory)
        return SOW_ERR_MEMORY;
    j->groups[0] = j->memory + (64 - (uintptr_t)j->memory % 64);
    j->groups[1] = j->groups[0] + (copies - 1) * groups;
    j->sign = (void *)(j->groups[0] + copies * groups);
    j->work = (unsigned char *)j->sign + aligned((size_t)j->blocks * PANEL * sizeof(double));
    return SOW_OK;
}

OUT_OF_LINE static sow__reflect reflectors(const sow_context *ctx, sow_stream stream, sow_dtype dtype, int64_t k, int64_t length)
{
    return sow__reflect_make(sow__context_kernels(ctx), stream, dtype, k, length);
}

static sow__reflect make_reflectors(const job *j, sow_stream stream)
{
    const sow__fpenv saved = sow__fpenv_enter();
    const sow__reflect r = reflectors(j->ctx, stream, j->tensor->dtype == SOW_F64 ? SOW_F64 : SOW_F32, j->rows.global, j->columns.global);
    sow__fpenv_leave(saved);
    return r;
}

sow_status sow__orthogonal_fill(const sow_context *ctx, sow_stream stream, double gain, const sow_tensor *tensor, int out_axis)
{
    SOW_TRY(sow__orthogonal_check(ctx, gain, tensor, out_axis, NULL, 0));
    const axis out = axis_make(tensor, out_axis, 0), rest = axis_make(tensor, out_axis, 1);
    if (out.count == 0 || rest.count == 0)
        return SOW_OK;
    const int wide = out.global <= rest.global;
    job j = {.ctx = ctx, .tensor = tensor, .gain = gain, .rows = wide ? out : rest, .columns = wide ? rest : out};
    j.in_place = can_stay(&j);
    j.reflect = make_reflectors(&j, stream);
    plan(&j);
    const sow_allocator allocator = sow__context_allocator(ctx);
    SOW_TRY(allocate(&j, &allocator));
    const int64_t groups = (j.blocks + j.group - 1) / j.group;
    run(&j, -1, 0);
    for (int64_t i = 0; i < groups; i++)
        run(&j, i, i + 1 < groups ? i + 1 : -1);
    sow__release(&allocator, j.memory);
    return SOW_OK;
}
