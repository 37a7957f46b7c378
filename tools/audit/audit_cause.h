/* SPDX-License-Identifier: MIT */
/** @file audit_cause.h Why a standard deviation is off by a factor. */
#ifndef SOW_TOOLS_AUDIT_CAUSE_H
#define SOW_TOOLS_AUDIT_CAUSE_H

#include "audit/audit.h"

/** All that may be behind it: the likeliest kind first, the others as bits, and all in words. */
struct cause {
    enum finding_kind kind;
    unsigned also;
    char text[200];
};

/** `e` has `ratio` times the std that it should have, to within `error` (relative). */
struct cause cause_of(const struct audit *a, const struct examined *e, double ratio, double error);

/** A framework's default among what explains it, or NULL. */
const char *default_of(const struct examined *e);

/** Attention and MLP outputs, which some recipes scale down by √(2·layers). */
bool is_residual_output(const struct tensor *t);
bool is_embedding(const struct tensor *t);
/** What initialisation is about: two axes or more and random. */
bool is_weight(const struct examined *e);
bool has_law(const struct examined *e);
bool explained_by(const struct examined *e, uint32_t key);
/** Whether `e` has none of a rule's explanations though its elements can tell; *ratio: found / given. */
bool differs_from(const struct examined *e, double std, double error, double *ratio);

#endif
