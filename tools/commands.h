/* SPDX-License-Identifier: MIT */
/**
 * @file commands.h
 * The one table of commands and options. Parsing, --help, the man pages and the shell completions all read it.
 */
#ifndef SOW_TOOLS_COMMANDS_H
#define SOW_TOOLS_COMMANDS_H

#include <stddef.h>

enum { OPTIONS_MAX = 16, OPERANDS_MAX = 4 };

struct option {
    const char *name;     /**< without the dashes; a NULL ends the list */
    char letter;          /**< short form, or 0 */
    const char *argument; /**< placeholder of its argument, NULL: a flag */
    const char *help;     /**< one sentence without a full stop */
    const char *words;    /**< what completes the argument: words, or "" for files; NULL: nothing */
};

/** What was on the command line, by position in the command's list of options; "" for a flag that is set. */
struct arguments {
    const char *option[OPTIONS_MAX];
    const char *operand[OPERANDS_MAX];
    size_t operands;
};

struct command {
    const char *name;
    const char *operands; /**< as in the usage line, "MODEL.json" */
    size_t min_operands, max_operands;
    const char *summary; /**< one sentence without a full stop */
    const char *details; /**< paragraphs of plain text, a newline between two; lines that start with a blank are kept as they are */
    const struct option *options;
    int (*run)(const struct arguments *arguments);
};

extern const struct command commands[];
extern const size_t command_count;

/** options.c: argv behind the command's name. Leaves with status 2 on anything unknown, with a suggestion. */
struct arguments arguments_parse(const struct command *command, int count, char **words);

/** help.c */
void help_overview(void);
void help_command(const struct command *command);

/** dump.c: `shell` is "bash" or "zsh"; `page` is "sow", "sow-init", …. 0, or 2 for an unknown one. */
int dump_completion(const char *shell);
int dump_man(const char *page);

enum {
    INIT_SEED,
    INIT_OUTPUT,
    INIT_FORCE,
    INIT_LIKE,
    INIT_DTYPE,
    INIT_THREADS,
    INIT_ISA,
    INIT_JSON,
    INIT_QUIET,
    INIT_HELP,
};
int cmd_init(const struct arguments *arguments);

enum { INFO_JSON, INFO_SCHEMES, INFO_THREADS, INFO_ISA, INFO_HELP };
int cmd_info(const struct arguments *arguments);

#endif
