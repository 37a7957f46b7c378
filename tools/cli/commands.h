/* SPDX-License-Identifier: MIT */
/**
 * @file commands.h
 * The one table of commands. Each row and its options stand in the command's own cmd_NAME.c; parsing, --help, the man pages and the shell
 * completions all read them.
 */
#ifndef SOW_TOOLS_COMMANDS_H
#define SOW_TOOLS_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_MAX = 32, OPERANDS_MAX = 16 };

struct option {
    const char *name;     /**< without the dashes; a NULL ends the list */
    char letter;          /**< short form, or 0 */
    const char *argument; /**< placeholder of its argument, NULL: a flag */
    const char *help;     /**< one sentence without a full stop */
    const char *words;    /**< what completes the argument: words, or "" for files; NULL: nothing */
    bool repeats;         /**< may be given more than once: arguments.given has them all */
};

/* Options that several commands share. */
#define OPTION_THREADS                                                                                                                     \
    {                                                                                                                                      \
        "threads", 't', "N", "Threads, 1 to 1024 (default: SOW_NUM_THREADS, else the CPUs that the process may use)", NULL, false          \
    }
#define OPTION_ISA                                                                                                                         \
    {                                                                                                                                      \
        "isa", 0, "NAME", "Instruction set: scalar, avx2, avx512 or neon (default: SOW_ISA, else the best)", "scalar avx2 avx512 neon",    \
            false                                                                                                                          \
    }
#define OPTION_JSON                                                                                                                        \
    {                                                                                                                                      \
        "json", 0, NULL, "Print JSON", NULL, false                                                                                         \
    }
#define OPTION_HELP                                                                                                                        \
    {                                                                                                                                      \
        "help", 'h', NULL, "Print this help", NULL, false                                                                                  \
    }
#define OPTION_END                                                                                                                         \
    {                                                                                                                                      \
        NULL, 0, NULL, NULL, NULL, false                                                                                                   \
    }

/** One option as it was given, for those that repeat. */
struct given {
    size_t option;
    const char *value;
};

/** What was on the command line, by position in the command's list of options; "" for a flag that is set. */
struct arguments {
    const char *option[OPTIONS_MAX];
    const char *operand[OPERANDS_MAX];
    size_t operands;
    struct given *given; /**< repeating options in the order of the command line */
    size_t givens, given_capacity;
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

extern const struct command *const commands[];
extern const size_t command_count;

/** The rows, one in each cmd_NAME.c. */
extern const struct command cmd_init, cmd_shard, cmd_verify, cmd_info, cmd_schemes, cmd_symmetry, cmd_propagate, cmd_stats, cmd_audit,
    cmd_diff;

/** options.c: argv behind the command's name. Leaves with status 2 on anything unknown, with a suggestion. */
struct arguments arguments_parse(const struct command *command, int count, char **words);

/** help.c */
void help_overview(void);
void help_command(const struct command *command);

/** dump.c: `shell` is "bash" or "zsh"; `page` is "sow", "sow-init", …. 0, or 2 for an unknown one. */
int dump_completion(const char *shell);
int dump_man(const char *page);

#endif
