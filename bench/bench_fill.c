/* SPDX-License-Identifier: MIT */
/*
 * Rows over sow_fill(), all checks included:
 *   fill/DIST/DTYPE/ISA/ELEMENTS/threads:N          memory that is there; a counter that moves on from call to call
 *   fill_fresh/… and fill_fresh_huge/…              memory that no one touched, beside
 *   fault/BYTES/threads:N and fault_huge/…          the page faults alone
 *   small/DIST/DTYPE/ELEMENTS/offset:K              NULL context, first element at K past a group's start, or anywhere
 */
#include "bench/axes.h"
#include "bench/memory.h"

enum { OFFSETS = 1024, ANYWHERE = -1 };

typedef struct row {
    sow_dist dist;
    sow_dtype dtype;
    const char *isa;
    size_t n;
    unsigned threads;
    int huge;       /* fresh memory only */
    int offset;     /* small only */
    uint64_t first; /* moves on */
} row;

static void run_fill(gbench *b, void *arg)
{
    row *r = arg;
    const size_t bytes = r->n * sow_dtype_size(r->dtype), batch = r->n < 4096 ? 8 : 1;
    const sow_context *ctx = bench_context(r->isa, r->threads);
    void *dst = bench_buffer(0, bytes);
    sow_status status = SOW_OK;
    if (!ctx || !dst) {
        gbench_fail(b, "not enough memory or threads");
        return;
    }
    while (status == SOW_OK && gbench_next(b, batch))
        for (size_t i = 0; i < batch; i++, r->first += r->n)
            status = sow_fill(ctx, bench_stream(), r->dist, r->dtype, r->first, dst, r->n);
    if (status != SOW_OK)
        gbench_fail(b, sow_status_string(status));
    else
        gbench_rate(b, (double)r->n, (double)bytes, r->threads);
}

void bench_fill_add(size_t elements)
{
    unsigned counts[BENCH_THREADS_MAX];
    const size_t n = bench_threads(counts);
    for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
        for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++)
            EACH_ISA(isa)
    for (size_t t = 0; t < n; t++) {
        const row r = {.dist = bench_dist((sow_dist_kind)kind), .dtype = (sow_dtype)dtype, .isa = isa, .n = elements, .threads = counts[t]};
        bench_add(run_fill, &r, sizeof r, "fill/%s/%s/%s/%zu/threads:%u", sow_dist_name(r.dist.kind), sow_dtype_name(r.dtype), isa, r.n,
                  r.threads);
    }
}

/* Maps, works, unmaps; only the work counts. */
static void run_fresh(gbench *b, void *arg)
{
    row *r = arg;
    const size_t bytes = r->n * sow_dtype_size(r->dtype);
    const sow_context *ctx = bench_context(r->isa, r->threads);
    crew *c = bench_crew(r->threads);
    while (gbench_next(b, 1)) {
        gbench_pause(b);
        void *dst = ctx && c ? bench_fresh(bytes, r->huge) : NULL;
        gbench_resume(b);
        if (!dst) {
            gbench_fail(b, "not enough memory or threads");
            return;
        }
        if (r->dist.kind == SOW_DIST_COUNT)
            bench_fault(c, dst, bytes);
        else
            sow_fill(ctx, bench_stream(), r->dist, r->dtype, r->first, dst, r->n);
        gbench_pause(b);
        bench_release(dst, bytes);
        r->first += r->n;
        gbench_resume(b);
    }
    gbench_rate(b, (double)r->n, (double)bytes, r->threads);
}

static void add_fresh(row r)
{
    const char *suffix = r.huge ? "_huge" : "";
    bench_add(run_fresh, &r, sizeof r, "fill_fresh%s/%s/%s/%s/%zu/threads:%u", suffix, sow_dist_name(r.dist.kind), sow_dtype_name(r.dtype),
              r.isa, r.n, r.threads);
}

static void add_fault(row r)
{
    r.dist.kind = SOW_DIST_COUNT;
    r.dtype = SOW_F32;
    bench_add(run_fresh, &r, sizeof r, "fault%s/%zu/threads:%u", r.huge ? "_huge" : "", r.n * 4, r.threads);
}

void bench_fresh_add(void)
{
    unsigned counts[BENCH_THREADS_MAX];
    const size_t n = bench_threads(counts);
    for (int huge = 0; huge < 2; huge++)
        for (size_t size = 4; size < BENCH_SIZES; size++)
            for (size_t t = 0; t < n; t++) {
                row r = {.isa = sow_context_isa(NULL), .n = bench_sizes[size], .threads = counts[t], .huge = huge};
                add_fault(r);
                for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
                    for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++) {
                        r.dist = bench_dist((sow_dist_kind)kind);
                        r.dtype = (sow_dtype)dtype;
                        add_fresh(r);
                    }
            }
}

static void run_small(gbench *b, void *arg)
{
    row *r = arg;
    uint64_t firsts[OFFSETS];
    size_t next = 0;
    void *dst = bench_buffer(0, r->n * sow_dtype_size(r->dtype));
    sow_status status = dst ? SOW_OK : SOW_ERR_MEMORY;
    if (sow_fill(NULL, bench_stream(), sow_dist_bits(), SOW_F64, 0, firsts, OFFSETS) != SOW_OK)
        status = SOW_ERR_ISA;
    for (size_t i = 0; i < OFFSETS; i++) /* below 2^63 */
        firsts[i] = r->offset == ANYWHERE ? firsts[i] >> 1 : (firsts[i] >> 1) / 64 * 64 + (uint64_t)r->offset;
    while (status == SOW_OK && gbench_next(b, 8))
        for (int i = 0; i < 8; i++)
            status = sow_fill(NULL, bench_stream(), r->dist, r->dtype, firsts[next++ % OFFSETS], dst, r->n);
    if (status != SOW_OK)
        gbench_fail(b, sow_status_string(status));
    else
        gbench_rate(b, (double)r->n, (double)(r->n * sow_dtype_size(r->dtype)), 1);
}

void bench_small_add(void)
{
    static const size_t sizes[] = {1, 64, 768};
    static const int offsets[] = {0, 1, 31, 63, ANYWHERE};
    for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
        for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++)
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
                for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
                    const row r = {.dist = bench_dist((sow_dist_kind)kind), .dtype = (sow_dtype)dtype, .n = sizes[s], .offset = offsets[o]};
                    const char *where = (const char *[]){"0", "1", "31", "63", "any"}[o];
                    bench_add(run_small, &r, sizeof r, "small/%s/%s/%zu/offset:%s", sow_dist_name(r.dist.kind), sow_dtype_name(r.dtype),
                              r.n, where);
                }
}
