/* SPDX-License-Identifier: MIT */
#include "tests/accuracy/mpfr_law.h"

#include <math.h>

enum { PRECISION = 160 };

void mpfr_upper_tail(mpfr_t q, mpfr_t x, mpfr_t sqrt_half)
{
    mpfr_mul(q, x, sqrt_half, MPFR_RNDN);
    mpfr_erfc(q, q, MPFR_RNDN);
    mpfr_div_2ui(q, q, 1, MPFR_RNDN);
}

/* z = ((x or -x) - mean)/std */
static void standardise(mpfr_t z, double x, const law *l, int negative)
{
    mpfr_set_d(z, x, MPFR_RNDN);
    mpfr_sub_d(z, z, l->mean, MPFR_RNDN);
    mpfr_div_d(z, z, l->std, MPFR_RNDN);
    if (negative)
        mpfr_neg(z, z, MPFR_RNDN);
}

void mpfr_law_init(mpfr_law *m, const law *l)
{
    mpfr_inits2(PRECISION, m->below, m->above, m->width, m->v, m->p, m->q, m->z, m->t, m->u, m->log_p, m->half, m->sqrt_half,
                m->inv_sqrt_2pi, (mpfr_ptr)0);
    m->mean = l->mean;
    m->std = l->std;
    mpfr_set_d(m->half, 0.5, MPFR_RNDN);
    mpfr_sqrt(m->sqrt_half, m->half, MPFR_RNDN);
    mpfr_const_pi(m->t, MPFR_RNDN);
    mpfr_rec_sqrt(m->t, m->t, MPFR_RNDN);
    mpfr_mul(m->inv_sqrt_2pi, m->t, m->sqrt_half, MPFR_RNDN);

    standardise(m->z, l->a, l, 1);
    mpfr_upper_tail(m->below, m->z, m->sqrt_half); /* Φ(α) */
    standardise(m->z, l->b, l, 0);
    mpfr_upper_tail(m->above, m->z, m->sqrt_half); /* 1 - Φ(β) */
    m->upper = l->a > l->mean;
    if (m->upper) { /* Q(α) - Q(β) keeps its relative accuracy, 1 - Φ(α) - Q(β) would not */
        standardise(m->z, l->a, l, 0);
        mpfr_upper_tail(m->t, m->z, m->sqrt_half);
        mpfr_sub(m->width, m->t, m->above, MPFR_RNDN);
    } else if (l->b < l->mean) {
        standardise(m->z, l->b, l, 1);
        mpfr_upper_tail(m->t, m->z, m->sqrt_half);
        mpfr_sub(m->width, m->t, m->below, MPFR_RNDN);
    } else {
        mpfr_ui_sub(m->width, 1, m->below, MPFR_RNDN);
        mpfr_sub(m->width, m->width, m->above, MPFR_RNDN);
    }
}

void mpfr_law_clear(mpfr_law *m)
{
    mpfr_clears(m->below, m->above, m->width, m->v, m->p, m->q, m->z, m->t, m->u, m->log_p, m->half, m->sqrt_half, m->inv_sqrt_2pi,
                (mpfr_ptr)0);
    mpfr_free_cache();
}

/* z = Q^-1(p) by Newton's method for log Q, from z. */
static void inverse(mpfr_law *m)
{
    mpfr_log(m->log_p, m->p, MPFR_RNDN);
    for (int i = 0; i < 100; i++) {
        mpfr_upper_tail(m->q, m->z, m->sqrt_half);
        mpfr_log(m->t, m->q, MPFR_RNDN);
        mpfr_sub(m->t, m->t, m->log_p, MPFR_RNDN); /* log Q(z) - log p, times Q/φ */
        mpfr_mul(m->t, m->t, m->q, MPFR_RNDN);
        mpfr_sqr(m->u, m->z, MPFR_RNDN);
        mpfr_div_2ui(m->u, m->u, 1, MPFR_RNDN);
        mpfr_exp(m->u, m->u, MPFR_RNDN);
        mpfr_mul(m->t, m->t, m->u, MPFR_RNDN);
        mpfr_div(m->t, m->t, m->inv_sqrt_2pi, MPFR_RNDN);
        mpfr_add(m->z, m->z, m->t, MPFR_RNDN);
        /* the next step is some (step)²: below 2^-34 here, which is nothing beside an error of 2^-22, or of 2^-50 where steps are that
         * small */
        if (fabs(mpfr_get_d(m->t, MPFR_RNDN)) < 0x1p-17)
            return;
    }
    mpfr_set_nan(m->z);
}

double mpfr_law_error(mpfr_law *m, int bits, uint64_t n, double ours, double *z)
{
    mpfr_set_ui(m->v, n, MPFR_RNDN);
    mpfr_add(m->v, m->v, m->half, MPFR_RNDN);
    mpfr_div_2ui(m->v, m->v, (unsigned)bits, MPFR_RNDN);
    mpfr_fma(m->p, m->v, m->width, m->below, MPFR_RNDN);
    const int high = m->upper || mpfr_cmp(m->p, m->half) > 0;
    if (high) {
        mpfr_ui_sub(m->v, 1, m->v, MPFR_RNDN);
        mpfr_fma(m->p, m->v, m->width, m->above, MPFR_RNDN);
    }
    const double start = (ours - m->mean) / m->std;
    mpfr_set_d(m->z, high ? start : -start, MPFR_RNDN);
    inverse(m);
    if (!high)
        mpfr_neg(m->z, m->z, MPFR_RNDN);
    *z = mpfr_get_d(m->z, MPFR_RNDN);
    mpfr_mul_d(m->z, m->z, m->std, MPFR_RNDN);
    mpfr_add_d(m->z, m->z, m->mean, MPFR_RNDN);
    mpfr_d_sub(m->z, ours, m->z, MPFR_RNDN);
    return mpfr_get_d(m->z, MPFR_RNDN) / m->std;
}
