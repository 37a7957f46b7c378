/* SPDX-License-Identifier: MIT */
#include "model/cut.h"

#include <math.h>
#include <sow/tensor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "model/model.h"

static const struct {
    const char *name;
    struct cut cut;
} words[] = {{"row", {CUT_AXIS, 0}}, {"column", {CUT_AXIS, 1}}, {"flat", {CUT_FLAT, 0}}, {"none", {CUT_NONE, 0}}};
enum { WORDS = sizeof words / sizeof words[0] };

struct cut cut_read(const char *file, const struct json *node)
{
    if (node->type == JSON_NUMBER) {
        const double axis = json_double(file, node, "\"shard\"");
        if (axis == floor(axis) && axis >= -SOW_MAX_RANK && axis < SOW_MAX_RANK)
            return (struct cut){CUT_AXIS, (int8_t)axis};
        fail(EXIT_INPUT, json_place(file, node), "\"shard\" is %s, an axis is %d to %d", node->text, -SOW_MAX_RANK, SOW_MAX_RANK - 1);
    }
    json_expect(file, node, JSON_STRING, "\"shard\"");
    for (size_t i = 0; i < WORDS; i++)
        if (json_is(node, words[i].name))
            return words[i].cut;
    fail(EXIT_INPUT, json_place(file, node), "\"shard\" is %s, must be \"row\", \"column\", \"flat\", \"none\" or an axis",
         quoted(node->text, node->length));
}

struct cut cut_word(const char *text)
{
    char *end;
    const long axis = strtol(text, &end, 10);
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(text, words[i].name) == 0)
            return words[i].cut;
    if (end == text || *end != '\0' || axis < -SOW_MAX_RANK || axis >= SOW_MAX_RANK)
        fail(EXIT_INPUT, NOWHERE, "--shard is %s, must be row, column, flat, none or an axis, %d to %d", quoted(text, strlen(text)),
             -SOW_MAX_RANK, SOW_MAX_RANK - 1);
    return (struct cut){CUT_AXIS, (int8_t)axis};
}

const char *cut_text(struct cut cut)
{
    static char text[8];
    for (size_t i = 0; i < WORDS; i++)
        if (words[i].cut.kind == cut.kind && words[i].cut.axis == cut.axis)
            return words[i].name;
    (void)snprintf(text, sizeof text, "%d", cut.axis);
    return text;
}

/* The first rule for its name that says one; else NULL. */
static const struct rule *rule_of(const struct model *m, const struct tensor *t)
{
    for (size_t i = 0; i < m->rules; i++)
        if (m->rule[i].cut.kind != CUT_UNSAID && glob_match(m->rule[i].match, t->name, t->name_length, NULL))
            return &m->rule[i];
    return NULL;
}

/* As torch.chunk cuts: equal pieces, rounded up, so that the last ones may be shorter or empty. */
static int64_t chunk(const struct model *m, int64_t n, int64_t *start)
{
    const uint64_t all = (uint64_t)n, each = all / m->world + (all % m->world != 0);
    const uint64_t first = each == 0 ? 0 : m->rank > all / each ? all : m->rank * each, rest = all - first;
    *start = (int64_t)first;
    return (int64_t)(rest < each ? rest : each);
}

static void cut_flat(struct model *m, struct tensor *t)
{
    int64_t *const own = arena_alloc(&m->arena, 2 * sizeof *own);
    own[0] = chunk(m, (int64_t)tensor_elements(t), &own[1]);
    t->flat = true;
    t->flat_rank = t->rank;
    t->global = t->shape;
    t->shape = &own[0];
    t->offset = &own[1];
    t->rank = 1;
}

static void cut_axis(struct model *m, struct tensor *t, int axis)
{
    int64_t *const own = arena_alloc(&m->arena, 2 * (size_t)t->rank * sizeof *own), *const offset = own + t->rank;
    memcpy(own, t->shape, t->rank * sizeof *own);
    memset(offset, 0, t->rank * sizeof *offset);
    own[axis] = chunk(m, own[axis], &offset[axis]);
    t->global = t->shape;
    t->shape = own;
    t->offset = offset;
}

void cut_model(struct model *m)
{
    for (size_t i = 0; i < m->tensors; i++) {
        struct tensor *const t = &m->tensor[i];
        const struct rule *const rule = t->tied ? NULL : rule_of(m, t);
        struct cut cut = rule ? rule->cut : m->cut;
        if (t->tied || cut.kind == CUT_NONE || (cut.kind == CUT_UNSAID && t->rank == 0))
            continue;
        if (cut.kind == CUT_FLAT) {
            cut_flat(m, t);
            continue;
        }
        const int axis = cut.axis < 0 ? cut.axis + t->rank : cut.axis;
        if (axis < 0 || axis >= t->rank)
            fail(EXIT_INPUT, rule ? rule_place(rule) : NOWHERE, "%s is cut %s%s, but its shape is %s", quoted(t->name, t->name_length),
                 axis == cut.axis && cut.axis < 2 ? "by " : "along axis ", cut_text(cut), shape_text(t));
        cut_axis(m, t, axis);
    }
}
