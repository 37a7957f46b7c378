/* SPDX-License-Identifier: MIT */
#include "base/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static void (*exit_hook)(void);
static void (*before_hook)(void);

void say_on_exit(void (*cleanup)(void))
{
    exit_hook = cleanup;
}

void say_before(void (*clear)(void))
{
    before_hook = clear;
}

/* A name from an input must not drive the terminal: whatever is left of control bytes becomes a question mark. */
static void print_line(const char *kind, struct place at, const char *format, va_list args)
{
    char line[4096];
    size_t used = (size_t)snprintf(line, sizeof line, "sow: ");
    if (at.file)
        used += (size_t)snprintf(line + used, sizeof line - used, "%.1024s:", at.file);
    if (at.file && at.line)
        used += (size_t)snprintf(line + used, sizeof line - used, "%u:", at.line);
    if (at.file && at.line && at.column)
        used += (size_t)snprintf(line + used, sizeof line - used, "%u:", at.column);
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", at.file ? " " : "", kind);
    (void)vsnprintf(line + used, sizeof line - used, format, args);
    const bool is_text = utf8_is_valid(line, strlen(line));
    for (unsigned char *c = (unsigned char *)line; *c; c++)
        if (*c < 0x20 || *c == 0x7f || (*c > 0x7f && !is_text))
            *c = '?';
    if (before_hook)
        before_hook();
    (void)fprintf(stderr, "%s\n", line);
}

void fail(int status, struct place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line("", at, format, args);
    va_end(args);
    if (exit_hook)
        exit_hook();
    _Exit(status); /* no flush of a half-made report, no other cleaning up than the hook's */
}

void warn(struct place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line("warning: ", at, format, args);
    va_end(args);
}

void fail_memory(size_t bytes)
{
    fail(EXIT_MACHINE, NOWHERE, "out of memory: %zu bytes", bytes);
}

static char *quote(const char *text, size_t length)
{
    enum { SHOWN = 160 };
    static char ring[8][4 * SHOWN + 16];
    static unsigned turn;
    char *const out = ring[turn++ % 8], *p = out;
    const bool cut = length > SHOWN;
    if (cut)
        for (length = SHOWN; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80; length--)
            continue; /* not inside a UTF-8 sequence */
    const bool is_text = utf8_is_valid(text, length);
    *p++ = '"';
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            *p++ = '\\';
            *p++ = (char)c;
        } else if (c < 0x20 || c == 0x7f || (c > 0x7f && !is_text)) {
            p += sprintf(p, "\\x%02x", c);
        } else {
            *p++ = (char)c;
        }
    }
    strcpy(p, cut ? "…\"" : "\"");
    return out;
}

const char *quoted(const char *text, size_t length)
{
    return quote(text, length);
}

const char *unquoted(const char *text, size_t length)
{
    char *const q = quote(text, length);
    q[strlen(q) - 1] = '\0';
    return q + 1;
}
