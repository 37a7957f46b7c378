/* SPDX-License-Identifier: MIT */
/* NumPy's array file: numpy/lib/format.py, versions 1.0 to 3.0. A magic, a length, a Python dictionary, the bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/checkpoint.h"

enum { HEAD_MAX = 65536 };

static const char magic[] = "\x93NUMPY";

/* Kinds and sizes as NumPy writes them. bfloat16 (ml_dtypes) has no letter there: it comes as two bytes of no type. */
static const struct {
    const char *descr, *format;
} types[] = {{"f4", "f32"}, {"f8", "f64"}, {"f2", "f16"}, {"V2", "bf16"}, {"i8", "i64"}, {"i4", "i32"}, {"i2", "i16"},
             {"i1", "i8"},  {"u8", "u64"}, {"u4", "u32"}, {"u2", "u16"},  {"u1", "u8"},  {"b1", "bool"}};

bool npy_is(const struct input *in)
{
    char first[6];
    if (!in->regular || in->bytes < sizeof first)
        return false;
    input_read_at(in, first, sizeof first, 0);
    return memcmp(first, magic, sizeof first) == 0;
}

_Noreturn static void bad(const struct input *in, const char *what)
{
    fail(EXIT_INPUT, (struct place){in->name, 0, 0}, "npy header: %s", what);
}

/* What stands behind 'key': in the dictionary; keys may come in any order. */
static const char *value_of(const struct input *in, const char *text, const char *key)
{
    char quotes[24];
    (void)snprintf(quotes, sizeof quotes, "'%s':", key);
    const char *const at = strstr(text, quotes);
    if (!at)
        fail(EXIT_INPUT, (struct place){in->name, 0, 0}, "npy header: no %s", key);
    return at + strlen(quotes) + strspn(at + strlen(quotes), " ");
}

static uint8_t read_type(const struct input *in, const char *at)
{
    if (at[0] != '\'')
        bad(in, "an array of records, not of numbers");
    const size_t n = strcspn(at + 1, "'");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (n == 3 && strncmp(at + 2, types[i].descr, 2) == 0 && (at[1] == '<' || at[1] == '|'))
            return format_named(types[i].format);
    fail(EXIT_INPUT, (struct place){in->name, 0, 0}, "npy header: descr %s, must be <f4, <f8, <f2, <V2 (bf16), an integer or |b1",
         quoted(at + 1, n));
}

static void read_shape(const struct input *in, const char *at, struct model *m, struct tensor *t)
{
    int64_t sizes[64];
    uint64_t elements = 1;
    if (*at++ != '(')
        bad(in, "the shape is not a tuple");
    for (; *at != ')'; t->rank++) {
        char *end;
        const unsigned long long size = strtoull(at, &end, 10);
        if (end == at || t->rank == 64 || size > INT64_MAX || (size && elements > (uint64_t)INT64_MAX / size))
            bad(in, "a shape that is not up to 64 whole numbers, or of more than 2^63 - 1 elements");
        elements *= size ? size : 1;
        sizes[t->rank] = (int64_t)size;
        at = end + strspn(end, "L, ");
    }
    int64_t *const shape = arena_alloc(&m->arena, sizeof *shape * (t->rank ? t->rank : 1u));
    memcpy(shape, sizes, sizeof *shape * t->rank);
    t->shape = shape;
}

/* The file's own name, without folder and suffix. */
static void name_tensor(const struct input *in, struct model *m, struct tensor *t)
{
    const char *const slash = strrchr(in->name, '/'), *const base = slash ? slash + 1 : in->name;
    const size_t n = strlen(base), keep = n > 4 && strcmp(base + n - 4, ".npy") == 0 ? n - 4 : n;
    t->name = t->stream = arena_copy(&m->arena, base, keep);
    t->name_length = t->stream_length = (uint32_t)keep;
}

uint64_t npy_read(const struct input *in, struct model *m, bool *fortran)
{
    unsigned char head[12];
    input_read_at(in, head, 10, 0);
    const unsigned lengths = head[6] == 1 ? 2 : 4;
    if (head[6] < 1 || head[6] > 3)
        bad(in, "a version that is not 1, 2 or 3");
    input_read_at(in, head, 8 + lengths, 0);
    uint64_t length = 0;
    for (unsigned i = lengths; i-- > 0;)
        length = length << 8 | head[8 + i];
    if (length > HEAD_MAX || length > in->bytes - 8 - lengths)
        bad(in, "longer than 65536 bytes, or than the file");
    char *const text = malloc((size_t)length + 1);
    if (!text)
        fail_memory((size_t)length + 1);
    input_read_at(in, text, (size_t)length, 8 + lengths);
    text[length] = '\0';
    struct tensor *const t = model_add(m);
    name_tensor(in, m, t);
    t->format = read_type(in, value_of(in, text, "descr"));
    read_shape(in, value_of(in, text, "shape"), m, t);
    const bool columns = strncmp(value_of(in, text, "fortran_order"), "True", 4) == 0;
    free(text);
    int axes = 0;
    for (int i = 0; i < t->rank; i++)
        axes += t->shape[i] > 1;
    *fortran = columns && axes >= 2;
    const uint64_t at = 8 + lengths + length;
    uint64_t bytes;
    if (!format_bytes(&formats[t->format], tensor_elements(t), &bytes) || bytes != in->bytes - at)
        fail(EXIT_INPUT, (struct place){in->name, 0, 0}, "an array %s of %s, but %llu bytes follow the header", shape_text(t),
             formats[t->format].lower, (unsigned long long)(in->bytes - at));
    return at;
}

bool npy_write_head(struct sink *sink, const struct format *f, int rank, const int64_t *shape)
{
    enum { ALIGN = 64, PREFIX = 10 };
    struct sink text = {0};
    const char *descr = NULL;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].format, f->lower) == 0)
            descr = types[i].descr;
    if (!descr)
        return false;
    sink_format(&text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", f->bits == 8 ? '|' : '<', descr);
    for (int i = 0; i < rank; i++)
        sink_format(&text, "%s%lld", i ? ", " : "", (long long)shape[i]);
    sink_text(&text, rank == 1 ? ",), }" : "), }");
    while ((PREFIX + text.used + 1) % ALIGN)
        sink_text(&text, " ");
    sink_text(&text, "\n");
    const char length[2] = {(char)(text.used & 0xff), (char)(text.used >> 8)};
    sink_put(sink, magic, 6);
    sink_put(sink, "\1", 2); /* version 1.0 */
    sink_put(sink, length, 2);
    sink_put(sink, text.data, text.used);
    sink_free(&text);
    return true;
}
