/* SPDX-License-Identifier: MIT */
/* model.safetensors.index.json as transformers writes it: two blanks of indentation, names in order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "files/checkpoint.h"
#include "files/part_names.h"

struct placed {
    const struct tensor *tensor;
    const char *file;
};

static int by_name(const void *a, const void *b)
{
    const struct tensor *const s = ((const struct placed *)a)->tensor, *const t = ((const struct placed *)b)->tensor;
    return name_compare(s->name, s->name_length, t->name, t->name_length);
}

void index_write(const struct model *m, char *const *path, struct sink *sink)
{
    struct placed *const list = malloc(m->written * sizeof *list);
    if (!list)
        fail_memory(m->written * sizeof *list);
    for (size_t p = 0; p < m->parts; p++)
        for (size_t i = m->part[p].first; i < m->part[p].first + m->part[p].count; i++)
            list[i] = (struct placed){&m->tensor[m->order[i]], base_name(path[p])};
    qsort(list, m->written, sizeof *list, by_name);
    sink_format(sink, "{\n  \"metadata\": {\n    \"total_size\": %" PRIu64 "\n  },\n  \"weight_map\": {\n", m->bytes);
    for (size_t i = 0; i < m->written; i++) {
        sink_text(sink, "    ");
        sink_string(sink, list[i].tensor->name, list[i].tensor->name_length);
        sink_text(sink, ": ");
        sink_string(sink, list[i].file, strlen(list[i].file));
        sink_text(sink, i + 1 < m->written ? ",\n" : "\n");
    }
    sink_text(sink, "  }\n}\n");
    free(list);
}
