/* SPDX-License-Identifier: MIT */
/**
 * @file json.h
 * A JSON text as a tree whose every node knows its line and column. Parsed by yajl; on top of it: strict UTF-8, whole surrogate pairs, no
 * duplicate keys, a limit on depth and on keys. Every fault leaves the program with its place (exit status 2).
 */
#ifndef SOW_TOOLS_JSON_H
#define SOW_TOOLS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/say.h"
#include "base/sink.h"

enum { JSON_MAX_DEPTH = 32, JSON_MAX_KEYS = 256 };
#define JSON_MAX_BYTES 1000000000u

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    uint32_t line, column;
    uint32_t length;    /**< bytes of `text`, or children */
    const char *text;   /**< a string decoded, a number as written, "true" or "false"; with a zero behind */
    struct json *child; /**< first element or member */
    struct json *next;  /**< of the same parent */
    const char *key;    /**< members only */
    uint32_t key_length, key_line, key_column;
};

/** What json_parse() needs. The elements of one array may be handed over one by one and forgotten: a long list costs no tree. */
struct json_reader {
    const char *file;      /**< in messages */
    struct arena *arena;   /**< for all but those elements */
    struct arena *scratch; /**< for these, emptied after each */
    const char *path[2];   /**< keys from the root to that array; path[1] NULL: it stands in the root. path[0] NULL: no such array */
    void (*element)(void *user, const struct json *element);
    void *user;
};

/** The root, an object. */
const struct json *json_parse(const struct json_reader *reader, const char *text, size_t length);

/** Member of that name, or NULL. */
const struct json *json_member(const struct json *object, const char *key);
bool json_is(const struct json *node, const char *text);

/** Places of a node and of its key. */
struct place json_place(const char *file, const struct json *node);
struct place json_key_place(const char *file, const struct json *node);

/** "an object", "a string", … */
const char *json_type_name(const struct json *node);

/** Leaves unless the node has that type; `what` names it in the message. */
void json_expect(const char *file, const struct json *node, enum json_type type, const char *what);
/** A whole number ≥ 0 that fits 64 bits. */
uint64_t json_count(const char *file, const struct json *node, const char *what);
/** A finite number. */
double json_double(const char *file, const struct json *node, const char *what);
bool json_bool(const char *file, const struct json *node, const char *what);
/** Leaves for a key that is not among the `count` known ones, with a suggestion. */
void json_known_keys(const char *file, const struct json *object, const char *const *known, size_t count);

/** The node again as text, without white space; `without` (or NULL) is a key of the node itself to leave out. */
void json_write(struct sink *sink, const struct json *node, const char *without);

#endif
