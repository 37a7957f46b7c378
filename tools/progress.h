/* SPDX-License-Identifier: MIT */
/** @file progress.h One line on a terminal's stderr while the file grows: tensor, bytes, rate, time left. */
#ifndef SOW_TOOLS_PROGRESS_H
#define SOW_TOOLS_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/** Seconds on a clock that only goes forward. */
double seconds_now(void);

/** Nothing is shown if stderr is no terminal. */
void progress_start(const struct model *model);
void progress_at(void *unused, uint64_t bytes, size_t tensor);
void progress_end(void);

/** "1.5 GB", valid until four more calls. */
const char *bytes_text(double bytes);

#endif
