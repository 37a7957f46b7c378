/* SPDX-License-Identifier: MIT */
#include "propagate/verdict.h"

#include <math.h>
#include <stdio.h>

static void note(size_t *first, size_t layer)
{
    if (*first == 0)
        *first = layer;
}

struct verdict verdict_of(const double *variance, const uint64_t *broken, size_t depth, int backward)
{
    struct verdict v = {.fate = FATE_UNKNOWN, .end = NAN};
    for (size_t i = 0; i < depth; i++) {
        const size_t l = backward ? depth - 1 - i : i;
        if (broken && broken[l]) {
            v.over = l + 1;
            break;
        }
        if (isnan(variance[l]))
            break;
        v.last = l + 1;
        v.end = variance[l];
        if (v.end < VANISHED)
            note(&v.vanished, l + 1);
        if (v.end == 0)
            note(&v.zero, l + 1);
        if (v.end > EXPLODED)
            note(&v.exploded, l + 1);
    }
    if (v.over)
        v.fate = FATE_OVERFLOW;
    else if (v.last == 0)
        v.fate = FATE_UNKNOWN;
    else
        v.fate = v.end < VANISHED ? FATE_VANISHING : v.end > EXPLODED ? FATE_EXPLODING : FATE_STABLE;
    return v;
}

const char *fate_word(enum fate fate)
{
    static const char *const words[] = {"stable", "vanishing", "exploding", "overflow", "unknown"};
    return words[fate];
}

const char *verdict_words(const struct verdict *v)
{
    static char ring[4][160];
    static unsigned turn;
    char *const text = ring[turn++ % 4], more[64] = "";
    const size_t size = sizeof ring[0];
    switch (v->fate) {
    case FATE_STABLE:
        (void)snprintf(text, size, "stable: %.3g at layer %zu", v->end, v->last);
        break;
    case FATE_VANISHING:
        if (v->zero)
            (void)snprintf(more, sizeof more, ", all equal from layer %zu", v->zero);
        (void)snprintf(text, size, "vanishing at layer %zu: below %g%s", v->vanished, VANISHED, more);
        break;
    case FATE_EXPLODING:
        (void)snprintf(text, size, "exploding at layer %zu: above %g, %.3g at layer %zu", v->exploded, EXPLODED, v->end, v->last);
        break;
    case FATE_OVERFLOW:
        if (v->exploded)
            (void)snprintf(more, sizeof more, " (above %g from layer %zu)", EXPLODED, v->exploded);
        (void)snprintf(text, size, "exploding: overflow at layer %zu%s", v->over, more);
        break;
    default:
        (void)snprintf(text, size, "none");
        break;
    }
    return text;
}
