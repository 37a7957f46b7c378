/* SPDX-License-Identifier: MIT */
/*
 * The f32 truncated normal of all 2^32 words under some laws, against the f64 kernel at exactly the same v = (w + ½)·2^-32.
 * The f64 kernel is within 2^-50 of MPFR (test_truncnorm_exact.c), 2^27 times closer than what is asked here. `exhaustive_truncnorm
 * [STRIDE]`.
 */
#include <stdlib.h>

#include "tests/accuracy/lanes.h"
#include "tests/accuracy/laws.h"
#include "tests/accuracy/work.h"
#include "tests/support.h"

enum { PIECE = 4096, ITEM_LOG2 = 20 };
static uint64_t stride = 1;

typedef struct job {
    const law *l;
    const lanes *kernels;
    sow_params f32, side[2]; /* f64: all words counted from the lower, or the upper, side */
    uint64_t split;          /* words below it, of 2^32, are nearer to the lower side's end */
    worst found[64];
    uint64_t outside[64];
} job;

/*
 * The f64 kernel counts n + ½ in units of 2^-53. Units of 2^-32 instead: n is the 32-bit word, `scale` 2^21 times as large. It complements
 * 53 bits on the upper side, so both sides are made to look like the lower one, and words are complemented here.
 */
static void make_sides(job *j)
{
    const sow_params p = law_params(j->l, SOW_F64);
    for (int i = 0; i < 2; i++) {
        j->side[i] = p;
        j->side[i].f64.scale *= 0x1p21;
        j->side[i].f64.split = UINT64_C(1) << 53;
        j->side[i].f64.tail[0] = p.f64.tail[i];
        j->side[i].f64.signed_std[0] = p.f64.signed_std[i];
    }
    j->split = p.f64.split >> 21; /* 2^32 where all words count from the lower side */
}

static void check_piece(job *j, unsigned worker, uint64_t first)
{
    uint32_t w[PIECE];
    uint64_t n[PIECE];
    float ours[PIECE];
    double exact[PIECE];
    for (uint64_t i = 0; i < PIECE; i++)
        w[i] = (uint32_t)(first + i * stride);
    j->kernels->truncnorm_f32(&j->f32.f32, w, ours, PIECE);
    for (size_t i = 0; i < PIECE;
         i += LANES_STEP) { /* a step of both sides takes the upper one's first words from the lower formula: as good */
        const int upper = w[i] >= j->split;
        for (size_t k = i; k < i + LANES_STEP; k++)
            n[k] = (uint64_t)(upper ? ~w[k] : w[k]) << 11;
        j->kernels->truncnorm_f64(&j->side[upper].f64, n + i, exact + i, LANES_STEP);
    }
    worst *found = &j->found[worker];
    for (size_t i = 0; i < PIECE; i++) {
        const double z = (exact[i] - j->l->mean) / j->l->std, error = fabs((double)ours[i] - exact[i]) / j->l->std;
        worst_note(found, error / fmax(1, fabs(z)), w[i], 0);
        j->outside[worker] += !((double)ours[i] >= j->l->a && (double)ours[i] <= j->l->b);
    }
}

static void check_item(void *arg, unsigned worker, size_t item)
{
    const uint64_t end = (uint64_t)(item + 1) << ITEM_LOG2;
    for (uint64_t w = (uint64_t)item << ITEM_LOG2; w < end; w += PIECE * stride)
        check_piece(arg, worker, w);
}

static double largest(const law *l, const lanes *kernels, const sow_params *f32)
{
    job j = {.l = l, .kernels = kernels, .f32 = *f32};
    make_sides(&j);
    work_run((size_t)1 << (32 - ITEM_LOG2), check_item, &j);
    for (unsigned i = 1; i < 64; i++) {
        worst_merge(&j.found[0], &j.found[i]);
        j.outside[0] += j.outside[i];
    }
    printf("#   N(%g, %g) on [%g, %g]: 2^%.3f (word 0x%08llx), %llu outside\n", l->mean, l->std, l->a, l->b, log2(j.found[0].value),
           (unsigned long long)j.found[0].at[0], (unsigned long long)j.outside[0]);
    assert_true(j.outside[0] == 0);
    return j.found[0].value;
}

static void test_laws(void **state)
{
    (void)state;
    static const law chosen[] = {{0, 1, -2, 2}, {0, 1, 0.3, 0.9}, {0, 1, 5, 6}, {0, 1, -9, -8}, {0, 0.02, -2, 2}, {0, 1, -1e-3, 5}};
    const lanes *kernels = lanes_named(NULL);
    printf("# largest error in std over max(1, |z|), every word of 2^32 but for a stride of %llu, %s\n", (unsigned long long)stride,
           kernels->isa);
    for (size_t i = 0; i < COUNT_OF(chosen); i++) {
        const double start = work_seconds();
        const sow_params p = law_params(&chosen[i], SOW_F32);
        assert_true(largest(&chosen[i], kernels, &p) <= law_limit(SOW_F32));
        printf("#     %.1f s\n", work_seconds() - start);
    }
}

/* A coefficient, or a parameter, that is a little off. */
static void test_faults_are_seen(void **state)
{
    (void)state;
    const law l = {0, 1, -2, 2};
    const uint64_t asked = stride;
    sow_params p = law_params(&l, SOW_F32);
    float coef[SOW_PROBIT_COUNT_F32];
    memcpy(coef, p.f32.coef, sizeof coef);
    coef[1] += 0x1p-19f;
    p.f32.coef = coef;
    stride = 256;
    assert_true(largest(&l, lanes_named(NULL), &p) > law_limit(SOW_F32));
    p = law_params(&l, SOW_F32);
    p.f32.scale *= 1 + 0x1p-20f;
    assert_true(largest(&l, lanes_named(NULL), &p) > law_limit(SOW_F32));
    stride = asked;
}

int main(int argc, char **argv)
{
    stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    if (stride < 1 || stride > 256 || (stride & (stride - 1))) {
        fprintf(stderr, "the stride must be a power of two up to 256\n");
        return 2;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_laws), cmocka_unit_test(test_faults_are_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
