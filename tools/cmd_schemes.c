/* SPDX-License-Identifier: MIT */
#include <sow/scheme.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/glob.h"
#include "base/say.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "schemes/scheme_show.h"

enum { SCHEMES_RECIPES, SCHEMES_JSON, SCHEMES_HELP };

static const struct option schemes_options[] = {
    [SCHEMES_RECIPES] = {"recipes", 'r', NULL, "List the built-in models instead; with NAME, print its description", NULL, false},
    [SCHEMES_JSON] = OPTION_JSON,
    [SCHEMES_HELP] = OPTION_HELP,
    OPTION_END,
};

static const char schemes_details[] =
    "Lists every scheme that a rule, --set and the C API know, with its formula. N(s) is a normal of standard deviation s, U(±b) uniform "
    "on "
    "[-b, b), TN(s, ±c) a normal cut at c of its own standard deviations s; in and out are the fans.\n"
    "With names or globs (quoted: 'torch.*') it shows these in full: formula, source, and every parameter with its type, its default and "
    "what "
    "it means. A parameter is required, or has a default, or is optional: then the tensor says it. The weight of a layer preset may be "
    "named "
    "with .weight or without.\n"
    "--recipes lists the models that are built in, each with its source and its variants; sow init gpt2:openai takes one. With a name it "
    "prints the description itself: sow schemes --recipes gpt2 >mine.json is where a model of your own may start.\n"
    "--json prints a list of objects: name, formula, parameters, source, parts, plain.";

static bool is_glob(const char *name)
{
    return strpbrk(name, "*?[") != NULL;
}

/* Rows in the order in which they are asked for, once each. */
struct choice {
    size_t *row;
    size_t rows, capacity;
};

static void choose(struct choice *c, size_t row)
{
    for (size_t i = 0; i < c->rows; i++)
        if (c->row[i] == row)
            return;
    c->row = array_grow(c->row, &c->capacity, c->rows + 1, sizeof *c->row);
    c->row[c->rows++] = row;
}

static void choose_schemes(struct choice *c, const char *name)
{
    struct suggestion near = suggest_for(name, strlen(name));
    const char *const why = is_glob(name) ? glob_check(name) : NULL;
    if (why)
        fail(EXIT_INPUT, NOWHERE, "%s: %s", quoted(name, strlen(name)), why);
    const sow_scheme scheme = sow_scheme_named(name);
    if (scheme.row >= 0)
        choose(c, (size_t)scheme.row);
    bool seen = scheme.row >= 0;
    for (size_t i = 0; i < sow_scheme_count(); i++) {
        const char *const row = sow_scheme_info_at(i)->name;
        suggest_offer(&near, row);
        if (is_glob(name) && glob_match(name, row, strlen(row), NULL)) {
            choose(c, i);
            seen = true;
        }
    }
    if (!seen)
        fail(EXIT_INPUT, NOWHERE, "no scheme is named %s%s (sow schemes lists them)", quoted(name, strlen(name)), suggest_text(&near));
}

static void print(struct sink *s)
{
    (void)fwrite(s->data, 1, s->used, stdout);
    sink_free(s);
}

static void schemes(const struct arguments *a)
{
    struct choice c = {0};
    struct sink s = {0};
    for (size_t i = 0; i < a->operands; i++)
        choose_schemes(&c, a->operand[i]);
    for (size_t i = 0; a->operands == 0 && i < sow_scheme_count(); i++)
        choose(&c, i);
    int width = 0;
    for (size_t i = 0; i < c.rows; i++) {
        const int n = (int)strlen(sow_scheme_info_at(c.row[i])->name);
        width = n > width ? n : width;
    }
    for (size_t i = 0; i < c.rows; i++) {
        const sow_scheme_info *const info = sow_scheme_info_at(c.row[i]);
        if (a->option[SCHEMES_JSON]) {
            sink_text(&s, i ? ",\n " : "[\n ");
            show_scheme_json(&s, info);
        } else if (a->operands) {
            sink_text(&s, i ? "\n" : "");
            show_scheme(&s, info);
        } else {
            show_scheme_line(&s, info, width);
        }
    }
    if (a->option[SCHEMES_JSON])
        sink_text(&s, "\n]\n");
    print(&s);
    free(c.row);
}

static const struct recipe *recipe_named(const char *name)
{
    const struct recipe *const r = recipe_find(name, strlen(name));
    if (r)
        return r;
    struct suggestion near = suggest_for(name, strlen(name));
    for (size_t i = 0; i < recipe_count; i++)
        suggest_offer(&near, recipes[i].name);
    fail(EXIT_INPUT, NOWHERE, "no recipe is named %s%s (sow schemes --recipes lists them)", quoted(name, strlen(name)),
         suggest_text(&near));
}

static void show_recipes(const struct arguments *a)
{
    struct sink s = {0};
    const bool json = a->option[SCHEMES_JSON] != NULL;
    const size_t count = a->operands ? a->operands : recipe_count;
    for (size_t i = 0; i < count; i++) {
        const struct recipe *const r = a->operands ? recipe_named(a->operand[i]) : &recipes[i];
        if (json)
            sink_text(&s, i ? ",\n " : "[\n ");
        if (json)
            show_recipe_json(&s, r);
        else if (a->operands)
            sink_put(&s, (const char *)r->text, r->length);
        else
            show_recipe(&s, r);
    }
    if (json)
        sink_text(&s, "\n]\n");
    print(&s);
}

static int run(const struct arguments *a)
{
    (a->option[SCHEMES_RECIPES] ? show_recipes : schemes)(a);
    return 0;
}

const struct command cmd_schemes = {
    "schemes",       "[NAME…]",       0,  OPERANDS_MAX, "List the schemes, their formulas and parameters, and the models built in",
    schemes_details, schemes_options, run};
