/* SPDX-License-Identifier: MIT */
#include "compare/difference_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"

static const char *word(const struct difference *d)
{
    return d->verdict == MISSING ? "only_a" : d->verdict == EXTRA ? "only_b" : verdict_word(d->verdict);
}

static const struct tensor *named(const struct difference *d)
{
    return d->a ? d->a : d->b;
}

static const char *lower(const struct tensor *t)
{
    return formats[t->format].lower;
}

size_t differences_count(const struct differences *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++)
        n += f->difference[i].verdict != EQUAL;
    return n;
}

static void print(struct sink *s)
{
    (void)fwrite(s->data, 1, s->used, stdout);
    sink_free(s);
}

/* How many elements differ, where the first is, and how far they are apart. */
static void put_values(struct sink *s, const struct difference *d)
{
    const uint64_t n = tensor_elements(d->a);
    if (formats[d->a->format].bits < 8) {
        sink_text(s, "bytes differ");
        return;
    }
    if (d->differing == 0) {
        sink_text(s, "all values equal");
        return;
    }
    sink_format(s, "%" PRIu64 " of %" PRIu64 " elements differ%s, the first at ", d->differing, n, d->differing == 1 ? "s" : "");
    put_index(s, d->a, d->first);
    sink_format(s, " (%" PRIu64 "): ", d->first);
    put_element(s, &formats[d->a->format], d->first_a);
    sink_text(s, ", ");
    put_element(s, &formats[d->b->format], d->first_b);
    if (!d->measured)
        return;
    sink_format(s, "; largest distance %.6g", d->distance.largest);
    if (d->distance.largest > 0) {
        sink_text(s, " at ");
        put_index(s, d->a, d->largest_at);
    }
    sink_format(s, ", largest relative distance %.6g", d->distance.relative);
    if (d->distance.incomparable)
        sink_format(s, "; %" PRIu64 " NaN on one side", d->distance.incomparable);
}

static void put_line(struct sink *s, const struct difference *d)
{
    const struct tensor *const t = named(d);
    sink_text(s, quoted(t->name, t->name_length));
    sink_format(s, " %s", shape_text(t));
    switch (d->verdict) {
    case MISSING:
    case EXTRA:
        sink_format(s, " %s: only in %s", lower(t), d->verdict == MISSING ? "A" : "B");
        break;
    case OTHER_SHAPE:
        sink_format(s, " %s: the shape is ", lower(t));
        sink_format(s, "%s %s in B", shape_text(d->b), lower(d->b));
        break;
    case OTHER_DTYPE:
        sink_format(s, " %s, %s in B: ", lower(t), lower(d->b));
        if (d->measured)
            put_values(s, d);
        else
            sink_text(s, "not compared");
        break;
    default:
        sink_format(s, " %s: ", lower(t));
        put_values(s, d);
        break;
    }
    sink_text(s, "\n");
}

void differences_text(const struct difference_report *r)
{
    const struct differences *const f = r->differences;
    struct sink s = {0};
    size_t verdicts[6] = {0};
    for (size_t i = 0; i < f->count; i++) {
        verdicts[f->difference[i].verdict]++;
        if (f->difference[i].verdict != EQUAL)
            put_line(&s, &f->difference[i]);
    }
    sink_format(&s, "%zu tensors are equal, %zu differ, %zu are only in A, %zu only in B", verdicts[EQUAL],
                verdicts[DIFFERS] + verdicts[OTHER_SHAPE] + verdicts[OTHER_DTYPE], verdicts[MISSING], verdicts[EXTRA]);
    sink_format(&s, " (%s in %.3g s, %s/s, %u thread%s)\n", bytes_text((double)f->bytes), r->seconds,
                bytes_text((double)f->bytes / (r->seconds > 0 ? r->seconds : 1)), r->host->threads, r->host->threads == 1 ? "" : "s");
    print(&s);
}

/* An infinite distance has no number in JSON. */
static void put_distance(struct sink *s, double x)
{
    if (isinf(x))
        sink_text(s, "\"inf\"");
    else
        sink_number(s, x);
}

