/* SPDX-License-Identifier: MIT */
/*
 * simd/fma.h against the CPU's own fma and against MPFR: special values, subnormals, ties and cancellation. The comparison proves itself by
 * two fused operations that are not: a·b + c with two roundings, and the f32 way through one binary64 sum, which both must be caught.
 */
#include <float.h>
#include <math.h>

#include "simd/fma.h"
#include "src/cpu.h"
#include "tests/support.h"

#if defined(SOW_HAVE_MPFR)
#include <mpfr.h>
#endif

/* Operands */

static double scaled(uint64_t fraction, int exponent, uint64_t sign)
{
    return fma_double(sign << 63 | (uint64_t)(exponent + 1023) << 52 | (fraction & 0xfffffffffffff));
}

/* Full of zeros or ones at either end, so that products are short, or lie beside ties. */
static uint64_t fraction(void)
{
    const uint64_t r = test_random(), low = r & 0xfffffffffffff;
    const unsigned n = (unsigned)(r >> 52 & 31) + 10;
    switch (r >> 61) {
    case 0:
        return low >> n << n;
    case 1:
        return low | ((UINT64_C(1) << n) - 1);
    case 2:
        return low & ((UINT64_C(1) << (n & 15)) - 1);
    case 3:
        return UINT64_C(1) << (r & 31) << 20;
    default:
        return low;
    }
}

static double between(int least, int most)
{
    return scaled(fraction(), least + (int)test_random_below((uint64_t)(most - least + 1)), test_random() & 1);
}

static double ulps_away(double x)
{
    return fma_double(fma_bits(x) + test_random_below(5) - 2);
}

typedef struct operands {
    double a, b, c;
} operands;

/* By turns: anywhere; addends of like size; addends that cancel but for the last bits; far apart; at the ends of the range. */
static operands pick(void)
{
    operands o = {between(-60, 60), between(-60, 60), 0};
    switch (test_random_below(10)) {
    case 8: /* around the limits of the quick way */
        return (operands){between(-402, 402), between(-402, 402), between(-802, 802)};
    case 9:
        o.a = between(-402, 402);
        o.b = between(-402, 402);
        o.c = ulps_away(-(o.a * o.b));
        return o;
    case 0: /* any bits, NaN and infinities among them */
        return (operands){fma_double(test_random()), fma_double(test_random()), fma_double(test_random())};
    case 1:
        o.c = between(-120, 120);
        return o;
    case 2:
    case 3:
        o.c = ulps_away(-(o.a * o.b));
        return o;
    case 4: /* the product's last bits beside half an ulp of c */
        o.c = scaled(fraction(), (int)((fma_bits(o.a * o.b) >> 52 & 0x7ff) - 1023) + 50 + (int)test_random_below(8), test_random() & 1);
        return o;
    case 5: { /* results around and below the least normal number */
        o.a = between(-600, -450);
        o.b = between(-600, -450);
        o.c = test_random() & 1 ? fma_double(test_random() >> (2 + test_random_below(50))) : between(-1022, -960);
        return o;
    }
    case 6: /* overflow */
        o.a = between(480, 530);
        o.b = between(480, 530);
        o.c = between(960, 1023);
        return o;
    default: /* the product cancels down into the subnormals */
        o.a = between(-500, -480);
        o.b = between(-560, -520);
        o.c = ulps_away(-(o.a * o.b));
        return o;
    }
}

/* Through memory: gcc 12 drops (double)(float) of neighbours that it vectorises. */
static double to_f32(double x)
{
    const volatile float f = (float)x;
    return (double)f;
}

