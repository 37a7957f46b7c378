/* SPDX-License-Identifier: MIT */
#include "base/size.h"

#include <stdlib.h>
#include <string.h>

#include "base/say.h"

uint64_t size_read(const char *what, const char *text)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1},      {"B", 1},          {"KB", 1e3},       {"MB", 1e6},       {"GB", 1e9},
                 {"TB", 1e12}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}, {"TiB", 1024.0 * (1u << 30)}};
    const size_t n = strspn(text, "0123456789.");
    const char *unit = text + n;
    char *end;
    const double number = strtod(text, &end);
    unit += strspn(unit, " ");
    for (size_t i = 0; n > 0 && end == text + n && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].name) != 0)
            continue;
        const double bytes = number * units[i].bytes;
        if (bytes >= 1 && bytes < 9223372036854775808.0)
            return (uint64_t)bytes;
        fail(EXIT_INPUT, NOWHERE, "%s is %s, must be at least 1 byte and below 2^63", what, quoted(text, strlen(text)));
    }
    fail(EXIT_INPUT, NOWHERE, "%s is %s, must be a number with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 5GB", what,
         quoted(text, strlen(text)));
}
