/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/suggest.h"
#include "cli/commands.h"
#include "model/model.h"
#include "model/recipes.h"
#include "model/scheme_text.h"
#include "model/source.h"
#include "propagate/propagation.h"

enum {
    PROPAGATE_DEPTH,
    PROPAGATE_WIDTH,
    PROPAGATE_WIDTHS,
    PROPAGATE_BATCH,
    PROPAGATE_SCHEME,
    PROPAGATE_ACTIVATION,
    PROPAGATE_DTYPE,
    PROPAGATE_RESIDUAL,
    PROPAGATE_NORM,
    PROPAGATE_INPUT,
    PROPAGATE_SEED,
    PROPAGATE_PLOT,
    PROPAGATE_FORCE,
    PROPAGATE_THREADS,
    PROPAGATE_ISA,
    PROPAGATE_JSON,
    PROPAGATE_CSV,
    PROPAGATE_HELP,
};

static const struct option propagate_options[] = {
    [PROPAGATE_DEPTH] = {"depth", 'd', "N", "Layers, 1 to 100000 (default: 100)", NULL, false},
    [PROPAGATE_WIDTH] = {"width", 'w', "N", "Units of every layer, 1 to 65536 (default: 512)", NULL, false},
    [PROPAGATE_WIDTHS] = {"widths", 0, "N,N", "Several widths instead: how the scale of a signal grows with the width", NULL, false},
    [PROPAGATE_BATCH] = {"batch", 'b', "N", "Inputs that go through at once, 1 to 65536 (default: 256)", NULL, false},
    [PROPAGATE_SCHEME] = {"scheme", 0, "SCHEME",
                          "What the weights are drawn from, normal(std=0.01), say, or a number for d·Var(w); several in turn", NULL, true},
    [PROPAGATE_ACTIVATION] = {"activation", 'a', "NAME", "linear, relu, leaky, tanh, sigmoid, gelu, silu or selu (default: relu)",
                              "linear relu leaky tanh sigmoid gelu silu selu", false},
    [PROPAGATE_DTYPE] = {"dtype", 0, "TYPE", "What stored numbers are rounded to: f32, bf16 or f16 (default: f32)", "f32 bf16 f16", false},
    [PROPAGATE_RESIDUAL] = {"residual", 0, "WHERE", "Residual connections: none, pre or post, by where the norm is (default: none)",
                            "none pre post", false},
    [PROPAGATE_NORM] = {"norm", 0, "NAME", "none, layer or rms (default: none)", "none layer rms", false},
    [PROPAGATE_INPUT] = {"input", 0, "LAW", "The inputs, of mean 0 and variance 1: normal or uniform (default: normal)", "normal uniform",
                         false},
    [PROPAGATE_SEED] = {"seed", 's', "N", "The seed, 0 to 18446744073709551615 or 0x… (default: 0)", NULL, false},
    [PROPAGATE_PLOT] = {"plot", 0, "FILE.svg", "Draw the curves, through gnuplot", "", false},
    [PROPAGATE_FORCE] = {"force", 'f', NULL, "Replace FILE.svg if it exists", NULL, false},
    [PROPAGATE_THREADS] = OPTION_THREADS,
    [PROPAGATE_ISA] = OPTION_ISA,
    [PROPAGATE_JSON] = OPTION_JSON,
    [PROPAGATE_CSV] = {"csv", 0, NULL, "Print CSV, a line per layer", NULL, false},
    [PROPAGATE_HELP] = OPTION_HELP,
    OPTION_END,
};

static const char propagate_details[] =
    "Sends a batch of inputs of variance 1 forward through freshly drawn layers, and a gradient of variance 1 back, and prints the "
    "variance "
    "of each layer's pre-activations and of their gradients beside what mean-field theory says: the product of fan · Var(w) · E[φ(√q z)²], "
    "by quadrature. Then a verdict for each scheme: stable, vanishing (below 1e-6) or exploding (above 1e6, or overflow) at which layer.\n"
    "Without MODEL.json the layers are square, --depth of --width. With it they are its two-dimensional tensors: the longest chain, by "
    "the first number in their names, then in the description's order, in which each takes what the one before it gives; their schemes are "
    "the model's own unless --scheme is "
    "given.\n"
    " sow propagate --width 512 --scheme 'normal(std=0.01)' --scheme xavier_normal --scheme 'kaiming_normal(gain=relu)'\n"
    " sow propagate --activation linear --scheme 0.9 --scheme 1 --scheme 1.1 --plot linear.svg\n"
    " sow propagate --depth 4 --widths 128,256,512,1024 --scheme kaiming_normal --scheme 'normal(std=0.02)'\n"
    "--residual pre is h + W·φ(norm(h)), --residual post norm(h + W·φ(h)); without --norm they are the same. Sums are f32 whatever "
    "--dtype; "
    "weights, pre-activations, activations and gradients are rounded to it and overflow where it does.\n"
    "Dead are relu units that are 0 for the whole batch; saturated, with tanh and sigmoid, numbers where the derivative is less than 5 % "
    "of "
    "its largest. --widths compares the scales at initialisation only, the first step of a muP coordinate check.";

