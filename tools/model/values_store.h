/* SPDX-License-Identifier: MIT */
/** @file values_store.h The insides of values.h: what each "values" says (values_read.c) and the files behind them (values.c). */
#ifndef SOW_TOOLS_VALUES_STORE_H
#define SOW_TOOLS_VALUES_STORE_H

#include "model/values.h"

struct values_file {
    struct values_file *next;
    const char *path; /* as opened */
    struct checkpoint checkpoint;
};

/* What one "values" says. */
struct values_ref {
    struct values_ref *next;
    struct json *node;
    const char *message_file; /* in messages */
    const char *folder;       /* that names of files start from */
    bool or_here;
    const char *path;   /* NULL: the array stands in the description */
    const char *tensor; /* with stars, perhaps; NULL: the only one of the file */
    bool varies;
    const struct json *digest; /* that the record has, or NULL */
    const struct values *fixed;
    sow_stream seen; /* digests of the arrays that were bound */
    size_t bound;
};

struct values_store {
    struct arena *arena;
    const char *folder; /* with its slash, or "" */
    bool or_here;
    struct values_file *files;
    struct values_ref *refs;
};

/** values_check.c: range and wholeness of an array, and with `digest` what its bytes are; in pieces that are let go. */
void values_survey(struct values *values, bool digest);

#endif
