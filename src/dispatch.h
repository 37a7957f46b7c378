/* SPDX-License-Identifier: MIT */
/** @file dispatch.h Which kernels run: by name, or the best of the machine, or those that the environment asks for. */
#ifndef SOW_SRC_DISPATCH_H
#define SOW_SRC_DISPATCH_H

#include <stddef.h>

#include "simd/kernels.h"
#include "sow/status.h"

/** The kernels of that name (NULL: the best), or NULL if they are not built or not usable here. */
const sow_kernels *sow__kernels_named(const char *name);

/** What a NULL context uses: SOW_ISA as it was at the first call, else the best. NULL if SOW_ISA is no good. */
const sow_kernels *sow__kernels_default(void);

/** Whether `name` (NULL: SOW_ISA) can be used: SOW_OK or SOW_ERR_ISA with a sentence at `why`. */
sow_status sow__check_isa(const char *name, char *why, size_t size);

#endif
