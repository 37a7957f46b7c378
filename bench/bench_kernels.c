/* SPDX-License-Identifier: MIT */
/* Rows kernel/DIST/DTYPE/ISA/ELEMENTS: the table's functions alone, so that what sow_fill() adds can be seen. */
#include "bench/axes.h"
#include "bench/memory.h"
#include "simd/kernels.h"
#include "src/dispatch.h"
#include "src/dist.h"

typedef struct row {
    sow_dist dist;
    sow_dtype dtype;
    const char *isa;
    size_t n;
    uint64_t block; /* moves on */
} row;

static void run_kernel(gbench *b, void *arg)
{
    row *r = arg;
    const size_t bytes = r->n * sow_dtype_size(r->dtype);
    const unsigned per_block = r->dtype == SOW_F64 ? 2 : 4;
    const sow_stream s = bench_stream();
    const sow_kernels *kernels = sow__kernels_named(r->isa);
    sow_params params;
    const sow_dist_kind kind = sow__dist_prepare(r->dist, r->dtype, &params);
    void *dst = bench_buffer(0, bytes);
    if (!kernels || !dst) {
        gbench_fail(b, "not enough memory");
        return;
    }
    while (gbench_next(b, 8))
        for (int i = 0; i < 8; i++, r->block += r->n / per_block)
            kernels->fill[kind][r->dtype](s.key, s.id, r->block, &params, dst, r->n / SOW_GROUP);
    gbench_rate(b, (double)r->n, (double)bytes, 1);
}

void bench_kernels_add(void)
{
    static const size_t sizes[] = {SOW_GROUP, 768, 4096};
    for (int kind = 0; kind < SOW_DIST_COUNT; kind++)
        for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++)
            EACH_ISA(isa)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const row r = {.dist = bench_dist((sow_dist_kind)kind), .dtype = (sow_dtype)dtype, .isa = isa, .n = sizes[i]};
        bench_add(run_kernel, &r, sizeof r, "kernel/%s/%s/%s/%zu", sow_dist_name(r.dist.kind), sow_dtype_name(r.dtype), isa, r.n);
    }
}
