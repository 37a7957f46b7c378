/* SPDX-License-Identifier: MIT */
#include "model/save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/progress.h"
#include "files/checkpoint.h"
#include "files/part_names.h"
#include "files/safetensors.h"
#include "manifest/manifest.h"
#include "model/pipeline.h"
#include "model/report.h"

/* What else may be open: the standard streams, inputs, the folder, what the C library wants. */
enum { OTHER_FILES = 64 };

struct shown {
    const struct model *model;
    uint64_t before; /* bytes of the files already written */
};

static void show(void *user, uint64_t bytes, size_t place)
{
    const struct shown *const s = user;
    const struct tensor *const t = &s->model->tensor[s->model->order[place]];
    progress_at(s->before + bytes, t->name, t->name_length);
}

static void to_output(void *user, const char *data, size_t length)
{
    output_write(user, data, length);
}

/* An .npy file, one tensor and nothing else, by the name of the output. */
static bool is_npy(const struct save *s)
{
    const size_t n = strlen(s->name);
    if (n < 4 || strcmp(s->name + n - 4, ".npy") != 0 || s->model->max_part_bytes)
        return false;
    if (s->model->written != 1)
        fail(EXIT_INPUT, (struct place){s->name, 0, 0}, "an .npy file holds one tensor, the model has %zu", s->model->written);
    return true;
}

static void put_npy_head(const struct model *m, struct sink *sink)
{
    const struct tensor *const t = &m->tensor[m->order[0]];
    if (!npy_write_head(sink, &formats[t->format], t->rank, t->shape))
        fail(EXIT_INPUT, tensor_place(m, t), "%s has the type %s, which .npy files do not have", quoted(t->name, t->name_length),
             formats[t->format].lower);
}

static uint64_t head_bytes_of(const struct save *s, const struct part *part)
{
    struct sink counter = {.count_only = true};
    if (!is_npy(s))
        return safetensors_head_bytes(s->model, part);
    put_npy_head(s->model, &counter);
    return counter.total;
}

static void write_head(const struct save *s, const struct part *part, uint64_t head_bytes, struct output *out)
{
    static char buffer[64 << 10];
    struct sink sink = {.flush = to_output, .user = out, .data = buffer, .capacity = sizeof buffer};
    if (is_npy(s))
        put_npy_head(s->model, &sink);
    else
        safetensors_write_head(s->model, part, head_bytes, &sink);
    sink_flush(&sink);
}

/* Every file is open until the last is written: without a name it would be gone. */
static void allow_files(const struct save *s, size_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_cur < count + OTHER_FILES) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < count + OTHER_FILES)
        fail(EXIT_INPUT, (struct place){s->name, 0, 0},
             "%zu files, more than the %llu that a process may have open (ulimit -n); a larger --max-file-size makes fewer", count,
             (unsigned long long)limit.rlim_cur);
}

/* Files of an older checkpoint that would stand beside the new one, and that somebody might read for it. */
static void check_stale(const struct save *s, const struct part_names *names)
{
    const char *const last = names->path[names->count - 1];
    const int folder = (int)(base_name(last) - last);
    for (size_t i = 0; i < names->stales; i++) {
        char path[4096];
        struct stat st;
        (void)snprintf(path, sizeof path, "%.*s%s", folder, last, names->stale[i]);
        if (!s->force)
            fail(EXIT_INPUT, (struct place){path, 0, 0}, "exists, of another checkpoint of that name; --force removes it");
        for (size_t k = 0; stat(path, &st) == 0 && k < s->input_count; k++)
            if (s->inputs[k].device == st.st_dev && s->inputs[k].inode == st.st_ino)
                fail(EXIT_INPUT, (struct place){path, 0, 0}, "is also read: sow does not remove its input");
    }
}

static struct part_names open_outputs(const struct save *s, struct output **out)
{
    static char *one[1];
    struct part_names names = {.path = one, .count = 1};
    if (s->model->max_part_bytes)
        names = part_names(s->name, s->model->parts);
    else
        one[0] = (char *)s->name;
    check_stale(s, &names);
    allow_files(s, names.count);
    *out = calloc(names.count, sizeof **out);
    if (!*out)
        fail_memory(names.count * sizeof **out);
    for (size_t i = 0; i < names.count; i++)
        (*out)[i] = output_open(names.path[i], s->force, s->inputs, s->input_count);
    return names;
}

