/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/sink.h"
#include "stats/stats_show.h"
#include "stats/stats_total.h"

static void print_out(void *user, const char *data, size_t length)
{
    (void)user;
    (void)fwrite(data, 1, length, stdout);
}

/* Numbers of a row in the order of the columns. */
static const struct column {
    const char *name;
    size_t offset;
    bool is_count;
} columns[] = {
#define COUNT(field)                                                                                                                       \
    {                                                                                                                                      \
#field, offsetof(sow_stats, field), true                                                                                           \
    }
#define NUMBER(field)                                                                                                                      \
    {                                                                                                                                      \
#field, offsetof(sow_stats, field), false                                                                                          \
    }
    COUNT(count),     COUNT(zeros),     COUNT(nans), COUNT(infs), NUMBER(mean),  NUMBER(variance),
    NUMBER(skewness), NUMBER(kurtosis), NUMBER(min), NUMBER(max), COUNT(at_min), COUNT(at_max),
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };
_Static_assert(COLUMNS * 8 == sizeof(sow_stats), "every field of sow_stats has a column");

static void put_value(struct sink *s, const sow_stats *stats, const struct column *c, const char *missing)
{
    const char *const at = (const char *)stats + c->offset;
    uint64_t count;
    double number;
    memcpy(&count, at, sizeof count);
    memcpy(&number, at, sizeof number);
    if (c->is_count)
        sink_format(s, "%" PRIu64, count);
    else if (isfinite(number))
        sink_number(s, number);
    else
        sink_text(s, missing);
}

static void json_histogram(struct sink *s, const struct row *r, size_t bins)
{
    sink_text(s, ",\n     \"histogram\": {\"low\": ");
    sink_number(s, r->low);
    sink_text(s, ", \"high\": ");
    sink_number(s, r->high);
    sink_format(s, ", \"below\": %" PRIu64 ", \"above\": %" PRIu64 ", \"counts\": [", r->below, r->above);
    for (size_t i = 0; i < bins; i++)
        sink_format(s, "%s%" PRIu64, i ? ", " : "", r->bin[i]);
    sink_text(s, "]}");
}

static void json_row(struct sink *s, const struct stats_show *show, const struct row *r)
{
    const struct tensor *const t = &show->gathered->checkpoint->model.tensor[r->tensor];
    sink_text(s, "    {\"name\": ");
    sink_string(s, t->name, t->name_length);
    sink_format(s, ", \"shape\": %s, \"dtype\": \"%s\", \"bytes\": %" PRIu64, shape_text(t), formats[t->format].lower, tensor_bytes(t));
    for (size_t i = 0; r->dtype != SOW_DTYPE_COUNT && i < COLUMNS; i++) {
        sink_format(s, ", \"%s\": ", columns[i].name);
        put_value(s, &r->stats, &columns[i], "null");
    }
    if (r->dtype != SOW_DTYPE_COUNT) {
        sink_text(s, ", \"std\": ");
        sink_number(s, sqrt(r->stats.variance));
    }
    if (r->low < r->high)
        json_histogram(s, r, show->gathered->bins);
    sink_text(s, "}");
}

void stats_json(const struct stats_show *show)
{
    const struct gather *const g = show->gathered;
    const struct total t = total_of(g);
    char buffer[4096];
    struct sink s = {.flush = print_out, .data = buffer, .capacity = sizeof buffer};
    sink_text(&s, "{\"file\": ");
    sink_string(&s, show->file, strlen(show->file));
    sink_format(&s, ", \"version\": \"%s\", \"isa\": \"%s\", \"threads\": %u, \"bytes\": %" PRIu64 ", \"seconds\": ", sow_version(),
                g->host->isa, g->host->threads, t.bytes);
    sink_number(&s, show->seconds);
    sink_text(&s, ",\n  \"tensors\": [");
    for (size_t i = 0; i < g->rows; i++) {
        sink_text(&s, i ? ",\n" : "\n");
        json_row(&s, show, &g->row[i]);
    }
    sink_format(
        &s, "],\n  \"total\": {\"count\": %" PRIu64 ", \"zeros\": %" PRIu64 ", \"nans\": %" PRIu64 ", \"infs\": %" PRIu64 ", \"mean\": ",
        t.count, t.zeros, t.nans, t.infs);
    sink_number(&s, t.mean);
    sink_text(&s, ", \"std\": ");
    sink_number(&s, sqrt(t.variance));
    sink_text(&s, ", \"min\": ");
    sink_number(&s, t.min);
    sink_text(&s, ", \"max\": ");
    sink_number(&s, t.max);
    sink_text(&s, "}}\n");
    sink_flush(&s);
}

/* As RFC 4180 has it: in quotes, with a quote twice. */
static void csv_text(struct sink *s, const char *text, size_t length)
{
    sink_text(s, "\"");
    for (size_t i = 0; i < length; i++)
        sink_put(s, text[i] == '"' ? "\"\"" : text + i, text[i] == '"' ? 2 : 1);
    sink_text(s, "\"");
}

void stats_csv(const struct stats_show *show)
{
    const struct gather *const g = show->gathered;
    char buffer[4096];
    struct sink s = {.flush = print_out, .data = buffer, .capacity = sizeof buffer};
    sink_text(&s, "name,shape,dtype");
    for (size_t i = 0; i < COLUMNS; i++)
        sink_format(&s, ",%s", columns[i].name);
    sink_text(&s, "\r\n");
    for (size_t i = 0; i < g->rows; i++) {
        const struct row *const r = &g->row[i];
        const struct tensor *const t = &g->checkpoint->model.tensor[r->tensor];
        csv_text(&s, t->name, t->name_length);
        sink_text(&s, ",");
        for (int k = 0; k < t->rank; k++)
            sink_format(&s, "%s%" PRId64, k ? "x" : "", t->shape[k]);
        sink_format(&s, ",%s", formats[t->format].lower);
        for (size_t k = 0; k < COLUMNS; k++) {
            sink_text(&s, ",");
            if (r->dtype != SOW_DTYPE_COUNT)
                put_value(&s, &r->stats, &columns[k], "");
        }
        sink_text(&s, "\r\n");
    }
    sink_flush(&s);
}
