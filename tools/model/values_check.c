/* SPDX-License-Identifier: MIT */
/* What an array is, and which tensors can take it. */
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <string.h>

#include "model/values_store.h"

/* Beyond 2^53 all doubles are; no call of floor(), as this sees every element. */
static bool is_whole(double x)
{
    return fabs(x) <= 0x1p53 ? (double)(int64_t)x == x : isfinite(x);
}

void values_survey(struct values *v, bool digest)
{
    enum { PIECE = 1 << 20 };
    values_get *const get = values_getter(v->format);
    const struct tensor shape = {.shape = v->shape, .rank = v->rank};
    const uint64_t n = tensor_elements(&shape), size = formats[v->format].bits / 8;
    struct sink text = {0};
    sink_format(&text, "%s %s", formats[v->format].lower, shape_text(&shape));
    v->digest = sow_stream_named(sow_stream_seed(0), text.data, text.used);
    sink_free(&text);
    v->low = INFINITY;
    v->high = -INFINITY;
    v->whole = true;
    for (uint64_t i = 0; i < n; i += PIECE) {
        const uint64_t end = n - i < PIECE ? n : i + PIECE;
        if (digest)
            v->digest = sow_stream_named(v->digest, (const char *)v->data + i * size, (end - i) * size);
        for (uint64_t k = i; k < end; k++) {
            const double x = get(v->data + k * size);
            v->whole = v->whole && is_whole(x);
            if (isfinite(x)) {
                v->low = x < v->low ? x : v->low;
                v->high = x > v->high ? x : v->high;
            }
        }
        if (v->file)
            checkpoint_done(v->file, v->tensor, i * size, end * size);
    }
}

bool values_are_copied(const struct values *v, uint8_t format, int rank, const int64_t *shape)
{
    return v->format == format && v->rank == rank && memcmp(v->shape, shape, (size_t)rank * sizeof *shape) == 0;
}

/* One array under the factor and the summand of the schemes around it. */
static sow_status check_array(const struct values *v, int rank, bool empty, double mul, double add, const struct format *f, char *why,
                              size_t size)
{
    const struct tensor shape = {.shape = v->shape, .rank = v->rank};
    if (v->rank > rank) {
        (void)snprintf(why, size, "template: values have the shape %s, at most %d axes fit", shape_text(&shape), rank);
        return SOW_ERR_SHAPE;
    }
    if (empty)
        return SOW_OK;
    if (tensor_elements(&shape) == 0) {
        (void)snprintf(why, size, "template: values have no elements, the tensor has");
        return SOW_ERR_SHAPE;
    }
    const double ends[] = {v->low, v->high};
    for (int i = 0; i < 2 && v->low <= v->high; i++) {
        char reason[256];
        uint64_t bits;
        const double x = mul * ends[i] + add;
        if (f->kind == FORMAT_FLOAT && sow_check_dist(sow_dist_constant(x), f->dtype, reason, sizeof reason) != SOW_OK) {
            (void)snprintf(why, size, "template: %s", reason);
            return SOW_ERR_DIST;
        }
        if (f->kind != FORMAT_FLOAT && (!v->whole || fabs(x) > 0x1p53 || !format_whole(f, x, &bits))) {
            (void)snprintf(why, size, "template: values from %g to %g%s, %s cannot hold them exactly", v->low, v->high,
                           v->whole ? "" : ", not all whole", f->lower);
            return SOW_ERR_DTYPE;
        }
    }
    if (f->kind != FORMAT_FLOAT && !v->whole) {
        (void)snprintf(why, size, "template: values that are not finite, %s has none", f->lower);
        return SOW_ERR_DTYPE;
    }
    return SOW_OK;
}

static sow_status check(const sow_scheme *scheme, int rank, bool empty, double mul, double add, const struct format *f, char *why,
                        size_t size)
{
    const struct values *const v = values_of(scheme);
    const char *const name = sow_scheme_info_at((size_t)scheme->row)->name;
    if (v)
        return check_array(v, rank, empty, mul, add, f, why, size);
    const int k = sow_scheme_arg_index(scheme, "k"), value = sow_scheme_arg_index(scheme, "value");
    if (strcmp(name, "add") == 0)
        add += mul * scheme->arg[value];
    if (strcmp(name, "scale") == 0)
        mul *= scheme->arg[k];
    for (size_t i = 0; scheme->parts && i < scheme->parts->inner_count; i++) {
        const int inner_rank = rank - (strcmp(name, "stack") == 0);
        const sow_status status = check(&scheme->parts->inner[i], inner_rank, empty, mul, add, f, why, size);
        if (status != SOW_OK)
            return status;
    }
    return SOW_OK;
}

sow_status values_check(const sow_scheme *scheme, int rank, const int64_t *shape, const struct format *f, char *why, size_t size)
{
    bool empty = false;
    for (int i = 0; i < rank; i++)
        empty = empty || shape[i] == 0;
    return check(scheme, rank, empty, 1, 0, f, why, size);
}
