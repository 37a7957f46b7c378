/* SPDX-License-Identifier: MIT */
/**
 * @file audit_repeats.h
 * The same numbers in two places. Each random tensor gives the first 64 of its elements as a row of signs, its needle; every place of every
 * tensor at which some needle stands is told here, and compared element by element afterwards.
 */
#ifndef SOW_TOOLS_AUDIT_REPEATS_H
#define SOW_TOOLS_AUDIT_REPEATS_H

#include "audit/audit.h"

struct repeats;
struct repeats *repeats_new(struct audit *a);
void repeats_needle(struct repeats *r, uint64_t signs, uint32_t tensor);
void repeats_ready(struct repeats *r);
/** Whether signs may be a needle, or its opposite: 0 for nearly all others, by repeats_hash(). */
struct repeats_filter {
    uint8_t *byte;
    unsigned shift; /**< 64 - log2 of its size */
};
const struct repeats_filter *repeats_filter(const struct repeats *r);
static inline size_t repeats_hash(const struct repeats_filter *f, uint64_t signs)
{
    return (size_t)(signs * 0x9e3779b97f4a7c15u >> f->shift);
}
/** Such signs stand at element `at` of `tensor`; any thread. */
void repeats_found(struct repeats *r, uint64_t signs, uint32_t tensor, uint64_t at);
/** audit_needles.c: elements [first, first + n) of a tensor, `first` a multiple of 64; any thread. */
void repeats_look(struct repeats *r, uint32_t tensor, const struct examined *e, uint64_t first, uint64_t n);
/** Compares, adds the findings, and is gone. */
void repeats_verdicts(struct repeats *r);

/** How elements [first, first + n) of a and [second, second + n) of b go together: x_b ≈ scale · x_a. */
struct likeness {
    double correlation, scale;
};
struct likeness repeats_compare(const struct examined *a, uint64_t first, const struct examined *b, uint64_t second, size_t n);

/** Says that b has a's numbers, once for each group of tensors that have them. */
void repeats_report(struct audit *audit, uint32_t a, uint64_t first, uint32_t b, uint64_t second, uint64_t n, struct likeness like);

#endif
