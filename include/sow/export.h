/* SPDX-License-Identifier: MIT */
/**
 * @file export.h
 * SOW_API marks every public function. The library is built with hidden visibility, so nothing else is exported.
 * A program that links the static library, or vendors the sources, needs no macro; on Windows a user of the DLL defines SOW_DLL.
 */
#ifndef SOW_EXPORT_H
#define SOW_EXPORT_H

#if defined(_WIN32) && defined(SOW_BUILD)
#define SOW_API __declspec(dllexport)
#elif defined(_WIN32) && defined(SOW_DLL)
#define SOW_API __declspec(dllimport)
#elif defined(__GNUC__)
#define SOW_API __attribute__((visibility("default")))
#else
#define SOW_API
#endif

#endif
