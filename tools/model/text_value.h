/* SPDX-License-Identifier: MIT */
/** @file text_value.h The pieces that scheme_text.c is made of: a text that is walked through, and its values as JSON. */
#ifndef SOW_TOOLS_TEXT_VALUE_H
#define SOW_TOOLS_TEXT_VALUE_H

#include "base/arena.h"
#include "base/json.h"

struct text {
    struct arena *arena;
    const char *file, *text; /* the name for messages; what is read */
    size_t at;
    int depth; /* brackets that are open */
};

/** Nodes of the tree, with the column that they stand at. */
struct json *text_node(struct text *text, enum json_type type, size_t at);
struct json *text_scalar(struct text *text, enum json_type type, size_t at, const char *value, size_t length);
void text_append(struct json *parent, struct json *node);
/** Leaves if the object has that key. */
void text_member(struct text *text, struct json *object, const char *key, size_t length, size_t at, struct json *value);

struct place text_place(const struct text *text, size_t at);
/** Skips blanks; the character that stands there. */
char text_next(struct text *text);
/** The end of the text in words, or what stands there. */
const char *text_seen(const struct text *text);
/** Skips blanks and that character; leaves with `what` if there is another. */
void text_expect(struct text *text, char c, const char *what);
/** Skips an opening bracket; leaves if too many are open. The caller lowers `depth` at its end. */
void text_open(struct text *text);
/** Bytes of a word without quotes. */
size_t text_word_length(const char *text);

/** A number, word, string, list, object, or NAME:VALUE. */
struct json *text_value(struct text *text);
/** [ELEMENT, …] */
struct json *text_list(struct text *text, struct json *(*element)(struct text *));

#endif
