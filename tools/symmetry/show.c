/* SPDX-License-Identifier: MIT */
#include "symmetry/show.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/sink.h"

/* The steps that are shown: every so many, and the last. */
static bool is_shown(const struct show *s, size_t step)
{
    return step % s->every == 0 || step == s->trial[CONSTANT].steps || step == s->trial[RANDOM].steps;
}

static struct units over_layers(const struct trial *t, size_t step)
{
    struct units all = {.least = INFINITY};
    for (size_t l = 0; l < t->hidden; l++) {
        const struct units *const u = &t->moment[step].hidden[l];
        all.least = fmin(all.least, u->least);
        all.most = fmax(all.most, u->most);
    }
    return all;
}

static const char *number_text(double value, char text[32])
{
    (void)snprintf(text, 32, fabs(value) < 1e4 ? "%.4f" : "%.2e", value);
    return text;
}

static void print_trial(const struct trial *t, size_t step, bool is_last)
{
    if (step > t->steps) {
        printf("%*s", is_last ? 0 : 47, "");
        return;
    }
    const struct moment *const m = &t->moment[step];
    const struct units all = over_layers(t, step);
    char distance[40], units[40], loss[32];
    int used = 0;
    if (all.most == 0)
        (void)strcpy(distance, "0");
    else
        (void)snprintf(distance, sizeof distance, "%.3g - %.3g", all.least, all.most);
    for (size_t l = 0; l < t->hidden; l++)
        used += snprintf(units + used, sizeof units - (size_t)used, "%s%zu", l ? "," : "", m->hidden[l].distinct);
    printf("   %8s %5.1f %%  %16s  %-*s", number_text(m->loss, loss), 100 * m->right, distance, is_last ? 0 : 9, units);
}

/* Lines of at most 100 bytes. */
static void print_wrapped(const char *text)
{
    size_t column = 0;
    for (const char *p = text; *p;) {
        const size_t n = strcspn(p, " ");
        if (column && column + 1 + n > 100)
            column = 0, printf("\n");
        column += (size_t)printf("%s%.*s", column ? " " : "", (int)n, p);
        p += n + (p[n] == ' ');
    }
    printf("\n");
}

static void print_words(const struct trial *t, size_t width, bool nudged)
{
    const double most = trial_most(t);
    char words[1024], first[32], last[32];
    size_t used = (size_t)snprintf(words, sizeof words, "%.200s%s: ", t->name, nudged ? ", one weight moved to the next number" : "");
    char *const at = words + used;
    const size_t room = sizeof words - used;
    (void)number_text(t->moment[0].loss, first);
    (void)number_text(t->moment[t->steps].loss, last);
    if (t->diverged)
        (void)snprintf(at, room, "the loss left the finite numbers at step %zu; a smaller --rate may keep it.", t->steps);
    else if (t->is_stuck)
        (void)snprintf(
            at, room,
            "over all %zu steps the gradient of every weight is exactly 0, so none has moved. Hidden units that say 0 and pass no "
            "error back learn nothing; the last bias alone has learned the mean of the targets. Loss %s -> %s.",
            t->steps, first, last);
    else if (t->is_one && most == 0)
        (void)snprintf(
            at, room,
            "over all %zu steps the distance between any two hidden units of a layer is exactly 0. Equal units see the same numbers, "
            "get the same gradient and stay equal, so a layer of %zu acts as one neuron: a network with one unit per layer gives "
            "the same answers to within %.1g. Loss %s -> %s.",
            t->steps, width, t->one_differs, first, last);
    else
        (void)snprintf(
            at, room,
            "the units of a layer differ: over all %zu steps pairs were between %.2g and %.2g apart. Loss %s -> %s, %.1f %% right.",
            t->steps, trial_least(t), most, first, last, 100 * t->moment[t->steps].right);
    print_wrapped(words);
}

void show_table(const struct show *s)
{
    const size_t last = s->trial[CONSTANT].steps > s->trial[RANDOM].steps ? s->trial[CONSTANT].steps : s->trial[RANDOM].steps;
    printf("network %d", NET_INPUTS);
    for (size_t l = 0; l < s->layers; l++)
        printf("-%zu", s->width[l]);
    printf(" %s, %zu points of \"%s\", mean squared error, full-batch gradient descent, rate %g, seed %llu\n\n", s->activation, s->points,
           s->task, s->rate, (unsigned long long)s->seed);
    printf("%7s   %-44s   %s\n%7s", "", s->trial[CONSTANT].name, s->trial[RANDOM].name, "step");
    for (int i = 0; i < TRIALS; i++)
        printf("   %8s %7s  %16s  %-*s", "loss", "right", "distance", i == RANDOM ? 0 : 9, "distinct");
    printf("\n");
    for (size_t step = 0; step <= last; step++)
        if (is_shown(s, step)) {
            printf("%7zu", step);
            for (int i = 0; i < TRIALS; i++)
                print_trial(&s->trial[i], step, i == RANDOM);
            printf("\n");
        }
    printf(
        "\ndistance: between the incoming weights of two hidden units of one layer, smallest - largest; distinct: units that differ\n\n");
    print_words(&s->trial[CONSTANT], s->width[0], s->nudged);
    print_words(&s->trial[RANDOM], s->width[0], false);
}

