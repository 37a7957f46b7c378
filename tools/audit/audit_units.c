/* SPDX-License-Identifier: MIT */
/* Dead and equal units out of the hashes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"

struct unit {
    uint64_t hash, index;
};

static int by_hash(const void *a, const void *b)
{
    const struct unit *const x = a, *const y = b;
    return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : (x->index > y->index) - (x->index < y->index);
}

/* Element k of a unit. */
static uint64_t element(const struct examined *e, const struct unit_view *v, uint64_t unit, uint64_t k)
{
    if (v->axis < 0)
        return unit * v->length + k;
    uint64_t inner = 1;
    for (int a = v->axis + 1; a < e->tensor->rank; a++)
        inner *= (uint64_t)e->tensor->shape[a];
    return (k / inner * v->units + unit) * inner + k % inner;
}

static bool are_equal(const struct examined *e, const struct unit_view *v, uint64_t i, uint64_t j)
{
    for (uint64_t k = 0; k < v->length; k++)
        if (!(values_at(e->summary.dtype, e->data, element(e, v, i, k)) == values_at(e->summary.dtype, e->data, element(e, v, j, k))))
            return false;
    return true;
}

static bool is_zero(const struct examined *e, const struct unit_view *v, uint64_t i)
{
    for (uint64_t k = 0; k < v->length; k++)
        if (values_at(e->summary.dtype, e->data, element(e, v, i, k)) != 0)
            return false;
    return true;
}

static const char *noun(const struct examined *e, const struct unit_view *v)
{
    static char text[32];
    if (v->axis < 0)
        return "inner row";
    if (e->tensor->rank == 2)
        return v->axis ? "column" : "row";
    (void)snprintf(text, sizeof text, "slice of axis %d", v->axis);
    return text;
}

/* Rows for padding are zero by intention: an embedding's first, or those behind the vocabulary's end. */
static bool may_be_padding(const struct examined *e, const struct unit_view *v)
{
    return v->axis == 0 && name_has(e->tensor, "wte|embed|tok_|shared|lm_head|vocab|head|output.weight|predictions");
}

/* Sub-pixel initialisation (ICNR): every output stands r² times, one behind the other. */
static bool is_icnr(const struct unit_view *v, const struct unit *u)
{
    if (v->axis != 0)
        return false;
    for (uint64_t r = 2; r <= 8; r++) {
        const uint64_t group = r * r;
        bool all = v->units % group == 0;
        for (uint64_t i = 0; all && i < v->units; i++)
            all = u[i].hash == u[i / group * group].hash && (i % group || i == 0 || u[i].hash != u[i - 1].hash);
        if (all)
            return true;
    }
    return false;
}

static void report_dead(struct audit *a, uint32_t i, const struct unit_view *v, uint64_t count, uint64_t first)
{
    const struct examined *const e = &a->examined[i];
    const double z = (double)e->summary.zeros / (double)e->summary.finite;
    if (e->law.sparse && (double)v->units * pow(z, (double)v->length) > 1e-6)
        return; /* so many zeros that some units have nothing else by chance */
    const bool padding = may_be_padding(e, v);
    struct finding *f;
    if (count == 1)
        f = audit_add(a, FINDING_DEAD, padding, i, "%s %" PRIu64 " is zero%s", noun(e, v), first, padding ? ", as a padding row is" : "");
    else
        f = audit_add(a, FINDING_DEAD, padding, i, "%" PRIu64 " of %" PRIu64 " %ss are zero, the first is %" PRIu64 "%s", count, v->units,
                      noun(e, v), first, padding ? ", as padding rows are" : "");
    f->index = (int64_t)first;
}

static void judge(struct audit *a, uint32_t i, struct unit_view *v)
{
    struct examined *const e = &a->examined[i];
    struct unit *const u = malloc(v->units * sizeof *u);
    if (!u)
        fail_memory(v->units * sizeof *u);
    for (uint64_t k = 0; k < v->units; k++)
        u[k] = (struct unit){v->hash[k], k};
    const bool icnr = is_icnr(v, u);
    qsort(u, v->units, sizeof *u, by_hash);
    uint64_t dead = 0, first_dead = UINT64_MAX, equal = 0, one = 0, two = UINT64_MAX;
    for (uint64_t k = 0; k < v->units; k++) {
        if (u[k].hash == 0 && is_zero(e, v, u[k].index)) {
            dead++;
            first_dead = u[k].index < first_dead ? u[k].index : first_dead;
        } else if (k && u[k].hash == u[k - 1].hash && !icnr && are_equal(e, v, u[k].index, u[k - 1].index)) {
            equal++;
            if (u[k].index < two) {
                one = u[k - 1].index;
                two = u[k].index;
            }
        }
    }
    free(u);
    if (dead)
        report_dead(a, i, v, dead, first_dead);
    if (equal) {
        struct finding *const f =
            audit_add(a, FINDING_DUPLICATE, e->law.kind == LAW_UNKNOWN && equal == 0, i, "%s %" PRIu64 " equals %s %" PRIu64 "%s",
                      noun(e, v), two, noun(e, v), one, equal > 1 ? ", and there are others" : "");
        f->index = (int64_t)two;
    }
    if (icnr) { /* the law of what is repeated was judged with too many elements */
        e->fixed = "icnr";
        e->law.kind = LAW_FIXED;
        (void)snprintf(e->law_text, sizeof e->law_text, "mean %.4g, std %.4g, each output r² times", e->law.mean, e->law.std);
    }
}

/* Units seen from two axes: rows of the innermost axis add nothing to a verdict on slices. */
void audit_units(struct audit *a)
{
    for (uint32_t i = 0; i < a->tensors; i++) {
        struct examined *const e = &a->examined[i];
        for (int k = 0; k < e->views; k++) {
            const size_t before = a->findings;
            if (e->view[k].axis >= 0 || !e->fixed)
                judge(a, i, &e->view[k]);
            free(e->view[k].hash);
            e->view[k].hash = NULL;
            if (a->findings > before && k + 1 < e->views && e->view[e->views - 1].axis < 0) {
                free(e->view[e->views - 1].hash);
                e->views--;
            }
        }
    }
}
