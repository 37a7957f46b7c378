/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sow/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "base/suggest.h"
#include "cli/commands.h"

static int run(const struct command *c, int count, char **words)
{
    for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            help_command(c);
            return 0;
        }
    const struct arguments arguments = arguments_parse(c, count, words);
    if (arguments.operands < c->min_operands)
        fail(EXIT_INPUT, NOWHERE, "%s: %s is missing (sow %s --help)", c->name, c->operands, c->name);
    const int status = c->run(&arguments);
    free(arguments.given);
    return status;
}

static int dispatch(int argc, char **argv)
{
    const char *const word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        help_overview();
        return 0;
    }
    if (strcmp(word, "--version") == 0) {
        printf("sow %s\n", sow_version());
        return 0;
    }
    if (argc == 3 && strcmp(word, "--dump-completion") == 0)
        return dump_completion(argv[2]);
    if (argc == 3 && strcmp(word, "--dump-man") == 0)
        return dump_man(argv[2]);
    struct suggestion near = suggest_for(word, strlen(word));
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(word, commands[i]->name) == 0)
            return run(commands[i], argc - 2, argv + 2);
        suggest_offer(&near, commands[i]->name);
    }
    if (*word == '\0')
        fail(EXIT_INPUT, NOWHERE, "no command (sow --help lists them)");
    fail(EXIT_INPUT, NOWHERE, "unknown command %s%s (sow --help)", quoted(word, strlen(word)), suggest_text(&near));
}

/* A caller may have closed these; then the next file that is opened would become one of them, and a report would land in a checkpoint. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            fail(EXIT_MACHINE, NOWHERE, "/dev/null: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    open_standard_streams();
    const int status = dispatch(argc, argv);
    /* A report that did not reach its reader is a failure, too. */
    if (fflush(stdout) != 0 || ferror(stdout))
        fail(EXIT_MACHINE, NOWHERE, "standard output: %s", strerror(errno));
    return status;
}
