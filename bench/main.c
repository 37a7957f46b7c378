/* SPDX-License-Identifier: MIT */
/* sow-bench: every row, in the order of their sizes; docs/performance.md says how to choose some. */
#include <stdio.h>

#include "bench/axes.h"
#include "bench/machine.h"

static void add_context(void)
{
    char cpu[128], huge[128];
    const char *isa = sow_context_isa(NULL);
    machine_cpu(cpu, sizeof cpu);
    machine_huge_pages(huge, sizeof huge);
    gbench_context("cpu", cpu);
    gbench_context("compiler", __VERSION__);
    gbench_context("huge_pages", huge);
    gbench_context("sow", sow_version());
    gbench_context("isa", isa ? isa : "none");
}

int main(int argc, char **argv)
{
    char why[256];
    if (sow_check_context(NULL, why, sizeof why) != SOW_OK) {
        fprintf(stderr, "sow-bench: %s\n", why);
        return 2;
    }
    add_context();
    bench_small_add();
    bench_kernels_add();
    for (size_t i = 0; i < BENCH_SIZES; i++) {
        bench_memory_add(bench_sizes[i]);
        bench_fill_add(bench_sizes[i]);
    }
    bench_sleef_add();
    bench_init_add();
    bench_fresh_add();
    return gbench_main(argc, argv);
}
