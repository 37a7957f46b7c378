/* SPDX-License-Identifier: MIT */
#include "compare/difference.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/progress.h"
#include "base/team.h"
#include "compare/unequal.h"
#include "model/names.h"

enum { PIECE_ELEMENTS = 64 << 10 };

struct pair {
    size_t difference;
    uint32_t a, b; /* indices */
    uint64_t first_task;
};

struct work {
    const struct checkpoint *a, *b;
    struct differences found;
    struct pair *pair;
    size_t pairs, pair_capacity;
    uint64_t tasks;
    pthread_mutex_t lock;
};

static const struct pair *pair_of(const struct work *w, uint64_t task)
{
    return &w->pair[team_thing(&w->pair->first_task, sizeof *w->pair, w->pairs, task)];
}

/* A piece of a tensor on both sides. */
struct piece {
    const struct format *fa, *fb;
    const uint8_t *a, *b;
    uint64_t first;
    size_t n;
};

static double apart(const struct piece *p, size_t i)
{
    return fabs(element_value(p->fa, element_bits(p->a, p->fa, i)) - element_value(p->fb, element_bits(p->b, p->fb, i)));
}

static bool differs(const struct piece *p, size_t i)
{
    const uint64_t a = element_bits(p->a, p->fa, i), b = element_bits(p->b, p->fb, i);
    if (p->fa == p->fb)
        return a != b;
    const double x = element_value(p->fa, a), y = element_value(p->fb, b);
    return x != y && !(isnan(x) && isnan(y));
}

/* Joins what a piece showed to what is known of its tensor. The places are looked for only where they may be the tensor's. */
static void join(struct work *w, struct difference *d, const struct piece *p, uint64_t differing, const struct distance *distance)
{
    (void)pthread_mutex_lock(&w->lock);
    const bool first = differing && (d->differing == 0 || p->first < d->first);
    const double known = d->distance.largest;
    const uint64_t known_at = d->largest_at;
    (void)pthread_mutex_unlock(&w->lock);
    size_t at = 0, far = distance ? distance->near_largest : 0;
    if (first)
        while (!differs(p, at))
            at++;
    if (distance && distance->largest > 0 && (distance->largest > known || (distance->largest == known && p->first < known_at)))
        while (apart(p, far) != distance->largest)
            far++;
    (void)pthread_mutex_lock(&w->lock);
    if (first && (d->differing == 0 || p->first + at < d->first)) {
        d->first = p->first + at;
        d->first_a = element_bits(p->a, p->fa, at);
        d->first_b = element_bits(p->b, p->fb, at);
    }
    d->differing += differing;
    if (differing && d->verdict == EQUAL)
        d->verdict = DIFFERS;
    if (distance) {
        struct distance *const all = &d->distance;
        if (distance->largest > all->largest || (distance->largest == all->largest && all->largest > 0 && p->first + far < d->largest_at))
            d->largest_at = p->first + far;
        all->differing += distance->differing;
        all->incomparable += distance->incomparable;
        all->largest = fmax(all->largest, distance->largest);
        all->relative = fmax(all->relative, distance->relative);
    }
    (void)pthread_mutex_unlock(&w->lock);
}

static void compare_piece(void *user, unsigned thread, uint64_t task)
{
    struct work *const w = user;
    const struct pair *const pair = pair_of(w, task);
    struct difference *const d = &w->found.difference[pair->difference];
    struct piece p = {.fa = &formats[d->a->format], .fb = &formats[d->b->format], .first = (task - pair->first_task) * PIECE_ELEMENTS};
    const uint64_t all = tensor_elements(d->a), rest = all - p.first;
    const uint64_t a = p.first * p.fa->bits / 8, b = p.first * p.fb->bits / 8;
    p.n = rest < PIECE_ELEMENTS ? (size_t)rest : PIECE_ELEMENTS;
    p.a = w->a->data[pair->a] + a;
    p.b = w->b->data[pair->b] + b;
    const size_t a_bytes = p.n * p.fa->bits / 8, b_bytes = p.n * p.fb->bits / 8;
    (void)thread;
    if (p.fa != p.fb || memcmp(p.a, p.b, a_bytes) != 0) {
        struct distance distance = {0};
        if (d->measured)
            distance_add(&distance, p.fa, p.a, p.fb, p.b, p.n);
        const uint64_t differing = p.fa == p.fb ? count_unequal(p.a, p.b, p.fa->bits / 8, p.n) : distance.differing;
        join(w, d, &p, differing, d->measured ? &distance : NULL);
    }
    checkpoint_done(w->a, pair->a, a, a + a_bytes);
    checkpoint_done(w->b, pair->b, b, b + b_bytes);
}

