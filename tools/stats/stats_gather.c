/* SPDX-License-Identifier: MIT */
#include "stats/stats_gather.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/progress.h"
#include "stats/stats_convert.h"

/* Elements of a piece: long enough to forget the turn-taking, short enough that the last one is not waited for. */
enum { PIECE = 1 << 20 };
_Static_assert(PIECE % SOW_STATS_BLOCK == 0, "pieces are whole blocks");

/* A tensor of several pieces, some of which are done. */
struct open {
    size_t row;
    uint64_t done; /* elements */
    sow_tally *tally;
};

struct crew {
    const struct gather *job;
    size_t row;     /* the next piece is of this one … */
    uint64_t first; /* … from this element on */
    uint64_t bytes; /* done */
    struct open *open;
    sow_tally **spare;
    size_t opens, spares;
    unsigned working;
    sow_status error;
    pthread_mutex_t lock; /* guards all above */
    pthread_cond_t news;
};

struct worker {
    struct crew *crew;
    sow_tally *tally;
    size_t row;
    uint64_t added; /* elements of that row, in the tally */
    uint64_t histogram[SOW_STATS_BUCKETS];
    double bin[];
};

static const struct tensor *tensor_of(const struct crew *c, size_t row)
{
    return &c->job->checkpoint->model.tensor[c->job->row[row].tensor];
}

/* The next piece: its row, first element and length. False if there is none. */
static bool take(struct crew *c, size_t *row, uint64_t *first, size_t *n)
{
    (void)pthread_mutex_lock(&c->lock);
    while (c->row < c->job->rows && c->job->row[c->row].dtype == SOW_DTYPE_COUNT)
        c->row++;
    const bool is_some = c->row < c->job->rows && c->error == SOW_OK;
    if (is_some) {
        const uint64_t left = tensor_elements(tensor_of(c, c->row)) - c->first;
        *row = c->row;
        *first = c->first;
        *n = (size_t)(left < PIECE ? left : PIECE);
        c->first += *n;
        if (*n == left)
            c->row++, c->first = 0;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return is_some;
}

static void note(struct crew *c, sow_status status)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->error == SOW_OK)
        c->error = status;
    (void)pthread_mutex_unlock(&c->lock);
}

/* What lies below `low`: buckets in the order of their numbers, up to the first that does not. */
static uint64_t count_below(const struct worker *w, sow_dtype dtype, double low)
{
    enum { SIGN = 0x8000 };
    uint64_t below = 0;
    for (uint32_t i = 0; i < SOW_STATS_BUCKETS; i++) {
        const uint32_t bucket = i < SIGN ? SOW_STATS_BUCKETS - 1 - i : i - SIGN;
        double least, most;
        if (w->histogram[bucket] == 0 || sow_stats_bucket(dtype, bucket, &least, &most) != SOW_OK || isnan(most))
            continue;
        if (most >= low)
            break;
        below += w->histogram[bucket];
    }
    return below;
}

/* Whole counts that add up to what is inside. */
static void set_bins(const struct worker *w, struct row *r, size_t bins)
{
    double sum = 0;
    uint64_t given = 0;
    for (size_t i = 0; i < bins; i++) {
        sum += w->bin[i];
        const uint64_t upto = (uint64_t)llround(sum);
        r->bin[i] = upto - given;
        given = upto;
    }
    r->below = r->low > r->stats.min ? count_below(w, r->dtype, r->low) : 0;
    r->above = r->stats.count - r->stats.nans - r->stats.infs - given - r->below;
}

/* All elements of a row are in the tally. */
static void finish(struct worker *w, size_t row, sow_tally *tally)
{
    struct row *const r = &w->crew->job->row[row];
    const size_t bins = w->crew->job->bins;
    (void)sow_tally_finish(tally, &r->stats, w->histogram); /* nothing is missing */
    const double reach = GATHER_DEVIATIONS * sqrt(r->stats.variance);
    r->low = fmax(r->stats.min, r->stats.mean - reach);
    r->high = fmin(r->stats.max, r->stats.mean + reach);
    if (sow_stats_bins(r->dtype, w->histogram, r->low, r->high, bins, w->bin) == SOW_OK)
        set_bins(w, r, bins);
    else
        r->low = r->high = r->stats.mean;
}

/* An empty tally in the place of one that was given away. Locked. */
static void refill(struct worker *w)
{
    struct crew *const c = w->crew;
    w->tally = c->spares ? c->spare[--c->spares] : NULL;
    if (!w->tally && c->error == SOW_OK)
        c->error = sow_tally_create(c->job->host->context, SOW_F32, &w->tally);
}