static operands pick_f32(void)
{
    operands o = pick();
    const int shift = (int)test_random_below(3) * 60;
    switch (test_random_below(4)) {
    case 0: { /* any bits */
        float f[3];
        for (int i = 0; i < 3; i++) {
            const uint32_t u = (uint32_t)test_random();
            memcpy(&f[i], &u, sizeof u);
        }
        return (operands){f[0], f[1], f[2]};
    }
    case 1: /* exact ties of the sum: the product's 48 bits, c far above */
        o.a = between(-20, 20);
        o.b = between(-20, 20);
        o.c = to_f32(o.a) * to_f32(o.b) * scalbn(1, 20 + (int)test_random_below(30));
        break;
    case 2:
        o.a = between(-90, -50);
        o.b = between(-90, -50);
        o.c = between(-149, -110);
        break;
    default:
        o.a = between(-60, 60);
        o.b = between(-60, 60);
        o.c = test_random() & 1 ? -to_f32(to_f32(o.a) * to_f32(o.b)) : between(-120, 120 - shift);
        break;
    }
    return (operands){to_f32(o.a), to_f32(o.b), to_f32(o.c)};
}

static const double specials[] = {0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  0.5,
                                  3.0,
                                  0x1p-1074,
                                  -0x1p-1074,
                                  0x1p-1073,
                                  0x1.8p-1073,
                                  0x1p-1022,
                                  -0x1p-1022,
                                  0x1.ffffffffffffep-1023,
                                  0x1.fffffffffffffp1023,
                                  -0x1.fffffffffffffp1023,
                                  0x1p1023,
                                  0x1.0000000000001p0,
                                  0x1.fffffffffffffp-1,
                                  -0x1.fffffffffffffp-1,
                                  0x1p-53,
                                  0x1p-54,
                                  0x1p53,
                                  0x1p400,
                                  0x1p401,
                                  0x1p-400,
                                  0x1p-401,
                                  0x1p800,
                                  0x1p-800,
                                  0x1p-500,
                                  0x1p-537,
                                  INFINITY,
                                  -INFINITY,
                                  NAN};

static int same(double x, double y)
{
    return isnan(x) ? isnan(y) : fma_bits(x) == fma_bits(y);
}

/* Functions under test, and oracles */

typedef double fused(double a, double b, double c);

static double ours_f64(double a, double b, double c)
{
    return soft_fma(a, b, c);
}

static double ours_f32(double a, double b, double c)
{
    return (double)soft_fmaf((float)a, (float)b, (float)c);
}

static double naive_f64(double a, double b, double c)
{
    volatile double p = a * b;
    return p + c;
}

static double naive_f32(double a, double b, double c)
{
    volatile double sum = a * b + c;
    return (double)(float)sum;
}

#if defined(__x86_64__)
static int have_hardware(void)
{
    return (sow__cpu_features() & SOW_CPU_fma) != 0;
}

__attribute__((target("fma"))) static double hardware_f64(double a, double b, double c)
{
    return __builtin_fma(a, b, c);
}

__attribute__((target("fma"))) static double hardware_f32(double a, double b, double c)
{
    return (double)__builtin_fmaf((float)a, (float)b, (float)c);
}
#else
static int have_hardware(void)
{
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
    return 1;
#else
    return 0;
#endif
}

static double hardware_f64(double a, double b, double c)
{
    return fma(a, b, c);
}

static double hardware_f32(double a, double b, double c)
{
    return (double)fmaf((float)a, (float)b, (float)c);
}
#endif

#if defined(SOW_HAVE_MPFR)
static double mpfr_rounded(double a, double b, double c, mpfr_prec_t precision, mpfr_exp_t least, mpfr_exp_t most)
{
    static mpfr_t x, y, z, r[2];
    static int made;
    if (!made) {
        mpfr_inits2(53, x, y, z, (mpfr_ptr)0);
        mpfr_init2(r[0], 24);
        mpfr_init2(r[1], 53);
        made = 1;
    }
    mpfr_ptr result = r[precision == 53];
    mpfr_set_emin(-1073);
    mpfr_set_emax(1024);
    mpfr_set_d(x, a, MPFR_RNDN);
    mpfr_set_d(y, b, MPFR_RNDN);
    mpfr_set_d(z, c, MPFR_RNDN);
    mpfr_set_emin(least);
    mpfr_set_emax(most);
    const int inexact = mpfr_fma(result, x, y, z, MPFR_RNDN);
    mpfr_subnormalize(result, inexact, MPFR_RNDN);
    return mpfr_get_d(result, MPFR_RNDN);
}

