/* SPDX-License-Identifier: MIT */
/* fan_in and fan_out: what they are (layouts), and what frameworks compute from the bare shape. */
#include <math.h>

#include "sow/scheme.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/fpenv.h"
#include "src/scheme_row.h"
#include "src/tensor.h"
#include "src/try.h"

/* How the axes that are neither input nor output count, and what `groups` divides. */
typedef enum rule {
    PLAIN,      /* the rest multiplies both fans; no groups */
    GROUPS_OUT, /* the same; the output axis holds all groups, the input axis one */
    GROUPS_IN,  /* the same; the input axis holds all groups */
    DEPTHWISE,  /* GROUPS_OUT with an input axis of 1 and one group per channel */
    CHANNEL,    /* the input axis counts channels that do not mix: fan_in is the rest alone */
    WIDTH,      /* both fans are the output axis */
    IN_PAIR,    /* fan_in is the product of the two axes that are not the output */
    OUT_PAIR    /* fan_out is the product of the two axes that are not the input */
} rule;

/* Axes below 0 count from the end. */
static const struct layout_row {
    const char *word;
    int min_rank, max_rank, in, out;
    rule rule;
} layouts[] = {
    [SOW_LAYOUT_AUTO] = {"auto", 2, SOW_MAX_RANK, 1, 0, GROUPS_OUT},
    [SOW_LAYOUT_LINEAR] = {"linear", 2, 2, 1, 0, PLAIN},
    [SOW_LAYOUT_DENSE] = {"dense", 2, 2, 0, 1, PLAIN},
    [SOW_LAYOUT_CONV] = {"conv", 2, SOW_MAX_RANK, 1, 0, GROUPS_OUT},
    [SOW_LAYOUT_CONV_LAST] = {"conv_last", 2, SOW_MAX_RANK, -2, -1, GROUPS_OUT},
    [SOW_LAYOUT_CONV_MLX] = {"conv_mlx", 2, SOW_MAX_RANK, -1, 0, GROUPS_OUT},
    [SOW_LAYOUT_CONV_T] = {"conv_t", 2, SOW_MAX_RANK, 0, 1, GROUPS_IN},
    [SOW_LAYOUT_CONV_T_LAST] = {"conv_t_last", 2, SOW_MAX_RANK, -1, -2, PLAIN},
    [SOW_LAYOUT_CONV_T_FLAX] = {"conv_t_flax", 2, SOW_MAX_RANK, -2, -1, PLAIN},
    [SOW_LAYOUT_DEPTHWISE] = {"depthwise", 2, SOW_MAX_RANK, 1, 0, DEPTHWISE},
    [SOW_LAYOUT_DEPTHWISE_LAST] = {"depthwise_last", 2, SOW_MAX_RANK, -2, -1, CHANNEL},
    [SOW_LAYOUT_DEPTHWISE_HAIKU] = {"depthwise_haiku", 2, SOW_MAX_RANK, -2, -1, DEPTHWISE},
    [SOW_LAYOUT_EMBEDDING] = {"embedding", 2, 2, 0, 1, WIDTH},
    [SOW_LAYOUT_BILINEAR] = {"bilinear", 3, 3, 1, 0, IN_PAIR},
    [SOW_LAYOUT_HEADS_IN] = {"heads_in", 3, 3, 0, 1, OUT_PAIR},
    [SOW_LAYOUT_HEADS_OUT] = {"heads_out", 3, 3, 0, 2, IN_PAIR},
};
_Static_assert(sizeof layouts / sizeof layouts[0] == SOW_LAYOUT_COUNT, "one row per layout");

void sow__layout_axes(sow_layout layout, int rank, int *in, int *out)
{
    const struct layout_row *l = &layouts[layout];
    *in = l->in < 0 ? rank + l->in : l->in;
    *out = l->out < 0 ? rank + l->out : l->out;
}

/* Everything that a message needs. */
typedef struct place {
    int rank;
    const int64_t *shape;
    char *why;
    size_t size;
} place;

static double dim(const place *p, int axis)
{
    return (double)p->shape[axis < 0 ? p->rank + axis : axis];
}

/* Product of all dimensions but two. */
static double rest(const place *p, int in, int out)
{
    double k = 1;
    for (int i = 0; i < p->rank; i++)
        if (i != (in < 0 ? p->rank + in : in) && i != (out < 0 ? p->rank + out : out))
            k *= (double)p->shape[i];
    return k;
}

static sow_status need_rank(const place *p, const char *who, int min, int max)
{
    if (p->rank >= min && p->rank <= max)
        return SOW_OK;
    return sow__fail(SOW_ERR_FAN, p->why, p->size, "%s has no fan at rank %d, must have rank %d%s, or fan_in and fan_out be given", who,
                     p->rank, min, max > min ? " or more" : "");
}

