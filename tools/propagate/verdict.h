/* SPDX-License-Identifier: MIT */
/** @file verdict.h What becomes of a variance along a stack, in words. */
#ifndef SOW_TOOLS_VERDICT_H
#define SOW_TOOLS_VERDICT_H

#include <stddef.h>
#include <stdint.h>

/** Thresholds, beside an input (or, on the way back, a last gradient) of variance 1. */
#define VANISHED 1e-6
#define EXPLODED 1e6

enum fate { FATE_STABLE, FATE_VANISHING, FATE_EXPLODING, FATE_OVERFLOW, FATE_UNKNOWN };

/** Layers from 1; 0: never. On the way back "first" counts from the last layer. */
struct verdict {
    enum fate fate;
    size_t last; /**< layer that the words end at: the last that was reached */
    size_t vanished, zero, exploded,
        over;   /**< first layer below VANISHED, at exactly 0, above EXPLODED, with a number that is not finite */
    double end; /**< variance there */
};

/** variance[0 .. depth), broken[l] > 0 where a number was not finite (NULL: none was); backward: from depth - 1 down to 0. */
struct verdict verdict_of(const double *variance, const uint64_t *broken, size_t depth, int backward);

/** "stable", "vanishing", "exploding", "overflow" or "unknown". */
const char *fate_word(enum fate fate);

/** One line; valid until four more calls. */
const char *verdict_words(const struct verdict *v);

#endif
