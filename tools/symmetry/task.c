/* SPDX-License-Identifier: MIT */
#include "symmetry/task.h"

#include <sow/sow.h>
#include <stdlib.h>

#include "base/say.h"

#define X(id, word) #word,
const char *const task_words[TASK_COUNT] = {TASK_LIST(X)};
#undef X

/* How far inside: positive for one class, negative for the other, small near the border. */
static double inside(enum task task, double x, double y)
{
    return task == TASK_CIRCLE ? 0.63661977236758134 /* 2/π */ - (x * x + y * y) : x * y;
}

void task_draw(struct net_data *d, enum task task, sow_stream stream, size_t points)
{
    static const double margin[] = {[TASK_CIRCLE] = 0.05, [TASK_XOR] = 0.02};
    *d = (struct net_data){points, malloc(NET_INPUTS * points * sizeof *d->x), malloc(points * sizeof *d->t)};
    if (!d->x || !d->t)
        fail_memory((NET_INPUTS + 1) * points * sizeof *d->x);
    uint64_t next = 0;
    for (size_t i = 0; i < points; next += 2) {
        double p[2];
        if (sow_fill(NULL, stream, sow_dist_uniform(-1, 1), SOW_F64, next, p, 2) != SOW_OK)
            fail(EXIT_MACHINE, NOWHERE, "no points");
        const double depth = inside(task, p[0], p[1]);
        if (depth > -margin[task] && depth < margin[task])
            continue;
        d->x[i] = p[0];
        d->x[points + i] = p[1];
        d->t[i++] = depth > 0 ? 1 : -1;
    }
}

void task_free(struct net_data *d)
{
    free(d->x);
    free(d->t);
}
