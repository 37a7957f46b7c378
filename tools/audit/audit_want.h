/* SPDX-License-Identifier: MIT */
/** @file audit_want.h What a description says about a tensor, and how far its values agree. */
#ifndef SOW_TOOLS_AUDIT_WANT_H
#define SOW_TOOLS_AUDIT_WANT_H

#include "audit/audit.h"

struct want {
    const struct model *model;
    const struct tensor *tensor; /**< of the description; NULL: it has none of that name */
    struct law law;
    bool shape_differs;
    double p;                /**< of the elements under that law, nothing estimated; 1: not tested */
    struct examined *sample; /**< another draw of a scheme that is no plain distribution, looked at in the same way */
    bool fixed;              /**< draws of two seeds are equal */
    int64_t first;           /**< of a fixed one: the first element that differs, or -1 */
};

/** Finds the tensors of the description, in all that have its name; main thread. */
void want_prepare(struct audit *a);
void want_free(struct audit *a);

/** Fills in p, or sample and fixed. `s` is the tensor's summary, with its histogram; any thread. False: no memory. */
bool want_compare(struct examined *e, const struct summary *s, const sow_context *context);

#endif
