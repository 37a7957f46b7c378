/* SPDX-License-Identifier: MIT */
/* Schemes whose elements follow from their place. */
#include <math.h>
#include <string.h>

#include "src/exact.h"
#include "src/explain.h"
#include "src/scheme_row.h"
#include "src/try.h"

/* identity: n[0] rows, n[1] columns; k[0] gain */
static sow_status identity_check(const sow__scheme_call *c)
{
    double gain;
    SOW_TRY(sow__arg_finite(c, "gain", 1, &gain));
    SOW_TRY(sow__check_value(c, gain));
    return c->rank >= 2 ? SOW_OK : sow__bad_shape(c, "of rank 2 or more");
}

static void identity_begin(sow__leaf *l)
{
    const sow__scheme_call *c = l->call;
    l->k[0] = sow__arg(c, "gain", 1);
    l->n[0] = c->shape[c->rank - 2];
    l->n[1] = c->shape[c->rank - 1];
}

static void identity_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    const int64_t columns = l->n[1];
    memset(values, 0, (size_t)n * sizeof *values);
    for (int64_t row = first / columns; row * columns < first + n; row++) {
        const int64_t i = row % l->n[0], at = row * columns + i - first;
        if (i < columns && at >= 0 && at < n)
            values[at] = l->k[0];
    }
}

const sow__writer sow__writer_identity = {identity_check, identity_begin, identity_values, NULL};

/* dirac: n[0] outputs of a group, n[1] elements of an output, n[2] of an input, n[3] place of the centre, n[4] inputs; k[0] gain */
static sow_status dirac_check(const sow__scheme_call *c)
{
    double gain;
    SOW_TRY(sow__arg_finite(c, "gain", 1, &gain));
    SOW_TRY(sow__check_value(c, gain));
    if (c->rank < 3 || c->rank > 5)
        return sow__bad_shape(c, "of rank 3 to 5: (O, I, *k)");
    const double groups = sow__arg(c, "groups", 1);
    if (fmod((double)c->shape[0], groups) != 0)
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: groups is %.17g, must divide the %lld outputs", c->row->info.name, groups,
                         (long long)c->shape[0]);
    return SOW_OK;
}

static void dirac_begin(sow__leaf *l)
{
    const sow__scheme_call *c = l->call;
    const int64_t down = sow__arg(c, "floor", 0) != 0;
    l->k[0] = sow__arg(c, "gain", 1);
    l->n[2] = 1;
    for (int i = 2; i < c->rank; i++) {
        l->n[3] = l->n[3] * c->shape[i] + (c->shape[i] - down) / 2;
        l->n[2] *= c->shape[i];
    }
    l->n[0] = c->shape[0] / (int64_t)sow__arg(c, "groups", 1);
    l->n[4] = c->shape[1];
    l->n[1] = l->n[4] * l->n[2];
}

static void dirac_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    memset(values, 0, (size_t)n * sizeof *values);
    for (int64_t o = first / l->n[1]; o * l->n[1] < first + n; o++) {
        const int64_t j = o % l->n[0], at = o * l->n[1] + j * l->n[2] + l->n[3] - first;
        if (j < l->n[4] && at >= 0 && at < n)
            values[at] = l->k[0];
    }
}

const sow__writer sow__writer_dirac = {dirac_check, dirac_begin, dirac_values, NULL};
