/* SPDX-License-Identifier: MIT */
/* Schemes that sample a function: Hadamard's signs, tents, waves. */
#include <math.h>
#include <string.h>

#include "src/elementary.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/scheme_row.h"
#include "src/try.h"

/*
 * hadamard: ZerO (2110.12661). (P, Q, *k): n[0] inputs, n[1] elements of a tap, n[2] place of the centre, n[3] whether P > Q; k[0] factor
 */
static sow_status hadamard_check(const sow__scheme_call *c)
{
    if (c->rank < 2 || c->rank > 5)
        return sow__bad_shape(c, "of rank 2 to 5: (O, I, *k)");
    for (int i = 2; i < c->rank; i++)
        if (c->shape[i] % 2 == 0 && !c->empty)
            return sow__bad_shape(c, "(O, I, *k) with odd k");
    return SOW_OK;
}

static void hadamard_begin(sow__leaf *l)
{
    const sow__scheme_call *c = l->call;
    l->n[0] = c->shape[1];
    l->n[1] = 1;
    for (int i = 2; i < c->rank; i++) {
        l->n[2] = l->n[2] * c->shape[i] + c->shape[i] / 2;
        l->n[1] *= c->shape[i];
    }
    l->n[3] = c->shape[0] > c->shape[1];
    double size = 1; /* 2^m, m = ⌈log₂ P⌉ */
    while (size < (double)c->shape[0])
        size *= 2;
    l->k[0] = sqrt((sow__arg(c, "paper", 0) != 0 ? 2 : 1) / size);
}

static void hadamard_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    for (int64_t e = 0; e < n; e++) {
        const int64_t tap = (first + e) / l->n[1], i = tap / l->n[0], j = tap % l->n[0];
        if ((first + e) % l->n[1] != l->n[2]) {
            values[e] = 0;
        } else if (!l->n[3]) {
            values[e] = i == j;
        } else {
            uint64_t both = (uint64_t)i & (uint64_t)j;
            int odd = 0;
            for (; both; both &= both - 1)
                odd = !odd;
            values[e] = odd ? -l->k[0] : l->k[0];
        }
    }
}

const sow__writer sow__writer_hadamard = {hadamard_check, hadamard_begin, hadamard_values, NULL};

/* bilinear_upsample: a separable tent over the axes from 2 on; n[0] inputs, n[1] elements of a kernel */
static sow_status tent_check(const sow__scheme_call *c)
{
    return c->rank >= 3 && c->rank <= 5 ? SOW_OK : sow__bad_shape(c, "of rank 3 to 5: (O, I, *k)");
}

static void tent_begin(sow__leaf *l)
{
    l->n[0] = l->call->shape[1];
    l->n[1] = 1;
    for (int i = 2; i < l->call->rank; i++)
        l->n[1] *= l->call->shape[i];
    l->n[2] = sow__arg(l->call, "diagonal", 0) != 0;
}

static double tent(int64_t i, int64_t k)
{
    const double f = (double)((k + 1) / 2), centre = k % 2 ? f - 1 : f - 0.5;
    return 1 - fabs((double)i - centre) / f;
}

static void tent_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    const sow__scheme_call *c = l->call;
    for (int64_t e = 0; e < n; e++) {
        const int64_t tap = (first + e) / l->n[1];
        int64_t place = (first + e) % l->n[1];
        double w = !l->n[2] || tap / l->n[0] == tap % l->n[0];
        for (int i = c->rank; i-- > 2; place /= c->shape[i])
            w *= tent(place % c->shape[i], c->shape[i]);
        values[e] = w;
    }
}

const sow__writer sow__writer_bilinear_upsample = {tent_check, tent_begin, tent_values, NULL};

/* stft: Keras' STFT initializer, (T, 1, F). n[0] T, n[1] F, n[2] N = 2(F-1), n[3] length of the window's period; k[0] scale */
enum { WINDOW_SPAN_MAX = 1 << 30 };

