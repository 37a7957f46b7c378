/* SPDX-License-Identifier: MIT */
/*
 * The truncated normal against MPFR's exact inverse: edge words, the words around the split between the two sides, and others spread over
 * the whole range. `test_truncnorm_exact [LOG2 OF WORDS]`: 11 unless told.
 */
#include <stdlib.h>

#include "tests/accuracy/edges.h"
#include "tests/accuracy/lanes.h"
#include "tests/accuracy/mpfr_law.h"
#include "tests/accuracy/work.h"
#include "tests/support.h"

static unsigned words_log2 = 11;

typedef struct job {
    sow_dtype dtype;
    sow_params params[64];
    worst found[64]; /* by law: error / max(1, |z|) */
    uint64_t *words; /* as numerators n of v = (n + ½)·2^-bits */
    size_t n;
} job;

/* n of the words on each side of the split, as the kernel sees it */
static size_t add_split(const job *j, const sow_params *p, uint64_t *words, size_t n)
{
    const uint64_t split = j->dtype == SOW_F64 ? p->f64.split : p->f32.split, all = j->dtype == SOW_F64 ? UINT64_MAX >> 11 : UINT32_MAX;
    memcpy(words, j->words, n * sizeof *words);
    for (uint64_t d = 0; d < 64; d++)
        words[n++] = (split + d - 32) & all;
    return n;
}

static void draw(const job *j, const lanes *l, const sow_params *p, const uint64_t *words, double *out, size_t n)
{
    for (size_t i = 0; i < n; i += LANES_STEP) {
        uint64_t w64[LANES_STEP];
        uint32_t w32[LANES_STEP];
        float out32[LANES_STEP];
        for (size_t k = 0; k < LANES_STEP; k++) {
            w64[k] = words[i + k] << 11 | (k * 41 & 0x7ff); /* the low bits do not count */
            w32[k] = (uint32_t)words[i + k];
        }
        if (j->dtype == SOW_F64) {
            l->truncnorm_f64(&p->f64, w64, out + i, LANES_STEP);
            continue;
        }
        l->truncnorm_f32(&p->f32, w32, out32, LANES_STEP);
        for (size_t k = 0; k < LANES_STEP; k++)
            out[i + k] = (double)out32[k];
    }
}

static void check_law(void *arg, unsigned worker, size_t item)
{
    job *j = arg;
    const law *l = &laws[item];
    const int bits = j->dtype == SOW_F64 ? 53 : 32;
    uint64_t *words = malloc((j->n + 64) * sizeof *words);
    double *out = malloc((j->n + 64) * sizeof *out), *best = malloc((j->n + 64) * sizeof *best);
    const size_t n = add_split(j, &j->params[item], words, j->n);
    mpfr_law m;
    mpfr_law_init(&m, l);
    (void)worker;
    draw(j, lanes_named(NULL), &j->params[item], words, best, n);
    for (size_t i = 0; i < n; i++) {
        double z;
        const double error = fabs(mpfr_law_error(&m, bits, words[i], best[i], &z));
        worst_note(&j->found[item], error / fmax(1, fabs(z)), words[i], 0);
        if (!(best[i] >= l->a && best[i] <= l->b))
            worst_note(&j->found[item], NAN, words[i], 0);
    }
    for (size_t i = 0; i < sow_isa_count(); i++) {
        const lanes *other = lanes_named(sow_isa_name(i));
        if (!other)
            continue;
        draw(j, other, &j->params[item], words, out, n);
        if (memcmp(out, best, n * sizeof *out) != 0)
            worst_note(&j->found[item], NAN, i, i);
    }
    mpfr_law_clear(&m);
    free(words);
    free(out);
    free(best);
}

static void check_all(sow_dtype dtype)
{
    static uint64_t words[EDGES_MAX + (1 << 20)];
    job j = {.dtype = dtype, .words = words};
    const int bits = dtype == SOW_F64 ? 53 : 32;
    const size_t more = (size_t)1 << (test_emulated() ? 6 : words_log2);
    j.n = edges_make(bits, words);
    for (size_t i = 0; i < more; i++) /* a multiple of the golden ratio: spread evenly */
        words[j.n++] = i * 0x9e3779b97f4a7c15 >> (64 - bits);
    assert_true(law_count <= 64);
    for (size_t i = 0; i < law_count; i++)
        j.params[i] = law_params(&laws[i], dtype);
    const double start = work_seconds();
    work_run(law_count, check_law, &j);
    printf("# %s truncated normal against MPFR, %zu words per law, %.1f s; largest error in std, over max(1, |z|)\n", sow_dtype_name(dtype),
           j.n + 64, work_seconds() - start);
    for (size_t i = 0; i < law_count; i++)
        printf("#   N(%g, %g) on [%g, %g]: 2^%.2f (word 0x%llx)\n", laws[i].mean, laws[i].std, laws[i].a, laws[i].b, log2(j.found[i].value),
               (unsigned long long)j.found[i].at[0]);
    for (size_t i = 0; i < law_count; i++)
        assert_true(j.found[i].value > 0 && j.found[i].value <= law_limit(dtype));
}

static void test_f32(void **state)
{
    (void)state;
    check_all(SOW_F32);
}

static void test_f64(void **state)
{
    (void)state;
    check_all(SOW_F64);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        words_log2 = (unsigned)strtoul(argv[1], NULL, 10);
    work_at_end = mpfr_free_cache;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_f32), cmocka_unit_test(test_f64)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
