/* SPDX-License-Identifier: MIT */
/** @file rows.h Memory for matrices of f32, and loops over their rows on a crew of threads. */
#ifndef SOW_TOOLS_ROWS_H
#define SOW_TOOLS_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/crew.h"

/** Zeros, on huge pages where the system has them; leaves if there is no memory. */
float *numbers_new(size_t n);
/** NULL is fine. */
void numbers_free(float *p, size_t n);

/** row(user, i) for each row, of so many numbers; on the calling thread alone where that is too little work for others to wake. */
void each_row(struct crew *crew, int64_t rows, int64_t length, void (*row)(void *user, int64_t i), void *user);

#endif
