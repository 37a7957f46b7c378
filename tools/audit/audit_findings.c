/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_repeats.h"
#include "base/team.h"

#define X(id, word, text) #word,
const char *const finding_words[FINDING_KINDS] = {FINDING_LIST(X)};
#undef X

struct finding *audit_add(struct audit *a, enum finding_kind kind, bool note, uint32_t tensor, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    a->finding = array_grow(a->finding, &a->finding_capacity, a->findings + 1, sizeof *a->finding);
    struct finding *const f = &a->finding[a->findings++];
    *f = (struct finding){.kind = kind, .note = note, .tensor = tensor, .other = NO_INDEX, .index = -1};
    f->text = arena_copy(&a->arena, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    if (tensor != NO_INDEX)
        a->examined[tensor].said |= 1u << kind;
    return f;
}

bool audit_has(const struct audit *a, uint32_t tensor, enum finding_kind kind)
{
    return a->examined[tensor].said >> kind & 1;
}
