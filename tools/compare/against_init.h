/* SPDX-License-Identifier: MIT */
/** @file against_init.h A checkpoint against what sow draws for a planned model, bit by bit, at the speed of drawing. */
#ifndef SOW_TOOLS_AGAINST_INIT_H
#define SOW_TOOLS_AGAINST_INIT_H

#include "base/host.h"
#include "compare/match.h"

/** Each thread draws a piece at a time into a buffer of the size of its cache. `show`: a progress bar. The caller frees `finding`. */
struct findings against_init(const struct checkpoint *checkpoint, const struct model *model, const struct host *host, bool show);

#endif
