/* SPDX-License-Identifier: MIT */
/* Laws that elements by themselves do not show: orthonormal rows or columns, and what a scheme without randomness writes. */
#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"

enum { MOST = 12 };

/* Vectors within the tensor: element k of vector i is base + i·apart + k·step. */
struct vectors {
    uint64_t base, apart, step, count, length;
};

/* Largest |QQᵀ - I| and the gain over the first few vectors, in exact products of the stored numbers. */
static double off_orthonormal(const struct examined *e, const struct vectors *v, size_t used, double *gain)
{
    const sow_dtype dtype = e->summary.dtype;
    double gram[MOST][MOST] = {{0}}, trace = 0, worst = 0;
    for (uint64_t k = 0; k < v->length; k++) {
        double x[MOST];
        const uint64_t at = v->base + k * v->step;
        if (v->apart == 1)
            values_load(dtype, e->data, at, used, x);
        else
            for (size_t i = 0; i < used; i++)
                x[i] = values_at(dtype, e->data, at + i * v->apart);
        for (size_t i = 0; i < used; i++)
            for (size_t j = 0; j <= i; j++)
                gram[i][j] += x[i] * x[j];
        if (k % 8192 == 8191 && v->apart == 1) /* columns go through all of the tensor */
            audit_let_go(e, at - 8191 * v->step, 8192 * v->step);
    }
    for (size_t i = 0; i < used; i++)
        trace += gram[i][i];
    const double square = trace / (double)used;
    for (size_t i = 0; i < used; i++)
        for (size_t j = 0; j <= i; j++)
            worst = fmax(worst, fabs(gram[i][j] / square - (i == j)));
    *gain = sqrt(square);
    return square > 0 ? worst : INFINITY;
}

/* Far below what independent numbers give by chance, 1/√length, and above what rounding does to the products. */
static bool are_orthonormal(const struct examined *e, const struct vectors *v, double *gain, double *worst)
{
    static const double unit[] = {[SOW_F32] = 0x1p-24, [SOW_F64] = 0x1p-24, [SOW_F16] = 0x1p-11, [SOW_BF16] = 0x1p-8};
    const double rounding = unit[e->summary.dtype], length = (double)v->length;
    const size_t used = v->count < MOST ? (size_t)v->count : MOST;
    if (used < (rounding > 1e-6 ? 4 : 3) || v->length < used)
        return false;
    const double limit = fmin(6 * rounding / sqrt(length) + 2e-6, 0.1 / sqrt(length)) + (rounding > 1e-6 ? 0 : 1e-5);
    struct vectors first = *v;
    const double one = off_orthonormal(e, &first, used < 4 ? used : 4, gain);
    if (!(one < limit))
        return false;
    *worst = off_orthonormal(e, &first, used, gain);
    if (!(*worst < limit))
        return false;
    double other;
    first.base += (v->count - used) / 2 * v->apart; /* and some in the middle */
    *worst = fmax(*worst, off_orthonormal(e, &first, used, &other));
    return *worst < limit && fabs(other / *gain - 1) < limit + 1e-5;
}

static bool try_vectors(struct examined *e, const struct vectors *v, const char *what)
{
    double gain, worst;
    if (!are_orthonormal(e, v, &gain, &worst))
        return false;
    e->law.kind = LAW_ORTHOGONAL;
    e->law.gain = gain;
    e->law.p = e->law.confidence = 1;
    (void)snprintf(e->law_text, sizeof e->law_text, "orthogonal, gain %.6g (%s orthonormal to %.1e)", gain, what, worst);
    return true;
}

bool audit_orthogonal(struct examined *e)
{
    const struct tensor *const t = e->tensor;
    if (t->rank < 2 || e->n < 9)
        return false;
    const uint64_t first = (uint64_t)t->shape[0], last = (uint64_t)t->shape[t->rank - 1], rest = e->n / first, lead = e->n / last;
    const struct vectors rows = {0, rest, 1, first, rest}, columns = {0, 1, rest, rest, first};
    if (try_vectors(e, &rows, first > rest ? "rows of a block" : "rows") ||
        try_vectors(e, &columns, rest > first ? "columns of a block" : "columns"))
        return true;
    if (t->rank < 3)
        return false;
    const struct vectors out = {0, 1, last, last, lead}, inner = {0, last, 1, lead, last};
    if (try_vectors(e, &out, "outputs on the last axis") || try_vectors(e, &inner, "inputs on the last axis but one"))
        return true;
    /* Delta: one tap of the kernel alone, channels last or first. */
    uint64_t taps = 1, centre = 0, torch_centre = 0;
    for (int i = 0; i < t->rank - 2; i++) {
        taps *= (uint64_t)t->shape[i];
        centre = centre * (uint64_t)t->shape[i] + (uint64_t)(t->shape[i] - 1) / 2;
    }
    const uint64_t matrix = e->n / taps;
    const struct vectors delta = {centre * matrix, last, 1, matrix / last, last};
    if (e->summary.zeros + matrix == e->n && try_vectors(e, &delta, "delta: rows of the centre tap")) {
        e->fixed = "delta_orthogonal";
        return true;
    }
    taps = 1;
    for (int i = 2; i < t->rank; i++) {
        taps *= (uint64_t)t->shape[i];
        torch_centre = torch_centre * (uint64_t)t->shape[i] + (uint64_t)(t->shape[i] - 1) / 2;
    }
    const uint64_t in = (uint64_t)t->shape[1];
    const struct vectors torch_delta = {torch_centre, taps, taps * in, in, first};
    if (e->summary.zeros + e->n / taps != e->n || !try_vectors(e, &torch_delta, "delta: inputs of the centre tap"))
        return false;
    e->fixed = "delta_orthogonal";
    return true;
}

