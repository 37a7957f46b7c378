/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/progress.h"
#include "base/say.h"
#include "cli/commands.h"
#include "model/scheme_text.h"
#include "model/source.h"
#include "symmetry/show.h"
#include "symmetry/task.h"

enum {
    SYM_SEED,
    SYM_STEPS,
    SYM_RATE,
    SYM_HIDDEN,
    SYM_CONSTANT,
    SYM_SCHEME,
    SYM_ACTIVATION,
    SYM_TASK,
    SYM_NUDGE,
    SYM_EVERY,
    SYM_JSON,
    SYM_CSV,
    SYM_PLOT,
    SYM_FORCE,
    SYM_THREADS,
    SYM_ISA,
    SYM_HELP,
};

static const struct option symmetry_options[] = {
    [SYM_SEED] = {"seed", 's', "N", "The seed of the points and of the random weights (default: 0)", NULL, false},
    [SYM_STEPS] = {"steps", 'n', "N", "Steps of gradient descent, 1 to 1000000 (default: 2000)", NULL, false},
    [SYM_RATE] = {"rate", 'r', "R", "Learning rate (default: 0.03)", NULL, false},
    [SYM_HIDDEN] = {"hidden", 0, "N,N,…", "Units of each hidden layer, 1 to 64 each, up to 4 layers (default: 16,16)", NULL, false},
    [SYM_CONSTANT] = {"constant", 'c', "VALUE", "Every weight of the first network (default: 0.1); 0 is the zero init", NULL, false},
    [SYM_SCHEME] = {"scheme", 0, "SCHEME(…)", "Scheme of the second network (default: xavier_normal, for relu kaiming_normal)", NULL,
                    false},
    [SYM_ACTIVATION] = {"activation", 'a', "NAME", "tanh or relu (default: tanh)", "tanh relu", false},
    [SYM_TASK] = {"task", 0, "NAME", "What is learned: circle or xor (default: circle)", "circle xor", false},
    [SYM_NUDGE] = {"nudge", 0, NULL, "Move the first weight of the constant network to the next number", NULL, false},
    [SYM_EVERY] = {"every", 0, "N", "Show every so many steps (default: a tenth of them)", NULL, false},
    [SYM_JSON] = OPTION_JSON,
    [SYM_CSV] = {"csv", 0, NULL, "Print CSV: a row for each network, step and hidden layer", NULL, false},
    [SYM_PLOT] = {"plot", 0, "FILE.svg", "Draw loss and distances (needs the program gnuplot)", "", false},
    [SYM_FORCE] = {"force", 'f', NULL, "Replace FILE.svg if it exists", NULL, false},
    [SYM_THREADS] = OPTION_THREADS,
    [SYM_ISA] = OPTION_ISA,
    [SYM_HELP] = OPTION_HELP,
    OPTION_END,
};

static const char symmetry_details[] =
    "Trains a small network twice on the same points, from constant and from random weights, and compares the hidden units of each layer "
    "at "
    "every step. Units with equal weights see the same numbers and get the same gradient: they stay equal, bit by bit, and a layer of them "
    "acts as one neuron, however wide it is. Random weights break the symmetry.\n"
    "Points of the square [-1, 1) x [-1, 1) are +1 or -1: inside a circle of half its area or outside, or (xor) where x and y have the "
    "same "
    "sign or not. 256 are drawn from the seed. The last layer is linear, biases start at 0, the loss is the mean squared error, so 1 is "
    "what "
    "knowing nothing gives. All arithmetic is f64 without libm, in a fixed order: the same command prints the same bytes on every machine, "
    "with any --threads and --isa.\n"
    "--nudge shows how little it takes: one weight, moved to the next number that f64 has, makes one unit differ from the others, until "
    "rounding takes "
    "the difference away again.";

static const char *const activation_words[] = {[NET_TANH] = "tanh", [NET_RELU] = "relu"};

_Noreturn static void refuse(const char *option, const char *text, const char *must)
{
    fail(EXIT_INPUT, NOWHERE, "--%s is %s, must be %s", option, quoted(text, strlen(text)), must);
}

static size_t read_count(const struct arguments *a, size_t option, size_t fallback, size_t most, const char *must)
{
    const char *const text = a->option[option];
    if (!text)
        return fallback;
    const size_t n = strspn(text, "0123456789");
    const unsigned long value = n > 0 && n < 9 ? strtoul(text, NULL, 10) : 0;
    if (text[n] != '\0' || value < 1 || value > most)
        refuse(symmetry_options[option].name, text, must);
    return value;
}

static double read_double(const struct arguments *a, size_t option, double fallback, double least, double most, const char *must)
{
    const char *const text = a->option[option];
    char *end;
    if (!text)
        return fallback;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most))
        refuse(symmetry_options[option].name, text, must);
    return value;
}

