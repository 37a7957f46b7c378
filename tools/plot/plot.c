/* SPDX-License-Identifier: MIT */
#include "plot/plot.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/say.h"
#include "plot/text.h"

/* As execvp looks for it, but never in the current folder. NULL: nowhere. */
static char *find_program(const char *name)
{
    const char *path = getenv("PATH");
    for (path = path ? path : "/bin:/usr/bin"; *path;) {
        const size_t n = strcspn(path, ":");
        char *const full = malloc(n + strlen(name) + 2);
        struct stat st;
        if (!full)
            fail_memory(n + strlen(name) + 2);
        (void)sprintf(full, "%.*s/%s", (int)n, path, name);
        if (path[0] == '/' && stat(full, &st) == 0 && S_ISREG(st.st_mode) && access(full, X_OK) == 0)
            return full;
        free(full);
        path += n + (path[n] == ':');
    }
    return NULL;
}

struct plotter plot_open(const char *file, bool force, const struct input *inputs, size_t input_count)
{
    struct plotter p = {0};
    const size_t n = strlen(file);
    if (n < 5 || strcasecmp(file + n - 4, ".svg") != 0)
        fail(EXIT_INPUT, NOWHERE, "--plot is %s, must end in .svg", quoted(file, n));
    p.program = find_program("gnuplot");
    if (!p.program)
        fail(EXIT_MACHINE, NOWHERE, "--plot needs the program gnuplot, which is not in PATH (package gnuplot-nox)");
    p.output = output_open(file, force, inputs, input_count);
    return p;
}

static int scratch(const char *name)
{
    const int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0)
        fail(EXIT_MACHINE, NOWHERE, "no memory for a file %s: %s", name, strerror(errno));
    return fd;
}

static void put(int fd, const char *data, size_t length)
{
    while (length) {
        const ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail(EXIT_MACHINE, NOWHERE, "the commands for gnuplot cannot be written: %s", strerror(errno));
        data += n;
        length -= (size_t)n;
    }
}

/* All of it and a zero. */
static char *get(int fd)
{
    struct stat st;
    size_t length = 0;
    if (fstat(fd, &st) != 0)
        fail(EXIT_MACHINE, NOWHERE, "gnuplot's output: %s", strerror(errno));
    char *const data = malloc((size_t)st.st_size + 1);
    if (!data)
        fail_memory((size_t)st.st_size + 1);
    for (ssize_t n; (n = pread(fd, data + length, (size_t)st.st_size - length, (off_t)length)) > 0;)
        length += (size_t)n;
    data[length] = '\0';
    return data;
}

/* Files instead of pipes: neither side can wait for the other. The status that waitpid gives. */
static int run_gnuplot(const char *program, const int fds[3])
{
    /* Nothing of the user's environment and start-up files shows in the picture. */
    char *const args[] = {(char *)"gnuplot", (char *)"-d", (char *)"-", NULL};
    char *const env[] = {(char *)"LC_ALL=C.UTF-8", (char *)"PATH=/usr/bin:/bin", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status, error = posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3 && error == 0; i++)
        error = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    if (error == 0)
        error = posix_spawn(&pid, program, &actions, NULL, args, env);
    if (error != 0)
        fail(EXIT_MACHINE, (struct place){program, 0, 0}, "cannot be started: %s", strerror(error));
    (void)posix_spawn_file_actions_destroy(&actions);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fail(EXIT_MACHINE, (struct place){program, 0, 0}, "is lost: %s", strerror(errno));
    return status;
}

/* gnuplot shows the place of an error in lines of its own; the last line that says anything is the error. */
static const char *last_line(char *text)
{
    char *last = text;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        if (line[strspn(line, " \t^")] != '\0')
            last = line;
    return last + strspn(last, " \t");
}

static void put_xml(struct sink *s, const char *text)
{
    struct sink plain = {0};
    plot_text(&plain, text, SIZE_MAX);
    for (size_t i = 0; i < plain.used; i++)
        if (plain.data[i] == '&' || plain.data[i] == '<' || plain.data[i] == '>')
            sink_text(s, plain.data[i] == '&' ? "&amp;" : plain.data[i] == '<' ? "&lt;" : "&gt;");
        else
            sink_put(s, plain.data + i, 1);
    sink_free(&plain);
}

/* Browsers show titles under the mouse and screen readers say them: gnuplot's are "Gnuplot" and the numbers of its curves. */
static void put_picture(struct output *output, const char *svg, const char *title)
{
    struct sink picture = {0};
    bool first = true;
    for (const char *at; (at = strstr(svg, "<title>")) != NULL; first = false) {
        sink_put(&picture, svg, (size_t)(at - svg));
        if (first) {
            sink_text(&picture, "<title>");
            put_xml(&picture, title);
            sink_text(&picture, "</title>");
        }
        const char *const end = strstr(at, "</title>");
        svg = end ? end + strlen("</title>") : at + strlen(at);
    }
    sink_text(&picture, svg);
    output_expect(output, picture.used);
    output_write(output, picture.data, picture.used);
    sink_free(&picture);
}

void plot_draw(struct plotter *p, const struct plot *plot)
{
    struct sink script = {0};
    const int fds[3] = {scratch("gnuplot's input"), scratch("gnuplot's output"), scratch("gnuplot's errors")};
    plot_script(&script, plot);
    put(fds[0], script.data, script.used);
    (void)lseek(fds[0], 0, SEEK_SET);
    const int status = run_gnuplot(p->program, fds);
    char *const svg = get(fds[1]), *const log = get(fds[2]);
    if (status != 0 || !strstr(svg, "</svg>"))
        fail(EXIT_MACHINE, (struct place){p->program, 0, 0}, "failed with status %d: %s",
             WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), *log ? last_line(log) : "no picture");
    put_picture(&p->output, svg, plot->title);
    output_commit(&p->output);
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]);
    free(svg);
    free(log);
    free(p->program);
    sink_free(&script);
}