static void show_progress(void *user, uint64_t task)
{
    const struct work *const w = user;
    const struct tensor *const t = w->found.difference[pair_of(w, task)->difference].a;
    progress_at((uint64_t)((double)w->found.bytes * (double)task / (double)w->tasks), t->name, t->name_length);
}

static size_t add(struct differences *f, struct difference d)
{
    f->difference = array_grow(f->difference, &f->capacity, f->count + 1, sizeof *f->difference);
    f->difference[f->count] = d;
    return f->count++;
}

/* Formats of less than a byte are compared as bytes, here: such tensors are few. */
static void compare_bytes(const struct work *w, struct difference *d, uint32_t a, uint32_t b)
{
    if (d->verdict == EQUAL && memcmp(w->a->data[a], w->b->data[b], (size_t)tensor_bytes(d->a)) != 0)
        d->verdict = DIFFERS;
}

static void match(struct work *w, uint32_t a, uint32_t b)
{
    const struct tensor *const s = &w->a->model.tensor[a], *const t = &w->b->model.tensor[b];
    const struct format *const fs = &formats[s->format], *const ft = &formats[t->format];
    struct difference d = {.a = s, .b = t, .measured = distance_knows(fs) && distance_knows(ft)};
    if (s->rank != t->rank || memcmp(s->shape, t->shape, s->rank * sizeof *s->shape) != 0) {
        d.verdict = OTHER_SHAPE;
        d.measured = false;
    } else if (s->format != t->format) {
        d.verdict = OTHER_DTYPE;
    }
    const size_t place = add(&w->found, d);
    if (d.verdict == OTHER_SHAPE || (d.verdict == OTHER_DTYPE && !d.measured) || tensor_elements(s) == 0)
        return;
    w->found.bytes += tensor_bytes(s) + tensor_bytes(t);
    if (fs->bits < 8) {
        compare_bytes(w, &w->found.difference[place], a, b);
        return;
    }
    w->pair = array_grow(w->pair, &w->pair_capacity, w->pairs + 1, sizeof *w->pair);
    w->pair[w->pairs++] = (struct pair){place, a, b, w->tasks};
    w->tasks += (tensor_elements(s) + PIECE_ELEMENTS - 1) / PIECE_ELEMENTS;
}

static void match_all(struct work *w)
{
    struct names a = names_of(&w->a->model), b = names_of(&w->b->model);
    for (size_t i = 0; i < w->a->model.tensors; i++) {
        const struct tensor *const t = &w->a->model.tensor[i];
        const uint32_t index = names_find(&b, t->name, t->name_length);
        if (index != NO_INDEX)
            match(w, (uint32_t)i, index);
        else
            (void)add(&w->found, (struct difference){.a = t, .verdict = MISSING});
    }
    for (size_t i = 0; i < w->b->model.tensors; i++) {
        const struct tensor *const t = &w->b->model.tensor[i];
        if (names_find(&a, t->name, t->name_length) == NO_INDEX)
            (void)add(&w->found, (struct difference){.b = t, .verdict = EXTRA});
    }
    names_free(&a);
    names_free(&b);
}

struct differences differences_of(const struct checkpoint *a, const struct checkpoint *b, const struct host *host, bool show)
{
    struct work w = {.a = a, .b = b};
    match_all(&w);
    (void)pthread_mutex_init(&w.lock, NULL);
    if (show)
        progress_start(w.found.bytes);
    team_run(&(struct team){
        .threads = host->threads, .tasks = w.tasks, .work = compare_piece, .progress = show ? show_progress : NULL, .user = &w});
    progress_end();
    (void)pthread_mutex_destroy(&w.lock);
    free(w.pair);
    return w.found;
}
