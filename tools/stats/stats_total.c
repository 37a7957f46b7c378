/* SPDX-License-Identifier: MIT */
#include "stats/stats_total.h"

#include <math.h>

struct total total_of(const struct gather *g)
{
    struct total t = {.mean = NAN, .variance = NAN, .min = NAN, .max = NAN};
    double n = 0;
    for (size_t i = 0; i < g->rows; i++) {
        const sow_stats *const s = &g->row[i].stats;
        const double more = (double)(s->count - s->nans - s->infs);
        t.bytes += tensor_bytes(&g->checkpoint->model.tensor[g->row[i].tensor]);
        t.count += s->count;
        t.zeros += s->zeros;
        t.nans += s->nans;
        t.infs += s->infs;
        if (more == 0)
            continue;
        if (n == 0)
            t.mean = s->mean, t.variance = 0;
        const double all = n + more, away = s->mean - t.mean;
        t.variance = (t.variance * n + s->variance * more + away * away * n * (more / all)) / all;
        t.mean += away * (more / all);
        t.min = fmin(t.min, s->min);
        t.max = fmax(t.max, s->max);
        n = all;
    }
    return t;
}
