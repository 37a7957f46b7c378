/* SPDX-License-Identifier: MIT */
#include "model/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/keep.h"

/* All buffers together, and the bounds of one. */
enum { BUDGET = 32 << 20, LARGEST = 4 << 20, SMALLEST = 16 << 10, HUGE_PAGE = 2 << 20 };

/* Moments of a tensor that this piece does not hold whole: at its start and at its end. */
struct edge {
    size_t tensor;
    struct moments moments;
};

struct buffer {
    char *data;
    uint64_t piece;
    size_t last; /* tensor that the piece ends in */
    struct edge edge[2];
    int edges;
};

struct line {
    const struct pipeline *job;
    uint64_t pieces, next; /* of the file; the next one to draw */
    size_t piece_bytes, buffers;
    struct buffer *buffer;
    struct buffer **free, **full; /* a stack, so that a warm buffer comes next; by piece modulo buffers */
    size_t free_count;
    sow_status error;
    bool unread; /* a kept tensor could not be read */
    int unread_errno;
    pthread_mutex_t lock;
    pthread_cond_t freed, filled;
};

static uint64_t bytes_of_piece(const struct line *l, uint64_t piece)
{
    const uint64_t start = piece * l->piece_bytes, rest = l->job->part->bytes - start;
    return rest < l->piece_bytes ? rest : l->piece_bytes;
}

static const struct tensor *tensor_at(const struct line *l, size_t i)
{
    return &l->job->model->tensor[l->job->model->order[i]];
}