static void json_trial(struct sink *out, const struct show *s, const struct trial *t)
{
    sink_text(out, "{\"init\": ");
    sink_string(out, t->name, strlen(t->name));
    sink_format(out, ", \"diverged\": %s, \"least_distance\": ", t->diverged ? "true" : "false");
    sink_number(out, trial_least(t));
    sink_text(out, ", \"most_distance\": ");
    sink_number(out, trial_most(t));
    sink_format(out, ", \"acts_as_one\": %s, \"one_differs\": ", t->is_one ? "true" : "false");
    sink_number(out, t->one_differs);
    sink_format(out, ", \"is_stuck\": %s, \"moments\": [", t->is_stuck ? "true" : "false");
    const char *comma = "";
    for (size_t step = 0; step <= t->steps; step++) {
        const struct moment *const m = &t->moment[step];
        if (!is_shown(s, step))
            continue;
        sink_format(out, "%s\n  {\"step\": %zu, \"loss\": ", comma, step);
        sink_number(out, m->loss);
        sink_text(out, ", \"right\": ");
        sink_number(out, m->right);
        sink_text(out, ", \"slope\": ");
        sink_number(out, m->slope);
        sink_text(out, ", \"hidden\": [");
        for (size_t l = 0; l < t->hidden; l++) {
            sink_format(out, "%s{\"distinct\": %zu, \"least\": ", l ? ", " : "", m->hidden[l].distinct);
            sink_number(out, m->hidden[l].least);
            sink_text(out, ", \"most\": ");
            sink_number(out, m->hidden[l].most);
            sink_text(out, "}");
        }
        sink_text(out, "]}");
        comma = ",";
    }
    sink_text(out, "]}");
}

static void put_out(struct sink *s)
{
    (void)fwrite(s->data, 1, s->used, stdout);
    sink_free(s);
}

void show_json(const struct show *s)
{
    struct sink out = {0};
    sink_format(&out, "{\"task\": \"%s\", \"points\": %zu, \"activation\": \"%s\", \"widths\": [%d", s->task, s->points, s->activation,
                NET_INPUTS);
    for (size_t l = 0; l < s->layers; l++)
        sink_format(&out, ", %zu", s->width[l]);
    sink_format(&out, "], \"seed\": %llu, \"rate\": ", (unsigned long long)s->seed);
    sink_number(&out, s->rate);
    sink_format(&out, ", \"steps\": %zu, \"nudged\": %s, \"trials\": [\n ", s->steps, s->nudged ? "true" : "false");
    json_trial(&out, s, &s->trial[CONSTANT]);
    sink_text(&out, ",\n ");
    json_trial(&out, s, &s->trial[RANDOM]);
    sink_text(&out, "\n]}\n");
    put_out(&out);
}

static void csv_number(struct sink *out, double value)
{
    sink_text(out, ",");
    if (isfinite(value))
        sink_number(out, value);
}

/* One row for each trial, step and hidden layer. */
void show_csv(const struct show *s)
{
    struct sink out = {0};
    sink_text(&out, "trial,step,loss,right,slope,layer,distinct,least,most\n");
    for (int i = 0; i < TRIALS; i++)
        for (size_t step = 0; step <= s->trial[i].steps; step++)
            for (size_t l = 0; l < s->trial[i].hidden && is_shown(s, step); l++) {
                const struct moment *const m = &s->trial[i].moment[step];
                sink_format(&out, "%s,%zu", i == CONSTANT ? "constant" : "random", step);
                csv_number(&out, m->loss);
                csv_number(&out, m->right);
                csv_number(&out, m->slope);
                sink_format(&out, ",%zu,%zu", l + 1, m->hidden[l].distinct);
                csv_number(&out, m->hidden[l].least);
                csv_number(&out, m->hidden[l].most);
                sink_text(&out, "\n");
            }
    put_out(&out);
}

/* At most some 100 points of a curve, the last step among them. */
void show_plot(const struct show *s, struct plotter *plotter)
{
    enum { MOST = 102, CURVES = 6 };
    static double x[TRIALS][MOST], y[CURVES][MOST];
    size_t count[TRIALS] = {0};
    for (int i = 0; i < TRIALS; i++) {
        const struct trial *const t = &s->trial[i];
        const size_t stride = (t->steps + MOST - 3) / (MOST - 2);
        for (size_t step = 0; step <= t->steps; step = step < t->steps && step + stride > t->steps ? t->steps : step + stride) {
            const struct units all = over_layers(t, step);
            const size_t k = count[i]++;
            x[i][k] = (double)step;
            y[i][k] = t->moment[step].loss;
            y[2 + 2 * i][k] = all.least;
            y[3 + 2 * i][k] = all.most;
        }
    }
    const char *const c = s->trial[CONSTANT].name, *const r = s->trial[RANDOM].name;
    const struct plot_series loss[] = {
        {c, x[CONSTANT], y[0], count[CONSTANT], PLOT_MEASURED, 1},
        {r, x[RANDOM], y[1], count[RANDOM], PLOT_MEASURED, 0},
    };
    char least[160], most[160];
    (void)snprintf(least, sizeof least, "%.120s, nearest pair", r);
    (void)snprintf(most, sizeof most, "%.120s, farthest pair", r);
    const struct plot_series distance[] = {
        {c, x[CONSTANT], y[3], count[CONSTANT], PLOT_MEASURED, 1},
        {least, x[RANDOM], y[4], count[RANDOM], PLOT_MEASURED, 5},
        {most, x[RANDOM], y[5], count[RANDOM], PLOT_MEASURED, 0},
    };
    const struct plot_panel panels[] = {
        {.title = "Loss", .x = {.label = "step"}, .y = {.label = "mean squared error"}, .series = loss, .series_count = 2},
        {.title = "Distance between hidden units of a layer",
         .x = {.label = "step"},
         .y = {.label = "Euclidean distance of incoming weights"},
         .series = distance,
         .series_count = 3},
    };
    char note[160];
    (void)snprintf(note, sizeof note, "%zu points of \"%s\", %s, rate %g, seed %llu", s->points, s->task, s->activation, s->rate,
                   (unsigned long long)s->seed);
    plot_draw(plotter, &(struct plot){.title = "Equal units stay equal", .note = note, .panel = panels, .panels = 2});
}
