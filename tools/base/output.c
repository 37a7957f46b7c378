/* SPDX-License-Identifier: MIT */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/say.h"

/* One output per process. The handler and the exit hook see only this: the folder, the target, and a temporary name if there is one. */
static struct {
    int folder;
    char target[NAME_MAX + 1];
    char temporary[40];
    volatile sig_atomic_t named;
} place_of_file = {.folder = -1};

static struct place at(const char *name)
{
    return (struct place){name, 0, 0};
}

static void remove_temporary(void)
{
    if (place_of_file.named)
        (void)unlinkat(place_of_file.folder, place_of_file.temporary, 0);
    place_of_file.named = 0;
}

static void on_signal(int number)
{
    const int saved = errno;
    remove_temporary();
    (void)raise(number); /* the default action is back: SA_RESETHAND */
    errno = saved;
}

static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_NODEFER}, old;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup stays nohup */
            (void)sigaction(numbers[i], &action, NULL);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is a failed write, with a message */
    say_on_exit(remove_temporary);
}

/* The caller named something wrong, or the machine cannot. */
static int status_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case ENXIO:
        return EXIT_INPUT;
    default:
        return EXIT_MACHINE;
    }
}

/* The path that a chain of symbolic links ends at, which need not exist. */
static void follow_links(const char *name, char path[PATH_MAX])
{
    if (strlen(name) >= PATH_MAX)
        fail(EXIT_INPUT, at(name), "%s", strerror(ENAMETOOLONG));
    strcpy(path, name);
    for (int links = 0;; links++) {
        char link[PATH_MAX];
        const ssize_t n = readlink(path, link, sizeof link - 1);
        if (n < 0)
            return;
        link[n] = '\0';
        char *const slash = strrchr(path, '/');
        const size_t keep = link[0] == '/' || !slash ? 0 : (size_t)(slash - path) + 1;
        if (links == 40 || keep + (size_t)n >= PATH_MAX)
            fail(EXIT_INPUT, at(name), "%s", strerror(links == 40 ? ELOOP : ENAMETOOLONG));
        strcpy(path + keep, link);
    }
}

static void open_folder(const char *name)
{
    char path[PATH_MAX];
    follow_links(name, path);
    char *const slash = strrchr(path, '/');
    const char *const base = slash ? slash + 1 : path;
    if (*base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        fail(EXIT_INPUT, at(name), "is a directory");
    if (strlen(base) > NAME_MAX)
        fail(EXIT_INPUT, at(name), "%s", strerror(ENAMETOOLONG));
    strcpy(place_of_file.target, base);
    if (slash)
        slash[slash == path] = '\0';
    place_of_file.folder = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place_of_file.folder < 0)
        fail(status_of(errno), at(name), "its folder cannot be opened: %s", strerror(errno));
}

/* Takes the next free name; `make` tries one and returns -1 with EEXIST if it is taken. */
static int with_temporary_name(int (*make)(void *user), void *user)
{
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(place_of_file.temporary, sizeof place_of_file.temporary, ".sow-%ld-%u.tmp", (long)getpid(), i);
        place_of_file.named = 1; /* before it exists, so that no signal can miss it */
        const int result = make(user);
        if (result >= 0)
            return result;
        place_of_file.named = 0;
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

static int create_named(void *user)
{
    (void)user;
    return openat(place_of_file.folder, place_of_file.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static int link_named(void *user)
{
    return linkat(AT_FDCWD, user, place_of_file.folder, place_of_file.temporary, AT_SYMLINK_FOLLOW);
}

static void proc_path(const struct output *o, char path[40])
{
    (void)snprintf(path, 40, "/proc/self/fd/%d", o->fd);
}

static void open_file(struct output *o, const struct stat *old)
{
    char path[40];
    open_folder(o->name);
    catch_signals();
    o->is_file = true;
    o->fd = openat(place_of_file.folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    proc_path(o, path);
    if (o->fd >= 0 && access(path, F_OK) != 0) { /* without /proc it could never get a name */
        (void)close(o->fd);
        o->fd = -1;
    }
    if (o->fd < 0)
        o->fd = with_temporary_name(create_named, NULL);
    if (o->fd < 0)
        fail(status_of(errno), at(o->name), "cannot be created: %s", strerror(errno));
    if (old)
        (void)fchmod(o->fd, old->st_mode & 0777);
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
        fail(status_of(errno), at(o.name), "%s", strerror(errno));
    if (exists)
        refuse_input(o.name, &st, inputs, input_count);
    if (exists && S_ISDIR(st.st_mode))
        fail(EXIT_INPUT, at(o.name), "is a directory");
    if (exists && !standard && S_ISREG(st.st_mode) && !force)
        fail(EXIT_INPUT, at(o.name), "exists; --force replaces it");
    if (standard) {
        o.fd = STDOUT_FILENO;
    } else if (!exists || S_ISREG(st.st_mode)) {
        open_file(&o, exists ? &st : NULL);
    } else {
        o.fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (o.fd < 0)
            fail(status_of(errno), at(o.name), "cannot be opened: %s", strerror(errno));
    }
    if (!o.is_file && isatty(o.fd))
        fail(EXIT_INPUT, at(o.name), "is a terminal, no place for a checkpoint");
    struct stat report;
    o.is_standard = !o.is_file && fstat(o.fd, &st) == 0 && fstat(STDOUT_FILENO, &report) == 0 && st.st_dev == report.st_dev &&
                    st.st_ino == report.st_ino;
    return o;
}

void output_expect(struct output *o, uint64_t bytes)
{
    o->expected = bytes;
    if (!o->is_file || bytes > INT64_MAX)
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
    if (o->is_file)
        (void)sync_file_range(o->fd, (off_t)start, (off_t)(o->written - start), SYNC_FILE_RANGE_WRITE);
}

/* Without --force the name must still be free: another program may have taken it meanwhile. */
static int put_new(const char *path)
{
    if (!place_of_file.named)
        return linkat(AT_FDCWD, path, place_of_file.folder, place_of_file.target, AT_SYMLINK_FOLLOW);
    if (renameat2(place_of_file.folder, place_of_file.temporary, place_of_file.folder, place_of_file.target, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return linkat(place_of_file.folder, place_of_file.temporary, place_of_file.folder, place_of_file.target, 0);
}

static int put_over(char *path)
{
    if (!place_of_file.named && with_temporary_name(link_named, path) < 0)
        return -1;
    return renameat(place_of_file.folder, place_of_file.temporary, place_of_file.folder, place_of_file.target);
}

void output_commit(struct output *o)
{
    char path[40];
    if (!o->is_file) {
        if (o->fd != STDOUT_FILENO && close(o->fd) != 0)
            fail(EXIT_MACHINE, at(o->name), "%s", strerror(errno));
        return;
    }
    proc_path(o, path);
    if (fsync(o->fd) != 0)
        fail(EXIT_MACHINE, at(o->name), "cannot be brought to the disk: %s", strerror(errno));
    if ((o->force ? put_over(path) : put_new(path)) != 0)
        fail(errno == EEXIST ? EXIT_INPUT : EXIT_MACHINE, at(o->name), "cannot be put in place: %s", strerror(errno));
    remove_temporary(); /* gone already, but after a link */
    if (close(o->fd) != 0 || fsync(place_of_file.folder) != 0)
        fail(EXIT_MACHINE, at(o->name), "cannot be brought to the disk: %s", strerror(errno));
    (void)close(place_of_file.folder);
    place_of_file.folder = -1;
}
