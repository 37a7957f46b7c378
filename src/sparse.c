/* SPDX-License-Identifier: MIT */
/*
 * Normals, of which a fixed number in every column (axis 1: row) is zero (Martens 2010). Line j, of n elements, has a child stream:
 * index j of the child "sparse". Its words 0 .. n-1 rank the elements; the ⌈sparsity·n⌉ smallest are zero, the first of equal ones first.
 * A shard so needs the words of the lines that it touches, and no memory.
 */
#include <math.h>
#include <string.h>

#include "sow/fill.h"
#include "src/context.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/scheme_row.h"
#include "src/try.h"

enum { WORDS = 1024, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, LINES_IN_TASK = 16 };

typedef struct sparse {
    const sow_context *ctx;
    sow_stream lines;
    int along, across;     /* the axis that a line runs along, and the other */
    int64_t length, zeros; /* of a whole line */
    const sow_tensor *tensor;
    size_t bytes;
    unsigned char zero[8]; /* as an element */
} sparse;

static sow_status sparse_check(const sow__scheme_call *c)
{
    const char *name = c->row->info.name;
    const double sparsity = sow__arg(c, "sparsity", 0), axis = sow__arg(c, "axis", 0);
    double std;
    if (!(sparsity >= 0 && sparsity <= 1))
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: sparsity is %g, must be 0 to 1", name, sparsity);
    if (axis != 0 && axis != 1)
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: axis is %g, must be 0 (columns) or 1 (rows)", name, axis);
    SOW_TRY(sow__arg_positive_or_0(c, "std", c->row->value, &std));
    if (c->rank != 2)
        return sow__bad_shape(c, "of rank 2");
    return sow_check_dist(sow_dist_normal(c->affine.add, c->affine.mul * std), c->dtype, c->why, c->size);
}

static void words(const sparse *s, int64_t line, int64_t first, uint32_t *out, int64_t n)
{
    (void)sow_fill_part(s->ctx, sow_stream_indexed(s->lines, (uint64_t)line), sow_dist_bits(), SOW_F32, (uint64_t)first, out, (size_t)n, 0,
                        1);
}

/* The largest word that is zeroed, by radix selection in three passes; of the words equal to it, the first *ties are. zeros >= 1. */
static uint32_t threshold(const sparse *s, int64_t line, int64_t *ties)
{
    uint32_t buffer[WORDS], prefix = 0, mask = 0;
    int64_t want = s->zeros;
    for (int shift = 32 - DIGIT_BITS, bits = DIGIT_BITS; bits > 0;) {
        uint32_t count[DIGITS];
        memset(count, 0, sizeof count);
        for (int64_t i = 0; i < s->length; i += WORDS) {
            const int64_t n = s->length - i < WORDS ? s->length - i : WORDS;
            words(s, line, i, buffer, n);
            for (int64_t k = 0; k < n; k++)
                count[buffer[k] >> shift & ((1U << bits) - 1)] += (buffer[k] & mask) == prefix;
        }
        uint32_t digit = 0;
        while (want > (int64_t)count[digit])
            want -= (int64_t)count[digit++];
        prefix |= digit << shift;
        mask |= ((1U << bits) - 1) << shift;
        bits = shift < DIGIT_BITS ? shift : DIGIT_BITS;
        shift -= bits;
    }
    *ties = want;
    return prefix;
}

static void zero_element(const sparse *s, int64_t line, int64_t i)
{
    const sow_tensor *t = s->tensor;
    const int64_t place = i * t->stride[s->along] + line * t->stride[s->across];
    memcpy((unsigned char *)t->data + place * (int64_t)s->bytes, s->zero, s->bytes);
}

/* Line `line` of the view. */
static void zero_line(const sparse *s, int64_t line)
{
    const sow_tensor *t = s->tensor;
    const int64_t global = line + t->offset[s->across], begin = t->offset[s->along], end = begin + t->shape[s->along];
    uint32_t buffer[WORDS];
    int64_t ties;
    const uint32_t limit = threshold(s, global, &ties);
    for (int64_t i = 0; i < end; i += WORDS) {
        const int64_t n = end - i < WORDS ? end - i : WORDS;
        words(s, global, i, buffer, n);
        for (int64_t k = 0; k < n; k++)
            if ((buffer[k] < limit || (buffer[k] == limit && ties-- > 0)) && i + k >= begin)
                zero_element(s, line, i + k - begin);
    }
}

static void zero_task(void *arg, size_t i)
{
    const sparse *s = arg;
    const int64_t lines = s->tensor->shape[s->across], begin = (int64_t)i * LINES_IN_TASK;
    for (int64_t line = begin; line < lines && line < begin + LINES_IN_TASK; line++)
        zero_line(s, line);
}

/* The ceiling is torch's: of the product in double, so that 0.07 · 100 gives 8. */
OUT_OF_LINE static int64_t zeros_of(double sparsity, int64_t length)
{
    return (int64_t)ceil(sparsity * (double)length);
}

static sow_status sparse_view(const sow__scheme_call *c, const sow__site *site)
{
    const double std = sow__arg(c, "std", c->row->value);
    const int along = sow__arg(c, "axis", 0) != 0;
    const int64_t length = c->shape[along];
    sparse s = {site->ctx, sow_stream_named(site->stream, "sparse", 6),  along,         1 - along,
                length,    zeros_of(sow__arg(c, "sparsity", 0), length), &site->tensor, sow_dtype_size(c->dtype),
                {0}};
    sow__element_store(c->affine.add, c->dtype, s.zero);
    sow__write_dist(sow_dist_normal(c->affine.add, c->affine.mul * std), site);
    if (s.zeros > 0)
        sow__context_run(site->ctx, (size_t)((site->tensor.shape[s.across] + LINES_IN_TASK - 1) / LINES_IN_TASK), zero_task, &s);
    return SOW_OK;
}

const sow__writer sow__writer_sparse = {sparse_check, NULL, NULL, sparse_view};
