/* SPDX-License-Identifier: MIT */
/** @file findings_report.h What sow verify found out, on stdout: a line for each tensor that is not as it should be, or JSON of all. */
#ifndef SOW_TOOLS_FINDINGS_REPORT_H
#define SOW_TOOLS_FINDINGS_REPORT_H

#include "compare/against_init.h"

struct findings_report {
    const struct checkpoint *checkpoint;
    const struct findings *findings;
    const char *standard; /**< what it was compared with: "the init of seed 1" */
    const uint64_t *seed; /**< NULL: none */
    double seconds;
    const struct host *host;
};

/** Tensors that are not EQUAL. */
size_t findings_faults(const struct findings *findings);

void findings_text(const struct findings_report *report);
void findings_json(const struct findings_report *report);

#endif
