/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/utf8.h"
#include "files/safetensors.h"

enum { PIECE = 64 << 10, PIECES = 8, MAX_SIZES = 64 };

/* What the next value is. */
enum expected { TOP, TOP_KEY, ENTRY_KEY, DTYPE, SHAPE, SIZES, OFFSETS, PAIR, META, META_KEY };

struct reader {
    const struct input *input;
    struct model *model;
    yajl_handle yajl;
    uint64_t piece_at; /* offset of the current piece in the file */
    enum expected expected;
    struct tensor *tensor; /* being read; NULL between entries */
    unsigned seen;         /* bits of its keys: 1 dtype, 2 shape, 4 data_offsets */
    uint64_t numbers[MAX_SIZES], offsets[2];
    unsigned count;
    bool saw_metadata, is_record;
    char *record;
    size_t record_length;
    const char **keys; /* of the metadata */
    size_t key_count, key_capacity;
};

static struct place whole(const struct reader *r)
{
    return (struct place){r->input->name, 0, 0};
}

static unsigned long long byte_now(const struct reader *r)
{
    return (unsigned long long)(r->piece_at + yajl_get_bytes_consumed(r->yajl));
}

_Noreturn static void entry_error(const struct reader *r, const char *what)
{
    fail(EXIT_INPUT, whole(r), "header, before byte %llu, tensor %s: %s", byte_now(r), quoted(r->tensor->name, r->tensor->name_length),
         what);
}

static int unexpected(void *ctx)
{
    const struct reader *const r = ctx;
    static const char *const wanted[] = {
        [TOP] = "an object",
        [TOP_KEY] = "an object {dtype, shape, data_offsets}",
        [ENTRY_KEY] = "a key",
        [DTYPE] = "\"dtype\" as a string",
        [SHAPE] = "\"shape\" as an array of whole numbers",
        [SIZES] = "\"shape\" as an array of whole numbers",
        [OFFSETS] = "\"data_offsets\" as an array of two whole numbers",
        [PAIR] = "\"data_offsets\" as an array of two whole numbers",
        [META] = "\"__metadata__\" as a map of strings",
        [META_KEY] = "\"__metadata__\" as a map of strings to strings",
    };
    if (r->tensor)
        fail(EXIT_INPUT, whole(r), "header, before byte %llu, tensor %s: expected %s", byte_now(r),
             quoted(r->tensor->name, r->tensor->name_length), wanted[r->expected]);
    fail(EXIT_INPUT, whole(r), "header, before byte %llu: expected %s", byte_now(r), wanted[r->expected]);
}

static int on_other_bool(void *ctx, int value)
{
    (void)value;
    return unexpected(ctx);
}

static int on_map(void *ctx)
{
    struct reader *const r = ctx;
    if (r->expected == TOP)
        r->expected = TOP_KEY;
    else if (r->expected == META)
        r->expected = META_KEY;
    else if (r->expected == TOP_KEY && r->tensor)
        r->expected = ENTRY_KEY;
    else
        return unexpected(r);
    return 1;
}

/* All three keys are there, and shape, type and offsets fit together. */
static void finish_tensor(struct reader *r)
{
    struct tensor *const t = r->tensor;
    if (r->seen != 7)
        entry_error(r, r->seen & 1 ? r->seen & 2 ? "no \"data_offsets\"" : "no \"shape\"" : "no \"dtype\"");
    const struct format *const f = &formats[t->format];
    uint64_t bytes;
    if (!format_bytes(f, tensor_elements(t), &bytes))
        entry_error(r, "a shape of more than 2^63 - 1 bytes, or not of whole bytes");
    if (r->offsets[1] < r->offsets[0] || r->offsets[1] - r->offsets[0] != bytes)
        fail(EXIT_INPUT, whole(r), "header: tensor %s: data_offsets [%llu, %llu], but %s of %s are %llu bytes",
             quoted(t->name, t->name_length), (unsigned long long)r->offsets[0], (unsigned long long)r->offsets[1], shape_text(t), f->name,
             (unsigned long long)bytes);
    t->begin = r->offsets[0];
    r->tensor = NULL;
}

static int on_end_map(void *ctx)
{
    struct reader *const r = ctx;
    if (r->expected == ENTRY_KEY)
        finish_tensor(r);
    r->expected = r->expected == TOP_KEY ? TOP : TOP_KEY;
    return 1;
}

