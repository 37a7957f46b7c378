/* SPDX-License-Identifier: MIT */
#include "model/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/checkpoint.h"
#include "files/safetensors.h"

uint64_t seed_read(const char *text)
{
    const bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
    const char *const digits = hex ? text + 2 : text;
    const size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
    errno = 0;
    const unsigned long long value = strtoull(digits, NULL, hex ? 16 : 10);
    if (n == 0 || digits[n] != '\0' || errno == ERANGE)
        fail(EXIT_INPUT, NOWHERE, "--seed is %s, must be 0 to 18446744073709551615, or 0x… in hexadecimal", quoted(text, strlen(text)));
    return value;
}

uint8_t dtype_read(const char *text)
{
    const uint8_t f = format_named(text);
    if (f != FORMAT_NONE && formats[f].kind == FORMAT_FLOAT)
        return f;
    fail(EXIT_INPUT, NOWHERE, "--dtype is %s, must be f32, f64, f16 or bf16", quoted(text, strlen(text)));
}

bool source_is_checkpoint(const struct input *in)
{
    return input_is_safetensors(in) || index_is(in);
}

/* The record of a file, or of the first of several; all headers are checked. */
static char *find_record(const struct input *in, size_t *length)
{
    char *record;
    if (index_is(in)) {
        struct checkpoint c = checkpoint_open(in->name);
        record = c.record;
        *length = c.record_length;
        c.record = NULL;
        checkpoint_close(&c);
    } else {
        struct model header = {.file = in->name};
        safetensors_read(in, &header, &record, length);
        model_free(&header);
    }
    return record;
}

void source_again(struct model *m, const struct input *in, bool keep_seed)
{
    char name[1100];
    size_t length;
    char *const record = find_record(in, &length);
    if (!record)
        fail(EXIT_INPUT, (struct place){in->name, 0, 0},
             "no key \"sow\" in its __metadata__: sow did not write it; --like takes only its names, shapes and types");
    (void)snprintf(name, sizeof name, "%.1024s:__metadata__.sow", in->name);
    m->file = arena_copy(&m->arena, name, strlen(name));
    record_read(m, record, length, keep_seed);
    free(record);
}
