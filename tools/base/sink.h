/* SPDX-License-Identifier: MIT */
/** @file sink.h Where text is put: only counted, kept in memory, or handed on in large pieces. */
#ifndef SOW_TOOLS_SINK_H
#define SOW_TOOLS_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero: kept in memory at data[0 .. used). */
struct sink {
    bool count_only;
    char *data;
    size_t used, capacity;
    uint64_t total;                                             /**< bytes put so far, in every kind of sink */
    void (*flush)(void *user, const char *data, size_t length); /**< if set, `data` is a fixed buffer of `capacity` */
    void *user;
};

void sink_put(struct sink *sink, const char *data, size_t length);
void sink_text(struct sink *sink, const char *text);
void sink_format(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The inside of a JSON string: the one way in which sow escapes, so that reading and writing again changes nothing. */
void sink_escaped(struct sink *sink, const char *text, size_t length);
/** The same in quotes. */
void sink_string(struct sink *sink, const char *text, size_t length);
/** A number as JSON: null if it is not finite, else the shortest text that reads back to it. */
void sink_number(struct sink *sink, double value);

void sink_flush(struct sink *sink);
void sink_free(struct sink *sink);

#endif
