/* SPDX-License-Identifier: MIT */
/*
 * The second pass, over the tensors that are random: a hash of every unit (rows, columns, slices along each axis), and a look whether the
 * 64 signs with which some tensor starts stand anywhere else. Both are sums over elements, so the pieces may come in any order.
 */
#include <math.h>
#include <sow/sow.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_repeats.h"
#include "base/team.h"

enum { TASK = 1 << 20 };

struct piece {
    uint32_t tensor;
    uint64_t first, n;
};

struct scan {
    struct audit *audit;
    struct piece *piece;
    size_t pieces, capacity;
    struct repeats *repeats;
    uint64_t **columns; /* by worker: sums of the last axis */
    uint64_t most_columns;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 31) * 0x7fb5d329728ea185u;
    x = (x ^ x >> 27) * 0x81dadef4bc2dd44du;
    return x ^ x >> 33;
}

/* Odd, 32 bits. */
static uint32_t weight_of(uint64_t place)
{
    return (uint32_t)mix(place + 0x9e3779b97f4a7c15u) | 1u;
}

enum { WEIGHTS = 4096 };
static uint32_t weights[WEIGHTS];

/* Hash of a stretch of a row: which column an element stands in decides its weight. */
static uint64_t hash_stretch(const uint32_t *bits, size_t n, uint64_t column)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < n;) {
        const uint64_t c = column + i;
        const uint32_t block = c < WEIGHTS ? 0 : weight_of(c / WEIGHTS) << 1;
        const size_t at = (size_t)(c % WEIGHTS), left = WEIGHTS - at, k = n - i < left ? n - i : left;
        uint64_t sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += (uint64_t)bits[i + j] * (weights[at + j] ^ block);
        hash += sum;
        i += k;
    }
    return hash;
}

static void add_columns(uint64_t *columns, const uint32_t *bits, size_t n, uint32_t weight)
{
    for (size_t i = 0; i < n; i++)
        columns[i] += (uint64_t)bits[i] * weight;
}

/* Adds a row's hash to the slices that it belongs to, weighted by where it stands in them. */
static void add_row(struct examined *e, uint64_t row, uint64_t hash)
{
    const struct tensor *const t = e->tensor;
    uint64_t index[SOW_MAX_RANK], left = row;
    for (int a = t->rank - 1; a-- > 0;) {
        index[a] = left % (uint64_t)t->shape[a];
        left /= (uint64_t)t->shape[a];
    }
    for (int v = 0; v < e->views; v++) {
        struct unit_view *const view = &e->view[v];
        if (view->axis == t->rank - 1)
            continue;
        const uint64_t unit = view->axis < 0 ? row : index[view->axis];
        uint64_t place = 0;
        for (int a = 0; a < t->rank - 1 && view->axis >= 0; a++)
            place = a == view->axis ? place : place * (uint64_t)t->shape[a] + index[a];
        (void)__atomic_fetch_add(&view->hash[unit], hash * (mix(place) | 1u), __ATOMIC_RELAXED);
    }
}

static void hash_units(struct scan *s, unsigned worker, struct examined *e, uint64_t first, size_t n, const uint32_t *bits,
                       bool has_columns)
{
    const uint64_t last = (uint64_t)e->tensor->shape[e->tensor->rank - 1];
    for (size_t done = 0; done < n;) {
        const uint64_t row = (first + done) / last, column = (first + done) % last;
        const size_t k = n - done < last - column ? n - done : (size_t)(last - column);
        add_row(e, row, hash_stretch(bits + done, k, column));
        if (has_columns)
            add_columns(s->columns[worker] + column, bits + done, k, weight_of(row));
        done += k;
    }
}

