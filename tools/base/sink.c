/* SPDX-License-Identifier: MIT */
#include "base/sink.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

void sink_flush(struct sink *s)
{
    if (s->flush && s->used) {
        s->flush(s->user, s->data, s->used);
        s->used = 0;
    }
}

void sink_put(struct sink *s, const char *data, size_t length)
{
    s->total += length;
    if (s->count_only || length == 0)
        return;
    if (!s->flush) {
        s->data = array_grow(s->data, &s->capacity, s->used + length, 1);
    } else if (length > s->capacity - s->used) {
        sink_flush(s);
        if (length > s->capacity) {
            s->flush(s->user, data, length);
            return;
        }
    }
    memcpy(s->data + s->used, data, length);
    s->used += length;
}

void sink_text(struct sink *s, const char *text)
{
    sink_put(s, text, strlen(text));
}

void sink_format(struct sink *s, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sink_put(s, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

/* The two characters of a short escape, or NULL. */
static const char *short_escape(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

void sink_escaped(struct sink *s, const char *text, size_t length)
{
    size_t plain = 0; /* start of the bytes that go as they are */
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        sink_put(s, text + plain, i - plain);
        plain = i + 1;
        const char *const two = short_escape(c);
        if (two)
            sink_put(s, two, 2);
        else
            sink_format(s, "\\u%04x", c);
    }
    sink_put(s, text + plain, length - plain);
}

void sink_string(struct sink *s, const char *text, size_t length)
{
    sink_put(s, "\"", 1);
    sink_escaped(s, text, length);
    sink_put(s, "\"", 1);
}

void sink_number(struct sink *s, double value)
{
    if (!isfinite(value)) {
        sink_text(s, "null");
        return;
    }
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) /* exact comparison is the point */
            break;
    }
    sink_text(s, text);
}

void sink_free(struct sink *s)
{
    if (!s->flush)
        free(s->data);
    *s = (struct sink){0};
}
