/* SPDX-License-Identifier: MIT */
#include "model/recipes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/suggest.h"
#include "model/model.h"

const struct recipe *recipe_find(const char *name, size_t length)
{
    for (size_t i = 0; i < recipe_count; i++)
        if (strlen(recipes[i].name) == length && memcmp(recipes[i].name, name, length) == 0)
            return &recipes[i];
    return NULL;
}

/* Whatever reads a description reads files: so a recipe becomes one, in memory. */
static struct input open_text(const struct recipe *r)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "recipe %s", r->name);
    const int fd = memfd_create(r->name, MFD_CLOEXEC);
    if (fd < 0 || pwrite(fd, r->text, r->length, 0) != (ssize_t)r->length)
        fail(EXIT_MACHINE, (struct place){name, 0, 0}, "no memory for it: %s", strerror(errno));
    return (struct input){.name = name, .fd = fd, .regular = true, .bytes = r->length};
}

/* What can only be meant as a file is opened as one, so that its error is the system's. */
static bool is_path(const char *name)
{
    const char *const dot = strrchr(name, '.');
    return strcmp(name, "-") == 0 || strchr(name, '/') || (dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".safetensors") == 0));
}

struct input description_open(const char *name, const char **variant)
{
    if (is_path(name) || access(name, F_OK) == 0 || errno != ENOENT)
        return input_open(name);
    const char *const colon = strchr(name, ':');
    const size_t length = colon ? (size_t)(colon - name) : strlen(name);
    const struct recipe *const r = recipe_find(name, length);
    if (!r) {
        struct suggestion near = suggest_for(name, length);
        for (size_t i = 0; i < recipe_count; i++)
            suggest_offer(&near, recipes[i].name);
        fail(EXIT_INPUT, (struct place){name, 0, 0}, "no such file or recipe%s (sow schemes --recipes lists the recipes)",
             suggest_text(&near));
    }
    if (colon && *variant)
        fail(EXIT_INPUT, (struct place){name, 0, 0}, "names a variant, and --variant %s another", *variant);
    if (colon)
        *variant = colon + 1;
    return open_text(r);
}
