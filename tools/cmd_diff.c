/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/host.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "compare/difference_report.h"

enum { DIFF_JSON, DIFF_CSV, DIFF_QUIET, DIFF_THREADS, DIFF_HELP };

static const struct option diff_options[] = {
    [DIFF_JSON] = OPTION_JSON,
    [DIFF_CSV] = {"csv", 0, NULL, "Print comma-separated values, a row for every tensor", NULL, false},
    [DIFF_QUIET] = {"quiet", 'q', NULL, "Print nothing; the exit status says it", NULL, false},
    [DIFF_THREADS] = OPTION_THREADS,
    [DIFF_HELP] = OPTION_HELP,
    OPTION_END,
};

static const char diff_details[] =
    "Compares two checkpoints (safetensors files, indices of several, .npy arrays) tensor by tensor, by name: how many elements differ, "
    "the "
    "first of them with both values, the largest distance |a - b| and where it is, and the largest relative distance |a - b| / max(|a|, "
    "|b|), "
    "which is at most 2. Tensors that only one of them has are named, and those of another shape or type.\n"
    "Elements of one type are equal if their bits are; tensors of different types are compared by value, and their types still are a "
    "difference.\n"
    "Exit status: 0 all is equal, 1 something differs, 2 wrong usage or input.";

static int run(const struct arguments *a)
{
    if (a->option[DIFF_JSON] && a->option[DIFF_CSV])
        fail(EXIT_INPUT, NOWHERE, "--csv beside --json");
    struct host host = host_open(a->option[DIFF_THREADS], NULL);
    struct checkpoint one = checkpoint_open(a->operand[0]), two = checkpoint_open(a->operand[1]);
    const double start = seconds_now();
    struct differences found = differences_of(&one, &two, &host, !a->option[DIFF_QUIET]);
    const struct difference_report r = {
        .a = one.name, .b = two.name, .differences = &found, .seconds = seconds_now() - start, .host = &host};
    const bool equal = differences_count(&found) == 0;
    if (!a->option[DIFF_QUIET])
        (a->option[DIFF_JSON] ? differences_json : a->option[DIFF_CSV] ? differences_csv : differences_text)(&r);
    free(found.difference);
    checkpoint_close(&two);
    checkpoint_close(&one);
    host_close(&host);
    return equal ? 0 : 1;
}

const struct command cmd_diff = {"diff", "A B", 2, 2, "Compare two checkpoints tensor by tensor", diff_details, diff_options, run};
