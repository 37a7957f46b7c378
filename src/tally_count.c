/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "src/tally.h"

/* Folding fresh counts takes as long as so many elements, or more. */
enum { FEW = 4096 };

int sow__tally_few(const sow_tally *t, size_t n)
{
    return n < FEW && t->in_fresh == 0;
}

void sow__tally_count(sow_tally *t, const uint16_t *bucket, size_t n)
{
    if (!sow__tally_few(t, n)) {
        t->in_fresh += n;
        t->kernels->count(bucket, n, t->fresh);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        t->histogram[bucket[i]]++;
        t->seen[bucket[i] / 64] |= UINT64_C(1) << bucket[i] % 64;
    }
}

/* Most are zero, and stay as they are. */
void sow__tally_fold(sow_tally *t)
{
    enum { LINES = 32 };
    if (t->in_fresh == 0)
        return;
    for (uint32_t first = 0; first < SOW_STATS_BUCKETS; first += LINES) {
        uint32_t *const fresh = t->fresh + 2 * first;
        uint32_t any = 0;
        for (uint32_t i = 0; i < 2 * LINES; i++)
            any |= fresh[i];
        for (uint32_t i = 0; any && i < LINES; i++) {
            const uint64_t count = (uint64_t)fresh[2 * i] + fresh[2 * i + 1];
            t->histogram[first + i] += count;
            t->seen[(first + i) / 64] |= (uint64_t)(count != 0) << (first + i) % 64;
        }
        if (any)
            memset(fresh, 0, 2 * LINES * sizeof *fresh);
    }
    t->in_fresh = 0;
}

uint64_t sow__tally_bucket(const sow_tally *t, uint32_t bucket)
{
    return t->histogram[bucket] + t->fresh[2 * bucket] + t->fresh[2 * bucket + 1];
}