static double mpfr_f64(double a, double b, double c)
{
    return mpfr_rounded(a, b, c, 53, -1073, 1024);
}

static double mpfr_f32(double a, double b, double c)
{
    return mpfr_rounded(a, b, c, 24, -148, 128);
}
#endif

/* How many of `n` cases differ; the first of them in `first`. All triples of special values come before. */
static long differences(fused *tested, fused *oracle, operands (*next)(void), long n, operands *first)
{
    long bad = 0;
    const int f32 = next == pick_f32;
    for (size_t i = 0; i < COUNT_OF(specials); i++)
        for (size_t j = 0; j < COUNT_OF(specials); j++)
            for (size_t k = 0; k < COUNT_OF(specials); k++) {
                operands o = {specials[i], specials[j], specials[k]};
                if (f32)
                    o = (operands){to_f32(o.a), to_f32(o.b), to_f32(o.c)};
                if (!same(tested(o.a, o.b, o.c), oracle(o.a, o.b, o.c)) && bad++ == 0)
                    *first = o;
            }
    for (long i = 0; i < n; i++) {
        const operands o = next();
        if (!same(tested(o.a, o.b, o.c), oracle(o.a, o.b, o.c)) && bad++ == 0)
            *first = o;
    }
    return bad;
}

static void check(const char *what, fused *tested, fused *oracle, operands (*next)(void), long n)
{
    operands o = {0, 0, 0};
    const long bad = differences(tested, oracle, next, test_emulated() ? n / 20 : n, &o);
    if (bad)
        fail_msg("%s: %ld differ; fma(%a, %a, %a) is %a, must be %a", what, bad, o.a, o.b, o.c, tested(o.a, o.b, o.c),
                 oracle(o.a, o.b, o.c));
}

static void against_hardware(void **state)
{
    (void)state;
    if (!have_hardware())
        skip();
    check("soft_fma, CPU", ours_f64, hardware_f64, pick, 5000000);
    check("sow__fma_exact, CPU", sow__fma_exact, hardware_f64, pick, 5000000);
    check("soft_fmaf, CPU", ours_f32, hardware_f32, pick_f32, 10000000);
}

static void against_mpfr(void **state)
{
    (void)state;
#if defined(SOW_HAVE_MPFR)
    check("soft_fma, MPFR", ours_f64, mpfr_f64, pick, 1000000);
    check("sow__fma_exact, MPFR", sow__fma_exact, mpfr_f64, pick, 1000000);
    check("soft_fmaf, MPFR", ours_f32, mpfr_f32, pick_f32, 1000000);
    mpfr_free_cache();
#else
    skip();
#endif
}

/* Some oracle there must be: the C library's. */
static void against_libm(void **state)
{
    (void)state;
    if (have_hardware())
        skip();
    check("soft_fma, libm", ours_f64, fma, pick, 500000);
}

static double libm_f32(double a, double b, double c)
{
    return (double)fmaf((float)a, (float)b, (float)c);
}

/* Faults that such code tends to have must show up among the same operands. */
static void faults_are_caught(void **state)
{
    operands o;
    (void)state;
    assert_true(differences(naive_f64, ours_f64, pick, 20000, &o) > 1000);
    assert_true(differences(naive_f32, ours_f32, pick_f32, 200000, &o) > 10);
    assert_true(differences(naive_f32, libm_f32, pick_f32, 200000, &o) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_hardware),
        cmocka_unit_test(against_mpfr),
        cmocka_unit_test(against_libm),
        cmocka_unit_test(faults_are_caught),
    };
    return cmocka_run_group_tests_name("fma", tests, NULL, NULL);
}
