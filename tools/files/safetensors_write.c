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
    start.used = 0;
    if (m->world)
        sink_format(&start, ",\"shard\":{\"rank\":%" PRIu32 ",\"world\":%" PRIu32, m->rank, m->world);
    if (m->world && m->cut.kind == CUT_AXIS && (m->cut.axis < 0 || m->cut.axis > 1))
        sink_format(&start, ",\"cut\":%s", cut_text(m->cut));
    else if (m->world && m->cut.kind != CUT_UNSAID)
        sink_format(&start, ",\"cut\":\"%s\"", cut_text(m->cut));
    sink_text(&start, m->world ? "}}" : "}");
    sink_escaped(sink, start.data, start.used);
    sink_free(&start);
}

static void put_sizes(struct sink *sink, int rank, const int64_t *sizes)
{
    sink_text(sink, "[");
    for (int i = 0; i < rank; i++)
        sink_format(sink, i ? ",%" PRId64 : "%" PRId64, sizes ? sizes[i] : 0);
    sink_text(sink, "]");
}

/* The offsets or the whole shapes of a part's tensors, a JSON object in a JSON string; tensor by tensor, as there may be many. */
static void put_table(const struct model *m, const struct part *part, bool offsets, struct sink *sink)
{
    struct sink text = {0};
    sink_text(sink, "\"{");
    for (size_t i = part->first; i < part->first + part->count; i++) {
        const struct tensor *const t = &m->tensor[m->order[i]];
        text.used = 0;
        sink_text(&text, i > part->first ? "," : "");
        sink_string(&text, t->name, t->name_length);
        sink_text(&text, offsets ? ":{\"saved_offsets\":" : ":");
        if (offsets)
            put_sizes(&text, t->rank, t->offset);
        else
            put_sizes(&text, tensor_global_rank(t), tensor_global(t));
        sink_text(&text, offsets ? "}" : "");
        sink_escaped(sink, text.data, text.used);
    }
    sink_text(sink, "}\"");
    sink_free(&text);
}

/*
 * What PyTorch's distributed checkpoint looks for in a rank's file: where each tensor starts in the whole. It takes the whole's shape from
 * all files together, so that stands apart, for others.
 */
static void put_sharding(const struct model *m, const struct part *part, struct sink *sink)
{
    sink_text(sink, ",\"DCP_SHARDING_INFO\":");
    put_table(m, part, true, sink);
    sink_text(sink, ",\"DCP_VERSION\":\"1.0\",\"sow_global_shapes\":");
    put_table(m, part, false, sink);
}

static void put_tensor(const struct tensor *t, struct sink *sink)
{
    sink_string(sink, t->name, t->name_length);
    sink_text(sink, ":{\"dtype\":\"");
    sink_text(sink, formats[t->format].name);
    sink_text(sink, "\",\"shape\":");
    put_sizes(sink, t->rank, t->shape);
    sink_format(sink, ",\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", t->begin, t->begin + tensor_bytes(t));
}

static void put_header(const struct model *m, const struct part *part, struct sink *sink)
{
    sink_text(sink, "{\"__metadata__\":{\"format\":\"pt\",\"sow\":\"");
    put_record(m, sink);
    sink_text(sink, "\"");
    if (m->world)
        put_sharding(m, part, sink);
    sink_text(sink, "}");
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
