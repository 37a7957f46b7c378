/* SPDX-License-Identifier: MIT */
#include "tests/accuracy/bound_f32.h"

#include <stdlib.h>

#include "tests/accuracy/sleef_ref.h"

static void clear(cell *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        c[i] = (cell){INFINITY, -INFINITY, INFINITY, 0, 0, 0};
}

void cells_clear(cells *c)
{
    clear(c->radius, RADIUS_CELLS);
    clear(c->across, ANGLE_CELLS);
    clear(c->along, ANGLE_CELLS);
}

static inline void note(cell *c, double error, double value, uint32_t word)
{
    if (error < c->lo) {
        c->lo = error;
        c->at_lo = word;
    }
    if (error > c->hi) {
        c->hi = error;
        c->at_hi = word;
    }
    c->from = value < c->from ? value : c->from;
    c->to = value > c->to ? value : c->to;
}

static void merge(cell *c, const cell *other, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (other[i].lo > other[i].hi)
            continue;
        note(&c[i], other[i].lo, other[i].from, other[i].at_lo);
        note(&c[i], other[i].hi, other[i].to, other[i].at_hi);
    }
}

void cells_merge(cells *c, const cells *other)
{
    merge(c->radius, other->radius, RADIUS_CELLS);
    merge(c->across, other->across, ANGLE_CELLS);
    merge(c->along, other->along, ANGLE_CELLS);
}

static inline unsigned mantissa_cell(double x, unsigned cells_log2)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (unsigned)(bits >> (52 - cells_log2)) & ((1U << cells_log2) - 1);
}

void cells_note_radius(cells *c, double error, double exact, uint32_t word)
{
    note(&c->radius[mantissa_cell(exact, 9)], error, exact, word);
}

void cells_note_angle(cells *c, double x, double across_error, double across, double along_error, double along, uint32_t word)
{
    const double p = x < 1 ? power_below(x) : 0.5;
    const unsigned binade = p == 0.5 ? 0 : p == 0.25 ? 1 : p == 0.125 ? 2 : 3;
    const unsigned k = binade * ANGLE_MANTISSAS + (x < 1 ? mantissa_cell(x, 8) : ANGLE_MANTISSAS - 1);
    note(&c->across[k], across_error, across / p, word);
    note(&c->along[k], along_error, along, word);
}

/* Interval arithmetic on positive numbers; ends are widened where values were rounded on the way. */
typedef struct span {
    double lo, hi;
} span;

static span times(span a, span b)
{
    return (span){a.lo * b.lo * (1 - 0x1p-20), a.hi * b.hi * (1 + 0x1p-20)};
}

static int one_binade(span a)
{
    return power_below(a.lo) == power_below(a.hi);
}

/* Largest relative error of rounding a value of the span to 24 bits. */
static double rounding(span a)
{
    return one_binade(a) ? power_below(a.lo) / a.lo : 1;
}

static double ulps_of(span z, double rho_gamma_delta)
{
    const double last = one_binade(z) ? 0.5 : 1, mantissa = one_binade(z) ? z.hi / power_below(z.hi) : 2;
    return rho_gamma_delta * mantissa / 2 + last + 0x1p-12;
}

static double sum(const cell *r, const cell *a, double delta)
{
    return fmax(r->hi + a->hi, -(r->lo + a->lo)) + delta;
}

static const double quarter_pi = 0x1.921fb54442d18p-1;

double cells_bound(const cells *c)
{
    double bound = 0;
    for (unsigned i = 0; i < RADIUS_CELLS; i++) {
        const cell *r = &c->radius[i];
        const span radius = {1 + i / (double)RADIUS_CELLS, 1 + (i + 1) / (double)RADIUS_CELLS};
        for (unsigned k = 0; k < ANGLE_CELLS && r->lo <= r->hi; k++) {
            const double m = k % ANGLE_MANTISSAS;
            const span x = {1 + m / ANGLE_MANTISSAS, 1 + (m + 1) / ANGLE_MANTISSAS}, rx = times(radius, x), ry = times(rx, x);
            const cell *s = &c->across[k], *a = &c->along[k];
            if (s->lo > s->hi)
                continue;
            const span sine = {s->from, s->to}, cosine = {a->from, a->to};
            /* S/x is at least `share` of π/4, and p what is missing */
            const double share = fmin(1, s->from / x.hi / quarter_pi), second = (1 - share) / share;
            bound = fmax(bound, ulps_of(times(radius, sine), sum(r, s, rounding(rx) + second)));
            bound = fmax(bound, ulps_of(times(radius, cosine), sum(r, a, rounding(ry) * (1 - a->from) / a->from)));
        }
    }
    return bound;
}

enum { EXTREMES = 4 * ANGLE_CELLS };

static size_t extremes(const cell *c, size_t n, int high, uint32_t *words)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (c[i].lo <= c[i].hi)
            words[count++] = high ? c[i].at_hi : c[i].at_lo;
    return count;
}

/* One radius word with all angle words, of which there are whole steps. */
static void try_pairs(const lanes *l, const sleef_ref *ref, uint32_t word, const uint32_t *angles, size_t n, errors *e)
{
    static uint32_t same[EXTREMES];
    static float r[EXTREMES], c[EXTREMES], s[EXTREMES];
    static double u[EXTREMES], turn[EXTREMES], exact_s[EXTREMES], exact_c[EXTREMES];
    for (size_t i = 0; i < n; i++) {
        same[i] = word;
        u[i] = ((double)word + 1) * 0x1p-32;
        turn[i] = angles[i] * 0x1p-31;
    }
    l->radius_f32(same, r, n);
    l->rotate_f32(r, angles, c, s, n);
    ref->log(u, u, n);
    ref->sincospi(turn, exact_s, exact_c, n);
    for (size_t i = 0; i < n; i++) {
        const double radius = sqrt(-2 * u[i]);
        errors_note(e, (double)c[i] - radius * exact_c[i], radius * exact_c[i], 24, word, angles[i]);
        errors_note(e, (double)s[i] - radius * exact_s[i], radius * exact_s[i], 24, word, angles[i]);
    }
}

errors cells_worst_pairs(const cells *c, const lanes *l)
{
    errors e = {.ulps = {.value = 0}};
    const char *why;
    const sleef_ref *ref = sleef_ref_get(&why);
    for (int high = 0; ref && high < 2; high++) {
        uint32_t radii[RADIUS_CELLS], angles[EXTREMES];
        const size_t rows = extremes(c->radius, RADIUS_CELLS, high, radii);
        size_t n = extremes(c->across, ANGLE_CELLS, high, angles);
        n += extremes(c->along, ANGLE_CELLS, high, angles + n);
        for (; n % LANES_STEP; n++)
            angles[n] = angles[0];
        for (size_t i = 0; i < rows; i++)
            try_pairs(l, ref, radii[i], angles, n, &e);
    }
    return e;
}
