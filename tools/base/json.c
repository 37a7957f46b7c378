/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/utf8.h"

/* The whole text is one piece to yajl, so in a callback yajl_get_bytes_consumed() is the end of the token in `text`. */
struct builder {
    const struct json_reader *reader;
    yajl_handle yajl;
    const char *text;
    size_t length;
    size_t seen, line_start; /* bytes looked at for line ends; where the current line starts */
    uint32_t line;
    int depth, stream_depth; /* open containers; depth inside the array that is handed over, or -1 */
    struct json *open[JSON_MAX_DEPTH], *last[JSON_MAX_DEPTH];
    struct json key; /* of the next member */
    struct json *root;
};

static struct arena *arena_of(struct builder *b)
{
    return b->stream_depth >= 0 && b->depth >= b->stream_depth ? b->reader->scratch : b->reader->arena;
}

/* Line and column of an offset; offsets only grow. */
static void locate(struct builder *b, size_t offset, uint32_t *line, uint32_t *column)
{
    const char *end;
    while (b->seen < offset && (end = memchr(b->text + b->seen, '\n', offset - b->seen))) {
        b->line++;
        b->seen = b->line_start = (size_t)(end - b->text) + 1;
    }
    if (b->seen < offset)
        b->seen = offset;
    *line = b->line;
    *column = (uint32_t)(offset - b->line_start) + 1;
}

static struct place place_of(struct builder *b, size_t offset)
{
    struct place at = {b->reader->file, 0, 0};
    locate(b, offset, &at.line, &at.column);
    return at;
}

static size_t token_end(const struct builder *b)
{
    const size_t end = yajl_get_bytes_consumed(b->yajl);
    return end < b->length ? end : b->length;
}

