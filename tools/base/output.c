/* SPDX-License-Identifier: MIT */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"
#include "base/target.h"

static struct place at(const char *name)
{
    return (struct place){name, 0, 0};
}

static void refuse_input(const char *name, const struct stat *st, const struct input *inputs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (inputs[i].device == st->st_dev && inputs[i].inode == st->st_ino)
            fail(EXIT_INPUT, at(name), "is also read, as %s: sow does not write over its input", inputs[i].name);
}

struct output output_open(const char *name, bool force, const struct input *inputs, size_t input_count)
{
    const bool standard = strcmp(name, "-") == 0;
    struct output o = {.name = standard ? "standard output" : name, .fd = -1, .force = force};
    struct stat st;
    const bool exists = (standard ? fstat(STDOUT_FILENO, &st) : stat(name, &st)) == 0;
    if (!exists && errno != ENOENT)
        fail(status_of_error(errno), at(o.name), "%s", strerror(errno));
    if (exists)
        refuse_input(o.name, &st, inputs, input_count);
    if (exists && S_ISDIR(st.st_mode))
        fail(EXIT_INPUT, at(o.name), "is a directory");
    if (exists && !standard && S_ISREG(st.st_mode) && !force)
        fail(EXIT_INPUT, at(o.name), "exists; --force replaces it");
    if (standard) {
        o.fd = STDOUT_FILENO;
    } else if (!exists || S_ISREG(st.st_mode)) {
        o.target = target_open(name, exists ? &st : NULL, &o.fd);
    } else {
        o.fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (o.fd < 0)
            fail(status_of_error(errno), at(o.name), "cannot be opened: %s", strerror(errno));
    }
    if (!o.target && isatty(o.fd))
        fail(EXIT_INPUT, at(o.name), "is a terminal, no place for a checkpoint");
    struct stat report;
    o.is_standard = !o.target && fstat(o.fd, &st) == 0 && fstat(STDOUT_FILENO, &report) == 0 && st.st_dev == report.st_dev &&
                    st.st_ino == report.st_ino;
    return o;
}

void output_expect(struct output *o, uint64_t bytes)
{
    o->expected = bytes;
    if (!o->target || bytes > INT64_MAX)
        return;
    /* Not posix_fallocate: where the file system cannot, that one writes zeros. */
    if (fallocate(o->fd, 0, 0, (off_t)bytes) != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        fail(EXIT_MACHINE, at(o->name), "no room for %llu bytes: %s", (unsigned long long)bytes, strerror(errno));
}

void output_write(struct output *o, const void *data, size_t length)
{
    const uint64_t start = o->written;
    for (const char *p = data; length;) {
        const ssize_t n = write(o->fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail(EXIT_MACHINE, at(o->name), "cannot be written after %llu of %llu bytes: %s", (unsigned long long)o->written,
                 (unsigned long long)o->expected, strerror(errno));
        p += n;
        length -= (size_t)n;
        o->written += (uint64_t)n;
    }
    /* The disk starts now, not at the fsync at the end. */
    if (o->target)
        (void)sync_file_range(o->fd, (off_t)start, (off_t)(o->written - start), SYNC_FILE_RANGE_WRITE);
}

void output_commit(struct output *o)
{
    if (o->target)
        targets_commit(&o->target, 1, o->force, false, NULL, 0);
    else if (o->fd != STDOUT_FILENO && close(o->fd) != 0)
        fail(EXIT_MACHINE, at(o->name), "%s", strerror(errno));
}

void outputs_commit(struct output *o, size_t count, bool index, char *const *stale, size_t stales)
{
    struct target **const t = calloc(count, sizeof(struct target *));
    if (!t)
        fail_memory(count * sizeof *t);
    for (size_t i = 0; i < count; i++)
        t[i] = o[i].target;
    targets_commit(t, count, o->force, index, stale, stales);
    free(t);
}