static sow_status divide(const place *p, double n, double groups, double *quotient)
{
    if (fmod(n, groups) != 0)
        return sow__fail(SOW_ERR_FAN, p->why, p->size, "groups is %.17g, must divide the %.17g channels", groups, n);
    *quotient = n / groups;
    return SOW_OK;
}

static sow_status true_fans(const place *p, const struct layout_row *l, double groups, double *fan_in, double *fan_out)
{
    SOW_TRY(need_rank(p, l->word, l->min_rank, l->max_rank));
    const double k = rest(p, l->in, l->out);
    double in = dim(p, l->in), out = dim(p, l->out);
    if (groups > 1 && l->rule != GROUPS_OUT && l->rule != GROUPS_IN && l->rule != DEPTHWISE)
        return sow__fail(SOW_ERR_FAN, p->why, p->size, "groups is %.17g, must be 1 for layout %s", groups, l->word);
    if (l->rule == DEPTHWISE && in > 1)
        return sow__fail(SOW_ERR_FAN, p->why, p->size, "the input dimension of layout %s is %.17g, must be 1", l->word, in);
    if (l->rule == DEPTHWISE && groups == 0)
        out = out > 0 ? 1 : 0;
    else if (groups > 1 && l->rule == GROUPS_IN)
        SOW_TRY(divide(p, in, groups, &in));
    else if (groups > 1)
        SOW_TRY(divide(p, out, groups, &out));

    *fan_in = l->rule == CHANNEL ? k : l->rule == WIDTH ? out : in * k;
    *fan_out = out * k;
    if (l->rule == IN_PAIR)
        *fan_out = out;
    if (l->rule == OUT_PAIR)
        *fan_in = in;
    return SOW_OK;
}

/* torch.nn.init._calculate_fan_in_and_fan_out */
static sow_status torch_fans(const place *p, double *fan_in, double *fan_out)
{
    SOW_TRY(need_rank(p, "torch", 2, SOW_MAX_RANK));
    const double k = rest(p, 1, 0);
    *fan_in = dim(p, 1) * k;
    *fan_out = dim(p, 0) * k;
    return SOW_OK;
}

/* keras.src.initializers.random_initializers.compute_fans; also TF, Haiku, Sonnet */
static sow_status keras_fans(const place *p, double *fan_in, double *fan_out)
{
    double in = 1, out = 1;
    if (p->rank == 1)
        in = out = dim(p, 0);
    if (p->rank > 1) {
        const double k = rest(p, -2, -1);
        in = dim(p, -2) * k;
        out = dim(p, -1) * k;
    }
    *fan_in = in < 1 ? 1 : in;
    *fan_out = out < 1 ? 1 : out;
    return SOW_OK;
}

/* jax.nn.initializers with in_axis = -2, out_axis = -1 */
static sow_status jax_fans(const place *p, double *fan_in, double *fan_out)
{
    SOW_TRY(need_rank(p, "jax", 2, SOW_MAX_RANK));
    const double k = rest(p, -2, -1);
    *fan_in = dim(p, -2) * k;
    *fan_out = dim(p, -1) * k;
    return SOW_OK;
}

/* Where a framework looks at more than the shape: attention heads in Keras (since PR 22789) and Flax, embeddings in Flax. */
static int knows_layout(sow_fans fans, sow_layout layout)
{
    const int heads = layout == SOW_LAYOUT_HEADS_IN || layout == SOW_LAYOUT_HEADS_OUT;
    return (fans == SOW_FANS_KERAS && heads) || (fans == SOW_FANS_JAX && (heads || layout == SOW_LAYOUT_EMBEDDING));
}

OUT_OF_LINE static sow_status fans_by(const place *p, sow_layout layout, sow_fans fans, double groups, double *fan_in, double *fan_out)
{
    if (fans == SOW_FANS_TRUE || knows_layout(fans, layout))
        return true_fans(p, &layouts[layout], groups, fan_in, fan_out);
    if (fans == SOW_FANS_TORCH)
        return torch_fans(p, fan_in, fan_out);
    return fans == SOW_FANS_KERAS ? keras_fans(p, fan_in, fan_out) : jax_fans(p, fan_in, fan_out);
}

