/* SPDX-License-Identifier: MIT */
/* The record that sow leaves in its files: a description, its seed, and what cannot be made again. */
#include <sow/stream.h>

#include "model/description.h"

static const char *const record_keys[] = {"version", "stream_version", "seed", "model", "kept", "shard"}; /* the last two may be missing */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The seed does not give what came from another checkpoint. */
static void refuse_kept(const struct model *m, const struct json *kept)
{
    size_t count = 0, first = 0;
    for (size_t i = m->tensors; i-- > 0;)
        if (m->tensor[i].kept) {
            first = i;
            count++;
        }
    if (!count && !kept)
        return;
    const struct json *const like = kept && kept->type == JSON_OBJECT ? json_member(kept, "like") : NULL;
    const bool named = like && like->type == JSON_STRING;
    fail(
        EXIT_INPUT, (struct place){m->file, 0, 0},
        "%zu of its %zu tensors, %s first, have bytes of another checkpoint%s%s, which no seed gives; sow init --like that checkpoint with "
        "the options under \"kept\" makes it again",
        count, m->tensors, count ? quoted(m->tensor[first].name, m->tensor[first].name_length) : "none", named ? ", " : "",
        named ? quoted(like->text, like->length) : "");
}

/* One rank's file describes the whole, and how it was cut where no rule says it. */
static void read_shard(struct model *m, const struct json *shard)
{
    static const char *const keys[] = {"rank", "world", "cut"};
    if (!shard)
        return;
    json_expect(m->file, shard, JSON_OBJECT, "\"shard\"");
    json_known_keys(m->file, shard, keys, COUNT(keys));
    const struct json *const rank = json_member(shard, "rank"), *const world = json_member(shard, "world");
    const uint64_t r = rank ? json_count(m->file, rank, "\"rank\"") : 0, w = world ? json_count(m->file, world, "\"world\"") : 0;
    if (r >= w || w > INT32_MAX)
        fail(EXIT_INPUT, json_place(m->file, shard), "\"shard\": \"rank\" must be below \"world\"");
    m->recorded_rank = (uint32_t)r;
    m->recorded_world = (uint32_t)w;
    const struct json *const cut = json_member(shard, "cut");
    if (cut && m->cut.kind == CUT_UNSAID)
        m->cut = cut_read(m->file, cut);
}

void record_read(struct model *m, const char *text, size_t length, bool keep_seed)
{
    const struct json_reader reader = {.file = m->file,
                                       .arena = &m->arena,
                                       .scratch = &m->scratch,
                                       .path = {"model", "tensors"},
                                       .element = description_tensor,
                                       .user = m};
    m->is_record = true;
    const struct json *const root = json_parse(&reader, text, length);
    json_known_keys(m->file, root, record_keys, COUNT(record_keys));
    for (size_t i = 0; i + 2 < COUNT(record_keys); i++)
        if (!json_member(root, record_keys[i]))
            fail(EXIT_INPUT, json_place(m->file, root), "no \"%s\"", record_keys[i]);
    const struct json *const version = json_member(root, "stream_version"), *const model = json_member(root, "model");
    const uint64_t v = json_count(m->file, version, "\"stream_version\"");
    if (v != SOW_STREAM_VERSION)
        fail(EXIT_INPUT, json_place(m->file, version), "stream version %llu; this sow has version %d, whose bits differ",
             (unsigned long long)v, SOW_STREAM_VERSION);
    const uint64_t seed = json_count(m->file, json_member(root, "seed"), "\"seed\"");
    if (!keep_seed)
        m->seed = seed;
    read_shard(m, json_member(root, "shard"));
    json_expect(m->file, model, JSON_OBJECT, "\"model\"");
    description_model(m, model, NULL);
    refuse_kept(m, json_member(root, "kept"));
}