/* The manifest's file, if one is wanted: opened now, so that its faults show before anything is drawn. */
static struct output open_manifest(const struct save *s, const struct part_names *names)
{
    if (!s->manifest)
        return (struct output){.fd = -1};
    digest_needed("--manifest");
    for (size_t i = 0; i < names->count; i++)
        manifest_check_path(s->manifest, names->path[i]);
    return output_open(s->manifest, s->force, s->inputs, s->input_count);
}

/* Draws and writes all parts; the bytes of their files. */
static uint64_t write_parts(const struct save *s, struct output *out, struct moments *moments, struct manifest_maker *manifest)
{
    const struct model *const m = s->model;
    uint64_t *const head = calloc(m->parts, sizeof *head), all = 0;
    struct shown shown = {m, 0};
    if (!head)
        fail_memory(m->parts * sizeof *head);
    for (size_t i = 0; i < m->parts; i++) {
        head[i] = head_bytes_of(s, &m->part[i]);
        output_expect(&out[i], head[i] + m->part[i].bytes);
        all += head[i] + m->part[i].bytes;
    }
    if (!s->quiet)
        progress_start(m->bytes);
    for (size_t i = 0; i < m->parts; i++) {
        write_head(s, &m->part[i], head[i], &out[i]);
        pipeline_run(&(struct pipeline){.model = m,
                                        .part = &m->part[i],
                                        .output = &out[i],
                                        .context = s->host->context,
                                        .threads = s->host->threads,
                                        .moments = moments,
                                        .progress = s->quiet ? NULL : show,
                                        .user = &shown,
                                        .written = manifest ? manifest_bytes : NULL,
                                        .written_user = manifest});
        shown.before += m->part[i].bytes;
    }
    free(head);
    return all;
}

static void write_index(const struct model *m, const struct part_names *names, struct output *out)
{
    struct sink sink = {0};
    index_write(m, names->path, &sink);
    output_write(out, sink.data, sink.used);
    sink_free(&sink);
}

/* All together; the manifest first, as readers begin with the last. */
static void commit(const struct save *s, const struct part_names *names, struct output *out, struct output *manifest)
{
    if (!s->manifest || !manifest->target || !out[0].target) {
        if (s->manifest)
            output_commit(manifest);
        if (s->model->max_part_bytes)
            outputs_commit(out, names->count, names->count > 1, names->stale, names->stales);
        else
            output_commit(out);
        return;
    }
    struct output *const all = calloc(names->count + 1, sizeof *all);
    if (!all)
        fail_memory((names->count + 1) * sizeof *all);
    all[0] = *manifest;
    memcpy(all + 1, out, names->count * sizeof *all);
    outputs_commit(all, names->count + 1, names->count > 1, names->stale, names->stales);
    free(all);
}

void save_model(const struct save *s)
{
    const struct model *const m = s->model;
    struct output *out;
    const double start = seconds_now();
    struct part_names names = open_outputs(s, &out);
    struct output list = open_manifest(s, &names);
    struct manifest_maker maker = {0};
    const bool report = !s->quiet && !out[0].is_standard && !list.is_standard;
    struct moments *const moments = report ? calloc(m->written + 1, sizeof *moments) : NULL;
    if (report && !moments)
        fail_memory(m->written * sizeof *moments);
    if (s->manifest)
        maker = manifest_begin(m);
    const uint64_t bytes = write_parts(s, out, moments, s->manifest ? &maker : NULL);
    if (names.count > m->parts)
        write_index(m, &names, &out[m->parts]);
    if (s->manifest)
        manifest_end(&maker, &list);
    commit(s, &names, out, &list);
    progress_end();
    const struct report r = {.model = m,
                             .moments = moments,
                             .file = out[names.count - 1].name,
                             .part_file = names.path,
                             .file_bytes = bytes,
                             .seconds = seconds_now() - start,
                             .threads = s->host->threads,
                             .isa = s->host->isa};
    if (report)
        (s->json ? report_json : report_table)(&r);
    if (m->max_part_bytes)
        part_names_free(&names);
    free(moments);
    free(out);
}
