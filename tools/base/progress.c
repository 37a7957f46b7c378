/* SPDX-License-Identifier: MIT */
#include "base/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/say.h"

static struct {
    double all; /* 0: nothing to show */
    double start, shown;
    bool on_line;
    const char *unit; /* NULL: bytes */
} bar;

double seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *bytes_text(double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    static char ring[4][24];
    static unsigned turn;
    size_t unit = 0;
    for (; bytes >= 999.5 && unit < 6; unit++)
        bytes /= 1000;
    char *const text = ring[turn++ % 4];
    (void)snprintf(text, sizeof ring[0], "%.*f %s", unit == 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2, bytes, units[unit]);
    return text;
}

static void clear(void)
{
    if (bar.on_line)
        (void)fputs("\r\033[K", stderr);
    bar.on_line = false;
}

void progress_start(uint64_t all)
{
    bar.start = seconds_now();
    bar.shown = bar.start + 0.9;
    bar.all = isatty(STDERR_FILENO) ? (double)all : 0;
    bar.unit = NULL;
    say_before(clear);
}

void progress_start_counted(uint64_t all, const char *unit)
{
    progress_start(all);
    bar.unit = unit;
}

static int columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void progress_at(uint64_t bytes, const char *name, size_t length)
{
    const double now = seconds_now();
    if (bar.all <= 0 || now - bar.shown < 0.1)
        return;
    bar.shown = now;
    const double done = (double)bytes, rate = done / (now - bar.start);
    char text[256], drawing[21] = "";
    const int full = (int)(20 * done / bar.all);
    for (int i = 0; i < 20; i++)
        drawing[i] = i < full ? '#' : '.';
    int used = snprintf(text, sizeof text, "%3.0f%% [%s] ", 100 * done / bar.all, drawing);
    if (bar.unit)
        used += snprintf(text + used, sizeof text - (size_t)used, "%.0f of %.0f %s, %.0f/s", done, bar.all, bar.unit, rate);
    else
        used +=
            snprintf(text + used, sizeof text - (size_t)used, "%s of %s, %s/s", bytes_text(done), bytes_text(bar.all), bytes_text(rate));
    (void)snprintf(text + used, sizeof text - (size_t)used, ", %.0f s left  ", (bar.all - done) / rate);
    const int room = columns() - (int)strlen(text) - 3;
    clear();
    (void)fprintf(stderr, "%s%.*s", text, room > 0 ? room : 0, room > 0 ? quoted(name, length) : "");
    (void)fflush(stderr);
    bar.on_line = true;
}

void progress_end(void)
{
    clear();
    (void)fflush(stderr);
    bar.all = 0;
}
