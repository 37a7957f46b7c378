/* SPDX-License-Identifier: MIT */
/** @file finding.h What is found out about a tensor that should be like another: the first element that is not, or why it cannot be. */
#ifndef SOW_TOOLS_FINDING_H
#define SOW_TOOLS_FINDING_H

#include <stdint.h>

#include "base/sink.h"
#include "model/model.h"

enum verdict { EQUAL, DIFFERS, MISSING, EXTRA, OTHER_SHAPE, OTHER_DTYPE };

struct finding {
    const struct tensor *want, *have; /**< NULL: an EXTRA one, a MISSING one */
    enum verdict verdict;
    uint64_t differing, first;                           /**< elements that differ, and the first of them (row-major) */
    uint64_t found, expected;                            /**< its bits */
    const struct digest *found_digest, *expected_digest; /**< where digests differ, and nothing else is known */
};

/** "equal", "differs", "missing", "extra", "shape", "dtype". */
const char *verdict_word(enum verdict verdict);

/** "[3, 17]": element `flat` of a tensor of that shape. */
void put_index(struct sink *sink, const struct tensor *tensor, uint64_t flat);

/** An element as a number and its bits, "0.1 (0x3dcccccd)". */
void put_element(struct sink *sink, const struct format *format, uint64_t bits);
/** The number alone, exactly enough digits; NaN and infinities as words, or null in JSON. */
void put_value(struct sink *sink, const struct format *format, uint64_t bits, bool json);

/** Element i of a tensor's bytes. */
uint64_t element_bits(const uint8_t *data, const struct format *format, uint64_t i);
/** Its value; whole numbers above 2^53 rounded. */
double element_value(const struct format *format, uint64_t bits);

#endif
