/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/say.h"
#include "base/utf8.h"
#include "stats/stats_show.h"
#include "stats/stats_total.h"

enum { SPARKS = 16, NAME_MAX_SHOWN = 60, SHAPE_MAX_SHOWN = 40 };

/* The bins as SPARKS characters, as high as they are full; a bin that holds anything is not blank. */
static const char *sparkline(const struct row *r, size_t bins)
{
    static const char *const block[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static char text[3 * SPARKS + 1];
    uint64_t column[SPARKS] = {0}, most = 0;
    text[0] = '\0';
    if (!(r->low < r->high)) { /* equal elements: one spike */
        for (size_t i = 0; r->stats.at_min && i <= SPARKS / 2; i++)
            (void)strcat(text, i < SPARKS / 2 ? " " : "█");
        return text;
    }
    for (size_t i = 0; i < bins; i++)
        column[i * SPARKS / bins] += r->bin[i];
    for (size_t i = 0; i < SPARKS; i++)
        most = column[i] > most ? column[i] : most;
    for (size_t i = 0; i < SPARKS; i++)
        (void)strcat(text, block[(size_t)ceil(8 * (double)column[i] / (double)most)]);
    return text;
}

static const char *number(double x)
{
    static char ring[8][24];
    static unsigned turn;
    char *const text = ring[turn++ % 8];
    if (isfinite(x))
        (void)snprintf(text, sizeof ring[0], "%.4g", x);
    else
        (void)snprintf(text, sizeof ring[0], isnan(x) ? "-" : x > 0 ? "inf" : "-inf");
    return text;
}

static const char *tally(uint64_t n)
{
    static char ring[4][24];
    static unsigned turn;
    char *const text = ring[turn++ % 4];
    if (n)
        (void)snprintf(text, sizeof ring[0], "%" PRIu64, n);
    else
        (void)snprintf(text, sizeof ring[0], "-");
    return text;
}

static void print_row(const struct stats_show *show, const struct row *r, int name_width, int shape_width)
{
    const struct tensor *const t = &show->gathered->checkpoint->model.tensor[r->tensor];
    const char *const name = unquoted(t->name, t->name_length);
    const int gap = name_width - utf8_columns(name);
    const sow_stats *const s = &r->stats;
    printf("%s%*s  %-*s  %-4s", name, gap > 0 ? gap : 0, "", shape_width, shape_text(t), formats[t->format].lower);
    if (r->dtype == SOW_DTYPE_COUNT) {
        printf("  no statistics of this type\n");
        return;
    }
    printf("  %10s  %9s  %10s  %10s  %8s  %8s  %9s  %6s  %s\n", number(s->mean), number(sqrt(s->variance)), number(s->min), number(s->max),
           number(s->skewness), number(s->kurtosis), tally(s->zeros), tally(s->nans + s->infs), sparkline(r, show->gathered->bins));
}

static void print_total(const struct stats_show *show, const struct total *t, int name_width, int shape_width)
{
    char name[40];
    (void)snprintf(name, sizeof name, "all %zu", show->gathered->rows);
    printf("%-*s  %-*s  %-4s  %10s  %9s  %10s  %10s  %8s  %8s  %9s  %6s\n", name_width, name, shape_width, "", "", number(t->mean),
           number(sqrt(t->variance)), number(t->min), number(t->max), "", "", tally(t->zeros), tally(t->nans + t->infs));
}

void stats_table(const struct stats_show *show)
{
    const struct gather *const g = show->gathered;
    const struct total total = total_of(g);
    int name_width = 7, shape_width = 5;
    for (size_t i = 0; i < g->rows; i++) {
        const struct tensor *const t = &g->checkpoint->model.tensor[g->row[i].tensor];
        const int name = utf8_columns(unquoted(t->name, t->name_length)), shape = (int)strlen(shape_text(t));
        name_width = name > name_width && name <= NAME_MAX_SHOWN ? name : name_width;
        shape_width = shape > shape_width && shape <= SHAPE_MAX_SHOWN ? shape : shape_width;
    }
    printf("%-*s  %-*s  %-4s  %10s  %9s  %10s  %10s  %8s  %8s  %9s  %6s  %s\n", name_width, "tensor", shape_width, "shape", "type", "mean",
           "std", "min", "max", "skewness", "kurtosis", "zeros", "nan/inf", "histogram");
    for (size_t i = 0; i < g->rows; i++)
        print_row(show, &g->row[i], name_width, shape_width);
    if (g->rows > 1)
        print_total(show, &total, name_width, shape_width);
    printf("%zu tensor%s, %" PRIu64 " elements, %s in %.3g s (%s/s), %u thread%s, %s: %s\n", g->rows, g->rows == 1 ? "" : "s", total.count,
           bytes_text((double)total.bytes), show->seconds, bytes_text((double)total.bytes / show->seconds), g->host->threads,
           g->host->threads == 1 ? "" : "s", g->host->isa, show->file);
}
