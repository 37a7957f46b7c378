/* SPDX-License-Identifier: MIT */
/** @file explain.h How every check says why: one sentence, written only when a check fails and only where the caller asked for it. */
#ifndef SOW_SRC_EXPLAIN_H
#define SOW_SRC_EXPLAIN_H

#include <stddef.h>

#include "sow/status.h"

/** Writes the sentence (cut to `size` bytes with its zero; `why` NULL or size 0: none) and returns `status`. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
sow_status
sow__fail(sow_status status, char *why, size_t size, const char *format, ...);

/** The success of a check: an empty sentence, SOW_OK. */
static inline sow_status sow__pass(char *why, size_t size)
{
    if (why && size)
        why[0] = '\0';
    return SOW_OK;
}

#endif
