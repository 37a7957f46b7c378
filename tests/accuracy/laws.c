/* SPDX-License-Identifier: MIT */
#include "tests/accuracy/laws.h"

#include <math.h>
#include <stdlib.h>

#include "src/dist.h"

const law laws[] = {
    {0, 1, -2, 2},
    {0, 1, 0.3, 0.9},
    {0, 1, 5, 6},
    {0, 1, -9, -8},
    {0, 1, -100, 100},
    {0, 0.02, -2, 2}, /* ±100 std, as frameworks' defaults have it */
    {0, 0.02, -0.04, 0.04},
    {0, 1, 0, 1},
    {0, 1, -1, 0},
    {0, 1, -1e-3, 5},
    {0, 1, -40, -38},
    {0, 1, 30, 31},
    {0, 1, 100, 101},
    {0, 1, 7000, 7001},
    {0, 1, 1, 1.0001},
    {0, 1, 2.5, INFINITY},
    {0, 1, -INFINITY, -0.5},
    {0, 1, -1.5, INFINITY},
    {0, 1, -INFINITY, INFINITY},
    {0, 1, -0x1p-30, 0x1p-30},
    {0, 1, 9, 10},
    {0, 0.5, -0.5, 1},
    {1, 1, -2, 2},
};
const size_t law_count = sizeof laws / sizeof laws[0];

sow_params law_params(const law *l, sow_dtype dtype)
{
    sow_params p;
    if (sow__dist_prepare(sow_dist_trunc_normal(l->mean, l->std, l->a, l->b), dtype, &p) != SOW_DIST_TRUNC_NORMAL)
        abort();
    return p;
}

double law_limit(sow_dtype dtype)
{
    return dtype == SOW_F64 ? 0x1p-48 : 0x1p-21;
}
