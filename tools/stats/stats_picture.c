/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/say.h"
#include "stats/stats_show.h"

/* A panel's texts, which the plot only points to. */
struct words {
    char title[512], label[96];
};

static void fill_panel(const struct stats_show *show, const struct row *r, struct plot_panel *panel, struct words *words)
{
    const struct tensor *const t = &show->gathered->checkpoint->model.tensor[r->tensor];
    (void)snprintf(words->title, sizeof words->title, "%.*s", (int)(t->name_length < 500 ? t->name_length : 500), t->name);
    (void)snprintf(words->label, sizeof words->label, "mean %.3g, std %.3g, %s", r->stats.mean, sqrt(r->stats.variance),
                   formats[t->format].lower);
    *panel = (struct plot_panel){.title = words->title, .x = {.label = words->label}};
    panel->bars = (struct plot_bars){r->bin, show->gathered->bins, r->low, r->high};
}

void stats_picture(const struct stats_show *show, struct plotter *plotter)
{
    const struct gather *const g = show->gathered;
    struct plot_panel panel[PICTURE_MAX];
    struct words *const words = calloc(PICTURE_MAX, sizeof *words);
    char title[300], note[200];
    size_t panels = 0, drawable = 0;
    if (!words)
        fail_memory(PICTURE_MAX * sizeof *words);
    for (size_t i = 0; i < g->rows; i++) {
        const struct row *const r = &g->row[i];
        if (!(r->low < r->high))
            continue;
        if (drawable++ < PICTURE_MAX)
            fill_panel(show, r, &panel[panels], &words[panels]), panels++;
    }
    if (panels == 0)
        fail(EXIT_INPUT, (struct place){show->file, 0, 0}, "no tensor here has a histogram to draw");
    const char *const slash = strrchr(show->file, '/');
    (void)snprintf(title, sizeof title, "%.200s", slash && slash[1] ? slash + 1 : show->file);
    size_t used = (size_t)snprintf(note, sizeof note, "elements per bin, over mean ± %d standard deviations or from least to largest",
                                   GATHER_DEVIATIONS);
    if (drawable > panels)
        (void)snprintf(note + used, sizeof note - used, "; the first %zu of %zu tensors", panels, drawable);
    plot_draw(plotter, &(struct plot){.title = title, .note = note, .panel = panel, .panels = panels});
    free(words);
}
