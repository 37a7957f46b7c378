/* SPDX-License-Identifier: MIT */
/*
 * The f64 normal against MPFR: pairs of words as sow_fill() draws them, 2^23 unless told (`test_normal_f64 [LOG2 OF PAIRS]`), and edge
 * words with each other.
 */
#include <stdlib.h>

#include "tests/accuracy/edges.h"
#include "tests/accuracy/lanes.h"
#include "tests/accuracy/mpfr_ref.h"
#include "tests/accuracy/promises.h"
#include "tests/support.h"

static const double most_ulps = PAIR_F64_ULPS, most_small = SMALL_F64(PAIR_F64_ULPS), largest_z = 8.5717; /* √(106 ln 2) = 8.5716… */
enum { PRECISION = 96, PIECE = 1024 };
static unsigned pairs_log2 = 23;

typedef struct pairs {
    struct {
        mpfr_ref m;
        int ready;
        errors e;
        double largest;
    } worker[64];
} pairs;

static void check_piece(void *arg, unsigned worker, size_t item)
{
    pairs *p = arg;
    uint64_t w[2 * PIECE];
    double z[2 * PIECE];
    const sow_stream stream = sow_stream_seed(2024);
    const uint64_t first = (uint64_t)item * 2 * PIECE;
    if (!p->worker[worker].ready) {
        mpfr_ref_init(&p->worker[worker].m, PRECISION);
        p->worker[worker].ready = 1;
    }
    sow_fill(NULL, stream, sow_dist_bits(), SOW_F64, first, w, 2 * PIECE);
    sow_fill(NULL, stream, sow_dist_normal(0, 1), SOW_F64, first, z, 2 * PIECE);
    for (size_t i = 0; i < 2 * PIECE; i += 2) {
        mpfr_ref_normal(&p->worker[worker].m, 53, w[i] >> 11, w[i + 1] >> 11, z[i], z[i + 1], &p->worker[worker].e);
        p->worker[worker].largest = fmax(p->worker[worker].largest, fmax(fabs(z[i]), fabs(z[i + 1])));
    }
}

static void check_errors(const errors *e)
{
    printf("#   largest error %.4f ulp (words >> 11: 0x%014llx, 0x%014llx); below 2^-10 absolute 2^%.2f (0x%014llx, 0x%014llx)\n",
           e->ulps.value, (unsigned long long)e->ulps.at[0], (unsigned long long)e->ulps.at[1], log2(e->small.value),
           (unsigned long long)e->small.at[0], (unsigned long long)e->small.at[1]);
    assert_true(e->ulps.value > 0.5 && e->ulps.value <= most_ulps);
    assert_true(e->small.value <= most_small);
}

static void test_pairs(void **state)
{
    (void)state;
    static pairs p;
    if (test_emulated())
        pairs_log2 = 14;
    const double start = work_seconds();
    work_run((size_t)1 << (pairs_log2 - 10), check_piece, &p);
    for (unsigned i = 0; i < 64; i++) {
        if (p.worker[i].ready)
            mpfr_ref_clear(&p.worker[i].m);
        errors_merge(&p.worker[0].e, &p.worker[i].e);
        p.worker[0].largest = fmax(p.worker[0].largest, p.worker[i].largest);
    }
    printf("# 2^%u pairs of seed 2024 against MPFR: %.1f s; largest |z| %.5f\n", pairs_log2, work_seconds() - start, p.worker[0].largest);
    check_errors(&p.worker[0].e);
    assert_true(p.worker[0].largest <= largest_z);
}

/* All edge radii with some edge angles and the reverse would leave out corners: all with all, but on one instruction set in four fifths. */
static errors check_edges(const lanes *l, mpfr_ref *m, size_t step)
{
    uint64_t edges[EDGES_MAX], w[EDGES_MAX], same[EDGES_MAX];
    double r[EDGES_MAX], c[EDGES_MAX], s[EDGES_MAX];
    const size_t n = edges_make(53, edges);
    errors e = {.ulps = {.value = 0}};
    for (size_t i = 0; i < n; i++)
        w[i] = edges[i] << 11 | (i % 2 ? 0x7ff : 0); /* the low bits do not count */
    for (size_t i = 0; i < n; i += step) {
        for (size_t k = 0; k < n; k++)
            same[k] = w[i];
        l->radius_f64(same, r, n);
        l->rotate_f64(r, w, c, s, n);
        for (size_t k = 0; k < n; k++) {
            assert_true(fabs(c[k]) <= largest_z && fabs(s[k]) <= largest_z);
            mpfr_ref_normal(m, 53, edges[i], edges[k], c[k], s[k], &e);
        }
    }
    printf("# %zu x %zu edge words, %s, against MPFR\n", (n + step - 1) / step, n, l->isa);
    return e;
}

static void test_edges(void **state)
{
    (void)state;
    mpfr_ref m;
    mpfr_ref_init(&m, 128);
    for (size_t i = 0; i < sow_isa_count(); i++) {
        const lanes *l = lanes_named(sow_isa_name(i));
        if (l) {
            const errors e = check_edges(l, &m, test_emulated() ? 16 : 1);
            check_errors(&e);
        }
    }
    mpfr_ref_clear(&m);
}

static double ulps_with(mpfr_ref *m, fault which, int i, int ulps)
{
    return check_edges(lanes_faulty(which, i, ulps), m, 8).ulps.value;
}

static void test_spoilt_coefficients_are_seen(void **state)
{
    (void)state;
    mpfr_ref m;
    mpfr_ref_init(&m, 128);
    assert_true(ulps_with(&m, FAULT_NONE, 0, 0) <= most_ulps);
    assert_true(ulps_with(&m, FAULT_LOG_F64, 0, 100) > most_ulps);
    assert_true(ulps_with(&m, FAULT_SIN_F64, 1, 100) > most_ulps);
    assert_true(ulps_with(&m, FAULT_COS_F64, 0, 100) > most_ulps);
    mpfr_ref_clear(&m);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        pairs_log2 = (unsigned)strtoul(argv[1], NULL, 10);
    work_at_end = mpfr_free_cache;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_spoilt_coefficients_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
