/* SPDX-License-Identifier: MIT */
/** @file audit_rules.h The rules that may have given a tensor's law, as sow's own schemes with their arguments. */
#ifndef SOW_TOOLS_AUDIT_RULES_H
#define SOW_TOOLS_AUDIT_RULES_H

#include <sow/scheme.h>

#include "audit/audit.h"

/** Keys from here on are of round numbers, of an orthogonal matrix's gains, and below of fans and depths; from BIAS_KEY of biases. */
#define BIAS_KEY     0x80000u
#define QUERY_KEY    0x90000u
#define OUTPUT_KEY   0xa0000u
#define CONSTANT_KEY 0x100000u
#define GAIN_KEY     0x2000000u

/** A rule for one tensor: its scheme, what it draws there, and its words. */
struct rule_case {
    uint32_t key;
    sow_dist dist;
    char text[96];
};

/** audit_rules.c: the table. A rule's scheme for a tensor, and its words with the numbers in place; false: it cannot be applied. */
size_t rule_count(void);
bool rule_instance(const struct audit *a, const struct examined *e, double sigma, size_t rule, sow_scheme *scheme, char *text, size_t size);
bool rule_is_for_rank(size_t rule, int rank);

/** audit_cases.c: calls `each` for every rule that can be applied to the tensor, the usual ones first. `sigma`: of most of the model's
 * weights. */
void rules_for(const struct audit *a, const struct examined *e, double sigma, void (*each)(void *user, const struct rule_case *c),
               void *user);

/** A rule that few models follow: among so many, some number is near any std, so it takes two roles to believe it. */
bool rule_is_rare(uint32_t key);

/** Standard deviation of a distribution after its cut. */
double dist_std(const sow_dist *dist);

/** Whether the law that was found can be this one; *off: found / given - 1. */
bool rule_fits(const struct examined *e, const sow_dist *dist, double *off);

#endif
