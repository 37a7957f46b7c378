/* SPDX-License-Identifier: MIT */
/* The index of a sharded checkpoint (Hugging Face): {"metadata": …, "weight_map": {tensor: file}}. Read as it comes, as it may be long. */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/utf8.h"
#include "files/checkpoint.h"

struct reader {
    const struct input *input;
    void (*each)(void *user, const char *tensor, size_t length, const char *file, size_t file_length);
    void *user;
    int depth;
    bool in_map, seen;
    char *tensor; /* the key whose file comes next */
    size_t length, capacity;
};

static struct place whole(const struct reader *r)
{
    return (struct place){r->input->name, 0, 0};
}

bool index_is(const struct input *in)
{
    static const char suffix[] = ".index.json";
    const size_t n = strlen(in->name), k = sizeof suffix - 1;
    return n >= k && strcmp(in->name + n - k, suffix) == 0;
}

static int on_other(void *ctx)
{
    const struct reader *const r = ctx;
    if (r->in_map && r->depth == 2)
        fail(EXIT_INPUT, whole(r), "weight_map: the file of %s is not a string", quoted(r->tensor, r->length));
    return 1;
}

static int on_bool(void *ctx, int value)
{
    (void)value;
    return on_other(ctx);
}

static int on_number(void *ctx, const char *text, size_t length)
{
    (void)text, (void)length;
    return on_other(ctx);
}

static int on_open(void *ctx)
{
    struct reader *const r = ctx;
    (void)on_other(r);
    r->depth++;
    return 1;
}

static int on_close(void *ctx)
{
    struct reader *const r = ctx;
    if (--r->depth == 1)
        r->in_map = false;
    return 1;
}

static int on_key(void *ctx, const unsigned char *key, size_t length)
{
    struct reader *const r = ctx;
    if (!utf8_is_name((const char *)key, length))
        fail(EXIT_INPUT, whole(r), "a key that is not UTF-8, or holds a zero byte");
    if (r->depth == 1) {
        r->in_map = length == 10 && memcmp(key, "weight_map", 10) == 0;
        if (r->in_map && r->seen)
            fail(EXIT_INPUT, whole(r), "a second \"weight_map\"");
        r->seen |= r->in_map;
    } else if (r->in_map) {
        r->tensor = array_grow(r->tensor, &r->capacity, length + 1, 1);
        memcpy(r->tensor, key, length);
        r->length = length;
    }
    return 1;
}

static int on_string(void *ctx, const unsigned char *text, size_t length)
{
    const struct reader *const r = ctx;
    if (!r->in_map || r->depth != 2)
        return 1;
    if (!utf8_is_name((const char *)text, length) || length == 0 || memchr(text, '/', length))
        fail(EXIT_INPUT, whole(r), "weight_map: the file of %s is %s, must be a name in the same folder", quoted(r->tensor, r->length),
             quoted((const char *)text, length));
    r->each(r->user, r->tensor, r->length, (const char *)text, length);
    return 1;
}

void index_read(const struct input *in, void (*each)(void *user, const char *tensor, size_t length, const char *file, size_t file_length),
                void *user)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_other,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_open,
        .yajl_map_key = on_key,
        .yajl_end_map = on_close,
        .yajl_start_array = on_open,
        .yajl_end_array = on_close,
    };
    struct reader r = {.input = in, .each = each, .user = user};
    size_t length;
    char *const text = input_read(in, &length);
    yajl_handle yajl = yajl_alloc(&callbacks, NULL, &r);
    if (!yajl)
        fail_memory(0);
    if (yajl_parse(yajl, (const unsigned char *)text, length) != yajl_status_ok || yajl_complete_parse(yajl) != yajl_status_ok)
        fail(EXIT_INPUT, whole(&r), "byte %llu: not valid JSON", (unsigned long long)yajl_get_bytes_consumed(yajl));
    if (!r.seen)
        fail(EXIT_INPUT, whole(&r), "no \"weight_map\": not the index of a checkpoint");
    yajl_free(yajl);
    free(text);
    free(r.tensor);
}
