/* SPDX-License-Identifier: MIT */
#include "sow/version.h"

const char *sow_version(void)
{
    return SOW_VERSION;
}
