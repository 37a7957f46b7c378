/* SPDX-License-Identifier: MIT */
/* Recurrent and state-space schemes: biases by gate, transition matrices, and inverse transforms of uniform numbers. */
#include <math.h>
#include <string.h>

#include "src/elementary.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/scheme_row.h"
#include "src/try.h"

#define FAIL(c, ...) sow__fail(SOW_ERR_SCHEME, (c)->why, (c)->size, "%s: " __VA_ARGS__)
#define PI           3.141592653589793

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Biases of four gates: n[0] units of one, n[1] the forget gate's block; k[0] its value */
static sow_status gates_check(const sow__scheme_call *c)
{
    const double block = sow__arg(c, "block", 1);
    if (block != 1 && block != 2)
        return FAIL(c, "block is %g, must be 1 (i, f, g, o and i, f, c, o) or 2 (i, g, f, o)", c->row->info.name, block);
    return c->rank == 1 && c->shape[0] % 4 == 0 ? SOW_OK : sow__bad_shape(c, "(4·hidden)");
}

static sow_status lstm_bias_check(const sow__scheme_call *c)
{
    double forget;
    SOW_TRY(sow__arg_finite(c, "forget", 1, &forget));
    SOW_TRY(sow__check_value(c, forget));
    return gates_check(c);
}

static void lstm_bias_begin(sow__leaf *l)
{
    l->n[0] = l->call->shape[0] / 4;
    l->n[1] = (int64_t)sow__arg(l->call, "block", 1);
    l->k[0] = sow__arg(l->call, "forget", 1);
}

static void lstm_bias_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        values[i] = (first + i) / l->n[0] == l->n[1] ? l->k[0] : 0;
}

const sow__writer sow__writer_lstm_bias = {lstm_bias_check, lstm_bias_begin, lstm_bias_values, NULL};

/* chrono: b_f = ln u of unit j's number, element j of the stream; b_i = -b_f */
static sow_status chrono_check(const sow__scheme_call *c)
{
    const double tmax = sow__arg(c, "tmax", 3);
    if (!(tmax > 2 && tmax <= 1e15))
        return FAIL(c, "tmax is %g, must be more than 2, at most 1e15", c->row->info.name, tmax);
    return gates_check(c);
}

static void chrono_begin(sow__leaf *l)
{
    l->n[0] = l->call->shape[0] / 4;
    l->n[1] = (int64_t)sow__arg(l->call, "block", 1);
    l->k[0] = sow__arg(l->call, "tmax", 3);
}

static void chrono_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    for (int64_t i = 0; i < n;) {
        const int64_t gate = (first + i) / l->n[0], unit = (first + i) % l->n[0], here = smaller(n - i, l->n[0] - unit);
        const int drawn = gate == 0 || gate == l->n[1];
        if (drawn)
            sow__leaf_draw(l, sow_dist_uniform(1, l->k[0] - 1), unit, values + i, here);
        for (int64_t k = i; k < i + here; k++)
            values[k] = !drawn ? 0 : gate == 0 ? 0 - sow__log(values[k]) : sow__log(values[k]);
        i += here;
    }
}

const sow__writer sow__writer_chrono = {chrono_check, chrono_begin, chrono_values, NULL};

/* hippo_legs (2008.07669) and lmu (Voelker 2019): A for a matrix, B for a vector; row->value tells them apart */
static sow_status transition_check(const sow__scheme_call *c)
{
    if (c->rank != 1 && (c->rank != 2 || c->shape[0] != c->shape[1]))
        return sow__bad_shape(c, "(N, N) for A or (N) for B");
    return c->empty ? SOW_OK : sow__check_value(c, 2 * (double)c->shape[0] + 1);
}

static double legs(int64_t n, int64_t k)
{
    if (n == k)
        return -(double)(n + 1);
    return n < k ? 0 : -sqrt((2 * (double)n + 1) * (2 * (double)k + 1));
}

static double lmu(int64_t n, int64_t k)
{
    const double size = 2 * (double)n + 1;
    return n < k || (n - k) % 2 == 0 ? -size : size;
}