/* What the worker has of a row goes to what others have of it. The last to come finishes it. */
static void share(struct worker *w)
{
    struct crew *const c = w->crew;
    sow_tally *complete = NULL;
    (void)pthread_mutex_lock(&c->lock);
    struct open *o = c->open;
    while (o < c->open + c->opens && o->row != w->row)
        o++;
    if (o == c->open + c->opens) {
        *o = (struct open){w->row, w->added, w->tally};
        c->opens++;
        refill(w);
    } else {
        const sow_status status = sow_tally_merge(o->tally, w->tally);
        c->error = c->error == SOW_OK ? status : c->error;
        o->done += w->added;
        if (o->done == tensor_elements(tensor_of(c, w->row))) {
            complete = o->tally;
            *o = c->open[--c->opens];
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (!complete)
        return;
    finish(w, w->row, complete);
    (void)pthread_mutex_lock(&c->lock);
    c->spare[c->spares++] = complete;
    (void)pthread_mutex_unlock(&c->lock);
}

static void leave_row(struct worker *w)
{
    if (w->row == SIZE_MAX)
        return;
    if (w->added == tensor_elements(tensor_of(w->crew, w->row)))
        finish(w, w->row, w->tally);
    else
        share(w);
    w->row = SIZE_MAX;
}

/* Elements of a format that the library does not know, through a buffer. */
static sow_status add_converted(struct worker *w, uint8_t format, const uint8_t *data, uint64_t first, size_t n)
{
    _Alignas(64) unsigned char buffer[SOW_STATS_BLOCK * 8];
    sow_status status = SOW_OK;
    for (size_t at = 0; at < n && status == SOW_OK; at += SOW_STATS_BLOCK) {
        const size_t part = n - at < SOW_STATS_BLOCK ? n - at : SOW_STATS_BLOCK;
        convert(format, data + at * format_align(&formats[format]), part, buffer);
        status = sow_tally_add(w->tally, first + at, buffer, part);
    }
    return status;
}

static sow_status add(struct worker *w, uint64_t first, size_t n)
{
    const struct checkpoint *const from = w->crew->job->checkpoint;
    const struct row *const r = &w->crew->job->row[w->row];
    const uint8_t format = from->model.tensor[r->tensor].format;
    const uint64_t size = format_align(&formats[format]);
    const uint8_t *const data = from->data[r->tensor] + first * size;
    const sow_status status =
        formats[format].kind == FORMAT_FLOAT ? sow_tally_add(w->tally, first, data, n) : add_converted(w, format, data, first, n);
    checkpoint_done(from, r->tensor, first * size, (first + n) * size);
    w->added += n;
    return status;
}

static void *work(void *arg)
{
    struct worker *const w = arg;
    struct crew *const c = w->crew;
    size_t row, n;
    uint64_t first;
    sow_status status = SOW_OK;
    while (status == SOW_OK && take(c, &row, &first, &n)) {
        if (row != w->row) {
            leave_row(w);
            if (!w->tally)
                break;
            sow_tally_reset(w->tally, c->job->row[row].dtype);
            w->row = row;
            w->added = 0;
        }
        status = add(w, first, n);
        (void)pthread_mutex_lock(&c->lock);
        c->bytes += n * format_align(&formats[tensor_of(c, row)->format]);
        (void)pthread_mutex_unlock(&c->lock);
    }
    leave_row(w);
    if (status != SOW_OK)
        note(c, status);
    sow_tally_destroy(w->tally);
    free(w);
    (void)pthread_mutex_lock(&c->lock);
    c->working--;
    (void)pthread_cond_signal(&c->news);
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Signals stay with the main thread. */
static unsigned start(struct crew *c, pthread_t *thread, unsigned wanted)
{
    sigset_t all, old;
    unsigned started = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    for (; started < wanted; started++) {
        struct worker *const w = malloc(sizeof *w + c->job->bins * sizeof *w->bin);
        if (!w)
            break;
        w->crew = c;
        w->row = SIZE_MAX;
        w->tally = NULL;
        if (sow_tally_create(c->job->host->context, SOW_F32, &w->tally) != SOW_OK || pthread_create(&thread[started], NULL, work, w) != 0) {
            sow_tally_destroy(w->tally);
            free(w);
            break;
        }
        (void)pthread_mutex_lock(&c->lock);
        c->working++;
        (void)pthread_mutex_unlock(&c->lock);
    }
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

/* Shows where the crew is until it is done. */
static void watch(struct crew *c)
{
    (void)pthread_mutex_lock(&c->lock);
    while (c->working) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&c->news, &c->lock, &until);
        const struct tensor *const t = tensor_of(c, c->row < c->job->rows ? c->row : c->job->rows - 1);
        progress_at(c->bytes, t->name, t->name_length);
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void gather(const struct gather *job)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < job->rows; i++) {
        const struct tensor *const t = &job->checkpoint->model.tensor[job->row[i].tensor];
        job->row[i].dtype = convert_dtype(t->format);
        bytes += tensor_bytes(t);
    }
    const unsigned threads = bytes < PIECE ? 1 : job->host->threads;
    struct crew c = {.job = job};
    pthread_t *const thread = calloc(threads, sizeof *thread);
    c.open = calloc(threads + 1u, sizeof *c.open);
    c.spare = calloc(2 * threads + 2u, sizeof(sow_tally *));
    if (!thread || !c.open || !c.spare)
        fail_memory(threads * sizeof *thread);
    (void)pthread_mutex_init(&c.lock, NULL);
    (void)pthread_cond_init(&c.news, NULL);
    progress_start(bytes);
    const unsigned started = start(&c, thread, threads);
    if (started == 0)
        fail(EXIT_MACHINE, NOWHERE, "no thread could be started");
    watch(&c);
    progress_end();
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(thread[i], NULL);
    if (c.error != SOW_OK)
        fail(EXIT_MACHINE, NOWHERE, "%s", sow_status_string(c.error));
    while (c.spares)
        sow_tally_destroy(c.spare[--c.spares]);
    free(thread);
    free(c.open);
    free(c.spare);
    (void)pthread_mutex_destroy(&c.lock);
    (void)pthread_cond_destroy(&c.news);
}
