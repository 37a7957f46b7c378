/* SPDX-License-Identifier: MIT */
/* The list of tensors as text again, where the table is not what a description said word by word. */
#include <sow/sow.h>

#include "model/keep.h"
#include "model/model.h"
#include "model/slices.h"

/* What else was said about a tensor, and whether it is kept. */
static void list_more(struct model *m, const struct tensor *t, struct sink *scratch)
{
#define X(id, word, shape) #word,
    static const char *const layouts[] = {SOW_LAYOUT_LIST(X)};
#undef X
    if (t->layout != NO_LAYOUT)
        sink_format(&m->list, ",\"layout\":\"%s\"", layouts[t->layout]);
    if (t->groups)
        sink_format(&m->list, ",\"groups\":%u", (unsigned)t->groups);
    if (t->stream != t->name) {
        scratch->used = 0;
        pattern_literal(scratch, t->stream, t->stream_length);
        sink_text(&m->list, t->tied ? ",\"tied\":" : ",\"stream\":");
        sink_string(&m->list, scratch->data, scratch->used);
    }
    if (t->kept && !t->change)
        sink_text(&m->list, ",\"kept\":true");
    for (uint32_t i = 0; t->change && i < t->change->boxes; i++) {
        scratch->used = 0;
        slices_write(scratch, t->rank, &t->change->box[i]);
        sink_text(&m->list, i ? "," : ",\"redrawn\":[");
        sink_string(&m->list, scratch->data, scratch->used);
        sink_text(&m->list, i + 1 == t->change->boxes ? "]" : "");
    }
}

void description_list(struct model *m)
{
    struct sink name = {0};
    for (size_t i = 0; i < m->tensors; i++) {
        const struct tensor *const t = &m->tensor[i];
        name.used = 0;
        pattern_literal(&name, t->name, t->name_length);
        sink_text(&m->list, i ? ",{\"name\":" : "{\"name\":");
        sink_string(&m->list, name.data, name.used);
        if (t->shape) {
            sink_text(&m->list, ",\"shape\":[");
            for (int d = 0; d < t->rank; d++)
                sink_format(&m->list, d ? ",%lld" : "%lld", (long long)t->shape[d]);
            sink_text(&m->list, "]");
        }
        if (!t->tied)
            sink_format(&m->list, ",\"dtype\":\"%s\"", formats[t->format].lower);
        list_more(m, t, &name);
        sink_text(&m->list, "}");
    }
    sink_free(&name);
}

void description_tail(struct model *m)
{
    sink_text(&m->tail, "],\"rules\":");
    rules_write(m, &m->tail);
    sink_text(&m->tail, "}");
}
