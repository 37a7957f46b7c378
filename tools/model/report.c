/* SPDX-License-Identifier: MIT */
#include "model/report.h"

#include <inttypes.h>
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/utf8.h"
#include "model/pipeline.h"

struct row {
    const struct tensor *tensor;
    const char *scheme;
    double mean, std; /* NaN: no elements */
};

/* A constant as it is stored: rounded to the type. */
static double stored(const struct draw *d)
{
    const struct format *const f = &formats[d->tensor->format];
    double value = d->law.dist.mean;
    char element[8] __attribute__((aligned(8)));
    struct moments m = {0};
    if (f->kind == FORMAT_FLOAT && sow_fill(NULL, d->stream, d->law.dist, f->dtype, 0, element, 1) == SOW_OK) {
        moments_add(&m, f->dtype, element, 1, 0);
        value = m.sum;
    }
    return value;
}

static const char *scheme_name(const struct model *m, const struct tensor *t)
{
    return t->kept && !t->change ? "kept" : sow_scheme_info_at((size_t)m->rule[t->rule].scheme.row)->name;
}

static struct row row_at(const struct report *r, size_t i)
{
    const struct tensor *const t = &r->model->tensor[r->model->order[i]];
    const struct draw d = draw_of(r->model, t, NULL);
    struct row row = {t, scheme_name(r->model, t), NAN, NAN};
    const double n = (double)tensor_elements(t);
    if (n == 0 || (t->kept && !(t->change && formats[t->format].kind == FORMAT_FLOAT)))
        return row;
    if (formats[t->format].kind != FORMAT_FLOAT && !d.law.plain)
        return row; /* whole numbers out of an array */
    if (!t->kept && d.law.plain && d.law.dist.kind == SOW_DIST_CONSTANT) {
        row.mean = stored(&d);
        row.std = 0;
        return row;
    }
    const double offset = r->moments[i].sum / n;
    row.mean = offset + (formats[t->format].dtype == SOW_F64 ? d.centre : (double)(float)d.centre);
    row.std = sqrt(fmax(0, r->moments[i].squares / n - offset * offset));
    return row;
}

void report_table(const struct report *r)
{
    const struct model *const m = r->model;
    int name_width = 6, shape_width = 5, scheme_width = 6;
    for (size_t i = 0; i < m->written; i++) {
        const struct tensor *const t = &m->tensor[m->order[i]];
        const int name = utf8_columns(unquoted(t->name, t->name_length)), shape = (int)strlen(shape_text(t));
        const int scheme = (int)strlen(scheme_name(m, t));
        name_width = name > name_width && name <= 60 ? name : name_width;
        shape_width = shape > shape_width && shape <= 40 ? shape : shape_width;
        scheme_width = scheme > scheme_width ? scheme : scheme_width;
    }
    printf("%-*s  %-*s  %-4s  %-*s  %12s  %12s\n", name_width, "tensor", shape_width, "shape", "type", scheme_width, "scheme", "mean",
           "std");
    uint64_t elements = 0;
    for (size_t i = 0; i < m->written; i++) {
        const struct row row = row_at(r, i);
        const char *const name = unquoted(row.tensor->name, row.tensor->name_length);
        elements += tensor_elements(row.tensor);
        char moments[64] = "           -             -"; /* no elements */
        if (!isnan(row.mean) || row.std == 0)
            (void)snprintf(moments, sizeof moments, "%12.5g  %12.5g", row.mean, row.std);
        printf("%s%*s  %-*s  %-4s  %-*s  %s\n", name, name_width > utf8_columns(name) ? name_width - utf8_columns(name) : 0, "",
               shape_width, shape_text(row.tensor), formats[row.tensor->format].lower, scheme_width, row.scheme, moments);
    }
    printf("%zu tensor%s, %" PRIu64 " elements, %s in %.3g s (%s/s), seed %" PRIu64 ", %u thread%s, %s", m->written,
           m->written == 1 ? "" : "s", elements, bytes_text((double)r->file_bytes), r->seconds,
           bytes_text((double)r->file_bytes / r->seconds), m->seed, r->threads, r->threads == 1 ? "" : "s", r->isa);
    if (m->tensors > m->written)
        printf(", %zu tied", m->tensors - m->written);
    if (m->parts > 1)
        printf(", %zu files", m->parts);
    if (m->world)
        printf(", rank %" PRIu32 " of %" PRIu32, m->rank, m->world);
    printf(": %s\n", r->file);
}

