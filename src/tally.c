/* SPDX-License-Identifier: MIT */
#include "src/tally.h"

#include <math.h>
#include <string.h>

#include "src/alloc.h"
#include "src/context.h"
#include "src/exact.h"
#include "src/fpenv.h"
#include "src/try.h"

#define BLOCK SOW_STATS_BLOCK
/* Fresh counts are folded before one can overflow. */
#define FOLD_AFTER (UINT64_C(1) << 31)
/* Nodes that one range can add: at most two of each size remain. */
enum { NODES_PER_RANGE = 2 * 64 };

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Room for `more` items behind those that are there. */
static sow_status reserve(const sow_tally *t, sow__list *list, size_t more, size_t size)
{
    if (list->capacity - list->count >= more)
        return SOW_OK;
    const size_t capacity = 2 * list->count + more;
    void *const item = sow__allocate(&t->allocator, capacity * size);
    if (!item)
        return SOW_ERR_MEMORY;
    if (list->count)
        memcpy(item, list->item, list->count * size);
    sow__release(&t->allocator, list->item);
    list->item = item;
    list->capacity = capacity;
    return SOW_OK;
}

/* A gap before item i; reserve() has been called. */
static void *open_gap(sow__list *list, size_t i, size_t size)
{
    char *const at = (char *)list->item + i * size;
    memmove(at + size, at, (list->count - i) * size);
    list->count++;
    return at;
}

static void close_gap(sow__list *list, size_t i, size_t size)
{
    char *const at = (char *)list->item + i * size;
    list->count--;
    memmove(at, at + size, (list->count - i) * size);
}

/* ranges */

/* The first range that ends behind `begin`. */
static size_t range_at(const sow_tally *t, uint64_t begin)
{
    const sow__range *const r = t->ranges.item;
    size_t i = t->ranges.count;
    while (i && r[i - 1].end > begin)
        i--;
    return i;
}

static int overlaps(const sow_tally *t, uint64_t begin, uint64_t end)
{
    const sow__range *const r = t->ranges.item;
    const size_t i = range_at(t, begin);
    return i < t->ranges.count && r[i].begin < end;
}

static void add_range(sow_tally *t, uint64_t begin, uint64_t end)
{
    sow__range *r = t->ranges.item;
    const size_t i = range_at(t, begin);
    const int left = i > 0 && r[i - 1].end == begin, right = i < t->ranges.count && r[i].begin == end;
    if (left && right) {
        r[i - 1].end = r[i].end;
        close_gap(&t->ranges, i, sizeof *r);
    } else if (left) {
        r[i - 1].end = end;
    } else if (right) {
        r[i].begin = begin;
    } else {
        r = open_gap(&t->ranges, i, sizeof *r);
        *r = (sow__range){begin, end};
    }
}

/* nodes */

static void add_node(sow_tally *t, uint64_t block, unsigned level, const sow__central *c)
{
    sow__node *const node = t->nodes.item;
    size_t i = t->nodes.count;
    while (i && node[i - 1].first > block)
        i--;
    *(sow__node *)open_gap(&t->nodes, i, sizeof *node) = (sow__node){block, level, *c};
    for (;;) { /* two halves of a whole become one */
        const uint64_t half = UINT64_C(1) << node[i].level;
        const size_t left = node[i].first & half ? i - 1 : i, right = left + 1;
        if ((left == SIZE_MAX) || right >= t->nodes.count || node[left].level != node[right].level ||
            node[left].first + half != node[right].first)
            return;
        node[left].central = sow__central_join(&node[left].central, &node[right].central);
        node[left].level++;
        close_gap(&t->nodes, right, sizeof *node);
        i = left;
    }
}

/* elements */

static size_t partial_at(const sow_tally *t, uint64_t block)
{
    const sow__partial *const p = t->partials.item;
    size_t i = 0;
    while (i < t->partials.count && p[i].block < block)
        i++;
    return i;
}

static sow__partial *find_partial(const sow_tally *t, uint64_t block)
{
    const size_t i = partial_at(t, block);
    sow__partial *const p = t->partials.item;
    return i < t->partials.count && p[i].block == block ? p + i : NULL;
}

/* Memory for a block's elements, that is handed over. */
static sow__partial *new_partial(sow_tally *t, uint64_t block, void **fresh)
{
    sow__partial *const p = open_gap(&t->partials, partial_at(t, block), sizeof *p);
    *p = (sow__partial){block, 0, *fresh};
    *fresh = NULL;
    return p;
}

