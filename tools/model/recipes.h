/* SPDX-License-Identifier: MIT */
/**
 * @file recipes.h
 * The descriptions of published models that are built into the program (examples/models/). On a command line a recipe is NAME or
 * NAME:VARIANT; a file of that name comes first.
 */
#ifndef SOW_TOOLS_RECIPES_H
#define SOW_TOOLS_RECIPES_H

#include <stddef.h>

#include "base/input.h"

struct recipe {
    const char *name;
    const unsigned char *text; /**< JSON */
    size_t length;
};

/** By name; recipes.py writes them out of the files. */
extern const struct recipe recipes[];
extern const size_t recipe_count;

/** NULL if there is none of that name. */
const struct recipe *recipe_find(const char *name, size_t length);

/**
 * A description: a file, or else a recipe, which then reads as a file does. *variant is the one that `name` asks for behind its colon; it
 * is left alone if there is none, and must be NULL if there is. Leaves if there is neither file nor recipe.
 */
struct input description_open(const char *name, const char **variant);

#endif
