/* SPDX-License-Identifier: MIT */
#include "base/target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"

struct target {
    struct target *next;
    const char *name; /* as in messages */
    int fd, folder;
    bool existed;
    char base[NAME_MAX + 1];
    char temporary[40];
    volatile sig_atomic_t named;  /* there is a file of that temporary name */
    volatile sig_atomic_t placed; /* there is a new file of its own name, and others are still to come */
};

/* All that the signal handler and the exit hook see: targets not yet committed, and a folder made for them. */
static struct target *volatile open_targets;
static const char *volatile made_folder;

static struct place at(const char *name)
{
    return (struct place){name, 0, 0};
}

static void remove_temporary(struct target *t)
{
    if (t->named)
        (void)unlinkat(t->folder, t->temporary, 0);
    t->named = 0;
}

static void take_all_back(void)
{
    for (struct target *t = open_targets; t; t = t->next) {
        remove_temporary(t);
        if (t->placed)
            (void)unlinkat(t->folder, t->base, 0);
        t->placed = 0;
    }
    if (made_folder)
        (void)rmdir(made_folder); /* which fails if somebody else put something there */
}

static void on_signal(int number)
{
    const int saved = errno;
    take_all_back();
    (void)raise(number); /* the default action is back: SA_RESETHAND */
    errno = saved;
}

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};

static void catch_signals(void)
{
    static bool done;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_NODEFER}, old;
    if (done)
        return;
    done = true;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup stays nohup */
            (void)sigaction(numbers[i], &action, NULL);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit is a failed write, with a message */
    say_on_exit(take_all_back);
}

int status_of_error(int error)
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

/* A thousand files of one folder take one descriptor for it. */
static int known_folder(int folder)
{
    struct stat a, b;
    const struct target *const last = open_targets;
    if (!last || fstat(folder, &a) != 0 || fstat(last->folder, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
        return folder;
    (void)close(folder);
    return last->folder;
}

static void open_folder(struct target *t)
{
    char path[PATH_MAX];
    follow_links(t->name, path);
    char *const slash = strrchr(path, '/');
    const char *const base = slash ? slash + 1 : path;
    if (*base == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        fail(EXIT_INPUT, at(t->name), "is a directory");
    if (strlen(base) > NAME_MAX)
        fail(EXIT_INPUT, at(t->name), "%s", strerror(ENAMETOOLONG));
    strcpy(t->base, base);
    if (slash)
        slash[slash == path] = '\0';
    const int folder = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        fail(status_of_error(errno), at(t->name), "its folder cannot be opened: %s", strerror(errno));
    t->folder = known_folder(folder);
}

static void proc_path(const struct target *t, char path[40])
{
    (void)snprintf(path, 40, "/proc/self/fd/%d", t->fd);
}

static int create_named(const struct target *t)
{
    return openat(t->folder, t->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static int link_named(const struct target *t)
{
    char path[40];
    proc_path(t, path);
    return linkat(AT_FDCWD, path, t->folder, t->temporary, AT_SYMLINK_FOLLOW);
}

/* Takes the next free name; `make` tries one and returns -1 with EEXIST if it is taken. */
static int with_temporary_name(struct target *t, int (*make)(const struct target *t))
{
    static unsigned next;
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(t->temporary, sizeof t->temporary, ".sow-%ld-%u.tmp", (long)getpid(), next++);
        t->named = 1; /* before it exists, so that no signal can miss it */
        const int result = make(t);
        if (result >= 0)
            return result;
        t->named = 0;
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

struct target *target_open(const char *name, const struct stat *old, int *fd)
{
    char path[40];
    struct target *const t = calloc(1, sizeof *t);
    if (!t)
        fail_memory(sizeof *t);
    t->name = name;
    t->existed = old != NULL;
    open_folder(t);
    catch_signals();
    t->next = open_targets;
    open_targets = t;
    t->fd = openat(t->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    proc_path(t, path);
    if (t->fd >= 0 && access(path, F_OK) != 0) { /* without /proc it could never get a name */
        (void)close(t->fd);
        t->fd = -1;
    }
    if (t->fd < 0)
        t->fd = with_temporary_name(t, create_named);
    if (t->fd < 0)
        fail(status_of_error(errno), at(name), "cannot be created: %s", strerror(errno));
    if (old)
        (void)fchmod(t->fd, old->st_mode & 0777);
    *fd = t->fd;
    return t;
}

static sigset_t block_signals(void)
{
    sigset_t ours, old;
    (void)sigemptyset(&ours);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        (void)sigaddset(&ours, numbers[i]);
    (void)pthread_sigmask(SIG_BLOCK, &ours, &old);
    return old;
}

static void unblock_signals(sigset_t old)
{
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void target_folder(const char *name, bool remove)
{
    struct stat st;
    catch_signals();
    const sigset_t old = block_signals(); /* a signal sees both or neither: the folder, and that it is ours */
    const int error = mkdir(name, 0777) == 0 ? 0 : errno;
    if (!error && remove)
        made_folder = name;
    unblock_signals(old);
    if (error && error != EEXIST)
        fail(status_of_error(error), at(name), "the folder cannot be made: %s", strerror(error));
    if (error && (stat(name, &st) != 0 || !S_ISDIR(st.st_mode)))
        fail(EXIT_INPUT, at(name), "is no folder");
}

/* Without --force the name must still be free: another program may have taken it meanwhile. */
static int put_new(const struct target *t)
{
    char path[40];
    proc_path(t, path);
    if (!t->named)
        return linkat(AT_FDCWD, path, t->folder, t->base, AT_SYMLINK_FOLLOW);
    if (renameat2(t->folder, t->temporary, t->folder, t->base, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return linkat(t->folder, t->temporary, t->folder, t->base, 0);
}

static void put(struct target *t, bool force)
{
    if ((force ? renameat(t->folder, t->temporary, t->folder, t->base) : put_new(t)) != 0)
        fail(errno == EEXIST ? EXIT_INPUT : EXIT_MACHINE, at(t->name), "cannot be put in place: %s", strerror(errno));
    t->placed = !force || !t->existed;
    remove_temporary(t); /* gone already, but after a link */
}

static void close_target(const struct target *t, bool last)
{
    if (close(t->fd) != 0 || (last && fsync(t->folder) != 0))
        fail(EXIT_MACHINE, at(t->name), "cannot be brought to the disk: %s", strerror(errno));
    if (last)
        (void)close(t->folder);
}

void targets_commit(struct target *const *t, size_t count, bool force, bool index, char *const *stale, size_t stales)
{
    for (size_t i = 0; i < count; i++)
        if (fsync(t[i]->fd) != 0)
            fail(EXIT_MACHINE, at(t[i]->name), "cannot be brought to the disk: %s", strerror(errno));
    /* What may want room in the folder comes before anything is replaced. */
    for (size_t i = 0; force && i < count; i++)
        if (!t[i]->named && with_temporary_name(t[i], link_named) < 0)
            fail(EXIT_MACHINE, at(t[i]->name), "cannot be put in place: %s", strerror(errno));
    const sigset_t old = block_signals();
    if (force && index)
        (void)unlinkat(t[count - 1]->folder, t[count - 1]->base, 0);
    for (size_t i = 0; i < count; i++)
        put(t[i], force);
    open_targets = NULL;
    made_folder = NULL;
    for (size_t i = 0; i < stales; i++)
        (void)unlinkat(t[count - 1]->folder, stale[i], 0);
    for (size_t i = 0; i < count; i++) {
        close_target(t[i], i + 1 == count || t[i]->folder != t[i + 1]->folder);
        free(t[i]);
    }
    unblock_signals(old);
}