static sow_status stft_check(const sow__scheme_call *c)
{
    if (c->rank != 3 || c->shape[1] != 1 || c->shape[2] < 2 || c->shape[2] > WINDOW_SPAN_MAX || c->shape[0] > WINDOW_SPAN_MAX)
        return sow__bad_shape(c, "(T, 1, F) with F from 2, at most 2^30");
    return SOW_OK;
}

static double hann(const sow__leaf *l, int64_t t)
{
    double sine, cosine;
    if (!l->n[4] || l->n[3] < 1 || (l->n[0] == 1))
        return 1;
    sow__sincos_turn(t % l->n[3], l->n[3], &sine, &cosine);
    return 0.5 - 0.5 * cosine;
}

static void stft_begin(sow__leaf *l)
{
    const sow__scheme_call *c = l->call;
    const int spectrum = sow__arg(c, "spectrum", 0) != 0;
    double sum = 0;
    l->n[0] = c->shape[0];
    l->n[1] = c->shape[2];
    l->n[2] = 2 * (l->n[1] - 1);
    l->n[3] = sow__arg(c, "periodic", 0) != 0 ? l->n[0] : l->n[0] - 1;
    l->n[4] = sow__arg(c, "window", 1) != 0;
    l->n[5] = sow__arg(c, "imag", 0) != 0;
    l->k[0] = 1;
    if (!l->n[4] || sow__arg(c, "scaling", 1) == 0)
        return;
    for (int64_t t = 0; t < l->n[0]; t++) {
        const double w = hann(l, t);
        sum += spectrum ? w : w * w;
    }
    l->k[0] = sum == 0 ? 1 : spectrum ? sum : sqrt(sum);
}

static void stft_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    for (int64_t e = 0; e < n;) {
        const int64_t t = (first + e) / l->n[1];
        const double w = hann(l, t);
        for (int64_t f = (first + e) % l->n[1]; f < l->n[1] && e < n; f++, e++) {
            double sine, cosine;
            sow__sincos_turn(t * f % l->n[2], l->n[2], &sine, &cosine);
            values[e] = (l->n[5] ? 0 - sine : cosine) * w / l->k[0];
        }
    }
}

const sow__writer sow__writer_stft = {stft_check, stft_begin, stft_values, NULL};

/* sinusoidal: n[0] width, n[1] first cosine of `halves`, 0: interleaved; k[0] ln base */
static sow_status sinusoidal_check(const sow__scheme_call *c)
{
    const double base = sow__arg(c, "base", 10000);
    if (!(base >= 1 && base <= 1e15))
        return sow__fail(SOW_ERR_SCHEME, c->why, c->size, "%s: base is %g, must be 1 to 1e15", c->row->info.name, base);
    return c->rank == 2 && c->shape[0] < 1 << 20 ? SOW_OK : sow__bad_shape(c, "(positions, width) with fewer than 2^20 positions");
}

static void sinusoidal_begin(sow__leaf *l)
{
    l->n[0] = l->call->shape[1];
    l->n[1] = sow__arg(l->call, "halves", 0) != 0 ? (l->n[0] + 1) / 2 : 0;
    l->k[0] = sow__log(sow__arg(l->call, "base", 10000));
}

static void sinusoidal_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    for (int64_t e = 0; e < n; e++) {
        const int64_t t = (first + e) / l->n[0], j = (first + e) % l->n[0], half = l->n[1];
        const int64_t i = half == 0 ? j / 2 : j < half ? j : j - half;
        const double frequency = sow__exp(-(2 * (double)i / (double)l->n[0] * l->k[0]));
        double sine, cosine;
        sow__sincos((double)t * frequency, &sine, &cosine);
        values[e] = (half == 0 ? j % 2 : j >= half) ? cosine : sine;
    }
}

const sow__writer sow__writer_sinusoidal = {sinusoidal_check, sinusoidal_begin, sinusoidal_values, NULL};
