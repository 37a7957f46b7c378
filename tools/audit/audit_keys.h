/* SPDX-License-Identifier: MIT */
/** @file audit_keys.h How many tensors a rule explains. */
#ifndef SOW_TOOLS_AUDIT_KEYS_H
#define SOW_TOOLS_AUDIT_KEYS_H

#include "audit/audit.h"

/** The keys of all explanations of some tensors, sorted. */
struct keys {
    uint32_t *key;
    size_t count;
};

/** Of the listed tensors (NULL: the first `count`) that `is` accepts. */
struct keys keys_of(const struct audit *a, const uint32_t *list, size_t count, bool (*is)(const struct examined *e));
size_t keys_count(const struct keys *k, uint32_t key);
void keys_free(struct keys *k);

/** The explanation below key `below` that most of them share, of equals the one that stands first; *most: how many. NULL: none. */
const struct explanation *keys_usual(const struct audit *a, const uint32_t *list, size_t count, bool (*is)(const struct examined *e),
                                     uint32_t below, size_t *most);

#endif
