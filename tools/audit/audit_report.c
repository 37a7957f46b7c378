/* SPDX-License-Identifier: MIT */
/* For people: a line for each role, then what is wrong. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/progress.h"
#include "base/say.h"
#include "base/utf8.h"

static void print_padded(const char *text, int width)
{
    printf("%s%*s  ", text, width > utf8_columns(text) ? width - utf8_columns(text) : 0, "");
}

/* Names as they are quoted, without the quotes: no byte of a file reaches a terminal unescaped. */
static const char *plain(const char *name, size_t length)
{
    static char ring[4][720];
    static unsigned turn;
    char *const text = ring[turn++ % 4];
    const char *const q = quoted(name, length);
    const size_t n = strlen(q) - 2;
    memcpy(text, q + 1, n);
    text[n] = '\0';
    return text;
}

static const char *scheme_text(const struct examined *e)
{
    if (e->law.kind == LAW_CONSTANT && !e->law.sparse)
        return e->law.mean == 0 ? "zeros" : e->law.mean == 1 ? "ones" : "constant";
    if (e->law.kind == LAW_FIXED)
        return e->fixed;
    return e->explanations ? e->explanation[0].text : "-";
}

/* Members of a role that say the same are one line: in the same type and shape, of the same law and rule. */
static bool says_the_same(const struct examined *a, const struct examined *b)
{
    const struct tensor *const s = a->tensor, *const t = b->tensor;
    if (a->law.kind != b->law.kind || a->law.sparse != b->law.sparse || s->format != t->format || s->rank != t->rank ||
        memcmp(s->shape, t->shape, s->rank * sizeof *s->shape) != 0 || (a->explanations > 0) != (b->explanations > 0))
        return false;
    if (a->explanations)
        return a->explanation[0].key == b->explanation[0].key;
    if (a->law.kind == LAW_CONSTANT)
        return a->law.mean == b->law.mean;
    return a->law.kind != LAW_UNKNOWN && fabs(a->law.std - b->law.std) <= 0.05 * a->law.std;
}

struct line {
    const struct examined *first;
    const char *name;
    uint32_t count;
};

/* The line of member k, or none (count 0) if an earlier member has it. */
static struct line line_at(const struct audit *a, const struct role *r, uint32_t k, bool all)
{
    const struct examined *const e = &a->examined[r->member[k]];
    struct line line = {e, NULL, 1};
    for (uint32_t j = 0; j < k && !all; j++)
        if (says_the_same(&a->examined[r->member[j]], e)) {
            line.count = 0;
            return line;
        }
    for (uint32_t j = k + 1; j < r->members && !all; j++)
        line.count += says_the_same(e, &a->examined[r->member[j]]);
    line.name = line.count > 1 ? plain(r->pattern, strlen(r->pattern)) : plain(e->tensor->name, e->tensor->name_length);
    return line;
}

static const char *count_text(uint32_t count)
{
    static char text[24];
    if (count < 2)
        return "";
    (void)snprintf(text, sizeof text, " ×%" PRIu32, count);
    return text;
}

static void print_tensors(const struct audit *a, bool all)
{
    int name = 6, shape = 5, law = 3;
    for (int pass = 0; pass < 2; pass++) {
        if (pass) {
            print_padded("tensor", name);
            print_padded("shape", shape);
            print_padded("type", 4);
            print_padded("law", law);
            printf("sure   scheme\n");
        }
        for (size_t r = 0; r < a->roles; r++)
            for (uint32_t k = 0; k < a->role[r].members; k++) {
                const struct line l = line_at(a, &a->role[r], k, all);
                char full[760];
                if (l.count == 0)
                    continue;
                (void)snprintf(full, sizeof full, "%s%s", l.name, count_text(l.count));
                if (!pass) {
                    const int w = utf8_columns(full), s = (int)strlen(shape_text(l.first->tensor)), t = utf8_columns(l.first->law_text);
                    name = w > name && w <= 60 ? w : name;
                    shape = s > shape && s <= 40 ? s : shape;
                    law = t > law && t <= 60 ? t : law;
                    continue;
                }
                print_padded(full, name);
                print_padded(shape_text(l.first->tensor), shape);
                print_padded(formats[l.first->tensor->format].lower, 4);
                print_padded(l.first->law_text, law);
                printf("%3.0f %%  %s\n", 100 * l.first->law.confidence, scheme_text(l.first));
            }
    }
}

static const char *plain_pattern(const struct audit *a, uint32_t tensor)
{
    const char *const pattern = a->role[a->examined[tensor].role].pattern;
    return plain(pattern, strlen(pattern));
}

static bool is_like(const struct audit *a, const struct finding *f, const struct finding *g)
{
    if (f->kind != g->kind || f->note != g->note || (f->tensor == NO_INDEX) != (g->tensor == NO_INDEX))
        return false;
    return f->tensor == NO_INDEX || f->kind == FINDING_MISSING || a->examined[f->tensor].role == a->examined[g->tensor].role;
}

/* Findings of one kind about one role are one line, the first's; so are all that miss. */
static void print_finding(const struct audit *a, const struct finding *f, bool all)
{
    size_t more = 0;
    for (size_t i = 0; i < a->findings && !all; i++) {
        if (!is_like(a, f, &a->finding[i]) || &a->finding[i] == f)
            continue;
        if (&a->finding[i] < f)
            return;
        more++;
    }
    printf("%-5s  %s", f->note ? "note" : "ERROR", finding_words[f->kind]);
    for (int k = 0; k < FINDING_KINDS; k++)
        if (f->also & 1u << k)
            printf(" or %s", finding_words[k]);
    if (f->tensor != NO_INDEX)
        printf("  %s", plain(a->examined[f->tensor].tensor->name, a->examined[f->tensor].tensor->name_length));
    if (f->other != NO_INDEX)
        printf(" and %s", plain(a->examined[f->other].tensor->name, a->examined[f->other].tensor->name_length));
    printf(": %s", f->text);
    if (more && (f->tensor == NO_INDEX || f->kind == FINDING_MISSING))
        printf(" (%zu more)", more);
    else if (more)
        printf(" (%zu more of %s)", more, plain_pattern(a, f->tensor));
    printf("\n");
}

void audit_print_table(const struct audit *a, bool all)
{
    print_tensors(a, all);
    uint64_t elements = 0;
    for (size_t i = 0; i < a->tensors; i++)
        elements += a->examined[i].n;
    size_t errors = 0;
    printf("\n");
    for (int notes = 0; notes < 2; notes++)
        for (size_t i = 0; i < a->findings; i++)
            if (a->finding[i].note == notes) {
                errors += !notes;
                print_finding(a, &a->finding[i], all);
            }
    printf("%zu tensor%s, %" PRIu64 " elements, %s: %zu error%s, %zu note%s\n", a->tensors, a->tensors == 1 ? "" : "s", elements,
           bytes_text((double)a->checkpoint->bytes), errors, errors == 1 ? "" : "s", a->findings - errors,
           a->findings - errors == 1 ? "" : "s");
}
