/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what the program reads: descriptions, checkpoint headers, and the record that sow leaves in a checkpoint.
 *
 * With libFuzzer: clang -fsanitize=fuzzer,address,undefined -DSOW_LIBFUZZER with the sources that tests/cli/meson.build lists for it, then
 * `fuzz -detect_leaks=0 tests/fuzz/corpus`.
 *
 * Without a fuzz engine: `fuzz_inputs ROUNDS FILE…` replays the files, then that many random changes of them; SOW_TEST_SEED repeats a run.
 * A file that starts with a brace is a description; one that starts with "--set " holds lines of rules as the command line takes them, for
 * a small model; any other one is a checkpoint, whose record is read, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/base/say.h"
#include "tools/files/safetensors.h"
#include "tools/model/keep.h"
#include "tools/model/model.h"
#include "tools/model/slices.h"

/* In place of tools/say.c: an error ends the round, not the process. What the round still holds is lost, some hundred bytes. */
static jmp_buf round_end;
static char last_message[512];

void fail(int status, struct place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(last_message, sizeof last_message, format, args);
    va_end(args);
    if (status != EXIT_INPUT || !at.file || last_message[0] == '\0')
        abort(); /* nothing in an input may look like a failure of the machine, or come without its place */
    longjmp(round_end, 1);
}

void warn(struct place at, const char *format, ...)
{
    (void)at;
    (void)format;
}

void fail_memory(size_t bytes)
{
    (void)bytes;
    abort();
}

const char *quoted(const char *text, size_t length)
{
    static char copy[64];
    (void)snprintf(copy, sizeof copy, "%.*s", length < 60 ? (int)length : 60, text);
    return copy;
}

static struct model model, header;
static char *record;

/* A description as a whole, up to the point where bytes would be written. */
static void read_description(const char *text, size_t length)
{
    model.file = "description";
    model.max_part_bytes = length % 3 ? 0 : length; /* in several files, too */
    model.variant = memmem(text, length, "\"variants\"", 10) && length % 2 ? "v" : NULL;
    model.forced_format = FORMAT_NONE;
    description_read(&model, text, length);
    plan(&model);
    for (size_t i = 0; i < model.parts; i++) {
        struct sink counter = {.count_only = true};
        const uint64_t bytes = safetensors_head_bytes(&model, &model.part[i]);
        safetensors_write_head(&model, &model.part[i], bytes, &counter);
        if (counter.total != bytes)
            abort();
    }
}

static void read_slices(const char *text)
{
    static const int64_t shape[] = {4, 6};
    struct box box;
    keep_option(&model, REINIT, text);
    const char *const slices = model.keep[model.keeps - 1].slices;
    if (!slices || slices_box(slices, 2, shape, &box))
        return;
    for (int i = 0; i < 2; i++)
        if (box.start[i] < 0 || box.size[i] < 1 || box.start[i] + box.size[i] > shape[i])
            abort();
}

static void read_rules(char *text)
{
    static const char tensors[] = "{\"tensors\": [{\"name\": \"a{0..1}.w\", \"shape\": [4, 6]}, {\"name\": \"b\", \"shape\": [6]}],\n"
                                  "\"rules\": [{\"match\": \"*\", \"scheme\": \"normal\"}]}";
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "--reinit ", 9) == 0)
            read_slices(line + 9);
        else
            rules_set(&model, strncmp(line, "--set ", 6) == 0 ? line + 6 : line);
    read_description(tensors, sizeof tensors - 1);
}

static void read_checkpoint(const char *data, size_t length)
{
    size_t record_length = 0;
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, length) != (ssize_t)length)
        abort();
    struct input input = {.name = "checkpoint", .fd = fd, .regular = true, .bytes = length};
    if (setjmp(round_end) == 0) {
        header.file = "checkpoint";
        safetensors_read(&input, &header, &record, &record_length);
        if (record && setjmp(round_end) == 0) {
            model.file = "record";
            model.forced_format = FORMAT_NONE;
            record_read(&model, record, record_length, false);
            plan(&model);
        }
    }
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const copy = malloc(size + 1); /* exactly as long as it is for the sanitizer */
    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    record = NULL;
    copy[size] = '\0';
    if (size && data[0] == '{') {
        if (setjmp(round_end) == 0)
            read_description(copy, size);
    } else if (size >= 6 && memcmp(data, "--set ", 6) == 0) {
        if (setjmp(round_end) == 0)
            read_rules(copy);
    } else {
        read_checkpoint(copy, size);
    }
    model_free(&model);
    model_free(&header);
    free(record);
    free(copy);
    return 0;
}

#ifndef SOW_LIBFUZZER
#include <time.h>

static uint64_t state;

static size_t below(size_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % limit;
}

static size_t read_file(const char *name, uint8_t *data, size_t room)
{
    FILE *const file = fopen(name, "rb");
    if (!file) {
        perror(name);
        exit(1);
    }
    const size_t n = fread(data, 1, room, file);
    (void)fclose(file);
    return n;
}

/* One random change: a byte, a piece cut out, a piece doubled, or a word that parsers fear. */
static size_t change(uint8_t *data, size_t n, size_t room)
{
    static const char *const words[] = {"{",
                                        "}",
                                        "[",
                                        "]",
                                        "\"",
                                        ",",
                                        ":",
                                        "-1",
                                        "1e999",
                                        "18446744073709551616",
                                        "9223372036854775807",
                                        "null",
                                        "\\ud800",
                                        "\\u0000",
                                        "{0..9}",
                                        "*",
                                        "\xff",
                                        "0",
                                        "{\"a\":",
                                        "\"tied\"",
                                        "[[[[[[[["};
    const size_t at = below(n ? n : 1), piece = below(16) + 1, kind = below(4);
    if (n == 0 || kind == 0) {
        data[at] = (uint8_t)below(256);
        return n ? n : 1;
    }
    if (kind == 1) {
        const size_t cut = piece < n - at ? piece : n - at;
        memmove(data + at, data + at + cut, n - at - cut);
        return n - cut;
    }
    const char *const word = words[below(sizeof words / sizeof words[0])];
    const size_t add = kind == 2 ? piece : strlen(word);
    if (add > room - n || (kind == 2 && add > n - at))
        return n;
    memmove(data + at + add, data + at, n - at);
    if (kind == 3)
        memcpy(data + at, word, add);
    return n + add;
}

int main(int argc, char **argv)
{
    enum { ROOM = 1 << 16 };
    static uint8_t data[ROOM], changed[ROOM];
    const char *const seed = getenv("SOW_TEST_SEED");
    const unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    state = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
    printf("SOW_TEST_SEED=%llu\n", (unsigned long long)state);
    (void)fflush(stdout);
    for (int i = 2; i < argc; i++)
        LLVMFuzzerTestOneInput(data, read_file(argv[i], data, ROOM));
    for (unsigned long round = 0; round < rounds && argc > 2; round++) {
        const size_t n = read_file(argv[2 + below((size_t)argc - 2)], data, ROOM);
        size_t m = n;
        memcpy(changed, data, n);
        for (size_t changes = below(4) + 1; changes > 0; changes--)
            m = change(changed, m, ROOM);
        LLVMFuzzerTestOneInput(changed, m);
    }
    printf("%lu rounds over %d files; last message: %s\n", rounds, argc - 2, last_message);
    return 0;
}
#endif
