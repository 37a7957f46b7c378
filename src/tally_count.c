/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "src/tally.h"

/* Below it, clearing the tables again costs more than they bring. */
enum { FEW = 4096 };

static uint32_t bucket_f32(uint32_t x)
{
    return x >> 16;
}

/* The upper half of an f64: its exponent moved to that of f32, or to the end of f32's. */
static uint32_t bucket_f64(uint32_t high)
{
    const int32_t moved = (int32_t)((high & 0x7fffffff) >> 13) - ((1023 - 127) << 7), last = 0x7f7f;
    const int32_t inside = moved < 1 << 7 ? 0 : moved > last ? last : moved;
    return (high >> 31 << 15) | (uint32_t)((high & 0x7ff00000) == 0x7ff00000 ? 0x7f80 : inside);
}

static uint32_t load32(const unsigned char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static uint16_t load16(const unsigned char *p)
{
    uint16_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

#define CODE_16(p)  load16(p)
#define CODE_F32(p) bucket_f32(load32(p))
#define CODE_F64(p) bucket_f64(load32((p) + 4))

#define COUNT(name, bytes, CODE)                                                                                                           \
    static void count_##name(uint32_t *table, const unsigned char *p, size_t n)                                                            \
    {                                                                                                                                      \
        for (; n >= SOW_TALLY_TABLES; n -= SOW_TALLY_TABLES, p += SOW_TALLY_TABLES * (bytes))                                              \
            for (size_t k = 0; k < SOW_TALLY_TABLES; k++)                                                                                  \
                table[k * SOW_STATS_BUCKETS + CODE(p + k * (bytes))]++;                                                                    \
        for (size_t k = 0; k < n; k++)                                                                                                     \
            table[k * SOW_STATS_BUCKETS + CODE(p + k * (bytes))]++;                                                                        \
    }                                                                                                                                      \
    static void count_few_##name(sow_tally *t, const unsigned char *p, size_t n)                                                           \
    {                                                                                                                                      \
        for (; n; n--, p += (bytes)) {                                                                                                     \
            const uint32_t bucket = CODE(p);                                                                                               \
            t->histogram[bucket]++;                                                                                                        \
            t->seen[bucket / 64] |= UINT64_C(1) << bucket % 64;                                                                            \
        }                                                                                                                                  \
    }

COUNT(16, 2, CODE_16)
COUNT(f32, 4, CODE_F32)
COUNT(f64, 8, CODE_F64)

void sow__tally_count(sow_tally *t, const void *x, size_t n)
{
    const int few = n < FEW && t->in_tables == 0;
    t->in_tables += few ? 0 : n;
    switch (t->dtype) {
    case SOW_F32:
        few ? count_few_f32(t, x, n) : count_f32(t->table, x, n);
        break;
    case SOW_F64:
        few ? count_few_f64(t, x, n) : count_f64(t->table, x, n);
        break;
    default:
        few ? count_few_16(t, x, n) : count_16(t->table, x, n);
    }
}

void sow__tally_fold(sow_tally *t)
{
    if (t->in_tables == 0)
        return;
    for (uint32_t b = 0; b < SOW_STATS_BUCKETS; b++) {
        uint64_t count = 0;
        for (uint32_t k = 0; k < SOW_TALLY_TABLES; k++)
            count += t->table[k * SOW_STATS_BUCKETS + b];
        t->histogram[b] += count;
        t->seen[b / 64] |= (uint64_t)(count != 0) << b % 64;
    }
    memset(t->table, 0, sizeof t->table);
    t->in_tables = 0;
}

uint64_t sow__tally_bucket(const sow_tally *t, uint32_t bucket)
{
    uint64_t count = t->histogram[bucket];
    for (uint32_t k = 0; k < SOW_TALLY_TABLES; k++)
        count += t->table[k * SOW_STATS_BUCKETS + bucket];
    return count;
}