/* Elements first … first+n-1 of one block, which they do not fill alone. */
static void add_partial(sow_tally *t, uint64_t first, const unsigned char *x, size_t n, void **fresh)
{
    const uint64_t block = first / BLOCK;
    const size_t size = sow_dtype_size(t->dtype);
    sow__partial *p = find_partial(t, block);
    if (!p)
        p = new_partial(t, block, fresh);
    memcpy((unsigned char *)p->element + first % BLOCK * size, x, n * size);
    p->have += n;
    if (p->have < BLOCK)
        return;
    if (t->in_fresh >= FOLD_AFTER)
        sow__tally_fold(t);
    const sow__central c = sow__tally_block(t, p->element, BLOCK, NULL);
    add_node(t, block, 0, &c);
    sow__release(&t->allocator, p->element);
    close_gap(&t->partials, partial_at(t, block), sizeof *p);
}

/* Blocks are looked at where they are, or in a copy if that is not aligned to the element. */
static OUT_OF_LINE void add_blocks(sow_tally *t, uint64_t block, const unsigned char *x, size_t blocks)
{
    _Alignas(64) unsigned char copy[BLOCK * sizeof(double)];
    const size_t size = sow_dtype_size(t->dtype), bytes = BLOCK * size;
    for (; blocks; blocks--, block++, x += bytes) {
        const void *p = x;
        if ((uintptr_t)x % size)
            p = memcpy(copy, x, bytes);
        if (t->in_fresh >= FOLD_AFTER)
            sow__tally_fold(t);
        const sow__central c = sow__tally_block(t, p, BLOCK, NULL);
        add_node(t, block, 0, &c);
    }
}

static void add_half(sow_tally *t, const unsigned char *x, size_t n)
{
    uint16_t copy[BLOCK];
    for (size_t part; n; n -= part, x += 2 * part) {
        const int aligned = (uintptr_t)x % 2 == 0;
        part = min_size(n, aligned ? FOLD_AFTER : BLOCK);
        if (t->in_fresh + part > FOLD_AFTER)
            sow__tally_fold(t);
        const void *const p = aligned ? x : memcpy(copy, x, 2 * part);
        sow__tally_count(t, p, part);
    }
}

static OUT_OF_LINE void add_elements(sow_tally *t, uint64_t first, const unsigned char *x, size_t n, void **fresh)
{
    const size_t size = sow_dtype_size(t->dtype);
    if (size == 2) {
        add_half(t, x, n);
        return;
    }
    const size_t head = first % BLOCK ? min_size(n, BLOCK - (size_t)(first % BLOCK)) : 0;
    if (head)
        add_partial(t, first, x, head, &fresh[0]);
    const size_t blocks = (n - head) / BLOCK, tail = (n - head) % BLOCK;
    add_blocks(t, (first + head) / BLOCK, x + head * size, blocks);
    if (tail)
        add_partial(t, first + n - tail, x + (n - tail) * size, tail, &fresh[1]);
}

/* Everything that may be refused, before anything changes. */
static sow_status prepare(sow_tally *t, uint64_t first, size_t n, void **fresh)
{
    SOW_TRY(reserve(t, &t->ranges, 1, sizeof(sow__range)));
    if (sow_dtype_size(t->dtype) == 2)
        return SOW_OK;
    SOW_TRY(reserve(t, &t->nodes, NODES_PER_RANGE, sizeof(sow__node)));
    SOW_TRY(reserve(t, &t->partials, 2, sizeof(sow__partial)));
    const size_t bytes = BLOCK * sow_dtype_size(t->dtype);
    const int head = first % BLOCK != 0 && !find_partial(t, first / BLOCK);
    const int tail = (first + n) % BLOCK != 0 && !find_partial(t, (first + n) / BLOCK);
    if (head && !(fresh[0] = sow__allocate(&t->allocator, bytes)))
        return SOW_ERR_MEMORY;
    if (tail && !(fresh[1] = sow__allocate(&t->allocator, bytes)))
        return SOW_ERR_MEMORY;
    return SOW_OK;
}

