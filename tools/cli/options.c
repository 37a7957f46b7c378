/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/arena.h"
#include "base/say.h"
#include "base/suggest.h"
#include "cli/commands.h"

_Noreturn static void unknown(const struct command *c, const char *word, size_t length)
{
    struct suggestion near = suggest_for(word + 2, length > 2 ? length - 2 : 0);
    if (length > 2 && word[1] == '-')
        for (const struct option *o = c->options; o->name; o++)
            suggest_offer(&near, o->name);
    if (near.best)
        fail(EXIT_INPUT, NOWHERE, "unknown option %s; did you mean --%s? (sow %s --help)", quoted(word, length), near.best, c->name);
    fail(EXIT_INPUT, NOWHERE, "unknown option %s (sow %s --help)", quoted(word, length), c->name);
}

static size_t find_long(const struct command *c, const char *word, size_t length)
{
    for (size_t i = 0; c->options[i].name; i++)
        if (strlen(c->options[i].name) == length - 2 && strncmp(c->options[i].name, word + 2, length - 2) == 0)
            return i;
    unknown(c, word, length);
}

static size_t find_short(const struct command *c, const char *word, const char *letter)
{
    for (size_t i = 0; c->options[i].name; i++)
        if (c->options[i].letter && c->options[i].letter == *letter)
            return i;
    unknown(c, word, strlen(word));
}

static void set(const struct command *c, struct arguments *a, size_t i, const char *value)
{
    if (c->options[i].repeats) {
        a->given = array_grow(a->given, &a->given_capacity, a->givens + 1, sizeof *a->given);
        a->given[a->givens++] = (struct given){i, value};
    } else if (a->option[i] && c->options[i].argument)
        fail(EXIT_INPUT, NOWHERE, "--%s is given twice", c->options[i].name);
    a->option[i] = value;
}

/* One word that starts with a dash; `next` is the word behind it or NULL. The number of words used. */
static int take_option(const struct command *c, struct arguments *a, const char *word, const char *next)
{
    const char *value;
    size_t i;
    if (word[1] == '-') {
        const char *const equals = strchr(word, '=');
        i = find_long(c, word, equals ? (size_t)(equals - word) : strlen(word));
        value = equals ? equals + 1 : NULL;
        if (value && !c->options[i].argument)
            fail(EXIT_INPUT, NOWHERE, "--%s takes no argument", c->options[i].name);
    } else {
        const char *letter = word + 1;
        for (i = find_short(c, word, letter); !c->options[i].argument && letter[1]; i = find_short(c, word, ++letter))
            set(c, a, i, "");
        value = letter[1] ? letter + 1 : NULL;
    }
    if (!c->options[i].argument) {
        set(c, a, i, "");
        return 1;
    }
    if (!value && !next)
        fail(EXIT_INPUT, NOWHERE, "--%s needs an argument, %s", c->options[i].name, c->options[i].argument);
    set(c, a, i, value ? value : next);
    return value ? 1 : 2;
}

struct arguments arguments_parse(const struct command *c, int count, char **words)
{
    struct arguments a = {0};
    int only_operands = 0;
    for (int i = 0; i < count;) {
        if (!only_operands && words[i][0] == '-' && words[i][1] != '\0') {
            only_operands = strcmp(words[i], "--") == 0;
            i += only_operands ? 1 : take_option(c, &a, words[i], i + 1 < count ? words[i + 1] : NULL);
            continue;
        }
        if (a.operands == c->max_operands)
            fail(EXIT_INPUT, NOWHERE, "one operand too many: %s (sow %s --help)", quoted(words[i], strlen(words[i])), c->name);
        a.operand[a.operands++] = words[i++];
    }
    return a;
}
