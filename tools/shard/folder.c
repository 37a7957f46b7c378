/* SPDX-License-Identifier: MIT */
#include "shard/folder.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/target.h"

static const char suffix[] = ".safetensors";

static void name_of(char name[64], unsigned long number)
{
    (void)snprintf(name, 64, "shard-%05lu-model-00001-of-00001%s", number, suffix);
}

/* Whether it is the file of one of the ranks. */
static bool is_ours(const char *name, uint32_t world)
{
    char expected[64];
    unsigned long number;
    if (sscanf(name, "shard-%lu-", &number) != 1 || number < 1 || number > world)
        return false;
    name_of(expected, number);
    return strcmp(name, expected) == 0;
}

static void check_others(const char *folder, uint32_t world)
{
    DIR *const dir = opendir(folder);
    if (!dir)
        return; /* opening the file says why */
    for (const struct dirent *e; (e = readdir(dir));) {
        const size_t n = strlen(e->d_name), k = sizeof suffix - 1;
        if (n > k && strcmp(e->d_name + n - k, suffix) == 0 && !is_ours(e->d_name, world))
            fail(EXIT_INPUT, (struct place){folder, 0, 0},
                 "holds %s, which is not of %u rank%s: who reads the folder reads that too; remove it or take another folder",
                 quoted(e->d_name, n), world, world == 1 ? "" : "s");
    }
    (void)closedir(dir);
}

char *shard_file(const char *folder, struct rank rank)
{
    char name[64], *path;
    if (strcmp(folder, "-") == 0)
        fail(EXIT_INPUT, NOWHERE, "-o is -, must be a folder: each rank writes a file of its own");
    target_folder(folder, false); /* other ranks may be in it already */
    check_others(folder, rank.world);
    name_of(name, rank.rank + 1ul);
    const size_t n = strlen(folder);
    if (asprintf(&path, "%s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/", name) < 0)
        fail_memory(n);
    return path;
}
