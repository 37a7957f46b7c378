/* SPDX-License-Identifier: MIT */
/** @file progress.h One line on a terminal's stderr while bytes (or steps) go by: what they are, how many, rate, time left. */
#ifndef SOW_TOOLS_PROGRESS_H
#define SOW_TOOLS_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/** Seconds on a clock that only goes forward. */
double seconds_now(void);

/** `all` bytes will come. Nothing is shown if stderr is no terminal, nor before a second has passed. Main thread only. */
void progress_start(uint64_t all);
/** The same for what is counted by ones: `unit` is "steps", say. */
void progress_start_counted(uint64_t all, const char *unit);
/** `done` of them have; the last belong to the thing of that name. */
void progress_at(uint64_t done, const char *name, size_t length);
void progress_end(void);

/** "1.5 GB", valid until four more calls. */
const char *bytes_text(double bytes);

#endif
