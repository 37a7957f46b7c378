/* SPDX-License-Identifier: MIT */
#include "tests/accuracy/pass_f32.h"

#include <stdlib.h>

void found_clear(found *f)
{
    memset(f, 0, sizeof *f);
    cells_clear(&f->c);
}

void found_merge(found *f, const found *other)
{
    errors_merge(&f->e, &other->e);
    cells_merge(&f->c, &other->c);
    f->words += other->words;
    f->sum += other->sum;
    f->wrong += other->wrong;
}

static void make_words(uint32_t *w, uint64_t first, uint64_t stride, size_t n, found *f)
{
    for (size_t i = 0; i < n; i++) {
        /* anywhere in its stride, as round words have fewer roundings */
        w[i] = (uint32_t)(first + i * stride + (i * 0x9e3779b9 >> 7 & (stride - 1)));
        f->sum += w[i];
    }
    f->words += n;
}

static float moved(float x, int ulps)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += (uint32_t)ulps;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void spoil_one(const spoil *s, const uint32_t *w, float *x, size_t n)
{
    for (size_t i = 0; s && i < n; i++)
        if (w[i] == s->word)
            x[i] = moved(x[i], s->ulps);
}

void pass_radius_f32(const lanes *l, const sleef_ref *ref, uint64_t first, uint64_t stride, size_t n, const spoil *spoiled, found *f)
{
    uint32_t w[PASS_MAX] = {0}; /* gcc does not see that n > 0 */
    float r[PASS_MAX];
    double exact[PASS_MAX];
    make_words(w, first, stride, n, f);
    for (size_t i = 0; i < n; i++)
        exact[i] = ((double)w[i] + 1) * 0x1p-32;
    l->radius_f32(w, r, n);
    spoil_one(spoiled, w, r, n);
    ref->log(exact, exact, n);
    for (size_t i = 0; i < n; i++) {
        const double radius = sqrt(-2 * exact[i]), error = (double)r[i] - radius;
        errors_note(&f->e, error, radius, 24, w[i], 0);
        if (radius > 0)
            cells_note_radius(&f->c, error / radius * 0x1p24, radius, w[i]);
        else
            f->wrong += r[i] != 0;
    }
}

/* Whether `z` is the value before rounding, rounded; `exact` may be off by 2^-53 itself. */
static int is_rounded(float z, double exact)
{
    return fabs((double)z - exact) <= power_below(exact) * 0x1p-24 * (1 + 0x1p-26);
}

void pass_angle_f32(const lanes *l, const sleef_ref *ref, uint64_t first, uint64_t stride, size_t n, const spoil *spoiled, found *f)
{
    uint32_t w[PASS_MAX] = {0}; /* gcc does not see that n > 0 */
    float one[PASS_MAX] = {0}, c[PASS_MAX], s[PASS_MAX], x[PASS_MAX], p[PASS_MAX], y[PASS_MAX], q[PASS_MAX];
    double turn[PASS_MAX], exact_c[PASS_MAX], exact_s[PASS_MAX];
    make_words(w, first, stride, n, f);
    for (size_t i = 0; i < n; i++) {
        one[i] = 1;
        turn[i] = w[i] * 0x1p-31;
    }
    l->rotate_f32(one, w, c, s, n);
    const double quarter_pi = (double)l->angle_parts_f32(w, x, p, y, q, n);
    spoil_one(spoiled, w, c, n);
    spoil_one(spoiled, w, s, n);
    ref->sincospi(turn, exact_s, exact_c, n);
    for (size_t i = 0; i < n; i++) {
        errors_note(&f->e, (double)c[i] - exact_c[i], exact_c[i], 24, w[i], 0);
        errors_note(&f->e, (double)s[i] - exact_s[i], exact_s[i], 24, w[i], 0);
        /* the same from the parts, without the last rounding: this is what a radius multiplies */
        const int swap = (w[i] + 0x20000000) >> 30 & 1;
        const double main_term = fabs((double)x[i]) * quarter_pi, second = fabs((double)x[i]) * (double)p[i];
        const double across = main_term + second, along = 1 + (double)y[i] * (double)q[i];
        const float got_across = fabsf(swap ? c[i] : s[i]), got_along = fabsf(swap ? s[i] : c[i]);
        f->wrong += !(spoiled || (is_rounded(got_across, main_term + (double)(float)second) && is_rounded(got_along, along)));
        if (x[i] != 0) {
            const double want_across = fabs(swap ? exact_c[i] : exact_s[i]), want_along = fabs(swap ? exact_s[i] : exact_c[i]);
            cells_note_angle(&f->c, fabs((double)x[i]), (across / want_across - 1) * 0x1p24, want_across, (along / want_along - 1) * 0x1p24,
                             want_along, w[i]);
        } else {
            f->wrong += got_across != 0 || got_along != 1;
        }
    }
}

typedef struct job {
    pass_f32 *pass;
    const lanes *l;
    const sleef_ref *ref;
    uint64_t stride;
    found *found; /* one per worker */
} job;

enum { ITEM_LOG2 = 20 };

static void run_item(void *arg, unsigned worker, size_t item)
{
    const job *j = arg;
    const uint64_t end = (uint64_t)(item + 1) << ITEM_LOG2;
    for (uint64_t w = (uint64_t)item << ITEM_LOG2; w < end; w += PASS_MAX * j->stride) {
        const uint64_t left = (end - w) / j->stride;
        j->pass(j->l, j->ref, w, j->stride, left < PASS_MAX ? (size_t)left : PASS_MAX, NULL, &j->found[worker]);
    }
}

void pass_all(pass_f32 *pass, const lanes *l, const sleef_ref *ref, uint64_t stride, found *f)
{
    const unsigned workers = work_threads();
    const job j = {pass, l, ref, stride, calloc(workers, sizeof(found))};
    for (unsigned i = 0; i < workers; i++)
        found_clear(&j.found[i]);
    work_run((size_t)1 << (32 - ITEM_LOG2), run_item, (void *)&j);
    found_clear(f);
    for (unsigned i = 0; i < workers; i++)
        found_merge(f, &j.found[i]);
    free(j.found);
}