static uint64_t read_count(const char *option, const char *text, size_t length, uint64_t most)
{
    uint64_t value = 0;
    const size_t digits = strspn(text, "0123456789");
    if (digits == length && length > 0 && length < 10)
        value = strtoull(text, NULL, 10);
    if (value < 1 || value > most)
        fail(EXIT_INPUT, NOWHERE, "--%s is %s, must be 1 to %llu", option, quoted(text, length), (unsigned long long)most);
    return value;
}

static uint64_t count_option(const struct arguments *a, int option, uint64_t otherwise, uint64_t most)
{
    const char *const text = a->option[option];
    return text ? read_count(propagate_options[option].name, text, strlen(text), most) : otherwise;
}

/* The number of the option's word in its list of words, which the table holds. */
static size_t word_option(const struct arguments *a, int option, size_t otherwise)
{
    const char *const text = a->option[option], *const words = propagate_options[option].words;
    if (!text)
        return otherwise;
    struct suggestion near = suggest_for(text, strlen(text));
    char word[ACTIVATION_COUNT][16]; /* the longest list; the suggestion points into it */
    size_t i = 0;
    for (const char *w = words; *w; i++) {
        const size_t n = strcspn(w, " ");
        (void)snprintf(word[i], sizeof word[i], "%.*s", (int)n, w);
        if (strcmp(word[i], text) == 0)
            return i;
        suggest_offer(&near, word[i]);
        w += n + (w[n] == ' ');
    }
    fail(EXIT_INPUT, NOWHERE, "--%s is %s, must be one of %s%s", propagate_options[option].name, quoted(text, strlen(text)), words,
         suggest_text(&near));
}

/* A number alone is d·Var(w). */
static sow_scheme read_scheme(struct arena *arena, const char *text)
{
    char *end;
    errno = 0;
    const double scale = strtod(text, &end);
    if (end == text || *end != '\0')
        return scheme_text_read(arena, "--scheme", text);
    if (!(scale > 0 && scale < 1e30))
        fail(EXIT_INPUT, NOWHERE, "--scheme is %s; a number alone is d·Var(w), above 0 and below 1e30", quoted(text, strlen(text)));
    return sow_variance_scaling(scale, SOW_FAN_IN, SOW_LAW_NORMAL);
}

/* --widths, or the one width. */
static size_t read_widths(const struct arguments *a, int64_t widths[64])
{
    const char *text = a->option[PROPAGATE_WIDTHS];
    size_t count = 0;
    if (!text) {
        widths[0] = (int64_t)count_option(a, PROPAGATE_WIDTH, 512, 65536);
        return 1;
    }
    if (a->option[PROPAGATE_WIDTH])
        fail(EXIT_INPUT, NOWHERE, "--width beside --widths");
    for (;; text++) {
        const size_t n = strcspn(text, ",");
        if (count == 64)
            fail(EXIT_INPUT, NOWHERE, "--widths has more than 64 numbers");
        widths[count] = (int64_t)read_count("widths", text, n, 65536);
        if (count && widths[count] <= widths[count - 1])
            fail(EXIT_INPUT, NOWHERE, "--widths must grow, but %lld follows %lld", (long long)widths[count], (long long)widths[count - 1]);
        count++;
        text += n;
        if (*text == '\0')
            break;
    }
    if (count < 2)
        fail(EXIT_INPUT, NOWHERE, "--widths needs two numbers or more");
    return count;
}

static struct trial *add_trial(struct trials *t, const char *scheme, struct stack stack)
{
    struct trial *const k = &t->trial[t->count++];
    *k = (struct trial){.scheme = scheme, .stack = stack, .width = stack_widest(&stack)};
    return k;
}

static void plan_square(struct trials *t, const struct arguments *a, struct arena *arena)
{
    int64_t widths[64];
    const size_t depth = count_option(a, PROPAGATE_DEPTH, 100, 100000);
    t->widths = read_widths(a, widths);
    if (a->givens == 0)
        fail(EXIT_INPUT, NOWHERE, "propagate: --scheme SCHEME is missing (sow propagate --help)");
    t->schemes = a->givens;
    t->trial = calloc(t->widths * t->schemes, sizeof *t->trial);
    for (size_t w = 0; t->trial && w < t->widths; w++)
        for (size_t s = 0; s < t->schemes; s++) {
            const char *const text = a->given[s].value;
            struct trial *const k = add_trial(t, text, stack_square(arena, depth, widths[w], t->settings.seed));
            stack_set_scheme(&k->stack, read_scheme(arena, text));
            stack_check(&k->stack, scheme_text_place(arena, "--scheme", text));
        }
}

