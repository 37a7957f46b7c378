/* SPDX-License-Identifier: MIT */
#include "tests/accuracy/lanes.h"

#include <string.h>

#include "src/dispatch.h"

#define X(isa, needs) extern const lanes lanes_##isa;
#include "simd/isa.inc"
#undef X

static const lanes *const all[] = {
#define X(isa, needs) &lanes_##isa,
#include "simd/isa.inc"
#undef X
};

const lanes *lanes_named(const char *isa)
{
    const sow_kernels *k = isa ? sow__kernels_named(isa) : sow__kernels_default();
    for (size_t i = 0; k && i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i]->isa, k->isa) == 0)
            return all[i];
    return NULL;
}