static size_t read_word(const struct arguments *a, size_t option, const char *const *words, size_t count)
{
    const char *const text = a->option[option];
    size_t i = 0;
    while (text && i < count && strcmp(text, words[i]) != 0)
        i++;
    if (i == count) {
        char must[64];
        (void)snprintf(must, sizeof must, "%s or %s", words[0], words[1]);
        refuse(symmetry_options[option].name, text, must);
    }
    return i;
}

/* The widths of all layers, the last of which is one unit. */
static size_t read_widths(const char *text, size_t width[NET_LAYERS_MAX])
{
    static const char must[] = "up to 4 numbers from 1 to 64 with commas between them";
    size_t layers = 0;
    for (const char *p = text;; p++) {
        const size_t n = strspn(p, "0123456789");
        const unsigned long value = n > 0 && n < 4 ? strtoul(p, NULL, 10) : 0;
        p += n;
        if (value < 1 || value > NET_WIDTH_MAX || layers == NET_LAYERS_MAX - 1 || (*p != ',' && *p != '\0'))
            refuse("hidden", text, must);
        width[layers++] = value;
        if (*p == '\0')
            break;
    }
    width[layers++] = 1;
    return layers;
}

static uint64_t steps_done;

static void see_step(const char *name)
{
    progress_at(++steps_done, name, strlen(name));
}

static int run(const struct arguments *a)
{
    enum { POINTS = 256 };
    size_t width[NET_LAYERS_MAX];
    struct trial trial[TRIALS] = {0};
    const enum net_activation activation = (enum net_activation)read_word(a, SYM_ACTIVATION, activation_words, 2);
    const enum task task = (enum task)read_word(a, SYM_TASK, task_words, TASK_COUNT);
    struct show show = {.task = task_words[task],
                        .activation = activation_words[activation],
                        .points = POINTS,
                        .width = width,
                        .seed = a->option[SYM_SEED] ? seed_read(a->option[SYM_SEED]) : 0,
                        .rate = read_double(a, SYM_RATE, 0.03, 1e-9, 1e9, "1e-9 to 1e9"),
                        .constant = read_double(a, SYM_CONSTANT, 0.1, -1e6, 1e6, "-1e6 to 1e6"),
                        .nudged = a->option[SYM_NUDGE] != NULL,
                        .steps = read_count(a, SYM_STEPS, 2000, 1000000, "1 to 1000000"),
                        .trial = trial};
    show.every = read_count(a, SYM_EVERY, show.steps > 10 ? show.steps / 10 : 1, 1000000, "1 to 1000000");
    show.layers = read_widths(a->option[SYM_HIDDEN] ? a->option[SYM_HIDDEN] : "16,16", width);
    if (a->option[SYM_JSON] && a->option[SYM_CSV])
        fail(EXIT_INPUT, NOWHERE, "--json and --csv: only one of them can be printed");
    const char *const name = a->option[SYM_SCHEME] ? a->option[SYM_SCHEME] : activation == NET_RELU ? "kaiming_normal" : "xavier_normal";
    struct arena arena = {0};
    const sow_scheme schemes[TRIALS] = {sow_constant(show.constant), scheme_text_read(&arena, "--scheme", name)};
    char constant[40];
    (void)snprintf(constant, sizeof constant, "constant %g", show.constant);
    trial[CONSTANT].name = constant;
    trial[RANDOM].name = name;
    struct host host = host_open_crew(a->option[SYM_THREADS], a->option[SYM_ISA]);
    struct plotter plotter;
    if (a->option[SYM_PLOT])
        plotter = plot_open(a->option[SYM_PLOT], a->option[SYM_FORCE] != NULL, NULL, 0);

    struct net_data data;
    const sow_stream seed = sow_stream_seed(show.seed);
    task_draw(&data, task, sow_stream_named(seed, "points", 6), POINTS);
    progress_start_counted(TRIALS * show.steps, "steps");
    for (int i = 0; i < TRIALS; i++) {
        struct net net;
        net_create(&net, host.context, activation, width, show.layers, POINTS);
        net_init(&net, &schemes[i], seed);
        if (i == CONSTANT && show.nudged)
            net.layer[0].w[0] = nextafter(net.layer[0].w[0], INFINITY);
        trial_run(&trial[i], &net, &data, show.steps, show.rate, see_step);
        net_free(&net);
    }
    progress_end();
    if (a->option[SYM_PLOT])
        show_plot(&show, &plotter);
    (a->option[SYM_JSON] ? show_json : a->option[SYM_CSV] ? show_csv : show_table)(&show);
    for (int i = 0; i < TRIALS; i++)
        trial_free(&trial[i]);
    task_free(&data);
    arena_free(&arena);
    host_close(&host);
    return 0;
}

const struct command cmd_symmetry = {
    "symmetry",       "", 0, 0, "Train from constant and from random weights and watch units stay equal", symmetry_details,
    symmetry_options, run};
