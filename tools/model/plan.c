/* SPDX-License-Identifier: MIT */
/* Everything that can be wrong with a whole model is found here, before a byte is written. */
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "model/model.h"
#include "model/values.h"

static int by_name(const void *a, const void *b, void *tensors)
{
    const struct tensor *const s = (const struct tensor *)tensors + *(const uint32_t *)a;
    const struct tensor *const t = (const struct tensor *)tensors + *(const uint32_t *)b;
    return name_compare(s->name, s->name_length, t->name, t->name_length);
}

/* Whether sow draws any of it. */
static bool is_drawn(const struct tensor *t)
{
    return !t->tied && (!t->kept || t->change);
}

/* Drawn tensors first, by stream, then as they stand in the description. */
static int by_stream(const void *a, const void *b, void *tensors)
{
    const struct tensor *const s = (const struct tensor *)tensors + *(const uint32_t *)a;
    const struct tensor *const t = (const struct tensor *)tensors + *(const uint32_t *)b;
    if (is_drawn(s) != is_drawn(t))
        return is_drawn(t) - is_drawn(s);
    const int c = name_compare(s->stream, s->stream_length, t->stream, t->stream_length);
    return c ? c : (s > t) - (s < t);
}

static void sort(struct model *m, int (*compare)(const void *, const void *, void *))
{
    qsort_r(m->order, m->tensors, sizeof *m->order, compare, m->tensor);
}

static void check_names(struct model *m)
{
    sort(m, by_name);
    for (size_t i = 1; i < m->tensors; i++) {
        const struct tensor *a = &m->tensor[m->order[i - 1]], *b = &m->tensor[m->order[i]];
        if (name_compare(a->name, a->name_length, b->name, b->name_length) != 0)
            continue;
        if (a > b) {
            const struct tensor *const c = a;
            a = b, b = c;
        }
        fail(EXIT_INPUT, tensor_place(m, b), "two tensors named %s, the first on line %u", quoted(b->name, b->name_length), a->line);
    }
}

static void check_streams(struct model *m)
{
    if (m->shared_streams)
        return;
    sort(m, by_stream);
    for (size_t i = 1; i < m->tensors && is_drawn(&m->tensor[m->order[i]]); i++) {
        const struct tensor *const a = &m->tensor[m->order[i - 1]], *const b = &m->tensor[m->order[i]];
        if (name_compare(a->stream, a->stream_length, b->stream, b->stream_length) == 0)
            fail(EXIT_INPUT, tensor_place(m, b),
                 "%s and %s draw from one stream, %s: equal numbers; if that is meant, put \"shared_streams\": true into the model",
                 quoted(a->name, a->name_length), quoted(b->name, b->name_length), quoted(b->stream, b->stream_length));
    }
}

/* Index of a tensor while `order` is by name, or NO_INDEX. */
static uint32_t find(const struct model *m, const char *name, size_t length)
{
    size_t low = 0, high = m->tensors;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct tensor *const t = &m->tensor[m->order[middle]];
        const int c = name_compare(name, length, t->name, t->name_length);
        if (c == 0)
            return m->order[middle];
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NO_INDEX;
}

static void check_tied(const struct model *m, const struct tensor *t)
{
    const uint32_t i = find(m, t->stream, t->stream_length);
    if (i == NO_INDEX)
        fail(EXIT_INPUT, tensor_place(m, t), "%s is tied to %s, which does not exist", quoted(t->name, t->name_length),
             quoted(t->stream, t->stream_length));
    const struct tensor *const to = &m->tensor[i];
    if (to->tied)
        fail(EXIT_INPUT, tensor_place(m, t), "%s is tied to %s, which is tied itself", quoted(t->name, t->name_length),
             quoted(t->stream, t->stream_length));
    if (t->shape && (t->rank != to->rank || memcmp(t->shape, to->shape, (size_t)t->rank * sizeof *t->shape) != 0))
        fail(EXIT_INPUT, tensor_place(m, t), "%s has the shape %s, but is tied to %s, which has another", quoted(t->name, t->name_length),
             shape_text(t), quoted(to->name, to->name_length));
}

static void check_size(const struct model *m, const struct tensor *t)
{
    const struct format *const f = &formats[t->format];
    uint64_t bytes;
    if (!format_is_writable(f))
        fail(EXIT_INPUT, tensor_place(m, t), "%s has the type %s, which sow does not write%s", quoted(t->name, t->name_length), f->name,
             f->kind == FORMAT_FOREIGN_FLOAT ? "; --dtype makes it another" : "");
    if (t->rank > SOW_MAX_RANK)
        fail(EXIT_INPUT, tensor_place(m, t), "%s has %d dimensions, at most %d", quoted(t->name, t->name_length), t->rank, SOW_MAX_RANK);
    if (!format_bytes(f, tensor_elements(t), &bytes))
        fail(EXIT_INPUT, tensor_place(m, t), "%s %s: more than 2^63 - 1 bytes of %s", quoted(t->name, t->name_length), shape_text(t),
             f->lower);
}

