/* SPDX-License-Identifier: MIT */
/**
 * @file fpenv.h
 * Arithmetic must not depend on a host's rounding mode or flush-to-zero flags: entries that compute and every chunk on any thread stand
 * between sow__fpenv_enter() and sow__fpenv_leave(). The control register is written only where it differs.
 * What is computed in between must be behind a call, as compilers may move plain arithmetic across.
 */
#ifndef SOW_SRC_FPENV_H
#define SOW_SRC_FPENV_H

#include <stdint.h>

#if defined(__x86_64__)
#include <xmmintrin.h>

typedef unsigned sow__fpenv;

enum { SOW_MXCSR_DEFAULT = 0x1f80, SOW_MXCSR_STICKY = 0x3f };

static inline sow__fpenv sow__fpenv_enter(void)
{
    const unsigned saved = _mm_getcsr();
    if ((saved & ~(unsigned)SOW_MXCSR_STICKY) != SOW_MXCSR_DEFAULT)
        _mm_setcsr(SOW_MXCSR_DEFAULT);
    return saved;
}

static inline void sow__fpenv_leave(sow__fpenv saved)
{
    if ((saved & ~(unsigned)SOW_MXCSR_STICKY) != SOW_MXCSR_DEFAULT)
        _mm_setcsr(saved);
}

#elif defined(__aarch64__)

typedef uint64_t sow__fpenv;

static inline sow__fpenv sow__fpenv_enter(void)
{
    uint64_t saved;
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved)::"memory");
    if (saved != 0)
        __asm__ volatile("msr fpcr, %0" ::"r"((uint64_t)0) : "memory");
    return saved;
}

static inline void sow__fpenv_leave(sow__fpenv saved)
{
    if (saved != 0)
        __asm__ volatile("msr fpcr, %0" ::"r"(saved) : "memory");
}

#else
#include <fenv.h>

typedef fenv_t sow__fpenv;

static inline sow__fpenv sow__fpenv_enter(void)
{
    fenv_t saved;
    (void)fegetenv(&saved);
    (void)fesetenv(FE_DFL_ENV);
    return saved;
}

static inline void sow__fpenv_leave(sow__fpenv saved)
{
    (void)fesetenv(&saved);
}

#endif
#endif
