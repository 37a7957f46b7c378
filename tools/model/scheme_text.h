/* SPDX-License-Identifier: MIT */
/**
 * @file scheme_text.h
 * A scheme as it is written on a command line, SCHEME(ARG=VALUE, …), turned into the JSON that a description would have:
 *
 *     normal(std=0.02)                                 {"scheme": "normal", "std": 0.02}
 *     kaiming_normal(fan_out, gain=rms:gelu)           {"scheme": "kaiming_normal", "mode": "fan_out", "gain": {"rms": "gelu"}}
 *     blocks([768, 768], xavier_uniform, axis=1)       {"scheme": "blocks", "list": [768, 768], "inner": {"scheme": "xavier_uniform"},
 * "axis": 1}
 *
 * Values without a name are the arguments in the table's order; a list is "list", a scheme "inner". Strings may stand in quotes of either
 * kind, and must where they hold blanks or one of , = : ( ) [ ] { } and quotes. Faults leave with the column (bytes from 1).
 */
#ifndef SOW_TOOLS_SCHEME_TEXT_H
#define SOW_TOOLS_SCHEME_TEXT_H

#include <sow/scheme.h>

#include "base/arena.h"
#include "base/json.h"

/** `file` for messages about a text that `option` gave: `--scheme "normal(st=1)"`. */
const char *scheme_text_place(struct arena *arena, const char *option, const char *text);

/** SCHEME or SCHEME(…), and nothing behind, as an object with "scheme". `file` as in messages. */
const struct json *scheme_text_parse(struct arena *arena, const char *file, const char *text);

/** GLOB=SCHEME(…) as a rule: the same object with "match". */
const struct json *scheme_text_rule(struct arena *arena, const char *file, const char *text);

/** The scheme of a text; its parts live in the arena. */
sow_scheme scheme_text_read(struct arena *arena, const char *option, const char *text);

#endif
