/* SPDX-License-Identifier: MIT */
/**
 * @file vec_main.h
 * What a test_vec_<isa>.c includes first (VEC_BEFORE defined), outside the target region, and last, behind it: headers, an oracle, main.
 */
#if defined(VEC_BEFORE)
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "src/cpu.h"
#include "tests/kernel/expect.h"
#include "tests/kernel/harness.h"

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("f16c"))) static int f16c(float x)
{
    return _cvtss_sh(x, 0);
}

static int vec_hardware_f16(float x)
{
    static int have = -1;
    if (have < 0)
        have = (sow__cpu_features() & SOW_CPU_f16c) != 0;
    return have ? f16c(x) : -1;
}
#else
static int vec_hardware_f16(float x)
{
    (void)x;
    return -1;
}
#endif
#undef VEC_BEFORE

#else
int main(void)
{
    harness_kernels(VEC_ISA);
    return cmocka_run_group_tests_name(VEC_ISA, vec_tests, NULL, NULL);
}
#endif
