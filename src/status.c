/* SPDX-License-Identifier: MIT */
#include "sow/status.h"

static const struct {
    const char *name;
    const char *text;
} rows[] = {
#define X(name, value, text) [value] = {#name, text},
    SOW_STATUS_LIST(X)
#undef X
};

enum { COUNT = sizeof rows / sizeof rows[0] };

/* Values of a negative enumerator wrap around and fall out of the table as well. */
const char *sow_status_string(sow_status status)
{
    return (unsigned)status < COUNT ? rows[(unsigned)status].text : "unknown status";
}

const char *sow_status_name(sow_status status)
{
    return (unsigned)status < COUNT ? rows[(unsigned)status].name : "unknown status";
}