sow_status sow__tally_reserve(sow_tally *t, size_t pieces)
{
    SOW_TRY(reserve(t, &t->ranges, pieces + 1, sizeof(sow__range)));
    SOW_TRY(reserve(t, &t->nodes, pieces + 2 * (size_t)NODES_PER_RANGE, sizeof(sow__node)));
    return reserve(t, &t->partials, 2, sizeof(sow__partial));
}

sow_status sow_tally_add(sow_tally *t, uint64_t first, const void *data, size_t n)
{
    if (!t || (n && !data))
        return SOW_ERR_NULL;
    if (first > INT64_MAX || n > INT64_MAX - first)
        return SOW_ERR_RANGE;
    if (n == 0)
        return SOW_OK;
    if (overlaps(t, first, first + n))
        return SOW_ERR_RANGE;
    void *fresh[2] = {NULL, NULL};
    const sow_status status = prepare(t, first, n, fresh);
    if (status == SOW_OK) {
        const sow__fpenv saved = sow__fpenv_enter();
        add_range(t, first, first + n);
        add_elements(t, first, data, n, fresh);
        sow__fpenv_leave(saved);
    }
    sow__release(&t->allocator, fresh[0]);
    sow__release(&t->allocator, fresh[1]);
    return status;
}

/* merging */

static void merge_extreme(double *extreme, uint64_t *at, double other, uint64_t other_at, int better)
{
    if (better) {
        *extreme = other;
        *at = other_at;
    } else if (*extreme == other) {
        *at += other_at;
    }
}

static void merge_counts(sow_tally *t, const sow_tally *from)
{
    t->zeros += from->zeros;
    t->nans += from->nans;
    t->infs += from->infs;
    merge_extreme(&t->min, &t->at_min, from->min, from->at_min, from->min < t->min);
    merge_extreme(&t->max, &t->at_max, from->max, from->at_max, from->max > t->max);
    for (uint32_t word = 0; word < SOW_STATS_BUCKETS / 64; word++) {
        t->seen[word] |= from->seen[word];
        for (uint64_t bits = from->seen[word]; bits; bits &= bits - 1) {
            const uint32_t bucket = word * 64 + (uint32_t)__builtin_ctzll(bits);
            t->histogram[bucket] += from->histogram[bucket];
        }
    }
}

/* Of one block both have elements, or `from` alone: then its memory changes hands. */
static void merge_partial(sow_tally *t, const sow_tally *from, sow__partial *p)
{
    if (!find_partial(t, p->block)) {
        new_partial(t, p->block, &p->element)->have = p->have;
        return;
    }
    const sow__range *const r = from->ranges.item;
    const uint64_t begin = p->block * BLOCK, end = begin + BLOCK;
    for (size_t i = range_at(from, begin); i < from->ranges.count && r[i].begin < end; i++) {
        const uint64_t b = r[i].begin > begin ? r[i].begin : begin, e = r[i].end < end ? r[i].end : end;
        add_partial(t, b, (unsigned char *)p->element + (b - begin) * sow_dtype_size(t->dtype), (size_t)(e - b), NULL);
    }
}

static OUT_OF_LINE void merge(sow_tally *t, sow_tally *from)
{
    const sow__range *const range = from->ranges.item;
    const sow__node *const node = from->nodes.item;
    sow__partial *const partial = from->partials.item;
    sow__tally_fold(t);
    sow__tally_fold(from);
    merge_counts(t, from);
    for (size_t i = 0; i < from->nodes.count; i++)
        add_node(t, node[i].first, node[i].level, &node[i].central);
    for (size_t i = 0; i < from->partials.count; i++)
        merge_partial(t, from, &partial[i]);
    for (size_t i = 0; i < from->ranges.count; i++)
        add_range(t, range[i].begin, range[i].end);
}

sow_status sow_tally_merge(sow_tally *t, sow_tally *from)
{
    if (!t || !from)
        return SOW_ERR_NULL;
    if (t->dtype != from->dtype)
        return SOW_ERR_DTYPE;
    const sow__range *const range = from->ranges.item;
    for (size_t i = 0; i < from->ranges.count; i++)
        if (t == from || overlaps(t, range[i].begin, range[i].end))
            return SOW_ERR_RANGE;
    SOW_TRY(reserve(t, &t->ranges, from->ranges.count, sizeof(sow__range)));
    SOW_TRY(reserve(t, &t->nodes, from->nodes.count + from->partials.count, sizeof(sow__node)));
    SOW_TRY(reserve(t, &t->partials, from->partials.count, sizeof(sow__partial)));
    const sow__fpenv saved = sow__fpenv_enter();
    merge(t, from);
    sow__fpenv_leave(saved);
    sow_tally_reset(from, from->dtype);
    return SOW_OK;
}

