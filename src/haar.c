/* SPDX-License-Identifier: MIT */
/* The schemes orthogonal and delta_orthogonal, over src/orthogonal.c: which axis is the output, and where the matrix lies. */
#include <math.h>

#include "src/exact.h"
#include "src/explain.h"
#include "src/orthogonal.h"
#include "src/scheme_row.h"
#include "src/try.h"

/* add would leave neither rows nor columns orthogonal. */
static sow_status check_matrix(const sow__scheme_call *c, int rank, const int64_t *shape, int out)
{
    double gain;
    if (c->affine.add != 0)
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: add is %g around it, must be 0", c->row->info.name, c->affine.add);
    SOW_TRY(sow__arg_finite(c, "gain", 1, &gain));
    const sow_tensor t = sow_tensor_make(NULL, c->dtype, rank, shape);
    return sow__orthogonal_check(NULL, c->affine.mul * gain, &t, out, c->why, c->size);
}

static sow_layout layout_of(const sow__scheme_call *c)
{
    return (sow_layout)sow__arg(c, "layout", SOW_LAYOUT_AUTO);
}

/* The layout's, unless out_axis is given; torch's is axis 0. */
static int out_axis(const sow__scheme_call *c)
{
    int in, out;
    sow__layout_axes(layout_of(c), c->rank, &in, &out);
    const int given = (int)sow__arg(c, "out_axis", out);
    return given < 0 ? given + c->rank : given;
}

static sow_status orthogonal_check(const sow__scheme_call *c)
{
    const double axis = sow__arg(c, "out_axis", 0);
    if (c->rank < 2)
        return sow__bad_shape(c, "of rank 2 or more");
    if (!(axis >= -c->rank && axis < c->rank) || axis != floor(axis))
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: out_axis is %g, must be a whole number from %d to %d", c->row->info.name,
                         axis, -c->rank, c->rank - 1);
    return check_matrix(c, c->rank, c->shape, out_axis(c));
}

static sow_status orthogonal_view(const sow__scheme_call *c, const sow__site *site)
{
    return sow__orthogonal_fill(site->ctx, site->stream, c->affine.mul * sow__arg(c, "gain", 1), &site->tensor, out_axis(c));
}

const sow__writer sow__writer_orthogonal = {orthogonal_check, NULL, NULL, orthogonal_view};

/* The two axes of the centre tap's matrix, in their order, and which of them is the output. */
typedef struct taps {
    int axis[2], out;
} taps;

static taps taps_of(const sow__scheme_call *c)
{
    int in, out;
    sow__layout_axes(layout_of(c), c->rank, &in, &out);
    return in < out ? (taps){{in, out}, 1} : (taps){{out, in}, 0};
}

static sow_status delta_check(const sow__scheme_call *c)
{
    if (c->rank < 3 || c->rank > 5)
        return sow__bad_shape(c, "of rank 3 to 5");
    const taps tap = taps_of(c);
    const int64_t shape[2] = {c->shape[tap.axis[0]], c->shape[tap.axis[1]]};
    if (shape[!tap.out] > shape[tap.out])
        return sow__fail(SOW_ERR_SHAPE, c->why, c->size, "%s: inputs are %lld, must be at most the %lld outputs", c->row->info.name,
                         (long long)shape[!tap.out], (long long)shape[tap.out]);
    return check_matrix(c, 2, shape, tap.out);
}

static sow_status delta_view(const sow__scheme_call *c, const sow__site *site)
{
    const taps tap = taps_of(c);
    const sow_tensor *t = &site->tensor;
    int64_t place = 0;
    sow__write_dist(sow_dist_constant(0), site);
    for (int i = 0; i < t->rank; i++) {
        const int64_t at = (t->global_shape[i] - 1) / 2 - t->offset[i];
        if (i == tap.axis[0] || i == tap.axis[1])
            continue;
        if (at < 0 || at >= t->shape[i])
            return SOW_OK;
        place += at * t->stride[i];
    }
    const int64_t shape[2] = {t->shape[tap.axis[0]], t->shape[tap.axis[1]]};
    sow_tensor matrix = sow_tensor_make((unsigned char *)t->data + place * (int64_t)sow_dtype_size(t->dtype), t->dtype, 2, shape);
    for (int k = 0; k < 2; k++) {
        matrix.stride[k] = t->stride[tap.axis[k]];
        matrix.global_shape[k] = t->global_shape[tap.axis[k]];
        matrix.offset[k] = t->offset[tap.axis[k]];
    }
    return sow__orthogonal_fill(site->ctx, site->stream, c->affine.mul * sow__arg(c, "gain", 1), &matrix, tap.out);
}

const sow__writer sow__writer_delta_orthogonal = {delta_check, NULL, NULL, delta_view};
