/* SPDX-License-Identifier: MIT */
/* The probabilities that a truncated normal's parameters are made of (src/truncnorm.c) against MPFR. */
#include <mpfr.h>

#include "tests/accuracy/work.h"
#include "tests/support.h"

#define sow__truncnorm_prepare prepare_under_test /* the library under test has one, too */
#include "src/truncnorm.c"

typedef struct ref {
    mpfr_t q, x, sqrt_half, t;
} ref;

static void ref_init(ref *r)
{
    mpfr_inits2(160, r->q, r->x, r->sqrt_half, r->t, (mpfr_ptr)0);
    mpfr_set_d(r->sqrt_half, 0.5, MPFR_RNDN);
    mpfr_sqrt(r->sqrt_half, r->sqrt_half, MPFR_RNDN);
}

static void ref_clear(ref *r)
{
    mpfr_clears(r->q, r->x, r->sqrt_half, r->t, (mpfr_ptr)0);
    mpfr_free_cache();
}

/* Relative error of upper_tail(x), and what it moves a quantile near x by: error · Q/φ, Q/φ <= min(√(π/2), 1/x). */
static double tail_error(ref *r, double x)
{
    const tail ours = upper_tail(x);
    mpfr_mul_d(r->x, r->sqrt_half, x, MPFR_RNDN);
    mpfr_erfc(r->q, r->x, MPFR_RNDN);
    mpfr_div_2ui(r->q, r->q, 1, MPFR_RNDN);
    mpfr_set_d(r->t, ours.m, MPFR_RNDN);
    mpfr_mul_2si(r->t, r->t, -(long)ours.e, MPFR_RNDN);
    mpfr_div(r->t, r->t, r->q, MPFR_RNDN);
    mpfr_sub_ui(r->t, r->t, 1, MPFR_RNDN);
    assert_true(ours.m >= 0.5 && ours.m < 1);
    return fabs(mpfr_get_d(r->t, MPFR_RNDN));
}

static double half_error(ref *r, double x) /* relative */
{
    mpfr_mul_d(r->x, r->sqrt_half, x, MPFR_RNDN);
    mpfr_erf(r->q, r->x, MPFR_RNDN);
    mpfr_div_2ui(r->q, r->q, 1, MPFR_RNDN);
    mpfr_d_sub(r->t, half(x), r->q, MPFR_RNDN);
    mpfr_div(r->t, r->t, r->q, MPFR_RNDN);
    return fabs(mpfr_get_d(r->t, MPFR_RNDN));
}

/* Calls fn for x = 2^k·(1 + i/32), k from -40 to 26, and its neighbours below and above. */
static void each_x(ref *r, void (*fn)(ref *r, double x, void *arg), void *arg)
{
    for (int k = -40; k <= 26; k++)
        for (int i = 0; i < (k == 26 ? 1 : 32); i++) {
            const double x = ldexp(1 + i / 32.0, k);
            fn(r, nextafter(x, 0), arg);
            fn(r, x, arg);
            if (k < 26)
                fn(r, x * (1 + 0x1.3p-7), arg);
        }
}

static void note_tail(ref *r, double x, void *arg)
{
    worst *w = arg;
    const double error = tail_error(r, x), mills = fmin(sqrt(acos(-1) / 2), 1 / x);
    worst_note(&w[0], error / fmax(1, x * x / 8), (uint64_t)x, 0);
    worst_note(&w[1], error * mills / fmax(1, x), (uint64_t)x, 0);
}

static void test_upper_tail(void **state)
{
    (void)state;
    worst w[2] = {{.value = 0}, {.value = 0}};
    ref r;
    ref_init(&r);
    assert_true(tail_error(&r, 0) < 0x1p-52);
    each_x(&r, note_tail, w);
    for (int i = 0; i < 64 * 48; i++)
        note_tail(&r, i / 64.0, w);
    ref_clear(&r);
    printf("# Q(x), x in [0, 2^26]: relative error 2^%.2f max(1, x²/8) (near x = %llu); a quantile moves by 2^%.2f max(1, x) (near %llu)\n",
           log2(w[0].value), (unsigned long long)w[0].at[0], log2(w[1].value), (unsigned long long)w[1].at[0]);
    assert_true(w[0].value <= 0x1p-50);
    assert_true(w[1].value <= 0x1p-51); /* an eighth of the promise for f64 */
}

static void note_half(ref *r, double x, void *arg)
{
    worst_note(arg, half_error(r, x), (uint64_t)(x * 1000), 0);
    assert_true(half(-x) == -half(x));
}

static void test_half(void **state)
{
    (void)state;
    worst w = {.value = 0};
    ref r;
    ref_init(&r);
    assert_true(half(0) == 0);
    each_x(&r, note_half, &w);
    ref_clear(&r);
    printf("# Φ(x) - ½, |x| from 2^-40 to 2^26: relative error 2^%.2f (near x = %.3f)\n", log2(w.value), (double)w.at[0] / 1000);
    assert_true(w.value <= 0x1p-50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_upper_tail), cmocka_unit_test(test_half)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
