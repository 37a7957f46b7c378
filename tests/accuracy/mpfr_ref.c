/* SPDX-License-Identifier: MIT */
#include "tests/accuracy/mpfr_ref.h"

void mpfr_ref_init(mpfr_ref *m, int precision)
{
    mpfr_inits2(precision, m->two_pi, m->u, m->r, m->s, m->c, m->z, m->t, (mpfr_ptr)0);
    mpfr_const_pi(m->two_pi, MPFR_RNDN);
    mpfr_mul_2ui(m->two_pi, m->two_pi, 1, MPFR_RNDN);
}

void mpfr_ref_clear(mpfr_ref *m)
{
    mpfr_clears(m->two_pi, m->u, m->r, m->s, m->c, m->z, m->t, (mpfr_ptr)0);
    mpfr_free_cache();
}

static void note(mpfr_ref *m, mpfr_t trig, int negative, double ours, int bits, uint64_t n, uint64_t a, errors *e)
{
    mpfr_mul(m->z, m->r, trig, MPFR_RNDN);
    if (negative)
        mpfr_neg(m->z, m->z, MPFR_RNDN);
    mpfr_d_sub(m->t, ours, m->z, MPFR_RNDN);
    /* truncated, so that a value just below a power of two keeps its own last place */
    errors_note(e, mpfr_get_d(m->t, MPFR_RNDN), mpfr_get_d(m->z, MPFR_RNDZ), bits == 32 ? 24 : 53, n, a);
}

void mpfr_ref_normal(mpfr_ref *m, int bits, uint64_t n, uint64_t a, double c, double s, errors *e)
{
    mpfr_set_ui(m->u, n + 1, MPFR_RNDN);
    mpfr_div_2ui(m->u, m->u, (unsigned)bits, MPFR_RNDN);
    mpfr_log(m->r, m->u, MPFR_RNDN);
    mpfr_mul_si(m->r, m->r, -2, MPFR_RNDN);
    mpfr_sqrt(m->r, m->r, MPFR_RNDN);
    /* the nearest axis, and the angle from there: exact at the axes */
    const uint64_t quadrant = (a + (UINT64_C(1) << (bits - 3))) >> (bits - 2);
    mpfr_set_si(m->u, (int64_t)(a - (quadrant << (bits - 2))), MPFR_RNDN);
    mpfr_div_2ui(m->u, m->u, (unsigned)bits, MPFR_RNDN);
    mpfr_mul(m->u, m->u, m->two_pi, MPFR_RNDN);
    mpfr_sin_cos(m->s, m->c, m->u, MPFR_RNDN);
    const int swap = quadrant & 1;
    note(m, swap ? m->s : m->c, ((quadrant + 1) & 2) != 0, c, bits, n, a, e);
    note(m, swap ? m->c : m->s, (quadrant & 2) != 0, s, bits, n, a, e);
}