/* One constant in a weight with two axes or more leaves its units alike for ever. */
static void note_symmetry(struct model *m, uint32_t index, bool constant)
{
    const struct tensor *const t = &m->tensor[index];
    struct rule *const r = &m->rule[t->rule];
    int axes = 0;
    for (int i = 0; i < t->rank; i++)
        axes += t->shape[i] > 1;
    r->matched++;
    if (constant && axes >= 2 && formats[t->format].kind == FORMAT_FLOAT) {
        r->constants++;
        if (r->first_constant == NO_INDEX)
            r->first_constant = index;
    }
}

static void bind(struct model *m, struct tensor *t, struct sink *from)
{
    check_size(m, t);
    t->rule = rules_find(m, t->name, t->name_length, from);
    if (t->rule == NO_INDEX)
        fail(EXIT_INPUT, tensor_place(m, t), "no rule matches %s", quoted(t->name, t->name_length));
    if (from->used == 0)
        return;
    t->fan_from = find(m, from->data, from->used);
    if (t->fan_from == NO_INDEX || m->tensor[t->fan_from].tied)
        fail(EXIT_INPUT, rule_place(&m->rule[t->rule]), "%s takes its fan from %s, which is not in the model",
             quoted(t->name, t->name_length), quoted(from->data, from->used));
}

/* The fans of `from` as its own rule sees it. */
static sow_status take_fan(const struct model *m, const struct tensor *from, struct own *own, char *why, size_t size)
{
    const sow_scheme *const scheme = from->rule == NO_INDEX ? NULL : &m->rule[from->rule].scheme; /* NULL: kept */
    static const char *const axes[] = {"in_axis", "out_axis", "batch_axis"};
    for (size_t i = 0; i < sizeof axes / sizeof axes[0]; i++) {
        const int arg = scheme ? sow_scheme_arg_index(scheme, axes[i]) : -1;
        if (arg >= 0 && scheme->given >> arg & 1)
            return sow_scheme_fans(scheme, from->rank, tensor_global(from), &own->fan_in, &own->fan_out, why, size);
    }
    const double layout = from->layout != NO_LAYOUT ? from->layout : variant_argument(scheme, "layout", SOW_LAYOUT_AUTO);
    const double fans = variant_argument(scheme, "fans", SOW_FANS_TRUE);
    const double groups = from->groups ? (double)from->groups : variant_argument(scheme, "groups", 1);
    return sow_fan((sow_layout)layout, (sow_fans)fans, groups, tensor_global_rank(from), tensor_global(from), &own->fan_in, &own->fan_out,
                   why, size);
}

static sow_status tensor_own(const struct model *m, const struct tensor *t, struct own *own, char *why, size_t size)
{
    const struct rule *const r = &m->rule[t->rule];
    *own = (struct own){.layout = t->layout != NO_LAYOUT ? t->layout : NAN,
                        .groups = t->groups ? (double)t->groups : NAN,
                        .fan_in = NAN,
                        .fan_out = NAN,
                        .number = r->numbered ? rule_number(r, t->name, t->name_length) : NAN};
    if (r->numbered && isnan(own->number)) {
        (void)snprintf(why, size, "an argument is \"*\", but no wildcard of \"match\" stands for a whole number");
        return SOW_ERR_SCHEME;
    }
    return t->fan_from == NO_INDEX ? SOW_OK : take_fan(m, &m->tensor[t->fan_from], own, why, size);
}

/* A tensor's own copy of a scheme of schemes; those that say the same, one behind the other, share it. */
static void make_variant(struct model *m, struct tensor *t)
{
    struct rule *const r = &m->rule[t->rule];
    struct own own;
    if (!r->scheme.parts || tensor_own(m, t, &own, NULL, 0) != SOW_OK)
        return;
    const bool varies = values_vary(&r->scheme);
    if (!r->variant || varies || memcmp(&own, &r->variant_own, sizeof own) != 0) {
        struct captures captures;
        sow_scheme *const scheme = arena_alloc(&m->arena, sizeof *scheme);
        if (varies)
            (void)glob_match(r->match, t->name, t->name_length, &captures);
        *scheme = variant_make(&(struct binding){&m->arena, &own, m->values, varies ? &captures : NULL}, &r->scheme);
        r->variant = scheme;
        r->variant_own = own;
    }
    t->scheme = r->variant;
}

