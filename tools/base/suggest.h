/* SPDX-License-Identifier: MIT */
/** @file suggest.h The word that a mistyped word was meant to be. */
#ifndef SOW_TOOLS_SUGGEST_H
#define SOW_TOOLS_SUGGEST_H

#include <stddef.h>

struct suggestion {
    const char *word; /**< what was typed */
    size_t length;
    const char *best; /**< NULL: nothing near enough */
    size_t distance;
};

struct suggestion suggest_for(const char *word, size_t length);

/** Offers one known word. */
void suggest_offer(struct suggestion *s, const char *known);

/** "; did you mean "shape"?" or "". Valid until the next call. */
const char *suggest_text(const struct suggestion *s);

#endif