sow_status sow_fan(sow_layout layout, sow_fans fans, double groups, int rank, const int64_t *shape, double *fan_in, double *fan_out,
                   char *why, size_t size)
{
    const place p = {rank, shape, why, size};
    double in = 0, out = 0;
    if (!fan_in || !fan_out || (!shape && rank != 0))
        return sow__fail(SOW_ERR_NULL, why, size, "%s is null", !fan_in ? "fan_in" : !fan_out ? "fan_out" : "shape");
    if ((unsigned)layout >= SOW_LAYOUT_COUNT)
        return sow__fail(SOW_ERR_SCHEME, why, size, "layout is %d, must be 0 to %d", (int)layout, SOW_LAYOUT_COUNT - 1);
    if ((unsigned)fans >= SOW_FANS_COUNT)
        return sow__fail(SOW_ERR_SCHEME, why, size, "fans is %d, must be 0 to %d", (int)fans, SOW_FANS_COUNT - 1);
    if (!(groups >= 0 && groups <= 9007199254740992.0) || groups != floor(groups))
        return sow__fail(SOW_ERR_SCHEME, why, size, "groups is %g, must be a whole number from 1 to 2^53", groups);
    SOW_TRY(sow__check_shape("shape", rank, shape, 1, NULL, why, size));

    const sow__fpenv saved = sow__fpenv_enter();
    const sow_status status = fans_by(&p, layout, fans, groups, &in, &out);
    sow__fpenv_leave(saved);
    SOW_TRY(status);
    *fan_in = in;
    *fan_out = out;
    return sow__pass(why, size);
}

/* The set with its axes counted from 0. */
static sow_status resolve(const place *p, const char *name, unsigned set, unsigned *axes)
{
    *axes = 0;
    for (int axis = -SOW_MAX_RANK; axis < SOW_MAX_RANK; axis++) {
        if (!(set & SOW__AXIS_BIT(axis)))
            continue;
        if (axis < -p->rank || axis >= p->rank)
            return sow__fail(SOW_ERR_FAN, p->why, p->size, "%s is %d, must be %d to %d for rank %d", name, axis, -p->rank, p->rank - 1,
                             p->rank);
        *axes |= 1U << (axis < 0 ? p->rank + axis : axis);
    }
    return SOW_OK;
}

static double product(const place *p, unsigned axes)
{
    double n = 1;
    for (int i = 0; i < p->rank; i++)
        n *= axes >> i & 1 ? (double)p->shape[i] : 1;
    return n;
}

OUT_OF_LINE static sow_status by_axes(const place *p, unsigned in, unsigned out, unsigned batch, double *fan_in, double *fan_out)
{
    if ((in | out) & batch)
        return sow__fail(SOW_ERR_FAN, p->why, p->size, "batch_axis shares an axis with in_axis or out_axis, must not");
    const double ins = product(p, in), outs = product(p, out), others = ins * outs * product(p, batch);
    if (others == 0) { /* no elements */
        *fan_in = ins;
        *fan_out = outs;
        return SOW_OK;
    }
    const double all = product(p, (1U << p->rank) - 1);
    *fan_in = ins * (all / others);
    *fan_out = outs * (all / others);
    return SOW_OK;
}

sow_status sow__fan_by_axes(const sow__axes *axes, sow_layout layout, sow_fans fans, double groups, int rank, const int64_t *shape,
                            double *fan_in, double *fan_out, char *why, size_t size)
{
    const place p = {rank, shape, why, size};
    unsigned in, out, batch;
    if ((axes->in | axes->out | axes->batch) == 0)
        return sow_fan(layout, fans, groups, rank, shape, fan_in, fan_out, why, size);
    SOW_TRY(resolve(&p, "in_axis", axes->in, &in));
    SOW_TRY(resolve(&p, "out_axis", axes->out, &out));
    SOW_TRY(resolve(&p, "batch_axis", axes->batch, &batch));
    if (in == 0 && out == 0) {
        int64_t rest[SOW_MAX_RANK];
        int left = 0;
        for (int i = 0; i < rank; i++)
            if (!(batch >> i & 1))
                rest[left++] = shape[i];
        return sow_fan(layout, fans, groups, left, rest, fan_in, fan_out, why, size);
    }
    if (layout != SOW_LAYOUT_AUTO || groups > 1)
        return sow__fail(SOW_ERR_FAN, why, size, "%s beside in_axis or out_axis, must be left out", groups > 1 ? "groups" : "layout");
    if (in == 0 || out == 0) { /* JAX's defaults: the last two axes */
        if (rank < 2)
            return sow__fail(SOW_ERR_FAN, why, size, "%s is missing at rank %d, must be given", in ? "out_axis" : "in_axis", rank);
        in = in ? in : 1U << (rank - 2);
        out = out ? out : 1U << (rank - 1);
    }
    const sow__fpenv saved = sow__fpenv_enter();
    const sow_status status = by_axes(&p, in, out, batch, fan_in, fan_out);
    sow__fpenv_leave(saved);
    return status;
}
