/* SPDX-License-Identifier: MIT */
/* unit_ball: Caffe's positive_unitball. Each output's weights are uniform numbers over their sum; the sum needs the whole output. */
#include "src/exact.h"
#include "src/fpenv.h"
#include "src/scheme_row.h"
#include "src/try.h"

enum { CHUNK = 256 };

static sow_status unit_ball_check(const sow__scheme_call *c)
{
    return c->rank >= 2 ? sow__check_value(c, 1) : sow__bad_shape(c, "of rank 2 or more: (O, …)");
}

/* In order, in double. A row of zeros is left alone. */
OUT_OF_LINE static double sum_of(const sow__leaf *leaf, int64_t first, int64_t n)
{
    double values[CHUNK], sum = 0;
    while (n > 0) {
        const int64_t here = n < CHUNK ? n : CHUNK;
        sow__leaf_draw(leaf, sow_dist_uniform(0, 1), first, values, here);
        for (int64_t i = 0; i < here; i++)
            sum += values[i];
        first += here;
        n -= here;
    }
    return sum == 0 ? 1 : sum;
}

typedef struct ball {
    const sow__scheme_call *call;
    const sow__site *site;
    int64_t weights; /* of an output */
} ball;

OUT_OF_LINE static sow_dist row_law(const ball *b, int64_t row)
{
    const sow__scheme_call *c = b->call;
    const sow__leaf leaf = {.call = c, .ctx = b->site->ctx, .stream = b->site->stream};
    const double sum = sum_of(&leaf, row * b->weights, b->weights);
    return sow__transform(sow_dist_uniform(0, 1 / sum), c->affine);
}

static void write_row(const ball *b, int64_t i)
{
    sow__site s = *b->site;
    sow_tensor *t = &s.tensor;
    t->data = (unsigned char *)t->data + i * t->stride[0] * (int64_t)sow_dtype_size(t->dtype);
    t->offset[0] += i;
    t->shape[0] = 1;
    const sow__fpenv saved = sow__fpenv_enter();
    const sow_dist law = row_law(b, t->offset[0]);
    sow__fpenv_leave(saved);
    sow__write_dist(law, &s);
}

static sow_status unit_ball_view(const sow__scheme_call *c, const sow__site *site)
{
    ball b = {c, site, 1};
    for (int i = 1; i < c->rank; i++)
        b.weights *= c->shape[i];
    for (int64_t i = 0; i < site->tensor.shape[0]; i++)
        write_row(&b, i);
    return SOW_OK;
}

const sow__writer sow__writer_unit_ball = {unit_ball_check, NULL, NULL, unit_ball_view};