static void start_tensor(struct reader *r, const char *name, size_t length)
{
    r->tensor = model_add(r->model);
    r->tensor->name = r->tensor->stream = arena_copy(&r->model->arena, name, length);
    r->tensor->name_length = r->tensor->stream_length = (uint32_t)length;
    r->seen = 0;
}

static void entry_key(struct reader *r, const char *key, size_t length)
{
    static const struct {
        const char *key;
        enum expected next;
    } keys[] = {{"dtype", DTYPE}, {"shape", SHAPE}, {"data_offsets", OFFSETS}};
    for (unsigned i = 0; i < 3; i++)
        if (strlen(keys[i].key) == length && memcmp(keys[i].key, key, length) == 0) {
            if (r->seen & 1u << i)
                entry_error(r, "a duplicate key");
            r->seen |= 1u << i;
            r->expected = keys[i].next;
            return;
        }
    entry_error(r, "a key that is not dtype, shape or data_offsets");
}

static int on_key(void *ctx, const unsigned char *value, size_t length)
{
    struct reader *const r = ctx;
    const char *const key = (const char *)value;
    if (!utf8_is_name(key, length))
        fail(EXIT_INPUT, whole(r), "header, before byte %llu: a key that is not UTF-8, or holds a zero byte", byte_now(r));
    if (r->expected == ENTRY_KEY) {
        entry_key(r, key, length);
    } else if (r->expected == META_KEY) {
        r->keys = array_grow(r->keys, &r->key_capacity, r->key_count + 1, sizeof *r->keys);
        r->keys[r->key_count++] = arena_copy(&r->model->arena, key, length);
        r->is_record = length == 3 && memcmp(key, "sow", 3) == 0;
    } else if (length == 12 && memcmp(key, "__metadata__", 12) == 0) {
        if (r->saw_metadata)
            fail(EXIT_INPUT, whole(r), "header, before byte %llu: a second \"__metadata__\"", byte_now(r));
        r->saw_metadata = true;
        r->expected = META;
    } else {
        start_tensor(r, key, length);
    }
    return 1;
}

static int on_string(void *ctx, const unsigned char *value, size_t length)
{
    struct reader *const r = ctx;
    const char *const text = (const char *)value;
    if (!utf8_is_valid(text, length))
        fail(EXIT_INPUT, whole(r), "header, before byte %llu: a string that is not UTF-8", byte_now(r));
    if (r->expected == META_KEY) {
        if (r->is_record && !r->record) {
            if (!(r->record = malloc(length + 1)))
                fail_memory(length + 1);
            memcpy(r->record, text, length);
            r->record[length] = '\0';
            r->record_length = length;
        }
        return 1;
    }
    if (r->expected != DTYPE)
        return unexpected(r);
    char name[16] = "";
    if (length < sizeof name)
        memcpy(name, text, length);
    r->tensor->format = format_named(name);
    if (r->tensor->format == FORMAT_NONE || strcmp(formats[r->tensor->format].name, name) != 0)
        fail(EXIT_INPUT, whole(r), "header: tensor %s: unknown dtype %s", quoted(r->tensor->name, r->tensor->name_length),
             quoted(text, length));
    r->expected = ENTRY_KEY;
    return 1;
}

static int on_array(void *ctx)
{
    struct reader *const r = ctx;
    if (r->expected != SHAPE && r->expected != OFFSETS)
        return unexpected(r);
    r->expected = r->expected == SHAPE ? SIZES : PAIR;
    r->count = 0;
    return 1;
}

/* The product of a shape stays below 2^63, counting no zero, so that no later product can overflow. */
static void take_shape(struct reader *r)
{
    int64_t *const shape = arena_alloc(&r->model->arena, (r->count ? r->count : 1) * sizeof *shape);
    uint64_t elements = 1;
    for (unsigned i = 0; i < r->count; i++) {
        const uint64_t size = r->numbers[i];
        if (size > INT64_MAX || (size && elements > INT64_MAX / size))
            entry_error(r, "a shape of more than 2^63 - 1 elements");
        elements *= size ? size : 1;
        shape[i] = (int64_t)size;
    }
    r->tensor->shape = shape;
    r->tensor->rank = (uint8_t)r->count;
}

