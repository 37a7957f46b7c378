/* SPDX-License-Identifier: MIT */
/*
 * The f32 radius and the f32 angle of all 2^32 words against MPFR, once: `exhaustive_mpfr [STRIDE]`. Hours of one core become minutes
 * because values repeat exactly:
 *
 *   radius  u₁ = k·2^-l·2^-32 with k in (2^31, 2^32]: 2^31 logarithms, correctly rounded to double, serve all 2^32 words (l ln 2 is added
 * in double: 2^-52 relative). The radius is compared squared: √ is IEEE's. angle   the distance from the nearest axis takes 2^29 + 1
 * values: their sine and cosine, correctly rounded, serve eight words each.
 */
#include <mpfr.h>
#include <stdlib.h>

#include "tests/accuracy/lanes.h"
#include "tests/accuracy/promises.h"
#include "tests/accuracy/work.h"
#include "tests/support.h"

enum { PIECE = 4096, THREADS = 64 };
static uint64_t stride = 1;
static const lanes *kernels;

/* One of each stride, anywhere in it: round words have fewer roundings, and with a stride of one all are taken. */
static uint64_t at(uint64_t first, uint64_t i)
{
    return first + i * stride + (i * 0x9e3779b9 >> 7 & (stride - 1));
}

typedef struct job {
    errors e[THREADS];
    uint64_t words[THREADS];
} job;

static void note_radius(errors *e, uint32_t word, float r, double log_m, int l)
{
    const double square = -2 * log_m + l * 0x1.62e42fefa39efp+0; /* 2 ln 2 */
    const double radius = sqrt(square);
    const double error = square > 0 ? ((double)r * (double)r - square) / ((double)r + radius) : (double)r;
    errors_note(e, error, radius, 24, word, 0);
}

/* Words k·2^-l - 1 for all l, of PIECE values of k. */
static void radius_item(void *arg, unsigned worker, size_t item)
{
    job *j = arg;
    const uint64_t first = (UINT64_C(1) << 31) + 1 + (uint64_t)item * PIECE * stride;
    mpfr_t x, y;
    mpfr_inits2(53, x, y, (mpfr_ptr)0);
    static _Thread_local double logs[PIECE];
    static _Thread_local uint32_t w[PIECE];
    static _Thread_local float r[PIECE];
    for (uint64_t i = 0; i < PIECE; i++) {
        mpfr_set_d(x, (double)(at(first, i)) * 0x1p-32, MPFR_RNDN);
        mpfr_log(y, x, MPFR_RNDN);
        logs[i] = mpfr_get_d(y, MPFR_RNDN);
    }
    for (int l = 0; l <= 32; l++) {
        size_t n = 0;
        static _Thread_local size_t from[PIECE];
        for (uint64_t i = 0; i < PIECE; i++) {
            const uint64_t k = at(first, i);
            if ((k & ((UINT64_C(1) << l) - 1)) == 0) {
                w[n] = (uint32_t)((k >> l) - 1);
                from[n++] = i;
            }
        }
        const size_t real = n;
        for (; n % LANES_STEP; n++)
            w[n] = 0;
        kernels->radius_f32(w, r, n);
        for (size_t i = 0; i < real; i++)
            note_radius(&j->e[worker], w[i], r[i], logs[from[i]], l);
        j->words[worker] += real;
    }
    mpfr_clears(x, y, (mpfr_ptr)0);
}

/* Distance d from the axis, in words: d from each of four axes, and -d of the next d, so that each word comes once. */
static void angle_item(void *arg, unsigned worker, size_t item)
{
    job *j = arg;
    static _Thread_local double sines[PIECE + 1], cosines[PIECE + 1];
    static _Thread_local uint32_t w[PIECE];
    static _Thread_local float one[PIECE], c[PIECE], s[PIECE];
    const uint64_t first = (uint64_t)item * PIECE * stride;
    mpfr_t x, y, z, two_pi;
    mpfr_inits2(128, x, two_pi, (mpfr_ptr)0);
    mpfr_inits2(53, y, z, (mpfr_ptr)0);
    mpfr_const_pi(two_pi, MPFR_RNDN);
    mpfr_mul_2si(two_pi, two_pi, -31, MPFR_RNDN);
    for (uint64_t i = 0; i <= PIECE; i++) {
        mpfr_mul_ui(x, two_pi, at(first, i), MPFR_RNDN);
        mpfr_sin_cos(y, z, x, MPFR_RNDN);
        sines[i] = mpfr_get_d(y, MPFR_RNDN);
        cosines[i] = mpfr_get_d(z, MPFR_RNDN);
    }
    mpfr_clears(x, y, z, two_pi, (mpfr_ptr)0);
    for (uint32_t axis = 0; axis < 4; axis++)
        for (int minus = 0; minus < 2; minus++) {
            for (uint64_t i = 0; i < PIECE; i++) {
                const uint32_t d = (uint32_t)at(first, i + (uint64_t)minus);
                w[i] = (axis << 30) + (minus ? 0 - d : d);
                one[i] = 1;
            }
            kernels->rotate_f32(one, w, c, s, PIECE);
            for (size_t i = 0; i < PIECE; i++) {
                const double sine = minus ? -sines[i + 1] : sines[i], cosine = cosines[i + (size_t)minus];
                const double exact_c[] = {cosine, -sine, -cosine, sine}, exact_s[] = {sine, cosine, -sine, -cosine};
                errors_note(&j->e[worker], (double)c[i] - exact_c[axis], exact_c[axis], 24, w[i], 0);
                errors_note(&j->e[worker], (double)s[i] - exact_s[axis], exact_s[axis], 24, w[i], 0);
            }
            j->words[worker] += PIECE;
        }
}

static errors run(const char *what, size_t items, void (*fn)(void *, unsigned, size_t))
{
    static job j;
    memset(&j, 0, sizeof j);
    const double start = work_seconds();
    work_run(items / stride, fn, &j);
    for (unsigned i = 1; i < THREADS; i++) {
        errors_merge(&j.e[0], &j.e[i]);
        j.words[0] += j.words[i];
    }
    printf(
        "# %s, %s against MPFR: %llu words, %.0f s; largest error %.4f ulp (word 0x%08llx); below 2^-10 absolute 2^%.2f (word 0x%08llx)\n",
        what, kernels->isa, (unsigned long long)j.words[0], work_seconds() - start, j.e[0].ulps.value,
        (unsigned long long)j.e[0].ulps.at[0], log2(j.e[0].small.value), (unsigned long long)j.e[0].small.at[0]);
    assert_true(stride > 1 || j.words[0] == UINT64_C(1) << 32);
    return j.e[0];
}

static void test_radius(void **state)
{
    (void)state;
    const errors e = run("radius", (UINT64_C(1) << 31) / PIECE, radius_item);
    assert_true(e.ulps.value > 0.5 && e.ulps.value <= RADIUS_F32_ULPS && e.small.value <= SMALL_F32(RADIUS_F32_ULPS));
}

static void test_angle(void **state)
{
    (void)state;
    const errors e = run("angle", (UINT64_C(1) << 29) / PIECE, angle_item);
    assert_true(e.ulps.value > 0.5 && e.ulps.value <= ANGLE_F32_ULPS && e.small.value <= SMALL_F32(ANGLE_F32_ULPS));
}

int main(int argc, char **argv)
{
    stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    if (stride < 1 || stride > 4096 || (stride & (stride - 1))) {
        fprintf(stderr, "the stride must be a power of two up to 4096\n");
        return 2;
    }
    kernels = lanes_named(NULL);
    work_at_end = mpfr_free_cache;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_radius), cmocka_unit_test(test_angle)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
