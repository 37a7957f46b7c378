/* SPDX-License-Identifier: MIT */
/** @file say.h What the program says on stderr: one line per error or warning, with the place in the input. Main thread only. */
#ifndef SOW_TOOLS_SAY_H
#define SOW_TOOLS_SAY_H

#include <stddef.h>
#include <stdint.h>

/** Exit status: the machine failed (disk full, out of memory), or the caller did (usage, input). */
enum { EXIT_MACHINE = 1, EXIT_INPUT = 2 };

/** file NULL: nowhere; line 0: the file as a whole; column 0: the whole line. Columns count bytes from 1. */
struct place {
    const char *file;
    uint32_t line, column;
};

#define NOWHERE                                                                                                                            \
    (struct place)                                                                                                                         \
    {                                                                                                                                      \
        NULL, 0, 0                                                                                                                         \
    }

/** `sow: FILE:LINE:COL: message`, then leaves with `status` after the function of say_on_exit(). */
_Noreturn void fail(int status, struct place at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** `sow: FILE:LINE:COL: warning: message`. */
void warn(struct place at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Out of memory, by what for. */
_Noreturn void fail_memory(size_t bytes);

/** Called once before the program leaves through fail(). */
void say_on_exit(void (*cleanup)(void));

/** Called before each line: the progress bar clears itself. */
void say_before(void (*clear)(void));

/** `text` in double quotes, control bytes escaped, shortened; valid until eight more calls. */
const char *quoted(const char *text, size_t length);
/** The same without the quotes, for tables: no byte of a file reaches a terminal unescaped. */
const char *unquoted(const char *text, size_t length);

#endif