static void plan_model(struct trials *t, const struct arguments *a, struct arena *arena, struct model *m)
{
    static const int square[] = {PROPAGATE_DEPTH, PROPAGATE_WIDTH, PROPAGATE_WIDTHS};
    for (size_t i = 0; i < sizeof square / sizeof square[0]; i++)
        if (a->option[square[i]])
            fail(EXIT_INPUT, NOWHERE, "--%s beside MODEL.json, which says how deep and wide it is", propagate_options[square[i]].name);
    t->model = m->file;
    t->widths = 1;
    t->schemes = a->givens ? a->givens : 1;
    t->trial = calloc(t->schemes, sizeof *t->trial);
    for (size_t s = 0; t->trial && s < t->schemes; s++) {
        const char *const text = a->givens ? a->given[s].value : "the model's own schemes";
        struct trial *const k = add_trial(t, text, stack_of_model(arena, m));
        if (a->givens)
            stack_set_scheme(&k->stack, read_scheme(arena, text));
        stack_check(&k->stack, a->givens ? scheme_text_place(arena, "--scheme", text) : m->file);
    }
}

static void read_model(struct model *m, const char *file, uint64_t seed)
{
    struct input in = description_open(file, &m->variant);
    size_t length;
    if (source_is_checkpoint(&in))
        fail(EXIT_INPUT, (struct place){in.name, 0, 0}, "is a checkpoint; propagate draws fresh weights and reads a description");
    m->file = in.name;
    m->seed = seed;
    char *const text = input_read(&in, &length);
    description_read(m, text, length);
    free(text);
    input_close(&in);
    plan(m);
}

static struct settings read_settings(const struct arguments *a)
{
    const double side = 1.7320508075688772; /* √3: variance 1 */
    return (struct settings){.activation = (enum activation)word_option(a, PROPAGATE_ACTIVATION, ACTIVATION_RELU),
                             .arithmetic = (enum arithmetic)word_option(a, PROPAGATE_DTYPE, ARITHMETIC_F32),
                             .residual = (enum residual)word_option(a, PROPAGATE_RESIDUAL, RESIDUAL_NONE),
                             .norm = (enum norm)word_option(a, PROPAGATE_NORM, NORM_NONE),
                             .input = word_option(a, PROPAGATE_INPUT, 0) ? sow_dist_uniform(-side, side) : sow_dist_normal(0, 1),
                             .batch = (int64_t)count_option(a, PROPAGATE_BATCH, 256, 65536),
                             .seed = a->option[PROPAGATE_SEED] ? seed_read(a->option[PROPAGATE_SEED]) : 0};
}

static uint64_t bytes_before; /* weights of the trials that are done */

static void show(uint64_t bytes, const char *name)
{
    progress_at(bytes_before + bytes, name, strlen(name));
}

static void run_trials(struct trials *t)
{
    uint64_t all = 0;
    for (size_t i = 0; i < t->count; i++)
        all += simulate_bytes(&t->trial[i].stack);
    t->settings.progress = show;
    progress_start(all);
    for (size_t i = 0; i < t->count; i++) {
        propagation_run(&t->trial[i], &t->settings);
        bytes_before += simulate_bytes(&t->trial[i].stack);
    }
    progress_end();
    growth_find(t);
}

static int run(const struct arguments *a)
{
    struct arena arena = {0};
    struct model m = {0};
    struct plotter plotter = {0};
    struct trials t = {.settings = read_settings(a), .input = a->option[PROPAGATE_INPUT] ? a->option[PROPAGATE_INPUT] : "normal"};
    if (a->option[PROPAGATE_JSON] && a->option[PROPAGATE_CSV])
        fail(EXIT_INPUT, NOWHERE, "--csv beside --json");
    if (a->operands)
        read_model(&m, a->operand[0], t.settings.seed);
    (void)(a->operands ? plan_model(&t, a, &arena, &m) : plan_square(&t, a, &arena));
    if (!t.trial)
        fail_memory(t.widths * t.schemes * sizeof *t.trial);
    if (a->option[PROPAGATE_PLOT])
        plotter = plot_open(a->option[PROPAGATE_PLOT], a->option[PROPAGATE_FORCE] != NULL, NULL, 0);
    struct host host = host_open_crew(a->option[PROPAGATE_THREADS], a->option[PROPAGATE_ISA]);
    t.settings.host = &host;
    run_trials(&t);
    if (a->option[PROPAGATE_PLOT])
        trials_plot(&plotter, &t);
    (a->option[PROPAGATE_JSON] ? trials_json : a->option[PROPAGATE_CSV] ? trials_csv : trials_table)(&t);
    host_close(&host);
    for (size_t i = 0; i < t.count; i++)
        free(t.trial[i].stats), free(t.trial[i].theory);
    free(t.trial), free(t.activity), free(t.gradient);
    arena_free(&arena);
    model_free(&m);
    return 0;
}

const struct command cmd_propagate = {"propagate",
                                      "[MODEL.json] | RECIPE[:VARIANT]",
                                      0,
                                      1,
                                      "Measure how signals and gradients pass through deep stacks, beside theory",
                                      propagate_details,
                                      propagate_options,
                                      run};
