/* SPDX-License-Identifier: MIT */
/** @file report.h What was written, on stdout: a table for people or JSON. */
#ifndef SOW_TOOLS_REPORT_H
#define SOW_TOOLS_REPORT_H

#include <stdint.h>

#include "model/model.h"
#include "model/moments.h"

struct report {
    const struct model *model;
    const struct moments *moments; /**< by place in the file */
    const char *file;              /**< or the index of several */
    char *const *part_file;        /**< one for each part of the model */
    uint64_t file_bytes;
    double seconds;
    unsigned threads;
    const char *isa;
};

void report_table(const struct report *report);
void report_json(const struct report *report);

#endif
