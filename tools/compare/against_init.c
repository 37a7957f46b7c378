/* SPDX-License-Identifier: MIT */
#include "compare/against_init.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/team.h"
#include "compare/unequal.h"
#include "model/pipeline.h"

/*
 * A task is so much of a tensor that its pages are mapped and given back in one go. A plain law costs the same in any pieces, so it is
 * drawn into the second-level cache and compared there; others pay by the call, as in pipeline.c.
 */
enum { PLAIN_BYTES = 256 << 10, TASK_BYTES = 4 << 20 };

/* A tensor whose bytes are compared. */
struct pair {
    const struct tensor *law; /* what is drawn: the wanted tensor, or the one that it is tied to */
    size_t finding;
    uint32_t index; /* in the checkpoint */
    uint32_t piece_bytes;
    uint64_t first_task; /* its pieces */
};

struct work {
    const struct checkpoint *checkpoint;
    const struct model *model;
    const sow_context *context;
    struct findings found;
    struct pair *pair;
    size_t pairs, pair_capacity;
    uint64_t tasks;
    char *buffer; /* TASK_BYTES for each thread */
    sow_status error;
    pthread_mutex_t lock;
};

static const struct pair *pair_of(const struct work *w, uint64_t task)
{
    return &w->pair[team_thing(&w->pair->first_task, sizeof *w->pair, w->pairs, task)];
}

/* Where the bytes are not all equal. */
static void note(struct work *w, const struct pair *p, uint64_t first, const uint8_t *found, const uint8_t *expected, size_t n)
{
    const struct format *const f = &formats[p->law->format];
    const uint64_t differing = count_unequal(found, expected, f->bits / 8, n);
    uint64_t at = 0;
    while (element_bits(found, f, at) == element_bits(expected, f, at))
        at++;
    struct finding *const finding = &w->found.finding[p->finding];
    (void)pthread_mutex_lock(&w->lock);
    if (finding->verdict == EQUAL || first + at < finding->first) {
        finding->first = first + at;
        finding->found = element_bits(found, f, at);
        finding->expected = element_bits(expected, f, at);
    }
    finding->verdict = DIFFERS;
    finding->differing += differing;
    (void)pthread_mutex_unlock(&w->lock);
}

static void compare_piece(void *user, unsigned thread, uint64_t task)
{
    struct work *const w = user;
    const struct pair *const p = pair_of(w, task);
    const size_t size = format_align(&formats[p->law->format]);
    const uint64_t begin = (task - p->first_task) * TASK_BYTES, all = tensor_bytes(p->law);
    const size_t bytes = all - begin < TASK_BYTES ? (size_t)(all - begin) : TASK_BYTES;
    uint8_t *const drawn = (uint8_t *)w->buffer + (size_t)thread * TASK_BYTES;
    const uint8_t *const found = w->checkpoint->data[p->index] + begin;
    const struct draw draw = draw_of(w->model, p->law, w->context);
    for (size_t at = 0, n; at < bytes; at += n) {
        n = bytes - at < p->piece_bytes ? bytes - at : p->piece_bytes;
        const sow_status status = draw_range(&draw, (begin + at) / size, drawn, n / size, NULL);
        if (status != SOW_OK) {
            (void)pthread_mutex_lock(&w->lock);
            w->error = status;
            (void)pthread_mutex_unlock(&w->lock);
        } else if (memcmp(drawn, found + at, n) != 0) {
            note(w, p, (begin + at) / size, found + at, drawn, n / size);
        }
    }
    checkpoint_done(w->checkpoint, p->index, begin, begin + bytes);
}

static void show_progress(void *user, uint64_t task)
{
    const struct work *const w = user;
    const struct pair *const p = pair_of(w, task);
    const struct tensor *const t = &w->checkpoint->model.tensor[p->index];
    progress_at((uint64_t)((double)w->found.bytes * (double)task / (double)w->tasks), t->name, t->name_length);
}

/* A tensor that both sides have. */
static void add_pair(void *user, size_t finding, const struct tensor *want, uint32_t index)
{
    struct work *const w = user;
    const uint64_t bytes = tensor_bytes(want);
    struct law law;
    if (bytes == 0)
        return;
    const bool whole = formats[want->format].kind != FORMAT_FLOAT;
    const bool cheap = whole || (tensor_law(w->model, want, &law, NULL, 0) == SOW_OK && law.plain);
    w->pair = array_grow(w->pair, &w->pair_capacity, w->pairs + 1, sizeof *w->pair);
    const struct pair p = {want, finding, index, cheap ? PLAIN_BYTES : TASK_BYTES, w->tasks};
    w->pair[w->pairs++] = p;
    w->tasks += (bytes + TASK_BYTES - 1) / TASK_BYTES;
}

struct findings against_init(const struct checkpoint *checkpoint, const struct model *model, const struct host *host, bool show)
{
    struct work w = {.checkpoint = checkpoint, .model = model, .context = host->context};
    match_names(&(struct matcher){checkpoint, model, &w.found, add_pair, &w});
    if (w.pairs == 0)
        return w.found;
    w.buffer = aligned_alloc(4096, (size_t)host->threads * TASK_BYTES);
    if (!w.buffer)
        fail_memory((size_t)host->threads * TASK_BYTES);
    (void)pthread_mutex_init(&w.lock, NULL);
    if (show)
        progress_start(w.found.bytes);
    team_run(&(struct team){
        .threads = host->threads, .tasks = w.tasks, .work = compare_piece, .progress = show ? show_progress : NULL, .user = &w});
    progress_end();
    (void)pthread_mutex_destroy(&w.lock);
    free(w.buffer);
    free(w.pair);
    if (w.error != SOW_OK)
        fail(EXIT_MACHINE, NOWHERE, "a fill failed: %s", sow_status_string(w.error));
    return w.found;
}
