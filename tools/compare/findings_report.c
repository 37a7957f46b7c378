/* SPDX-License-Identifier: MIT */
#include "compare/findings_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "manifest/digest.h"

enum { LINES = 20 };

static const struct tensor *named(const struct finding *f)
{
    return f->have ? f->have : f->want;
}

size_t findings_faults(const struct findings *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += f->finding[i].verdict != EQUAL;
    return n;
}

static size_t count_of(const struct findings *f, enum verdict verdict)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += f->finding[i].verdict == verdict;
    return n;
}

/* The file of a tensor, where there are several. */
static const char *file_of(const struct findings_report *r, const struct finding *f)
{
    const struct checkpoint *const c = r->checkpoint;
    return c->files > 1 && f->have ? c->file[c->file_of[f->have - c->model.tensor]].input.name : NULL;
}

static void put_line(struct sink *s, const struct findings_report *r, const struct finding *f)
{
    const struct tensor *const t = named(f);
    const struct format *const format = &formats[t->format];
    sink_text(s, quoted(t->name, t->name_length));
    sink_format(s, " %s %s", shape_text(t), format->lower);
    if (file_of(r, f))
        sink_format(s, " in %.300s", file_of(r, f));
    switch (f->verdict) {
    case DIFFERS:
        if (f->found_digest) {
            sink_format(s, ": " DIGEST_NAME " %s, expected %s", f->found_digest->text, f->expected_digest->text);
            break;
        }
        sink_format(s, ": %" PRIu64 " of %" PRIu64 " elements differ%s, the first at ", f->differing, tensor_elements(t),
                    f->differing == 1 ? "s" : "");
        put_index(s, t, f->first);
        sink_format(s, " (%" PRIu64 "): found ", f->first);
        put_element(s, format, f->found);
        sink_text(s, ", expected ");
        put_element(s, format, f->expected);
        break;
    case OTHER_SHAPE:
        sink_format(s, ": expected the shape %s", shape_text(f->want));
        break;
    case OTHER_DTYPE:
        sink_format(s, ": expected %s", formats[f->want->format].lower);
        break;
    default:
        sink_format(s, ": %s", f->verdict == MISSING ? "missing" : "not expected");
        break;
    }
    sink_text(s, "\n");
}

static void print(struct sink *s)
{
    (void)fwrite(s->data, 1, s->used, stdout);
    sink_free(s);
}

void findings_text(const struct findings_report *r)
{
    const struct findings *const f = r->findings;
    struct sink s = {0};
    size_t lines = 0;
    const size_t faults = findings_faults(f);
    for (size_t i = 0; i < f->count && lines < LINES; i++)
        if (f->finding[i].verdict != EQUAL) {
            put_line(&s, r, &f->finding[i]);
            lines++;
        }
    if (faults > lines)
        sink_format(&s, "and %zu more (--json has all)\n", faults - lines);
    const size_t missing = count_of(f, MISSING), extra = count_of(f, EXTRA);
    sink_format(&s, "%.300s: ", r->checkpoint->name);
    if (faults == 0)
        sink_format(&s, "%zu tensors, %" PRIu64 " elements, all as in %.300s", f->count, f->elements, r->standard);
    else
        sink_format(&s, "not as in %.300s: of %zu tensors %zu differ, %zu are missing, %zu are not expected", r->standard, f->count,
                    faults - missing - extra, missing, extra);
    sink_format(&s, " (%s in %.3g s, %s/s, %u thread%s, %s)\n", bytes_text((double)f->bytes), r->seconds,
                bytes_text((double)f->bytes / (r->seconds > 0 ? r->seconds : 1)), r->host->threads, r->host->threads == 1 ? "" : "s",
                r->host->isa);
    print(&s);
}

static void json_tensor(struct sink *s, const struct findings_report *r, const struct finding *f)
{
    const struct tensor *const t = named(f);
    const struct format *const format = &formats[t->format];
    sink_text(s, "{\"name\": ");
    sink_string(s, t->name, t->name_length);
    sink_format(s, ", \"verdict\": \"%s\", \"shape\": %s, \"dtype\": \"%s\"", verdict_word(f->verdict), shape_text(t), format->lower);
    if (file_of(r, f)) {
        sink_text(s, ", \"file\": ");
        sink_string(s, file_of(r, f), strlen(file_of(r, f)));
    }
    if (f->verdict == OTHER_SHAPE)
        sink_format(s, ", \"expected_shape\": %s", shape_text(f->want));
    if (f->verdict == OTHER_DTYPE)
        sink_format(s, ", \"expected_dtype\": \"%s\"", formats[f->want->format].lower);
    if (f->found_digest) {
        sink_format(s, ", \"found_digest\": \"%s\", \"expected_digest\": \"%s\"", f->found_digest->text, f->expected_digest->text);
    } else if (f->verdict == DIFFERS) {
        sink_format(s, ", \"differing\": %" PRIu64 ", \"first\": {\"flat\": %" PRIu64 ", \"index\": ", f->differing, f->first);
        put_index(s, t, f->first);
        sink_text(s, ", \"found\": ");
        put_value(s, format, f->found, true);
        sink_text(s, ", \"expected\": ");
        put_value(s, format, f->expected, true);
        sink_format(s, ", \"found_bits\": \"0x%0*" PRIx64 "\", \"expected_bits\": \"0x%0*" PRIx64 "\"}", (int)(format->bits / 4), f->found,
                    (int)(format->bits / 4), f->expected);
    }
    sink_text(s, "}");
}

void findings_json(const struct findings_report *r)
{
    const struct findings *const f = r->findings;
    struct sink s = {0};
    sink_text(&s, "{\"file\": ");
    sink_string(&s, r->checkpoint->name, strlen(r->checkpoint->name));
    sink_text(&s, ", \"compared_with\": ");
    sink_string(&s, r->standard, strlen(r->standard));
    if (r->seed)
        sink_format(&s, ", \"seed\": %" PRIu64, *r->seed);
    sink_format(&s, ", \"equal\": %s, \"elements\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"seconds\": ",
                findings_faults(f) == 0 ? "true" : "false", f->elements, f->bytes);
    sink_number(&s, r->seconds);
    sink_format(&s, ", \"threads\": %u, \"isa\": \"%s\", \"tensors\": [", r->host->threads, r->host->isa);
    for (size_t i = 0; i < f->count; i++) {
        sink_text(&s, i ? ",\n " : "\n ");
        json_tensor(&s, r, &f->finding[i]);
    }
    sink_text(&s, "]}\n");
    print(&s);
}
