/* SPDX-License-Identifier: MIT */
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/say.h"

static struct place all_of(const struct input *in)
{
    return (struct place){in->name, 0, 0};
}

struct input input_open(const char *name)
{
    const bool standard = strcmp(name, "-") == 0;
    struct input in = {.name = standard ? "standard input" : name};
    struct stat st;
    in.fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (in.fd < 0 || fstat(in.fd, &st) != 0)
        fail(EXIT_INPUT, all_of(&in), "cannot be opened: %s", strerror(errno));
    if (S_ISDIR(st.st_mode))
        fail(EXIT_INPUT, all_of(&in), "is a directory");
    in.regular = S_ISREG(st.st_mode);
    in.device = st.st_dev;
    in.inode = st.st_ino;
    in.bytes = in.regular ? (uint64_t)st.st_size : 0;
    return in;
}

void input_close(struct input *in)
{
    if (in->fd > STDIN_FILENO)
        (void)close(in->fd);
    in->fd = -1;
}

bool input_is_safetensors(const struct input *in)
{
    static const char suffix[] = ".safetensors";
    const size_t n = strlen(in->name), k = sizeof suffix - 1;
    char first[8];
    if (n >= k && strcmp(in->name + n - k, suffix) == 0)
        return true;
    /* A length below 2^56 has a zero byte, which no JSON text has. */
    return in->regular && pread(in->fd, first, sizeof first, 0) == (ssize_t)sizeof first && memchr(first, 0, sizeof first);
}

char *input_read(const struct input *in, size_t *length)
{
    char *text = NULL;
    size_t capacity = 0;
    /* One byte more than the file has, so that the end is seen without growing. */
    text = array_grow(text, &capacity, in->bytes < JSON_MAX_BYTES ? (size_t)in->bytes + 1 : 1, 1);
    for (*length = 0;;) {
        text = array_grow(text, &capacity, *length + 1, 1);
        const ssize_t n = read(in->fd, text + *length, capacity - *length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail(EXIT_MACHINE, all_of(in), "cannot be read: %s", strerror(errno));
        if (n == 0)
            return text;
        *length += (size_t)n;
        if (*length > JSON_MAX_BYTES)
            fail(EXIT_INPUT, all_of(in), "more than %u bytes, too much for a description", JSON_MAX_BYTES);
    }
}

void input_read_at(const struct input *in, void *buffer, size_t length, uint64_t offset)
{
    char *at = buffer;
    while (length) {
        const ssize_t n = pread(in->fd, at, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail(EXIT_MACHINE, all_of(in), "cannot be read: %s", strerror(errno));
        if (n == 0)
            fail(EXIT_INPUT, all_of(in), "ends at byte %llu, inside its header", (unsigned long long)offset);
        at += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
}