static void json_sizes(struct sink *s, const char *name, int rank, const int64_t *sizes)
{
    sink_format(s, ", \"%s\": [", name);
    for (int i = 0; i < rank; i++)
        sink_format(s, i ? ", %" PRId64 : "%" PRId64, sizes[i]);
    sink_text(s, "]");
}

static void json_row(struct sink *s, const struct row *row)
{
    const struct tensor *const t = row->tensor;
    sink_text(s, "    {\"name\": ");
    sink_string(s, t->name, t->name_length);
    sink_format(s, ", \"shape\": %s, \"dtype\": \"%s\", \"scheme\": \"%s\", \"bytes\": %" PRIu64 ", \"mean\": ", shape_text(t),
                formats[t->format].lower, row->scheme, tensor_bytes(t));
    sink_number(s, row->mean);
    sink_text(s, ", \"std\": ");
    sink_number(s, row->std);
    if (t->global) {
        json_sizes(s, "global_shape", tensor_global_rank(t), t->global);
        json_sizes(s, "offset", t->rank, t->offset);
    }
    sink_text(s, "}");
}

static void print_out(void *user, const char *data, size_t length)
{
    (void)user;
    (void)fwrite(data, 1, length, stdout);
}

void report_json(const struct report *r)
{
    const struct model *const m = r->model;
    char buffer[4096];
    struct sink s = {.flush = print_out, .data = buffer, .capacity = sizeof buffer};
    uint64_t elements = 0;
    for (size_t i = 0; i < m->written; i++)
        elements += tensor_elements(&m->tensor[m->order[i]]);
    sink_text(&s, "{\"file\": ");
    sink_string(&s, r->file, strlen(r->file));
    sink_format(&s, ", \"version\": \"%s\", \"stream_version\": %d, \"seed\": %" PRIu64 ", \"isa\": \"%s\", \"threads\": %u,\n",
                sow_version(), SOW_STREAM_VERSION, m->seed, r->isa, r->threads);
    sink_format(&s, "  \"elements\": %" PRIu64 ", \"bytes\": %" PRIu64 ", \"seconds\": ", elements, r->file_bytes);
    sink_number(&s, r->seconds);
    if (m->world)
        sink_format(&s, ", \"rank\": %" PRIu32 ", \"world\": %" PRIu32, m->rank, m->world);
    sink_text(&s, ",\n  \"files\": [");
    for (size_t i = 0; i < m->parts; i++) {
        const char *const name = m->parts > 1 ? r->part_file[i] : r->file;
        sink_text(&s, i ? ", " : "");
        sink_string(&s, name, strlen(name));
    }
    sink_text(&s, "],\n  \"tensors\": [\n");
    for (size_t i = 0; i < m->written; i++) {
        const struct row row = row_at(r, i);
        json_row(&s, &row);
        sink_text(&s, i + 1 < m->written ? ",\n" : "\n");
    }
    sink_text(&s, "  ],\n  \"tied\": {");
    for (size_t i = m->written; i < m->tensors; i++) {
        const struct tensor *const t = &m->tensor[m->order[i]];
        sink_text(&s, i > m->written ? ", " : "");
        sink_string(&s, t->name, t->name_length);
        sink_text(&s, ": ");
        sink_string(&s, t->stream, t->stream_length);
    }
    sink_text(&s, "}}\n");
    sink_flush(&s);
}
