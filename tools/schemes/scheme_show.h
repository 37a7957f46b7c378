/* SPDX-License-Identifier: MIT */
/** @file scheme_show.h The table of schemes and the built-in recipes, for people and as JSON. */
#ifndef SOW_TOOLS_SCHEME_SHOW_H
#define SOW_TOOLS_SCHEME_SHOW_H

#include <sow/scheme.h>
#include <stdbool.h>

#include "base/sink.h"
#include "model/recipes.h"

void show_scheme_line(struct sink *sink, const sow_scheme_info *info, int width);
void show_scheme(struct sink *sink, const sow_scheme_info *info);
/** An object: name, formula, parameters, source, parts, plain. */
void show_scheme_json(struct sink *sink, const sow_scheme_info *info);

void show_recipe(struct sink *sink, const struct recipe *recipe);
/** An object: name, title, description, source, variants. */
void show_recipe_json(struct sink *sink, const struct recipe *recipe);

#endif