static void scan_piece(void *user, unsigned worker, uint64_t i)
{
    enum { STRETCH = 4096 };
    struct scan *const s = user;
    const struct piece *const p = &s->piece[i];
    struct examined *const e = &s->audit->examined[p->tensor];
    uint64_t *columns = NULL;
    if (e->views) {
        const uint64_t last = (uint64_t)e->tensor->shape[e->tensor->rank - 1];
        for (int v = 0; v < e->views; v++)
            if (e->view[v].axis == e->tensor->rank - 1)
                columns = e->view[v].hash;
        if (columns)
            memset(s->columns[worker], 0, last * sizeof *columns);
        for (uint64_t done = 0; done < p->n; done += STRETCH) {
            uint32_t bits[STRETCH];
            const size_t k = p->n - done < STRETCH ? (size_t)(p->n - done) : STRETCH;
            values_bits(e->summary.dtype, e->data, p->first + done, k, bits);
            hash_units(s, worker, e, p->first + done, k, bits, columns != NULL);
        }
        for (uint64_t c = 0; columns && c < last; c++)
            (void)__atomic_fetch_add(&columns[c], s->columns[worker][c], __ATOMIC_RELAXED);
    }
    repeats_look(s->repeats, p->tensor, e, p->first, p->n);
    audit_let_go(e, p->first, p->n);
}

static void add_view(struct examined *e, int axis, uint64_t units)
{
    const uint64_t length = e->n / units;
    /* Short units are equal by chance: the number of pairs times the probability must be small. */
    if (units < 2 || length < 2 || 0.5 * (double)units * (double)units * pow(e->collision, (double)length) > 1e-6)
        return;
    struct unit_view *const v = &e->view[e->views];
    *v = (struct unit_view){.axis = axis, .units = units, .length = length, .hash = calloc(units, sizeof *v->hash)};
    if (!v->hash)
        fail_memory(units * sizeof *v->hash);
    e->views++;
}

static bool has_units(const struct examined *e)
{
    return e->is_float && e->tensor->rank >= 2 && e->tensor->rank <= SOW_MAX_RANK && e->law.kind != LAW_CONSTANT && !e->fixed &&
           e->law.kind != LAW_EMPTY && e->law.kind != LAW_DISCRETE;
}

/* Every axis whose slices can be a unit. The taps of a kernel, up to 11 in three dimensions and more, are none. */
static void add_views(struct examined *e)
{
    const struct tensor *const t = e->tensor;
    for (int a = 0; a < t->rank; a++)
        if (t->rank == 2 || t->shape[a] > 11)
            add_view(e, a, (uint64_t)t->shape[a]);
    if (t->rank > 2)
        add_view(e, -1, e->n / (uint64_t)t->shape[t->rank - 1]);
}

static void plan_scan(struct scan *s)
{
    struct audit *const a = s->audit;
    for (uint32_t i = 0; i < a->tensors; i++) {
        struct examined *const e = &a->examined[i];
        if (has_units(e))
            add_views(e);
        if (!e->is_float || (!e->views && !(audit_is_random(e) && e->n >= 64)))
            continue;
        if (e->views && (uint64_t)e->tensor->shape[e->tensor->rank - 1] > s->most_columns)
            s->most_columns = (uint64_t)e->tensor->shape[e->tensor->rank - 1];
        for (uint64_t first = 0; first < e->n; first += TASK) {
            s->piece = array_grow(s->piece, &s->capacity, s->pieces + 1, sizeof *s->piece);
            s->piece[s->pieces++] = (struct piece){i, first, e->n - first < TASK ? e->n - first : TASK};
        }
        if (e->has_needle)
            repeats_needle(s->repeats, e->needle, i);
    }
    repeats_ready(s->repeats);
}

void audit_scan(struct audit *a)
{
    struct scan s = {.audit = a, .repeats = a->repeats};
    for (uint32_t i = 0; i < WEIGHTS; i++)
        weights[i] = weight_of(i);
    plan_scan(&s);
    s.columns = calloc(a->threads, sizeof *s.columns);
    for (unsigned w = 0; s.columns && w < a->threads; w++)
        if (!(s.columns[w] = malloc((s.most_columns + 1) * sizeof **s.columns)))
            fail_memory(s.most_columns * sizeof **s.columns);
    if (!s.columns)
        fail_memory(a->threads * sizeof *s.columns);
    team_run(&(struct team){.threads = a->threads, .tasks = s.pieces, .work = scan_piece, .user = &s});
    for (unsigned w = 0; w < a->threads; w++)
        free(s.columns[w]);
    free(s.columns);
    free(s.piece);
}