static int on_end_array(void *ctx)
{
    struct reader *const r = ctx;
    if (r->expected == PAIR) {
        if (r->count != 2)
            return unexpected(r);
        memcpy(r->offsets, r->numbers, sizeof r->offsets);
    } else {
        take_shape(r);
    }
    r->expected = ENTRY_KEY;
    return 1;
}

static int on_number(void *ctx, const char *text, size_t length)
{
    struct reader *const r = ctx;
    uint64_t value = 0;
    if ((r->expected != SIZES && r->expected != PAIR) || r->count == MAX_SIZES)
        return unexpected(r);
    for (size_t i = 0; i < length; i++) {
        const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return unexpected(r);
        value = value * 10 + digit;
    }
    r->numbers[r->count++] = value;
    return 1;
}

_Noreturn static void syntax_error(const struct reader *r)
{
    unsigned char *const words = yajl_get_error(r->yajl, 0, NULL, 0);
    const char *const colon = words ? strstr((const char *)words, "error: ") : NULL;
    const char *const text = colon ? colon + 7 : "not valid JSON";
    fail(EXIT_INPUT, whole(r), "header, byte %llu: %.*s", byte_now(r), (int)strcspn(text, "\n"), text);
}

static void parse_header(struct reader *r, uint64_t length)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = unexpected,
        .yajl_boolean = on_other_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_map,
        .yajl_map_key = on_key,
        .yajl_end_map = on_end_map,
        .yajl_start_array = on_array,
        .yajl_end_array = on_end_array,
    };
    struct escape_scan scan = {0};
    /* yajl starts a string again with every piece, so a long one (sow's own record) must not come in many. */
    const size_t size = length / PIECES > PIECE ? (size_t)(length / PIECES) : PIECE;
    char *const piece = malloc(size < length ? size : (size_t)length);
    if (!piece)
        fail_memory(size);
    if (!(r->yajl = yajl_alloc(&callbacks, NULL, r)))
        fail_memory(0);
    for (uint64_t done = 0; done < length;) {
        const size_t n = length - done < size ? (size_t)(length - done) : size;
        r->piece_at = 8 + done;
        input_read_at(r->input, piece, n, r->piece_at);
        if (done == 0 && piece[0] != '{')
            fail(EXIT_INPUT, whole(r), "the header starts with byte 0x%02x, not with a brace", (unsigned char)piece[0]);
        const size_t bad = escape_scan(&scan, piece, n);
        if (bad < n)
            fail(EXIT_INPUT, whole(r), "header, byte %llu: a \\u escape that is half of a surrogate pair",
                 (unsigned long long)(r->piece_at + bad));
        if (yajl_parse(r->yajl, (const unsigned char *)piece, n) != yajl_status_ok)
            syntax_error(r);
        done += n;
    }
    r->piece_at = 8 + length;
    if (yajl_complete_parse(r->yajl) != yajl_status_ok)
        syntax_error(r);
    yajl_free(r->yajl);
    free(piece);
}

void safetensors_read(const struct input *input, struct model *model, char **record, size_t *record_length)
{
    struct reader r = {.input = input, .model = model, .expected = TOP};
    unsigned char head[8];
    uint64_t length = 0;
    if (!input->regular)
        fail(EXIT_INPUT, whole(&r), "a safetensors file must be a regular file");
    if (input->bytes < 8)
        fail(EXIT_INPUT, whole(&r), "%llu bytes, too short for a safetensors file", (unsigned long long)input->bytes);
    input_read_at(input, head, sizeof head, 0);
    for (int i = 8; i-- > 0;)
        length = length << 8 | head[i];
    if (length > SAFETENSORS_MAX_HEADER && head[0] == '{')
        fail(EXIT_INPUT, whole(&r), "starts like JSON, not like a safetensors file");
    if (length > SAFETENSORS_MAX_HEADER)
        fail(EXIT_INPUT, whole(&r), "a header of %llu bytes, at most %u", (unsigned long long)length, SAFETENSORS_MAX_HEADER);
    if (length > input->bytes - 8)
        fail(EXIT_INPUT, whole(&r), "a header of %llu bytes, but the file has only %llu", (unsigned long long)length,
             (unsigned long long)input->bytes);
    if (length == 0)
        fail(EXIT_INPUT, whole(&r), "an empty header");
    parse_header(&r, length);
    safetensors_check(input, model, r.keys, r.key_count, input->bytes - 8 - length);
    free(r.keys);
    *record = r.record;
    *record_length = r.record_length;
}