/* The last tensor that starts at or before `offset`: empty ones before it start there, too. */
static size_t find_tensor(const struct line *l, uint64_t offset)
{
    size_t low = l->job->part->first, high = low + l->job->part->count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (tensor_at(l, middle)->begin <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void note_unread(struct line *l)
{
    const int error = errno;
    (void)pthread_mutex_lock(&l->lock);
    l->unread = true;
    l->unread_errno = error;
    (void)pthread_mutex_unlock(&l->lock);
}

/* The part of tensor i in [start, end) of the file into its place in the buffer. */
static sow_status draw_part(struct line *l, struct buffer *b, size_t i, uint64_t start, uint64_t end, char *data)
{
    const struct tensor *const t = tensor_at(l, i);
    const size_t size = format_align(&formats[t->format]);
    const uint64_t stop = t->begin + tensor_bytes(t), from = t->begin > start ? t->begin : start, to = stop < end ? stop : end;
    if (from >= to)
        return SOW_OK;
    if (t->kept && !keep_read(l->job->model, t, from - t->begin, data + (from - start), (size_t)(to - from))) {
        note_unread(l);
        return SOW_OK;
    }
    const struct draw draw = draw_of(l->job->model, t, l->job->context);
    struct moments *moments = NULL;
    if (l->job->moments && t->begin >= start && stop <= end) {
        moments = &l->job->moments[i];
    } else if (l->job->moments) {
        b->edge[b->edges] = (struct edge){.tensor = i};
        moments = &b->edge[b->edges++].moments;
    }
    return draw_range(&draw, (from - t->begin) / size, data + (from - start), (size_t)(to - from) / size, moments);
}

static sow_status draw_piece(struct line *l, struct buffer *b)
{
    const uint64_t start = b->piece * l->piece_bytes, end = start + bytes_of_piece(l, b->piece);
    const size_t last = l->job->part->first + l->job->part->count;
    b->edges = 0;
    for (size_t i = find_tensor(l, start); i < last && tensor_at(l, i)->begin < end; i++) {
        b->last = i;
        const sow_status status = draw_part(l, b, i, start, end, b->data);
        if (status != SOW_OK)
            return status;
    }
    return SOW_OK;
}

/* A buffer and the next piece are taken together: the piece that is written next always has a buffer. NULL: no more pieces. */
static struct buffer *take_piece(struct line *l)
{
    struct buffer *b = NULL;
    (void)pthread_mutex_lock(&l->lock);
    while (l->free_count == 0 && l->next < l->pieces)
        (void)pthread_cond_wait(&l->freed, &l->lock);
    if (l->next < l->pieces) {
        b = l->free[--l->free_count];
        b->piece = l->next++;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return b;
}

static void *worker(void *arg)
{
    struct line *const l = arg;
    struct buffer *b;
    while ((b = take_piece(l))) {
        const sow_status status = draw_piece(l, b);
        (void)pthread_mutex_lock(&l->lock);
        if (status != SOW_OK)
            l->error = status;
        l->full[b->piece % l->buffers] = b;
        (void)pthread_cond_signal(&l->filled);
        (void)pthread_mutex_unlock(&l->lock);
    }
    (void)pthread_mutex_lock(&l->lock);
    (void)pthread_cond_broadcast(&l->freed); /* the others see the end, too */
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void merge_edges(const struct line *l, const struct buffer *b)
{
    for (int i = 0; i < b->edges; i++) {
        struct moments *const m = &l->job->moments[b->edge[i].tensor];
        m->sum += b->edge[i].moments.sum;
        m->squares += b->edge[i].moments.squares;
    }
}

static void write_pieces(struct line *l)
{
    for (uint64_t piece = 0; piece < l->pieces; piece++) {
        struct buffer **const slot = &l->full[piece % l->buffers];
        (void)pthread_mutex_lock(&l->lock);
        while (!*slot)
            (void)pthread_cond_wait(&l->filled, &l->lock);
        struct buffer *const b = *slot;
        const sow_status error = l->error;
        const bool unread = l->unread;
        const int unread_errno = l->unread_errno;
        *slot = NULL;
        (void)pthread_mutex_unlock(&l->lock);
        if (unread)
            fail(EXIT_MACHINE, (struct place){l->job->model->like, 0, 0}, "cannot be read: %s",
                 unread_errno ? strerror(unread_errno) : "it became shorter");
        if (error != SOW_OK)
            fail(EXIT_MACHINE, NOWHERE, "a fill failed: %s", sow_status_string(error));
        output_write(l->job->output, b->data, (size_t)bytes_of_piece(l, piece));
        if (l->job->written)
            l->job->written(l->job->written_user, b->data, (size_t)bytes_of_piece(l, piece));
        merge_edges(l, b);
        if (l->job->progress)
            l->job->progress(l->job->user, piece * l->piece_bytes + bytes_of_piece(l, piece), b->last);
        (void)pthread_mutex_lock(&l->lock);
        l->free[l->free_count++] = b;
        (void)pthread_cond_signal(&l->freed);
        (void)pthread_mutex_unlock(&l->lock);
    }
}

static char *make_buffers(struct line *l, size_t *bytes)
{
    *bytes = l->buffers * l->piece_bytes;
    char *const memory = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    l->buffer = calloc(l->buffers, sizeof *l->buffer);
    l->free = calloc(l->buffers, sizeof *l->free);
    l->full = calloc(l->buffers, sizeof *l->full);
    if (memory == MAP_FAILED || !l->buffer || !l->free || !l->full)
        fail_memory(*bytes);
    if (l->piece_bytes >= HUGE_PAGE)
        (void)madvise(memory, *bytes, MADV_HUGEPAGE);
    for (size_t i = 0; i < l->buffers; i++) {
        l->buffer[i].data = memory + i * l->piece_bytes;
        l->free[l->free_count++] = &l->buffer[i];
    }
    return memory;
}

/* Signals stay with the thread that writes. */
static unsigned start_workers(struct line *l, pthread_t *thread, unsigned wanted)
{
    sigset_t all, old;
    unsigned started = 0;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    while (started < wanted && pthread_create(&thread[started], NULL, worker, l) == 0)
        started++;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}

void pipeline_run(const struct pipeline *job)
{
    struct line l = {.job = job, .piece_bytes = LARGEST, .buffers = job->threads + 3u};
    size_t bytes;
    while (l.piece_bytes > SMALLEST && l.buffers * l.piece_bytes > BUDGET)
        l.piece_bytes /= 2;
    l.pieces = (job->part->bytes + l.piece_bytes - 1) / l.piece_bytes;
    if (l.pieces == 0)
        return;
    const unsigned wanted = l.pieces < job->threads ? (unsigned)l.pieces : job->threads;
    pthread_t *const thread = calloc(wanted, sizeof *thread);
    if (!thread)
        fail_memory(wanted * sizeof *thread);
    (void)pthread_mutex_init(&l.lock, NULL);
    (void)pthread_cond_init(&l.freed, NULL);
    (void)pthread_cond_init(&l.filled, NULL);
    char *const memory = make_buffers(&l, &bytes);
    const unsigned started = start_workers(&l, thread, wanted);
    if (started == 0)
        fail(EXIT_MACHINE, NOWHERE, "no thread could be started");
    write_pieces(&l);
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(thread[i], NULL);
    (void)munmap(memory, bytes);
    free(l.buffer);
    free(l.free);
    free(l.full);
    free(thread);
    (void)pthread_mutex_destroy(&l.lock);
    (void)pthread_cond_destroy(&l.freed);
    (void)pthread_cond_destroy(&l.filled);
}
