/* SPDX-License-Identifier: MIT */
#include "model/variant.h"

#include <math.h>
#include <string.h>

#include "model/values.h"

static void set(sow_scheme *scheme, const char *name, double value)
{
    if (!isnan(value) && sow_scheme_arg_index(scheme, name) >= 0)
        (void)sow_scheme_set(scheme, name, value);
}

void own_set(const struct own *own, sow_scheme *scheme)
{
    set(scheme, "layout", own->layout);
    set(scheme, "groups", own->groups);
    set(scheme, "fan_in", own->fan_in);
    set(scheme, "fan_out", own->fan_out);
    for (size_t i = 0; i < SOW_SCHEME_MAX_ARGS; i++)
        if (scheme->given >> i & 1 && isnan(scheme->arg[i]))
            scheme->arg[i] = own->number;
}

sow_scheme variant_make(const struct binding *b, const sow_scheme *scheme)
{
    sow_scheme made = *scheme;
    own_set(b->own, &made);
    if (!scheme->parts)
        return made;
    if (scheme->parts->user)
        return values_bind(b->values, scheme, b->captures);
    sow_scheme_parts *const parts = arena_alloc(b->arena, sizeof *parts);
    sow_scheme *const inner = arena_alloc(b->arena, sizeof *inner * (scheme->parts->inner_count + 1));
    for (size_t i = 0; i < scheme->parts->inner_count; i++)
        inner[i] = variant_make(b, &scheme->parts->inner[i]);
    *parts = *scheme->parts;
    parts->inner = inner;
    made.parts = parts;
    return made;
}

double variant_argument(const sow_scheme *scheme, const char *name, double otherwise)
{
    if (!scheme)
        return otherwise;
    const int i = sow_scheme_arg_index(scheme, name);
    if (i >= 0)
        return isfinite(scheme->arg[i]) ? scheme->arg[i] : otherwise;
    double value = NAN;
    for (size_t k = 0; scheme->parts && k < scheme->parts->inner_count && isnan(value); k++)
        value = variant_argument(&scheme->parts->inner[k], name, NAN);
    return isnan(value) ? otherwise : value;
}

bool variant_is_numbered(const sow_scheme *scheme)
{
    for (size_t i = 0; i < SOW_SCHEME_MAX_ARGS; i++)
        if (scheme->given >> i & 1 && isnan(scheme->arg[i]))
            return true;
    for (size_t i = 0; scheme->parts && i < scheme->parts->inner_count; i++)
        if (variant_is_numbered(&scheme->parts->inner[i]))
            return true;
    return false;
}

bool variant_is_constant(const sow_scheme *scheme, int rank, const int64_t *shape, sow_dtype dtype)
{
    sow_dist dist;
    const struct values *const values = values_of(scheme);
    if (values)
        return values->low == values->high;
    if (!scheme->parts)
        return sow_scheme_dist(scheme, rank, shape, dtype, &dist, NULL, 0) == SOW_OK && dist.kind == SOW_DIST_CONSTANT;
    for (size_t i = 0; i < scheme->parts->inner_count; i++)
        if (!variant_is_constant(&scheme->parts->inner[i], rank, shape, dtype))
            return false;
    return scheme->parts->inner_count > 0;
}
