/* SPDX-License-Identifier: MIT */
/** @file try.h Two macros of everyday use: an error passed on to the caller, and a function that stays behind its call. */
#ifndef SOW_SRC_TRY_H
#define SOW_SRC_TRY_H

#include "sow/status.h"

#define SOW_TRY(call)                                                                                                                      \
    do {                                                                                                                                   \
        const sow_status sow_try_status = (call);                                                                                          \
        if (sow_try_status != SOW_OK)                                                                                                      \
            return sow_try_status;                                                                                                         \
    } while (0)

/* For arithmetic between sow__fpenv_enter() and sow__fpenv_leave(). */
#if defined(__GNUC__)
#define OUT_OF_LINE __attribute__((noinline))
#else
#define OUT_OF_LINE
#endif

#endif
