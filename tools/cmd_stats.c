/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "base/progress.h"
#include "base/say.h"
#include "cli/commands.h"
#include "stats/stats_show.h"

enum {
    STATS_BINS,
    STATS_JSON,
    STATS_CSV,
    STATS_PLOT,
    STATS_FORCE,
    STATS_THREADS,
    STATS_ISA,
    STATS_HELP,
};

static const struct option stats_options[] = {
    [STATS_BINS] = {"bins", 'b', "N", "Bins of a histogram in JSON and in the picture, 1 to 4096 (default: 64)", NULL, false},
    [STATS_JSON] = OPTION_JSON,
    [STATS_CSV] = {"csv", 0, NULL, "Print CSV: a row for each tensor", NULL, false},
    [STATS_PLOT] = {"plot", 0, "FILE.svg", "Draw a histogram of each tensor (needs the program gnuplot)", "", false},
    [STATS_FORCE] = {"force", 'f', NULL, "Replace FILE.svg if it exists", NULL, false},
    [STATS_THREADS] = OPTION_THREADS,
    [STATS_ISA] = OPTION_ISA,
    [STATS_HELP] = OPTION_HELP,
    OPTION_END,
};

static const char stats_details[] =
    "Reads a checkpoint once and shows for each tensor: mean and standard deviation, least and largest element, skewness and kurtosis (the "
    "third and fourth standardised moments; a normal law has 0 and 3, a uniform one 0 and 1.8), how many elements are zero, how many are "
    "no "
    "number or infinite, and a histogram. Moments and extremes are of the finite elements; the standard deviation is that of the "
    "population.\n"
    "FILE is a safetensors file, the index of a sharded checkpoint (model.safetensors.index.json), or an .npy array. Globs choose tensors "
    "(* ? [a-z], over the whole name).\n"
    "The histogram is over the mean and five standard deviations on either side, or from least to largest where these are nearer. JSON has "
    "its bins and what is below and above them.\n"
    "The same numbers, to the last bit, whatever --threads and --isa. bf16 and f16 are counted by value, so their moments come from exact "
    "counts; whole numbers of 64 bits are rounded to f64, all other types are exact.";

static size_t read_bins(const char *text)
{
    const size_t n = strspn(text, "0123456789");
    const unsigned long value = n > 0 && n < 6 ? strtoul(text, NULL, 10) : 0;
    if (text[n] != '\0' || value < 1 || value > 4096)
        fail(EXIT_INPUT, NOWHERE, "--bins is %s, must be 1 to 4096", quoted(text, strlen(text)));
    return value;
}

static bool is_wanted(const struct arguments *a, const struct tensor *t, bool *used)
{
    bool wanted = a->operands == 1;
    for (size_t i = 1; i < a->operands; i++)
        if (glob_match(a->operand[i], t->name, t->name_length, NULL))
            wanted = used[i] = true;
    return wanted;
}

/* The tensors that the globs choose, in the order of the file; every glob must choose one. */
static size_t choose(const struct checkpoint *c, const struct arguments *a, struct row *row)
{
    bool used[OPERANDS_MAX] = {false};
    size_t rows = 0;
    for (size_t i = 1; i < a->operands; i++) {
        const char *const wrong = glob_check(a->operand[i]);
        if (wrong)
            fail(EXIT_INPUT, NOWHERE, "the glob %s: %s", quoted(a->operand[i], strlen(a->operand[i])), wrong);
    }
    for (size_t i = 0; i < c->model.tensors; i++)
        if (is_wanted(a, &c->model.tensor[i], used))
            row[rows++].tensor = (uint32_t)i;
    for (size_t i = 1; i < a->operands; i++)
        if (!used[i])
            fail(EXIT_INPUT, (struct place){c->name, 0, 0}, "no tensor matches %s", quoted(a->operand[i], strlen(a->operand[i])));
    return rows;
}

static int run(const struct arguments *a)
{
    struct gather g = {.bins = read_bins(a->option[STATS_BINS] ? a->option[STATS_BINS] : "64")};
    if (a->option[STATS_JSON] && a->option[STATS_CSV])
        fail(EXIT_INPUT, NOWHERE, "--json and --csv: only one of them can be printed");
    struct host host = host_open(a->option[STATS_THREADS], a->option[STATS_ISA]);
    struct checkpoint c = checkpoint_open(a->operand[0]);
    struct plotter plotter;
    g.checkpoint = &c;
    g.host = &host;
    g.row = calloc(c.model.tensors + 1, sizeof *g.row);
    g.rows = g.row ? choose(&c, a, g.row) : 0;
    uint64_t *const bin = calloc(g.rows * g.bins + 1, sizeof *bin);
    if (!g.row || !bin)
        fail_memory(c.model.tensors * sizeof *g.row + g.rows * g.bins * sizeof *bin);
    for (size_t i = 0; i < g.rows; i++)
        g.row[i].bin = bin + i * g.bins;
    if (a->option[STATS_PLOT])
        plotter = plot_open(a->option[STATS_PLOT], a->option[STATS_FORCE] != NULL, &c.file[0].input, 1);
    const double start = seconds_now();
    gather(&g);
    const struct stats_show show = {&g, c.name, seconds_now() - start};
    if (a->option[STATS_PLOT])
        stats_picture(&show, &plotter);
    (a->option[STATS_JSON] ? stats_json : a->option[STATS_CSV] ? stats_csv : stats_table)(&show);
    free(bin);
    free(g.row);
    checkpoint_close(&c);
    host_close(&host);
    return 0;
}

const struct command cmd_stats = {"stats",       "FILE [GLOB…]", 1,  OPERANDS_MAX, "Show moments, extremes and a histogram of every tensor",
                                  stats_details, stats_options,  run};
