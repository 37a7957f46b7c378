/* SPDX-License-Identifier: MIT */
/**
 * @file range.h
 * Names with ranges: "h.{0..11}.w" stands for h.0.w … h.11.w, "bn.{weight,bias}" for bn.weight and bn.bias. Several ranges make all
 * combinations, the last one fastest. A brace that is meant as a brace is written twice: "{{".
 */
#ifndef SOW_TOOLS_RANGE_H
#define SOW_TOOLS_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sink.h"

enum { RANGES_MAX = 4 };

struct range {
    size_t begin, end; /**< bytes of the text that it replaces */
    uint64_t first, count;
    bool words; /**< {a,b}, not {a..b} */
};

struct pattern {
    const char *text;
    size_t length;
    size_t ranges;
    struct range range[RANGES_MAX];
    uint64_t count; /**< names that it stands for, at most RANGE_MAX_NAMES */
};

/** More tensors than the largest header of a file has room for. */
#define RANGE_MAX_NAMES 2000000u

/** NULL, or what is wrong with `text`, in words. */
const char *pattern_parse(struct pattern *pattern, const char *text, size_t length);

/** Name number `index` < pattern->count, into `sink` (in memory), which is emptied first. */
void pattern_expand(const struct pattern *pattern, uint64_t index, struct sink *sink);

/** `name` as a pattern that stands for it alone. */
void pattern_literal(struct sink *sink, const char *name, size_t length);

#endif
