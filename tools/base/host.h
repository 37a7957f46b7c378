/* SPDX-License-Identifier: MIT */
/** @file host.h The machine's side of a run: a context of the library, its threads and kernels, from options and the environment. */
#ifndef SOW_TOOLS_HOST_H
#define SOW_TOOLS_HOST_H

#include <sow/context.h>

#include "base/crew.h"

struct host {
    sow_context *context;
    struct crew *crew; /**< the threads of host_open_crew(), else NULL */
    unsigned threads;
    const char *isa;
};

/** Options as given, or NULL. Leaves with the library's own words if they cannot be had. */
struct host host_open(const char *threads, const char *isa);
/** The same with threads at once: a crew for the program's own steps, on which the library's large calls run, too. */
struct host host_open_crew(const char *threads, const char *isa);
void host_close(struct host *host);

#endif
