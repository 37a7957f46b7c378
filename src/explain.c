/* SPDX-License-Identifier: MIT */
#include "src/explain.h"

#include <stdarg.h>
#include <stdio.h>

sow_status sow__fail(sow_status status, char *why, size_t size, const char *format, ...)
{
    if (!why || !size)
        return status;
    va_list args;
    va_start(args, format);
    if (vsnprintf(why, size, format, args) < 0)
        why[0] = '\0';
    va_end(args);
    return status;
}
