/* SPDX-License-Identifier: MIT */
/**
 * @file status.h
 * What a call returns. The words (which argument, which value, which limit) are not stored anywhere: the `sow_check_*` function of a
 * call recomputes them from the same arguments, so there is no last-error state, no errno and nothing thread-local.
 */
#ifndef SOW_STATUS_H
#define SOW_STATUS_H

#include "sow/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, text). Values are part of the ABI: append, never renumber. */
#define SOW_STATUS_LIST(X)                                                                                                                 \
    X(SOW_OK, 0, "success")                                                                                                                \
    X(SOW_ERR_NULL, 1, "a pointer that must not be null is null")                                                                          \
    X(SOW_ERR_ALIGN, 2, "a pointer is not aligned to its element type")                                                                    \
    X(SOW_ERR_DTYPE, 3, "unknown element type")                                                                                            \
    X(SOW_ERR_DIST, 4, "a distribution's parameters are out of range for the element type")                                                \
    X(SOW_ERR_RANGE, 5, "an index range is out of bounds")                                                                                 \
    X(SOW_ERR_PART, 6, "part `ith` of `nth` does not exist")                                                                               \
    X(SOW_ERR_ISA, 7, "the instruction set asked for is unknown or not usable on this machine")                                            \
    X(SOW_ERR_SHAPE, 8, "a tensor's shape, strides or box are not valid")                                                                  \
    X(SOW_ERR_SCHEME, 9, "unknown scheme, or a scheme's argument is out of range")                                                         \
    X(SOW_ERR_FAN, 10, "the scheme needs a fan that the shape does not give")                                                              \
    X(SOW_ERR_OPTION, 11, "an option is not valid")                                                                                        \
    X(SOW_ERR_MEMORY, 12, "out of memory")                                                                                                 \
    X(SOW_ERR_THREAD, 13, "a thread could not be started")

typedef enum sow_status {
#define X(name, value, text) name = value,
    SOW_STATUS_LIST(X)
#undef X
} sow_status;

/** A constant English sentence fragment for `status`, never NULL; unknown values give "unknown status". */
SOW_API const char *sow_status_string(sow_status status);

/** The identifier of `status`, such as "SOW_ERR_DIST", never NULL. */
SOW_API const char *sow_status_name(sow_status status);

#ifdef __cplusplus
}
#endif
#endif
