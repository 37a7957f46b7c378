/* SPDX-License-Identifier: MIT */
/** @file rank.h Which rank this process is, and of how many: from the options, or from what the launchers of parallel jobs say. */
#ifndef SOW_TOOLS_RANK_H
#define SOW_TOOLS_RANK_H

#include <stdint.h>

struct rank {
    uint32_t rank, world;
};

/**
 * `rank` is a number, "auto", or a launcher's name, whose environment variables decide then; `world` is a number or NULL. With "auto" all
 * launchers that say something must agree. Leaves if they do not, or if something is missing or out of range.
 */
struct rank rank_read(const char *rank, const char *world);

/** The launchers' names, for the completion: "torchrun openmpi …". */
#define RANK_LAUNCHERS "torchrun openmpi mvapich mpich pmi pmix slurm"

#endif
