/* SPDX-License-Identifier: MIT */
/*
 * Rows init/SCHEME/DTYPE/ISA/ROWSxCOLUMNS/threads:N over sow_init(): whole matrices, and as init_shard/… the left half of the columns of
 * one twice as wide, a run per row.
 */
#include "bench/axes.h"
#include "bench/memory.h"

typedef struct row {
    const char *scheme;
    sow_dtype dtype;
    const char *isa;
    int64_t shape[2];
    unsigned threads;
    int shard;
    uint64_t step; /* moves on: another stream each time */
} row;

static void run_init(gbench *b, void *arg)
{
    row *r = arg;
    const sow_scheme scheme = sow_scheme_named(r->scheme);
    const size_t elements = (size_t)(r->shape[0] * r->shape[1]), bytes = elements * sow_dtype_size(r->dtype);
    const sow_context *ctx = bench_context(r->isa, r->threads);
    sow_tensor t = sow_tensor_make(bench_buffer(0, bytes), r->dtype, 2, r->shape);
    if (r->shard)
        t.global_shape[1] *= 2;
    sow_status status = ctx && t.data ? SOW_OK : SOW_ERR_MEMORY;
    while (status == SOW_OK && gbench_next(b, 1))
        status = sow_init(ctx, scheme, sow_stream_indexed(bench_stream(), r->step++), &t);
    if (status != SOW_OK)
        gbench_fail(b, sow_status_string(status));
    else
        gbench_rate(b, (double)elements, (double)bytes, r->threads);
}

void bench_init_add(void)
{
    static const char *const schemes[] = {"zeros", "xavier_uniform", "kaiming_normal", "truncated_normal"};
    static const int64_t shapes[][2] = {{64, 64}, {768, 768}, {3072, 768}, {4096, 4096}};
    static const sow_dtype dtypes[] = {SOW_F32, SOW_BF16};
    const char *isa = sow_context_isa(NULL);
    unsigned counts[BENCH_THREADS_MAX];
    const size_t n = bench_threads(counts);
    for (size_t scheme = 0; scheme < sizeof schemes / sizeof *schemes; scheme++)
        for (size_t d = 0; d < 2; d++)
            for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
                for (size_t t = 0; t < n; t++)
                    for (int shard = 0; shard < 2; shard++) {
                        const row r = {.scheme = schemes[scheme],
                                       .dtype = dtypes[d],
                                       .isa = isa,
                                       .shape = {shapes[s][0], shapes[s][1]},
                                       .threads = counts[t],
                                       .shard = shard};
                        bench_add(run_init, &r, sizeof r, "init%s/%s/%s/%s/%dx%d/threads:%u", shard ? "_shard" : "", r.scheme,
                                  sow_dtype_name(r.dtype), isa, (int)r.shape[0], (int)r.shape[1], r.threads);
                    }
}
