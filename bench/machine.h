/* SPDX-License-Identifier: MIT */
/** @file machine.h What a report says of the machine. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

/** The processor's name, or "unknown". */
void machine_cpu(char *name, size_t size);

/** How the system hands out huge pages, such as "always [madvise] never", or "unknown". */
void machine_huge_pages(char *mode, size_t size);

#endif
