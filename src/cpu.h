/* SPDX-License-Identifier: MIT */
/** @file cpu.h Which instructions the machine has and the operating system lets us use. */
#ifndef SOW_SRC_CPU_H
#define SOW_SRC_CPU_H

#include <stddef.h>

/* X(name, CPUID leaf, register, bit, XCR0 bits that the system must have set). The only list of features. */
#define SOW_CPU_YMM 0x06u /* XMM and upper halves of YMM are saved */
#define SOW_CPU_ZMM 0xe6u /* and opmasks, upper halves of ZMM0-15, ZMM16-31 */
#define SOW_CPU_LIST(X)                                                                                                                    \
    X(fma, 1, ecx, 12, SOW_CPU_YMM)                                                                                                        \
    X(f16c, 1, ecx, 29, SOW_CPU_YMM)                                                                                                       \
    X(avx2, 7, ebx, 5, SOW_CPU_YMM)                                                                                                        \
    X(avx512f, 7, ebx, 16, SOW_CPU_ZMM)                                                                                                    \
    X(avx512dq, 7, ebx, 17, SOW_CPU_ZMM)                                                                                                   \
    X(avx512cd, 7, ebx, 28, SOW_CPU_ZMM)                                                                                                   \
    X(avx512bw, 7, ebx, 30, SOW_CPU_ZMM)                                                                                                   \
    X(avx512vl, 7, ebx, 31, SOW_CPU_ZMM)

enum {
#define X(name, leaf, reg, bit, xcr0) SOW_CPU_INDEX_##name,
    SOW_CPU_LIST(X)
#undef X
        SOW_CPU_COUNT
};

enum {
#define X(name, leaf, reg, bit, xcr0) SOW_CPU_##name = 1 << SOW_CPU_INDEX_##name,
    SOW_CPU_LIST(X)
#undef X
};

/** The SOW_CPU_ bits of this machine; 0 where no row applies. */
unsigned sow__cpu_features(void);

/** The names of `features`, separated by blanks, cut to `size` bytes. */
void sow__cpu_words(unsigned features, char *words, size_t size);

#endif