/* the end */

static OUT_OF_LINE void finish(sow_tally *t, sow_stats *out)
{
    if (sow_dtype_size(t->dtype) == 2) {
        sow__tally_fold(t);
        sow__tally_half(t, out);
        return;
    }
    _Alignas(64) unsigned char space[BLOCK * sizeof(double)];
    const sow__partial *const rest = t->partials.item;
    const sow__node *const node = t->nodes.item;
    sow__central c = {0};
    if (t->partials.count)
        c = sow__tally_block(t, rest->element, rest->have, space);
    sow__tally_fold(t);
    for (size_t i = t->nodes.count; i-- > 0;)
        c = sow__central_join(&node[i].central, &c);
    out->zeros = t->zeros;
    out->nans = t->nans;
    out->infs = t->infs;
    double moments[4];
    sow__central_finish(&c, moments);
    out->mean = moments[0];
    out->variance = moments[1];
    out->skewness = moments[2];
    out->kurtosis = moments[3];
    out->min = c.n > 0 ? t->min : (double)NAN;
    out->max = c.n > 0 ? t->max : (double)NAN;
    out->at_min = t->at_min;
    out->at_max = t->at_max;
}

sow_status sow_tally_finish(sow_tally *t, sow_stats *out, uint64_t *histogram)
{
    if (!t || !out)
        return SOW_ERR_NULL;
    const sow__range *const range = t->ranges.item;
    if (t->ranges.count > 1 || (t->ranges.count && range->begin != 0))
        return SOW_ERR_RANGE;
    *out = (sow_stats){.count = t->ranges.count ? range->end : 0};
    const sow__fpenv saved = sow__fpenv_enter();
    finish(t, out);
    sow__fpenv_leave(saved);
    out->min += 0.0; /* -0 is none of ours */
    out->max += 0.0;
    if (histogram)
        memcpy(histogram, t->histogram, sizeof t->histogram);
    sow_tally_reset(t, t->dtype);
    return SOW_OK;
}

/* life and death */

void sow_tally_reset(sow_tally *t, sow_dtype dtype)
{
    if (!t)
        return;
    sow__partial *const p = t->partials.item;
    for (size_t i = 0; i < t->partials.count; i++)
        sow__release(&t->allocator, p[i].element);
    t->nodes.count = t->ranges.count = t->partials.count = 0;
    if (t->in_fresh)
        memset(t->fresh, 0, sizeof t->fresh);
    for (uint32_t word = 0; word < SOW_STATS_BUCKETS / 64; word++)
        for (; t->seen[word]; t->seen[word] &= t->seen[word] - 1)
            t->histogram[word * 64 + (uint32_t)__builtin_ctzll(t->seen[word])] = 0;
    t->in_fresh = t->zeros = t->nans = t->infs = t->at_min = t->at_max = 0;
    t->min = (double)INFINITY;
    t->max = (double)-INFINITY;
    if (sow_dtype_size(dtype))
        t->dtype = dtype;
}

sow_status sow_tally_create(const sow_context *ctx, sow_dtype dtype, sow_tally **out)
{
    if (!out)
        return SOW_ERR_NULL;
    *out = NULL;
    if (sow_dtype_size(dtype) == 0)
        return SOW_ERR_DTYPE;
    const sow_kernels *const kernels = sow__context_kernels(ctx);
    if (!kernels)
        return SOW_ERR_ISA;
    const sow_allocator allocator = sow__context_allocator(ctx);
    sow_tally *const t = sow__allocate(&allocator, sizeof *t);
    if (!t)
        return SOW_ERR_MEMORY;
    memset(t, 0, sizeof *t);
    t->allocator = allocator;
    t->kernels = kernels;
    sow_tally_reset(t, dtype);
    *out = t;
    return SOW_OK;
}

void sow_tally_destroy(sow_tally *t)
{
    if (!t)
        return;
    sow_tally_reset(t, t->dtype);
    const sow_allocator allocator = t->allocator;
    sow__release(&allocator, t->nodes.item);
    sow__release(&allocator, t->ranges.item);
    sow__release(&allocator, t->partials.item);
    sow__release(&allocator, t);
}