/* Other frameworks compute these in single precision: near is enough where no two schemes are near. */
static bool equals_scheme(const struct examined *e, const sow_scheme *scheme)
{
    enum { PIECE = 1024 };
    double made[PIECE], found[PIECE];
    const double most = fmax(fabs(e->summary.min), fabs(e->summary.max)), limit = 2e-3 * most + values_step(e->summary.dtype, most);
    const struct tensor *const t = e->tensor;
    char why[8];
    if (t->rank > SOW_MAX_RANK || sow_check_scheme(scheme, t->rank, t->shape, SOW_F64, why, sizeof why) != SOW_OK)
        return false;
    for (uint64_t at = 0; at < e->n; at += PIECE) {
        const size_t n = e->n - at < PIECE ? (size_t)(e->n - at) : PIECE;
        if (sow_init_range(NULL, *scheme, sow_stream_seed(0), SOW_F64, t->rank, t->shape, at, made, n) != SOW_OK)
            return false;
        values_load(e->summary.dtype, e->data, at, n, found);
        for (size_t i = 0; i < n; i++)
            if (!(fabs(found[i] - made[i]) <= limit) || (made[i] == 0 && found[i] != 0))
                return false;
    }
    return true;
}

static bool is_causal_mask(const struct examined *e)
{
    const struct tensor *const t = e->tensor;
    if (t->rank < 2 || t->shape[t->rank - 1] != t->shape[t->rank - 2] || e->summary.min != 0 || e->summary.max != 1)
        return false;
    const uint64_t side = (uint64_t)t->shape[t->rank - 1];
    for (uint64_t i = 0; i < e->n; i++)
        if (values_at(e->summary.dtype, e->data, i) != (double)(i % side <= i / side % side))
            return false;
    return true;
}

bool audit_fixed(struct examined *e)
{
    static const struct {
        const char *name, *flag;
        double value;
        const char *gain; /* the argument that is the largest value */
    } candidates[] = {
        {"identity", NULL, 0, "gain"},
        {"dirac", NULL, 0, "gain"},
        {"dirac", "floor", 1, "gain"},
        {"hadamard", NULL, 0, NULL},
        {"hadamard", "paper", 1, NULL},
        {"bilinear_upsample", NULL, 0, NULL},
        {"bilinear_upsample", "diagonal", 1, NULL},
        {"stft", NULL, 0, NULL},
        {"stft", "imag", 1, NULL},
        {"sinusoidal", NULL, 0, NULL},
        {"sinusoidal", "halves", 1, NULL},
        {"hippo_legs", NULL, 0, NULL},
        {"lmu", NULL, 0, NULL},
        {"s4d_real", NULL, 0, NULL},
        {"s4d_lin_imag", NULL, 0, NULL},
        {"s4d_inv_imag", NULL, 0, NULL},
        {"mamba_a_log", NULL, 0, NULL},
        {"lstm_bias", "block", 0, "forget"},
        {"lstm_bias", "block", 1, "forget"},
        {"lstm_bias", "block", 2, "forget"},
        {"lstm_bias", "block", 3, "forget"},
    };
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        sow_scheme scheme = sow_scheme_named(candidates[i].name);
        if (scheme.row < 0 || (candidates[i].flag && sow_scheme_set(&scheme, candidates[i].flag, candidates[i].value) != SOW_OK))
            continue;
        if (candidates[i].gain)
            (void)sow_scheme_set(&scheme, candidates[i].gain, e->summary.max > 0 ? e->summary.max : e->summary.min);
        if (!equals_scheme(e, &scheme))
            continue;
        e->fixed = candidates[i].name;
        break;
    }
    if (!e->fixed && is_causal_mask(e))
        e->fixed = "causal mask";
    if (!e->fixed)
        return false;
    e->law.kind = LAW_FIXED;
    e->law.p = e->law.confidence = 1;
    (void)snprintf(e->law_text, sizeof e->law_text, "%s", e->fixed);
    return true;
}