static void transition_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    const int is_lmu = l->call->row->value != 0, matrix = l->call->rank == 2;
    const int64_t size = l->call->shape[0];
    for (int64_t e = 0; e < n; e++) {
        const int64_t at = first + e, row = matrix ? at / size : at, column = at % size;
        const double odd = 2 * (double)row + 1;
        if (matrix)
            values[e] = is_lmu ? lmu(row, column) : legs(row, column);
        else
            values[e] = !is_lmu ? sqrt(odd) : row % 2 ? -odd : odd;
    }
}

const sow__writer sow__writer_transition = {transition_check, NULL, transition_values, NULL};

/* Functions of the last index n alone, of N: row->value says which. */
enum { S4D_REAL, S4D_LIN, S4D_INV, A_LOG };

static sow_status by_state_check(const sow__scheme_call *c)
{
    if (c->rank < 1)
        return sow__bad_shape(c, "of rank 1 or more");
    return c->empty ? SOW_OK : sow__check_value(c, PI * (double)c->shape[c->rank - 1]);
}

static double by_state(int which, double n, double states)
{
    switch (which) {
    case S4D_REAL:
        return -(n + 1);
    case S4D_LIN:
        return PI * n;
    case S4D_INV:
        return states / PI * (states / (2 * n + 1) - 1);
    default:
        return sow__log(n + 1);
    }
}

static void by_state_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    const int64_t states = l->call->shape[l->call->rank - 1];
    for (int64_t e = 0; e < n; e++)
        values[e] = by_state((int)l->call->row->value, (double)((first + e) % states), (double)states);
}

static sow_status s4d_inv_check(const sow__scheme_call *c)
{
    SOW_TRY(by_state_check(c));
    const double states = c->empty ? 1 : (double)c->shape[c->rank - 1];
    return sow__check_value(c, states / PI * states);
}

const sow__writer sow__writer_by_state = {by_state_check, NULL, by_state_values, NULL};
const sow__writer sow__writer_s4d_inv = {s4d_inv_check, NULL, by_state_values, NULL};

/* log_uniform: exp of U(ln lo, ln hi), held between the two; mamba2_a_log: ln of U(lo, hi). k[0], k[1] bounds, k[2], k[3] their logs */
static sow_status bounds_check(const sow__scheme_call *c)
{
    const double lo = sow__arg(c, "lo", 0), hi = sow__arg(c, "hi", 0);
    if (!(lo >= 1e-300 && lo <= hi && hi <= 1e300))
        return FAIL(c, "lo is %g and hi is %g, must be 1e-300 to 1e300 with lo not above hi", c->row->info.name, lo, hi);
    return sow__check_value(c, hi);
}

static void bounds_begin(sow__leaf *l)
{
    l->k[0] = sow__arg(l->call, "lo", 1);
    l->k[1] = sow__arg(l->call, "hi", 1);
    l->k[2] = sow__log(l->k[0]);
    l->k[3] = sow__log(l->k[1]);
}

static double held(double x, double lo, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

static void log_uniform_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    sow__leaf_draw(l, sow_dist_uniform(0, 1), first, values, n);
    for (int64_t i = 0; i < n; i++)
        values[i] = held(sow__exp(l->k[2] + values[i] * (l->k[3] - l->k[2])), l->k[0], l->k[1]);
}

static void uniform_log_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    sow__leaf_draw(l, sow_dist_uniform(0, 1), first, values, n);
    for (int64_t i = 0; i < n; i++)
        values[i] = sow__log(l->k[0] + values[i] * (l->k[1] - l->k[0]));
}

const sow__writer sow__writer_log_uniform = {bounds_check, bounds_begin, log_uniform_values, NULL};
const sow__writer sow__writer_uniform_log = {bounds_check, bounds_begin, uniform_log_values, NULL};

/* mamba_dt_bias: the inverse softplus of dt, log-uniform on [min, max] and not below floor. */
static sow_status dt_bias_check(const sow__scheme_call *c)
{
    const double min = sow__arg(c, "min", 1e-3), max = sow__arg(c, "max", 0.1), floor = sow__arg(c, "floor", 1e-4);
    if (!(min > 1e-300 && min <= max && max <= 700))
        return FAIL(c, "min is %g and max is %g, must be above 0, at most 700, with min not above max", c->row->info.name, min, max);
    if (!(floor >= 1e-300 && floor <= 700))
        return FAIL(c, "floor is %g, must be above 0, at most 700", c->row->info.name, floor);
    return SOW_OK;
}

