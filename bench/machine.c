/* SPDX-License-Identifier: MIT */
#include "bench/machine.h"

#include <stdio.h>
#include <string.h>

/* The first line of `path` that starts with `key`, without its end and without "key : ". */
static void line_of(const char *path, const char *key, char *value, size_t size)
{
    char line[256];
    FILE *f = fopen(path, "r");
    snprintf(value, size, "unknown");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        const char *start = line + strlen(key);
        line[strcspn(line, "\n")] = 0;
        snprintf(value, size, "%.*s", (int)size - 1, start + strspn(start, "\t :"));
        break;
    }
    if (f)
        fclose(f);
}

void machine_cpu(char *name, size_t size)
{
    line_of("/proc/cpuinfo", "model name", name, size);
}

void machine_huge_pages(char *mode, size_t size)
{
    line_of("/sys/kernel/mm/transparent_hugepage/enabled", "", mode, size);
}
