/* SPDX-License-Identifier: MIT */
/**
 * @file dtype.h
 * Element types. f16 is IEEE 754 binary16, bf16 is the upper half of binary32; both are stored as uint16_t.
 */
#ifndef SOW_DTYPE_H
#define SOW_DTYPE_H

#include <stddef.h>

#include "sow/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(enumerator, lower-case name, safetensors name, bytes). The only list of element types. Values are part of the ABI. */
#define SOW_DTYPE_LIST(X)                                                                                                                  \
    X(SOW_F32, f32, "F32", 4)                                                                                                              \
    X(SOW_F64, f64, "F64", 8)                                                                                                              \
    X(SOW_F16, f16, "F16", 2)                                                                                                              \
    X(SOW_BF16, bf16, "BF16", 2)

typedef enum sow_dtype {
#define X(id, name, st, bytes) id,
    SOW_DTYPE_LIST(X)
#undef X
        SOW_DTYPE_COUNT
} sow_dtype;

/** Bytes per element, 0 for an unknown type. */
SOW_API size_t sow_dtype_size(sow_dtype dtype);

/** "f32", "f64", "f16" or "bf16"; NULL for an unknown type. */
SOW_API const char *sow_dtype_name(sow_dtype dtype);

/** The type of that name (lower case, or safetensors' upper case), or SOW_DTYPE_COUNT. */
SOW_API sow_dtype sow_dtype_named(const char *name);

#ifdef __cplusplus
}
#endif
#endif