static void dt_bias_begin(sow__leaf *l)
{
    l->k[0] = sow__log(sow__arg(l->call, "min", 1e-3));
    l->k[1] = sow__log(sow__arg(l->call, "max", 0.1));
    l->k[2] = sow__arg(l->call, "floor", 1e-4);
}

static void dt_bias_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    sow__leaf_draw(l, sow_dist_uniform(0, 1), first, values, n);
    for (int64_t i = 0; i < n; i++) {
        const double drawn = sow__exp(values[i] * (l->k[1] - l->k[0]) + l->k[0]), dt = drawn < l->k[2] ? l->k[2] : drawn;
        values[i] = dt + sow__log(-sow__expm1(-dt));
    }
}

const sow__writer sow__writer_mamba_dt_bias = {dt_bias_check, dt_bias_begin, dt_bias_values, NULL};

/* lru (2303.06349): |λ|² = u(r_max² - r_min²) + r_min², nu = ln(-½ ln |λ|²), gamma = ½ ln(1 - |λ|²); u is kept from the ends. */
static sow_status lru_check(const sow__scheme_call *c)
{
    const double min = sow__arg(c, "r_min", 0), max = sow__arg(c, "r_max", 1);
    if (!(min >= 0 && min < max && max <= 1))
        return FAIL(c, "r_min is %g and r_max is %g, must be 0 to 1 with r_min below r_max", c->row->info.name, min, max);
    return SOW_OK;
}

static void lru_begin(sow__leaf *l)
{
    const double min = sow__arg(l->call, "r_min", 0), max = sow__arg(l->call, "r_max", 1);
    l->k[0] = min * min;
    l->k[1] = max * max - min * min;
    /* Half a step of the numbers that are drawn. */
    l->k[2] = l->call->dtype == SOW_F64 ? 0x1p-54 : 0x1p-25;
}

static double lru_square(const sow__leaf *l, double u)
{
    const double square = (u == 0 ? l->k[2] : u) * l->k[1] + l->k[0];
    return square < 1 ? square : 1 - 0x1p-53;
}

static void lru_nu_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    sow__leaf_draw(l, sow_dist_uniform(0, 1), first, values, n);
    for (int64_t i = 0; i < n; i++)
        values[i] = sow__log(-0.5 * sow__log(lru_square(l, values[i])));
}

static void lru_gamma_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    sow__leaf_draw(l, sow_dist_uniform(0, 1), first, values, n);
    for (int64_t i = 0; i < n; i++)
        values[i] = 0.5 * sow__log(1 - lru_square(l, values[i]));
}

/* theta = ln(phase·u) */
static sow_status theta_check(const sow__scheme_call *c)
{
    const double phase = sow__arg(c, "phase", 1);
    if (!(phase >= 1e-300 && phase <= 1e300))
        return FAIL(c, "phase is %g, must be finite and above 0", c->row->info.name, phase);
    return SOW_OK;
}

static void theta_begin(sow__leaf *l)
{
    l->k[1] = sow__arg(l->call, "phase", 1);
    l->k[2] = l->call->dtype == SOW_F64 ? 0x1p-54 : 0x1p-25;
}

static void theta_values(const sow__leaf *l, int64_t first, double *values, int64_t n)
{
    sow__leaf_draw(l, sow_dist_uniform(0, 1), first, values, n);
    for (int64_t i = 0; i < n; i++)
        values[i] = sow__log((values[i] == 0 ? l->k[2] : values[i]) * l->k[1]);
}

const sow__writer sow__writer_lru_nu = {lru_check, lru_begin, lru_nu_values, NULL};
const sow__writer sow__writer_lru_gamma = {lru_check, lru_begin, lru_gamma_values, NULL};
const sow__writer sow__writer_lru_theta = {theta_check, theta_begin, theta_values, NULL};
