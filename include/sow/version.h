/* SPDX-License-Identifier: MIT */
/** @file version.h The library's version; meson.build reads it from here. */
#ifndef SOW_VERSION_H
#define SOW_VERSION_H

#include "sow/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOW_VERSION_MAJOR 0
#define SOW_VERSION_MINOR 1
#define SOW_VERSION_PATCH 0
#define SOW_VERSION       "0.1.0"

/** The version of the library at run time, such as "0.1.0". */
SOW_API const char *sow_version(void);

#ifdef __cplusplus
}
#endif
#endif