/* Offset of the opening quote: the nearest one before the closing quote with an even number of backslashes before it. */
static size_t quote_before(const struct builder *b, size_t end)
{
    size_t at = end >= 2 ? end - 2 : 0;
    for (; at > 0; at--) {
        if (b->text[at] != '"')
            continue;
        size_t slashes = 0;
        while (slashes < at && b->text[at - 1 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            break;
    }
    return at;
}

static size_t string_start(const struct builder *b, const unsigned char *value)
{
    const char *const p = (const char *)value;
    return p > b->text && p <= b->text + b->length ? (size_t)(p - b->text) - 1 : quote_before(b, token_end(b));
}

static void check_string(struct builder *b, size_t start, const char *text, size_t length)
{
    if (!utf8_is_name(text, length))
        fail(EXIT_INPUT, place_of(b, start), "a string that is not UTF-8, or holds a zero byte: %s", quoted(text, length));
}

static struct json *add(struct builder *b, enum json_type type, size_t start)
{
    struct json *const node = arena_alloc(arena_of(b), sizeof *node);
    *node = (struct json){.type = type, .text = ""};
    locate(b, start, &node->line, &node->column);
    if (b->depth == 0) {
        if (type != JSON_OBJECT)
            fail(EXIT_INPUT, place_of(b, start), "expected an object { … }, got %s", json_type_name(node));
        b->root = node;
        return node;
    }
    struct json *const parent = b->open[b->depth - 1];
    if (parent->type == JSON_OBJECT) {
        node->key = b->key.key;
        node->key_length = b->key.key_length;
        node->key_line = b->key.key_line;
        node->key_column = b->key.key_column;
    }
    parent->length++;
    if (b->depth == b->stream_depth)
        parent->child = NULL; /* handed over one by one, never linked */
    else if (b->last[b->depth - 1])
        b->last[b->depth - 1]->next = node;
    else
        parent->child = node;
    b->last[b->depth - 1] = node;
    return node;
}

/* A value is complete. */
static int done(struct builder *b, const struct json *node)
{
    if (b->depth == b->stream_depth) {
        b->reader->element(b->reader->user, node);
        arena_reset(b->reader->scratch);
    }
    return 1;
}

static bool is_stream(const struct builder *b, const struct json *node)
{
    const char *const *const path = b->reader->path;
    if (!path[0] || b->depth != (path[1] ? 2 : 1) || !node->key)
        return false;
    const bool last = strcmp(node->key, path[1] ? path[1] : path[0]) == 0;
    return last && (!path[1] || (b->open[1]->key && strcmp(b->open[1]->key, path[0]) == 0));
}

static int open_container(struct builder *b, enum json_type type)
{
    const size_t start = token_end(b) - 1;
    if (b->depth == JSON_MAX_DEPTH)
        fail(EXIT_INPUT, place_of(b, start), "nested deeper than %d levels", JSON_MAX_DEPTH);
    struct json *const node = add(b, type, start);
    const bool stream = type == JSON_ARRAY && b->stream_depth < 0 && is_stream(b, node);
    b->open[b->depth] = node;
    b->last[b->depth] = NULL;
    b->depth++;
    if (stream)
        b->stream_depth = b->depth;
    return 1;
}

static int close_container(void *ctx)
{
    struct builder *const b = ctx;
    if (b->depth == b->stream_depth)
        b->stream_depth = -1;
    b->depth--;
    return done(b, b->open[b->depth]);
}

static int on_map(void *ctx)
{
    return open_container(ctx, JSON_OBJECT);
}

static int on_array(void *ctx)
{
    return open_container(ctx, JSON_ARRAY);
}

static int on_key(void *ctx, const unsigned char *value, size_t length)
{
    struct builder *const b = ctx;
    const size_t start = string_start(b, value);
    const char *const text = (const char *)value;
    check_string(b, start, text, length);
    const struct json *const object = b->open[b->depth - 1];
    if (object->length >= JSON_MAX_KEYS)
        fail(EXIT_INPUT, place_of(b, start), "more than %d keys in one object", JSON_MAX_KEYS);
    for (const struct json *m = object->child; m; m = m->next)
        if (m->key_length == length && memcmp(m->key, text, length) == 0)
            fail(EXIT_INPUT, place_of(b, start), "duplicate key %s, first on line %u", quoted(text, length), m->key_line);
    b->key.key = arena_copy(arena_of(b), text, length);
    b->key.key_length = (uint32_t)length;
    locate(b, start, &b->key.key_line, &b->key.key_column);
    return 1;
}

static int scalar(struct builder *b, enum json_type type, size_t start, const char *text, size_t length)
{
    struct json *const node = add(b, type, start);
    node->text = arena_copy(arena_of(b), text, length);
    node->length = (uint32_t)length;
    return done(b, node);
}

static int on_string(void *ctx, const unsigned char *value, size_t length)
{
    struct builder *const b = ctx;
    const size_t start = string_start(b, value);
    check_string(b, start, (const char *)value, length);
    return scalar(b, JSON_STRING, start, (const char *)value, length);
}

static int on_number(void *ctx, const char *text, size_t length)
{
    struct builder *const b = ctx;
    const size_t end = token_end(b);
    return scalar(b, JSON_NUMBER, end >= length ? end - length : 0, text, length);
}

static int on_bool(void *ctx, int value)
{
    struct builder *const b = ctx;
    return scalar(b, JSON_BOOL, token_end(b) - (value ? 4 : 5), value ? "true" : "false", value ? 4 : 5);
}

static int on_null(void *ctx)
{
    struct builder *const b = ctx;
    return scalar(b, JSON_NULL, token_end(b) - 4, "null", 4);
}

/* Where the token that ends at `end` starts: what yajl stumbles over lies behind it. */
static size_t token_start(const struct builder *b, size_t end)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._";
    size_t at = end ? end - 1 : 0;
    if (b->text[at] == '"')
        return quote_before(b, end);
    while (at > 0 && b->text[at] && strchr(word, b->text[at]) && strchr(word, b->text[at - 1]) && b->text[at - 1])
        at--;
    return at;
}

/* yajl's own words, one line of them. */
_Noreturn static void syntax_error(struct builder *b, bool at_end)
{
    unsigned char *const words = yajl_get_error(b->yajl, 0, NULL, 0);
    char line[160] = "not JSON";
    if (words) {
        const char *text = (const char *)words;
        const char *const colon = strstr(text, "error: ");
        text = colon ? colon + 7 : text;
        const size_t n = strcspn(text, "\n");
        memcpy(line, text, n < sizeof line - 1 ? n : sizeof line - 1);
        line[n < sizeof line - 1 ? n : sizeof line - 1] = '\0';
        yajl_free_error(b->yajl, words);
    }
    /* Inside a string yajl stops before the byte that is wrong. */
    const size_t end = token_end(b), at = at_end ? b->length : strstr(line, "inside") || strstr(line, "UTF8") ? end : token_start(b, end);
    fail(EXIT_INPUT, place_of(b, at), "not valid JSON: %s", line);
}

static void check_escapes(struct builder *b)
{
    struct escape_scan scan = {0};
    const size_t bad = escape_scan(&scan, b->text, b->length);
    if (bad < b->length)
        fail(EXIT_INPUT, place_of(b, bad), "a \\u escape that is half of a surrogate pair");
}

const struct json *json_parse(const struct json_reader *reader, const char *text, size_t length)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_map,
        .yajl_map_key = on_key,
        .yajl_end_map = close_container,
        .yajl_start_array = on_array,
        .yajl_end_array = close_container,
    };
    struct builder b = {.reader = reader, .text = text, .length = length, .line = 1, .stream_depth = -1};
    if (length > JSON_MAX_BYTES)
        fail(EXIT_INPUT, (struct place){reader->file, 0, 0}, "%zu bytes of JSON, at most %u", length, JSON_MAX_BYTES);
    check_escapes(&b);
    if (!(b.yajl = yajl_alloc(&callbacks, NULL, &b)))
        fail_memory(0);
    if (yajl_parse(b.yajl, (const unsigned char *)text, length) != yajl_status_ok)
        syntax_error(&b, false);
    if (yajl_complete_parse(b.yajl) != yajl_status_ok || !b.root)
        syntax_error(&b, true);
    yajl_free(b.yajl);
    return b.root;
}