static void json_values(struct sink *s, const struct difference *d)
{
    if (d->differing) {
        sink_format(s, ", \"first\": {\"flat\": %" PRIu64 ", \"index\": ", d->first);
        put_index(s, d->a, d->first);
        sink_text(s, ", \"a\": ");
        put_value(s, &formats[d->a->format], d->first_a, true);
        sink_text(s, ", \"b\": ");
        put_value(s, &formats[d->b->format], d->first_b, true);
        sink_text(s, "}");
    }
    if (!d->measured)
        return;
    sink_text(s, ", \"largest\": ");
    put_distance(s, d->distance.largest);
    if (d->distance.largest > 0) {
        sink_text(s, ", \"largest_at\": ");
        put_index(s, d->a, d->largest_at);
    }
    sink_text(s, ", \"largest_relative\": ");
    put_distance(s, d->distance.relative);
    sink_format(s, ", \"incomparable\": %" PRIu64, d->distance.incomparable);
}

static void json_side(struct sink *s, char side, const struct tensor *t)
{
    if (t)
        sink_format(s, ", \"shape_%c\": %s, \"dtype_%c\": \"%s\"", side, shape_text(t), side, lower(t));
}

void differences_json(const struct difference_report *r)
{
    const struct differences *const f = r->differences;
    struct sink s = {0};
    sink_text(&s, "{\"a\": ");
    sink_string(&s, r->a, strlen(r->a));
    sink_text(&s, ", \"b\": ");
    sink_string(&s, r->b, strlen(r->b));
    sink_format(&s, ", \"equal\": %s, \"bytes\": %" PRIu64 ", \"seconds\": ", differences_count(f) == 0 ? "true" : "false", f->bytes);
    sink_number(&s, r->seconds);
    sink_format(&s, ", \"threads\": %u, \"tensors\": [", r->host->threads);
    for (size_t i = 0; i < f->count; i++) {
        const struct difference *const d = &f->difference[i];
        sink_text(&s, i ? ",\n {\"name\": " : "\n {\"name\": ");
        sink_string(&s, named(d)->name, named(d)->name_length);
        sink_format(&s, ", \"verdict\": \"%s\"", word(d));
        json_side(&s, 'a', d->a);
        json_side(&s, 'b', d->b);
        if (d->a && d->b && d->verdict != OTHER_SHAPE && (d->measured || d->verdict != OTHER_DTYPE)) {
            sink_format(&s, ", \"elements\": %" PRIu64 ", \"differing\": %" PRIu64, tensor_elements(d->a), d->differing);
            json_values(&s, d);
        }
        sink_text(&s, "}");
    }
    sink_text(&s, "]}\n");
    print(&s);
}

/* In quotes, as names and shapes may have commas. */
static void csv_text(struct sink *s, const char *text, size_t length)
{
    sink_text(s, "\"");
    for (size_t i = 0; i < length; i++)
        sink_put(s, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
    sink_text(s, "\"");
}

static void csv_side(struct sink *s, const struct tensor *t)
{
    if (t)
        sink_format(s, ",\"%s\",%s", shape_text(t), lower(t));
    else
        sink_text(s, ",,");
}

void differences_csv(const struct difference_report *r)
{
    const struct differences *const f = r->differences;
    struct sink s = {0};
    sink_text(&s,
              "name,verdict,shape_a,dtype_a,shape_b,dtype_b,elements,differing,first,largest,largest_at,largest_relative,incomparable\n");
    for (size_t i = 0; i < f->count; i++) {
        const struct difference *const d = &f->difference[i];
        csv_text(&s, named(d)->name, named(d)->name_length);
        sink_format(&s, ",%s", word(d));
        csv_side(&s, d->a);
        csv_side(&s, d->b);
        if (d->a && d->b && d->verdict != OTHER_SHAPE && (d->measured || d->verdict != OTHER_DTYPE)) {
            sink_format(&s, ",%" PRIu64 ",%" PRIu64 ",", tensor_elements(d->a), d->differing);
            if (d->differing)
                sink_format(&s, "%" PRIu64, d->first);
        } else {
            sink_text(&s, ",,,");
        }
        if (d->measured && d->a && d->b)
            sink_format(&s, ",%.17g,", d->distance.largest);
        else
            sink_text(&s, ",,");
        if (d->measured && d->distance.largest > 0)
            sink_format(&s, "%" PRIu64, d->largest_at);
        if (d->measured && d->a && d->b)
            sink_format(&s, ",%.17g,%" PRIu64, d->distance.relative, d->distance.incomparable);
        else
            sink_text(&s, ",,");
        sink_text(&s, "\n");
    }
    print(&s);
}
