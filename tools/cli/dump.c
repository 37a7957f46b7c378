/* SPDX-License-Identifier: MIT */
/* Shell completions and man pages out of the table of commands; run by the build. */
#include <sow/version.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

static void bash_command(const struct command *c)
{
    printf("    %s)\n        case $before in\n", c->name);
    for (const struct option *o = c->options; o->name; o++) {
        if (!o->argument)
            continue;
        printf("        --%s", o->name);
        if (o->letter)
            printf(" | -%c", o->letter);
        if (o->words && *o->words)
            printf(") COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", o->words);
        else
            printf(") %sreturn ;;\n", o->words ? "COMPREPLY=($(compgen -f -- \"$word\")); " : "");
    }
    printf("        esac\n        words='");
    for (const struct option *o = c->options; o->name; o++)
        printf("%s--%s", o == c->options ? "" : " ", o->name);
    printf("' ;;\n");
}

static void bash(void)
{
    printf("# bash completion for sow\n"
           "_sow()\n{\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=''\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; i < command_count; i++)
        printf("%s ", commands[i]->name);
    printf("--help --version' -- \"$word\"))\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < command_count; i++)
        bash_command(commands[i]);
    printf("    esac\n"
           "    case $word in\n"
           "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
           "    esac\n}\n"
           "complete -o filenames -F _sow sow\n");
}

/* Text between single quotes inside brackets: what zsh would take for its own is escaped. */
static void zsh_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            printf("'\\''");
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_option(const struct option *o)
{
    printf("            '");
    if (o->letter)
        printf("(-%c --%s)'{-%c,--%s}'", o->letter, o->name, o->letter, o->name);
    else
        printf("%s--%s", o->repeats ? "*" : "", o->name);
    printf("[");
    zsh_text(o->help);
    printf("]");
    if (o->argument) {
        printf(":");
        zsh_text(o->argument);
        printf(":");
    }
    if (o->words)
        printf(*o->words ? "(%s)" : "_files%s", o->words);
    printf("' \\\n");
}

static void zsh(void)
{
    printf("#compdef sow\n# zsh completion for sow\n_sow()\n{\n    if (( CURRENT == 2 )); then\n        local -a commands\n"
           "        commands=(\n");
    for (size_t i = 0; i < command_count; i++) {
        printf("            '%s:", commands[i]->name);
        zsh_text(commands[i]->summary);
        printf("'\n");
    }
    printf("        )\n        _describe command commands\n        return\n    fi\n"
           "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (size_t i = 0; i < command_count; i++) {
        printf("    %s)\n        _arguments -S \\\n", commands[i]->name);
        for (const struct option *o = commands[i]->options; o->name; o++)
            zsh_option(o);
        printf("            %s ;;\n", commands[i]->max_operands ? "'*:file:_files'" : "&& return");
    }
    printf("    esac\n}\n_sow \"$@\"\n");
}

int dump_completion(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else
        return 2;
    return 0;
}

/* roff: backslashes and dashes escaped, nothing at the start of a line that roff would take for a request. */
static void roff(const char *text, size_t length)
{
    if (length && (*text == '.' || *text == '\''))
        printf("\\&");
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\\')
            printf("\\e");
        else if (text[i] == '-')
            printf("\\-");
        else
            putchar(text[i]);
}

static void roff_paragraphs(const char *text)
{
    int verbatim = 0;
    while (*text) {
        const size_t n = strcspn(text, "\n");
        if ((*text == ' ') != verbatim)
            printf(verbatim ? ".EE\n.RE\n" : ".PP\n.RS 2\n.EX\n");
        else if (!verbatim)
            printf(".PP\n");
        if (verbatim && *text != ' ')
            printf(".PP\n");
        verbatim = *text == ' ';
        roff(text + verbatim, n - (size_t)verbatim);
        putchar('\n');
        text += n + (text[n] == '\n');
    }
    if (verbatim)
        printf(".EE\n.RE\n");
}

static void man_command(const struct command *c)
{
    printf(".SH NAME\nsow\\-%s \\- ", c->name);
    roff(c->summary, strlen(c->summary));
    printf("\n.SH SYNOPSIS\n.B sow %s\n[\\fIOPTION\\fR…] ", c->name);
    roff(c->operands, strlen(c->operands));
    printf("\n.SH DESCRIPTION\n");
    roff_paragraphs(c->details);
    printf(".SH OPTIONS\n");
    for (const struct option *o = c->options; o->name; o++) {
        printf(".TP\n");
        if (o->letter)
            printf("\\fB\\-%c\\fR, ", o->letter);
        printf("\\fB\\-\\-%s\\fR", o->name);
        if (o->argument)
            printf(" \\fI%s\\fR", o->argument);
        printf("\n");
        roff(o->help, strlen(o->help));
        printf(".\n");
    }
}

static void man_overview(void)
{
    printf(".SH NAME\nsow \\- reproducible initial weights for neural networks\n"
           ".SH SYNOPSIS\n.B sow\n\\fICOMMAND\\fR [\\fIOPTION\\fR…] …\n"
           ".SH DESCRIPTION\n"
           "Writes checkpoints whose every bit follows from a seed and the tensors' names, whatever the machine and the threads.\n"
           ".SH COMMANDS\n");
    for (size_t i = 0; i < command_count; i++)
        printf(".TP\n\\fBsow\\-%s\\fR(1)\n%s.\n", commands[i]->name, commands[i]->summary);
    printf(".SH ENVIRONMENT\n.TP\nSOW_ISA\nThe instruction set: scalar, avx2, avx512 or neon.\n"
           ".TP\nSOW_NUM_THREADS\nThe number of threads.\n");
}

int dump_man(const char *page)
{
    const struct command *command = NULL;
    for (size_t i = 0; i < command_count; i++)
        if (strncmp(page, "sow-", 4) == 0 && strcmp(page + 4, commands[i]->name) == 0)
            command = commands[i];
    if (!command && strcmp(page, "sow") != 0)
        return 2;
    printf(".TH %s 1 \"\" \"sow %s\" \"User Commands\"\n", page, SOW_VERSION);
    if (command)
        man_command(command);
    else
        man_overview();
    printf(".SH EXIT STATUS\n0 done, also with warnings; 1 a difference or a finding (verify, diff, audit \\-\\-check), or the machine "
           "failed (disk full, out of memory); 2 wrong usage or input.\n"
           ".SH SEE ALSO\n");
    for (size_t i = 0; i <= command_count; i++)
        printf("\\fBsow%s%s\\fR(1)%s\n", i ? "\\-" : "", i ? commands[i - 1]->name : "", i < command_count ? "," : "");
    return 0;
}
