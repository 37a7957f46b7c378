/* SPDX-License-Identifier: MIT */
#include <sow/version.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

enum { WIDTH = 80 };

/* Words wrapped at WIDTH, each line behind `indent` blanks; the first line is at column `at` already. Characters, not bytes. */
static void wrap(const char *text, size_t length, int indent, int at)
{
    while (length) {
        const size_t n = strcspn(text, " ") < length ? strcspn(text, " ") : length;
        int columns = 0;
        for (size_t i = 0; i < n; i++)
            columns += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (at > indent && at + 1 + columns > WIDTH) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)n, text);
        at += columns;
        text += n;
        length -= n;
        for (; length && *text == ' '; text++, length--)
            continue;
    }
    putchar('\n');
}

static void paragraphs(const char *text)
{
    int verbatim = 0;
    while (*text) {
        const size_t n = strcspn(text, "\n");
        if (*text == ' ') {
            printf("%s  %.*s\n", verbatim ? "" : "\n", (int)n, text);
            verbatim = 1;
        } else {
            putchar('\n');
            wrap(text, n, 0, 0);
            verbatim = 0;
        }
        text += n + (text[n] == '\n');
    }
}

static void option_line(const struct option *o)
{
    enum { HELP_COLUMN = 26 };
    char left[64];
    const int n = snprintf(left, sizeof left, "  %c%c%s --%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
                           o->letter ? "," : " ", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    if (n >= HELP_COLUMN)
        printf("%s\n%*s", left, HELP_COLUMN, "");
    else
        printf("%-*s", HELP_COLUMN, left);
    wrap(o->help, strlen(o->help), HELP_COLUMN, HELP_COLUMN);
}

void help_overview(void)
{
    printf("sow %s: reproducible initial weights for neural networks\n\nUsage: sow COMMAND [OPTION…] …\n\n", SOW_VERSION);
    for (size_t i = 0; i < command_count; i++)
        printf("  %-11s%s\n", commands[i]->name, commands[i]->summary);
    printf("\nsow COMMAND --help explains a command; sow --version prints the version.\n"
           "Exit status: 0 done, 1 a difference or a finding (verify, diff, audit --check), or the machine\n"
           "failed (disk full, out of memory), 2 wrong usage or input.\n");
}

void help_command(const struct command *c)
{
    const char *form = c->operands, *bar;
    do { /* one line for each form of the operands */
        bar = strstr(form, " | ");
        printf("%s sow %s [OPTION…]%s%.*s\n", form == c->operands ? "Usage:" : "      ", c->name, *form ? " " : "",
               (int)(bar ? (size_t)(bar - form) : strlen(form)), form);
        form = bar ? bar + 3 : form;
    } while (bar);
    printf("%s.\n\n", c->summary);
    for (const struct option *o = c->options; o->name; o++)
        option_line(o);
    paragraphs(c->details);
}