/* A second pass, as a fan may come from a tensor that is bound later. */
static void check_law(struct model *m, uint32_t index)
{
    struct tensor *const t = &m->tensor[index];
    const struct format *const f = &formats[t->format];
    char why[512];
    struct law law;
    make_variant(m, t);
    if (tensor_law(m, t, &law, why, sizeof why) != SOW_OK)
        fail(EXIT_INPUT, rule_place(&m->rule[t->rule]), "%s %s %s: %s", quoted(t->name, t->name_length), shape_text(t), f->lower, why);
    const bool constant = law.plain ? law.dist.kind == SOW_DIST_CONSTANT
                                    : variant_is_constant(&law.scheme, tensor_global_rank(t), tensor_global(t), f->dtype);
    note_symmetry(m, index, constant);
}

sow_status tensor_law(const struct model *m, const struct tensor *t, struct law *law, char *why, size_t size)
{
    const struct rule *const r = &m->rule[t->rule];
    const struct format *const f = &formats[t->format];
    const bool whole = f->kind != FORMAT_FLOAT;
    sow_scheme *const scheme = &law->scheme;
    struct own own;
    const sow_status status = tensor_own(m, t, &own, why, size);
    if (status != SOW_OK)
        return status;
    *law = (struct law){.scheme = t->scheme ? *t->scheme : r->scheme, .plain = sow_scheme_info_at((size_t)r->scheme.row)->plain != 0};
    if (!t->scheme)
        own_set(&own, scheme);
    law->values = values_of(scheme);
    if (law->values && values_are_copied(law->values, t->format, tensor_global_rank(t), tensor_global(t)))
        return SOW_OK;
    if (!law->plain && !whole) {
        const sow_status found = sow_check_scheme(scheme, tensor_global_rank(t), tensor_global(t), f->dtype, why, size);
        return found != SOW_OK || !scheme->parts ? found : values_check(scheme, tensor_global_rank(t), tensor_global(t), f, why, size);
    }
    if (law->values)
        return values_check(scheme, tensor_global_rank(t), tensor_global(t), f, why, size);
    if (law->plain) {
        const sow_status found =
            sow_scheme_dist(scheme, tensor_global_rank(t), tensor_global(t), whole ? SOW_F64 : f->dtype, &law->dist, why, size);
        uint64_t bits;
        if (found != SOW_OK || !whole || (law->dist.kind == SOW_DIST_CONSTANT && format_whole(f, law->dist.mean, &bits)))
            return found;
    }
    static const char only[] = "a type of whole numbers takes only a constant that it can represent, or an array (template)";
    if (size) {
        (void)strncpy(why, only, size);
        why[size - 1] = '\0';
    }
    return SOW_ERR_DTYPE;
}

sow_stream tensor_stream(const struct model *m, const struct tensor *t)
{
    return sow_stream_named(sow_stream_seed(m->seed), t->stream, t->stream_length);
}

static void give_warnings(const struct model *m)
{
    for (size_t i = 0; i < m->rules; i++) {
        const struct rule *const r = &m->rule[i];
        if (r->matched == 0 && !r->spare_ok)
            warn(rule_place(r), "no tensor is left for rule %s", quoted(r->match, strlen(r->match)));
        if (r->constants == 0 || r->constant_ok)
            continue;
        const struct tensor *const t = &m->tensor[r->first_constant];
        warn(rule_place(r),
             "%s %s%s: one constant in a weight of two or more axes keeps its units equal in training; \"constant_ok\": true says it is "
             "meant",
             quoted(t->name, t->name_length), shape_text(t), r->constants > 1 ? " and others" : "");
    }
}

void plan(struct model *m)
{
    if (m->tensors == 0)
        fail(EXIT_INPUT, (struct place){m->like ? m->like : m->file, 0, 0}, "no tensors");
    m->order = malloc(m->tensors * sizeof *m->order);
    if (!m->order)
        fail_memory(m->tensors * sizeof *m->order);
    for (size_t i = 0; i < m->tensors; i++)
        m->order[i] = (uint32_t)i;
    check_names(m);
    check_streams(m);
    sort(m, by_name); /* for find() */
    struct sink from = {0};
    for (size_t i = 0; i < m->tensors; i++)
        if (m->tensor[i].tied)
            check_tied(m, &m->tensor[i]);
        else if (is_drawn(&m->tensor[i]))
            bind(m, &m->tensor[i], &from);
    sink_free(&from);
    for (size_t i = 0; i < m->tensors; i++)
        if (is_drawn(&m->tensor[i]))
            check_law(m, (uint32_t)i);
    if (m->values)
        values_seal(m->values);
    description_tail(m);
    if (m->world)
        cut_model(m);
    parts_place(m);
    give_warnings(m);
}
