/* SPDX-License-Identifier: MIT */
/*
 * The f32 normal as sow_fill() gives it against the exact Box-Muller values of the same words. `test_pairs_f32 [LOG2 OF PAIRS]`: 26 unless
 * told. Edge words against MPFR, on every instruction set.
 */
#include <stdlib.h>

#include "tests/accuracy/edges.h"
#include "tests/accuracy/lanes.h"
#include "tests/accuracy/mpfr_ref.h"
#include "tests/accuracy/promises.h"
#include "tests/accuracy/sleef_ref.h"
#include "tests/support.h"

static const double most_ulps = PAIR_F32_ULPS, most_small = SMALL_F32(PAIR_F32_ULPS), largest_z = 6.6604372; /* √(64 ln 2) = 6.66042… */
static unsigned pairs_log2 = 26;

enum { PIECE = 2048 }; /* pairs */

typedef struct pairs {
    const sleef_ref *ref;
    struct {
        errors e;
        double largest;
    } worker[64];
} pairs;

static void check_piece(pairs *p, unsigned worker, uint64_t first)
{
    uint32_t w[2 * PIECE];
    float z[2 * PIECE];
    double u[PIECE], turn[PIECE], s[PIECE], c[PIECE];
    const sow_stream stream = sow_stream_seed(2024);
    sow_fill(NULL, stream, sow_dist_bits(), SOW_F32, 2 * first, w, 2 * PIECE);
    sow_fill(NULL, stream, sow_dist_normal(0, 1), SOW_F32, 2 * first, z, 2 * PIECE);
    for (size_t i = 0; i < PIECE; i++) {
        u[i] = ((double)w[2 * i] + 1) * 0x1p-32;
        turn[i] = w[2 * i + 1] * 0x1p-31;
    }
    p->ref->log(u, u, PIECE);
    p->ref->sincospi(turn, s, c, PIECE);
    errors *e = &p->worker[worker].e;
    for (size_t i = 0; i < PIECE; i++) {
        const double r = sqrt(-2 * u[i]), exact_c = r * c[i], exact_s = r * s[i];
        errors_note(e, (double)z[2 * i] - exact_c, exact_c, 24, w[2 * i], w[2 * i + 1]);
        errors_note(e, (double)z[2 * i + 1] - exact_s, exact_s, 24, w[2 * i], w[2 * i + 1]);
        p->worker[worker].largest = fmax(p->worker[worker].largest, fmax(fabs((double)z[2 * i]), fabs((double)z[2 * i + 1])));
    }
}

enum { ITEM_LOG2 = 18 };

static void check_item(void *arg, unsigned worker, size_t item)
{
    for (uint64_t k = 0; k < (UINT64_C(1) << ITEM_LOG2); k += PIECE)
        check_piece(arg, worker, ((uint64_t)item << ITEM_LOG2) + k);
}

static void print_errors(const char *what, const errors *e)
{
    printf("# %s: %.4f ulp (words 0x%08llx, 0x%08llx); below 2^-10 absolute 2^%.2f (0x%08llx, 0x%08llx)\n", what, e->ulps.value,
           (unsigned long long)e->ulps.at[0], (unsigned long long)e->ulps.at[1], log2(e->small.value), (unsigned long long)e->small.at[0],
           (unsigned long long)e->small.at[1]);
}

static void test_pairs(void **state)
{
    (void)state;
    const char *why = "";
    static pairs p;
    p.ref = sleef_ref_get(&why);
    if (!p.ref) {
        printf("# skipped: %s\n", why);
        skip();
    }
    if (test_emulated())
        pairs_log2 = 20;
    const double start = work_seconds();
    work_run((size_t)1 << (pairs_log2 - ITEM_LOG2), check_item, &p);
    for (unsigned i = 1; i < 64; i++) {
        errors_merge(&p.worker[0].e, &p.worker[i].e);
        p.worker[0].largest = fmax(p.worker[0].largest, p.worker[i].largest);
    }
    printf("# 2^%u pairs of seed 2024 against %s: %.1f s; largest |z| %.5f\n", pairs_log2, p.ref->name, work_seconds() - start,
           p.worker[0].largest);
    print_errors("largest errors", &p.worker[0].e);
    assert_true(p.worker[0].e.ulps.value > 0.5 && p.worker[0].e.ulps.value <= most_ulps);
    assert_true(p.worker[0].e.small.value <= most_small);
    assert_true(p.worker[0].largest <= largest_z);
}

static void check_edges(const lanes *l, mpfr_ref *m)
{
    uint64_t edges[EDGES_MAX];
    uint32_t w[EDGES_MAX], same[EDGES_MAX];
    float r[EDGES_MAX], c[EDGES_MAX], s[EDGES_MAX], largest = 0;
    const size_t n = edges_make(32, edges);
    errors e = {.ulps = {.value = 0}};
    for (size_t i = 0; i < n; i++)
        w[i] = (uint32_t)edges[i];
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++)
            same[k] = w[i];
        l->radius_f32(same, r, n);
        l->rotate_f32(r, w, c, s, n);
        for (size_t k = 0; k < n; k++) {
            mpfr_ref_normal(m, 32, w[i], w[k], (double)c[k], (double)s[k], &e);
            largest = fmaxf(largest, fmaxf(fabsf(c[k]), fabsf(s[k])));
        }
    }
    printf("# %zu edge words with each other, %s, against MPFR; largest |z| %.7g\n", n, l->isa, (double)largest);
    print_errors("largest errors", &e);
    assert_true(e.ulps.value <= most_ulps);
    assert_true(e.small.value <= most_small);
    assert_true((double)largest <= largest_z && (double)largest > 6.66);
}

static void test_edges(void **state)
{
    (void)state;
    mpfr_ref m;
    mpfr_ref_init(&m, 96);
    for (size_t i = 0; i < sow_isa_count(); i++) {
        const lanes *l = lanes_named(sow_isa_name(i));
        if (l)
            check_edges(l, &m);
    }
    mpfr_ref_clear(&m);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        pairs_log2 = (unsigned)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs), cmocka_unit_test(test_edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
