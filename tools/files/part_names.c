/* SPDX-License-Identifier: MIT */
#include "files/part_names.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/say.h"
#include "base/target.h"

static const char suffix[] = ".safetensors", index_suffix[] = ".safetensors.index.json";

const char *base_name(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *copy(const char *text)
{
    char *const p = strdup(text);
    if (!p)
        fail_memory(strlen(text));
    return p;
}

/* FOLDER/STEM */
static char *stem_of(const char *name)
{
    const size_t n = strlen(name), k = sizeof suffix - 1;
    struct stat st;
    const bool exists = stat(name, &st) == 0;
    char *stem;
    if (strcmp(name, "-") == 0 || (exists && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        fail(EXIT_INPUT, (struct place){name, 0, 0}, "--max-file-size writes several files; -o is FOLDER or FOLDER/NAME.safetensors");
    if (n > k && strcmp(name + n - k, suffix) == 0 && name[n - k - 1] != '/' && !(exists && S_ISDIR(st.st_mode))) {
        stem = copy(name);
        stem[n - k] = '\0';
        return stem;
    }
    if (exists && S_ISREG(st.st_mode))
        fail(EXIT_INPUT, (struct place){name, 0, 0}, "is a file; with --max-file-size -o is FOLDER or FOLDER/NAME.safetensors");
    target_folder(name, true);
    if (asprintf(&stem, "%s%smodel", name, name[n - 1] == '/' ? "" : "/") < 0)
        fail_memory(n);
    return stem;
}

static size_t digits(const char *text)
{
    size_t n = 0;
    while (isdigit((unsigned char)text[n]))
        n++;
    return n;
}

/* STEM.safetensors, its index, or one of its parts. */
static bool belongs(const char *name, const char *stem)
{
    const size_t n = strlen(stem);
    if (strncmp(name, stem, n) != 0)
        return false;
    const char *p = name + n;
    if (strcmp(p, suffix) == 0 || strcmp(p, index_suffix) == 0)
        return true;
    if (*p != '-' || digits(p + 1) < 5)
        return false;
    p += 1 + digits(p + 1);
    if (strncmp(p, "-of-", 4) != 0 || digits(p + 4) < 5)
        return false;
    return strcmp(p + 4 + digits(p + 4), suffix) == 0;
}

static void find_stale(struct part_names *names, const char *stem)
{
    const char *const base = base_name(stem);
    char *const folder = base == stem ? copy(".") : copy(stem);
    size_t capacity = 0;
    if (base != stem)
        folder[base - stem] = '\0';
    DIR *const dir = opendir(folder);
    free(folder);
    if (!dir)
        return; /* opening the files says why */
    for (const struct dirent *e; (e = readdir(dir));) {
        size_t i = 0;
        while (i < names->count && strcmp(base_name(names->path[i]), e->d_name) != 0)
            i++;
        if (i < names->count || !belongs(e->d_name, base))
            continue;
        names->stale = array_grow(names->stale, &capacity, names->stales + 1, sizeof *names->stale);
        names->stale[names->stales++] = copy(e->d_name);
    }
    (void)closedir(dir);
}

struct part_names part_names(const char *name, size_t parts)
{
    struct part_names names = {.count = parts > 1 ? parts + 1 : 1};
    char *const stem = stem_of(name);
    names.path = calloc(names.count, sizeof *names.path);
    if (!names.path)
        fail_memory(names.count * sizeof *names.path);
    for (size_t i = 0; i < names.count; i++) {
        const int n = parts == 1   ? asprintf(&names.path[i], "%s%s", stem, suffix)
                      : i == parts ? asprintf(&names.path[i], "%s%s", stem, index_suffix)
                                   : asprintf(&names.path[i], "%s-%05zu-of-%05zu%s", stem, i + 1, parts, suffix);
        if (n < 0)
            fail_memory(strlen(stem));
    }
    find_stale(&names, stem);
    free(stem);
    return names;
}

void part_names_free(struct part_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->path[i]);
    for (size_t i = 0; i < names->stales; i++)
        free(names->stale[i]);
    free(names->path);
    free(names->stale);
    *names = (struct part_names){0};
}
