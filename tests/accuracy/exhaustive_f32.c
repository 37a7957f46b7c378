/* SPDX-License-Identifier: MIT */
/*
 * The f32 radius and the f32 angle of all 2^32 words each against SLEEF's double precision, and from the two a bound for all 2^64 pairs
 * (bound_f32.h). `exhaustive_f32 [ISA [STRIDE]]`: every STRIDE-th word only, where the last words and the bound do not count.
 */
#include <stdlib.h>

#include "tests/accuracy/pass_f32.h"
#include "tests/accuracy/promises.h"
#include "tests/support.h"

static const lanes *kernels;
static const sleef_ref *ref;
static uint64_t stride = 1;
static found radius, angle;

static void check_pass(pass_f32 *pass, const char *what, double ulps, found *f)
{
    const double start = work_seconds();
    pass_all(pass, kernels, ref, stride, f);
    printf("# %s, %s against %s: %llu words, %.1f s on %u threads\n", what, kernels->isa, ref->name, (unsigned long long)f->words,
           work_seconds() - start, work_threads());
    printf("#   largest error %.4f ulp (word 0x%08llx); below 2^-10 absolute 2^%.2f (word 0x%08llx)\n", f->e.ulps.value,
           (unsigned long long)f->e.ulps.at[0], log2(f->e.small.value), (unsigned long long)f->e.small.at[0]);
    const uint64_t n = (UINT64_C(1) << 32) / stride; /* all words were seen: their sum */
    assert_true(f->words == n && (stride > 1 || f->sum == (n / 2) * (n - 1)));
    assert_true(f->wrong == 0);
    assert_true(f->e.ulps.value <= ulps);
    assert_true(f->e.small.value <= SMALL_F32(ulps));
}

static void test_radius(void **state)
{
    (void)state;
    check_pass(pass_radius_f32, "radius", RADIUS_F32_ULPS, &radius);
}

static void test_angle(void **state)
{
    (void)state;
    check_pass(pass_angle_f32, "angle, r = 1", ANGLE_F32_ULPS, &angle);
}

static void test_all_pairs(void **state)
{
    (void)state;
    if (!radius.words || !angle.words)
        skip();
    cells *c = malloc(sizeof *c);
    *c = radius.c;
    cells_merge(c, &angle.c);
    const double bound = cells_bound(c);
    const errors e = cells_worst_pairs(c, kernels);
    free(c);
    printf("# all 2^64 pairs: at most %.4f ulp at every size; pairs of extreme words reach %.4f ulp (words 0x%08llx, 0x%08llx), 2^%.2f "
           "below 2^-10\n",
           bound, e.ulps.value, (unsigned long long)e.ulps.at[0], (unsigned long long)e.ulps.at[1], log2(e.small.value));
    assert_true(e.ulps.value <= bound); /* else the derivation is wrong */
    assert_true(e.ulps.value > bound / 2);
    assert_true(bound <= PAIR_F32_BOUND); /* and so at most 4 · 2^-34 = 2^-32 where |z| < 2^-10 */
}

/* One result of the pass moved by `ulps`: the worst word and others, each alone. */
static void must_see_one(pass_f32 *pass, const found *whole, double ulps)
{
    for (unsigned k = 0; k < 64; k++) {
        const uint32_t word = k ? (uint32_t)(test_random_below(UINT64_C(1) << 31) | 0x40000001) : (uint32_t)whole->e.ulps.at[0];
        const uint32_t first = word / LANES_STEP * LANES_STEP;
        unsigned caught = 0;
        for (int sign = -1; sign <= 1; sign += 2) {
            const spoil s = {word, sign * (k ? (int)ceil(2 * ulps) : 1)};
            found *f = malloc(sizeof *f);
            found_clear(f);
            pass(kernels, ref, first, 1, LANES_STEP, &s, f);
            caught += f->e.ulps.value > ulps && f->e.ulps.at[0] == word;
            free(f);
        }
        assert_true(k ? caught == 2 : caught >= 1); /* one ulp towards the truth makes the worst word better */
    }
}

static void test_spoilt_results_are_seen(void **state)
{
    (void)state;
    if (!radius.words || !angle.words)
        skip();
    must_see_one(pass_radius_f32, &radius, RADIUS_F32_ULPS);
    must_see_one(pass_angle_f32, &angle, ANGLE_F32_ULPS);
}

static double ulps_with(pass_f32 *pass, fault which, int i, int ulps)
{
    found *f = malloc(sizeof *f);
    pass_all(pass, lanes_faulty(which, i, ulps), ref, 1 << 12, f);
    const double seen = f->e.ulps.value;
    free(f);
    return seen;
}

static void test_spoilt_coefficients_are_seen(void **state)
{
    (void)state;
    assert_true(ulps_with(pass_radius_f32, FAULT_NONE, 0, 0) <= RADIUS_F32_ULPS);
    assert_true(ulps_with(pass_angle_f32, FAULT_NONE, 0, 0) <= ANGLE_F32_ULPS);
    const double l = ulps_with(pass_radius_f32, FAULT_LOG_F32, 0, 16), s = ulps_with(pass_angle_f32, FAULT_SIN_F32, 1, 24),
                 c = ulps_with(pass_angle_f32, FAULT_COS_F32, 0, 12);
    printf("# one coefficient 16, 24 and 12 ulps off: log %.2f, sine %.2f, cosine %.2f ulp\n", l, s, c);
    assert_true(l > RADIUS_F32_ULPS && s > ANGLE_F32_ULPS && c > ANGLE_F32_ULPS);
}

int main(int argc, char **argv)
{
    const char *why = "";
    kernels = lanes_named(argc > 1 ? argv[1] : NULL);
    ref = sleef_ref_get(&why);
    stride = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (!kernels || !ref) {
        printf("# skipped: %s\n", kernels ? why : "this machine lacks the instruction set");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_radius),
        cmocka_unit_test(test_angle),
        cmocka_unit_test(test_all_pairs),
        cmocka_unit_test(test_spoilt_results_are_seen),
        cmocka_unit_test(test_spoilt_coefficients_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
