/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <sow/sow.h>
#include <string.h>

#include "files/safetensors.h"
#include "model/keep.h"

enum { PAGE = 4096 };

/* The record is JSON inside a JSON string, so it is escaped once more. */
static void put_record(const struct model *m, struct sink *sink)
{
    struct sink start = {0};
    sink_text(&start, "{\"version\":");
    sink_string(&start, sow_version(), strlen(sow_version()));
    sink_format(&start, ",\"stream_version\":%d,\"seed\":%" PRIu64, SOW_STREAM_VERSION, m->seed);
    if (m->from) {
        sink_text(&start, ",\"kept\":");
        keep_write(m, &start);
    }
    sink_text(&start, ",\"model\":");
    sink_escaped(sink, start.data, start.used);
    sink_escaped(sink, m->head.data, m->head.used);
    sink_escaped(sink, m->list.data, m->list.used);
    sink_escaped(sink, m->tail.data, m->tail.used);
    sink_escaped(sink, "}", 1);
    sink_free(&start);
}

static void put_tensor(const struct tensor *t, struct sink *sink)
{
    sink_string(sink, t->name, t->name_length);
    sink_text(sink, ":{\"dtype\":\"");
    sink_text(sink, formats[t->format].name);
    sink_text(sink, "\",\"shape\":[");
    for (int i = 0; i < t->rank; i++)
        sink_format(sink, i ? ",%" PRId64 : "%" PRId64, t->shape[i]);
    sink_format(sink, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", t->begin, t->begin + tensor_bytes(t));
}

static void put_header(const struct model *m, const struct part *part, struct sink *sink)
{
    sink_text(sink, "{\"__metadata__\":{\"format\":\"pt\",\"sow\":\"");
    put_record(m, sink);
    sink_text(sink, "\"}");
    for (size_t i = part->first; i < part->first + part->count; i++) {
        sink_put(sink, ",", 1);
        put_tensor(&m->tensor[m->order[i]], sink);
    }
    sink_put(sink, "}", 1);
}

uint64_t safetensors_head_bytes(const struct model *m, const struct part *part)
{
    struct sink counter = {.count_only = true};
    put_header(m, part, &counter);
    const uint64_t bytes = (8 + counter.total + PAGE - 1) / PAGE * PAGE;
    if (bytes - 8 > SAFETENSORS_MAX_HEADER)
        fail(EXIT_INPUT, (struct place){m->file, 0, 0}, "%zu tensors need a header of %" PRIu64 " bytes, at most %u", part->count,
             bytes - 8, SAFETENSORS_MAX_HEADER);
    return bytes;
}

void safetensors_write_head(const struct model *m, const struct part *part, uint64_t head_bytes, struct sink *sink)
{
    char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (char)((head_bytes - 8) >> 8 * i & 0xff);
    const uint64_t start = sink->total;
    sink_put(sink, length, sizeof length);
    put_header(m, part, sink);
    while (sink->total - start < head_bytes)
        sink_put(sink, " ", 1);
}
