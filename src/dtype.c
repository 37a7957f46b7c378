/* SPDX-License-Identifier: MIT */
#include "sow/dtype.h"

#include <string.h>

static const struct {
    const char *name;
    const char *safetensors;
    size_t bytes;
} rows[] = {
#define X(id, name, st, bytes) [id] = {#name, st, bytes},
    SOW_DTYPE_LIST(X)
#undef X
};

_Static_assert(sizeof rows / sizeof rows[0] == SOW_DTYPE_COUNT, "one row per element type");

size_t sow_dtype_size(sow_dtype dtype)
{
    return (unsigned)dtype < SOW_DTYPE_COUNT ? rows[(unsigned)dtype].bytes : 0;
}

const char *sow_dtype_name(sow_dtype dtype)
{
    return (unsigned)dtype < SOW_DTYPE_COUNT ? rows[(unsigned)dtype].name : NULL;
}

sow_dtype sow_dtype_named(const char *name)
{
    for (unsigned i = 0; name && i < SOW_DTYPE_COUNT; i++)
        if (strcmp(name, rows[i].name) == 0 || strcmp(name, rows[i].safetensors) == 0)
            return (sow_dtype)i;
    return SOW_DTYPE_COUNT;
}
