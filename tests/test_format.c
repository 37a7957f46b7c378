/* SPDX-License-Identifier: MIT */
/* Conversions against an oracle in exact real arithmetic (double holds every half and every midpoint) and against the hardware's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simd/half.h"
#include "src/cpu.h"
#include "src/format.h"
#include "tests/support.h"

static float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The value of a half or bfloat from the definition of the formats, infinity standing for the next power of two. */
static double magnitude_value(unsigned bits, int mantissa_bits, int bias)
{
    const int exponent = (int)(bits >> mantissa_bits), mantissa = (int)(bits & ((1u << mantissa_bits) - 1));
    if (exponent == 0)
        return ldexp(mantissa, 1 - bias - mantissa_bits);
    return ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}

/* Round to nearest, ties to even, by bisection over the magnitudes. */
static unsigned oracle(float x, int mantissa_bits, int bias, unsigned infinity)
{
    const unsigned sign = signbit(x) ? 0x8000u : 0;
    const double magnitude = fabs((double)x);
    if (isinf(x))
        return sign | infinity;
    unsigned low = 0, high = infinity; /* value(low) <= magnitude < value(high), or beyond */
    if (magnitude >= magnitude_value(infinity, mantissa_bits, bias))
        return sign | infinity;
    while (high - low > 1) {
        const unsigned middle = (low + high) / 2;
        if (magnitude_value(middle, mantissa_bits, bias) <= magnitude)
            low = middle;
        else
            high = middle;
    }
    const double below = magnitude - magnitude_value(low, mantissa_bits, bias);
    const double above = magnitude_value(high, mantissa_bits, bias) - magnitude;
    return sign | (below < above || (below == above && low % 2 == 0) ? low : high);
}

static void compare(uint32_t bits)
{
    const float x = float_of_bits(bits);
    if (isnan(x)) {
        assert_true(isnan(sow__element_value(half_f16(x), SOW_F16)));
        assert_true(isnan(sow__element_value(half_bf16(x), SOW_BF16)));
        return;
    }
    if (half_f16(x) != oracle(x, 10, 15, 0x7c00) || half_bf16(x) != oracle(x, 7, 127, 0x7f80))
        fail_msg("%a (%08x): f16 %04x, bf16 %04x; exact %04x, %04x", (double)x, bits, half_f16(x), half_bf16(x), oracle(x, 10, 15, 0x7c00),
                 oracle(x, 7, 127, 0x7f80));
}

/* Around every half, every bfloat and every midpoint of either, and anywhere. */
static void narrowing_is_to_nearest_even(void **state)
{
    (void)state;
    static const uint32_t low[] = {0, 1, 0xfff, 0x1000, 0x1001, 0x1fff, 0x2000, 0x7fff, 0x8000, 0x8001, 0xffff};
    for (uint32_t high = 0; high < 0x10000; high++)
        for (size_t i = 0; i < COUNT_OF(low); i++)
            compare(high << 16 | low[i]);
    for (uint32_t half = 0; half < 0x7c00; half++) { /* midpoints of subnormal halves lie elsewhere */
        const float middle = (float)((magnitude_value(half, 10, 15) + magnitude_value(half + 1, 10, 15)) / 2);
        uint32_t bits;
        memcpy(&bits, &middle, sizeof bits);
        for (uint32_t d = 0; d < 3; d++) {
            compare(bits + d - 1);
            compare((bits + d - 1) ^ 0x80000000u);
        }
    }
    for (int i = 0; i < 200000; i++)
        compare((uint32_t)test_random());
}

static void values_come_back(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        const double h = sow__element_value(bits, SOW_F16), b = sow__element_value(bits, SOW_BF16);
        if ((bits & 0x7fff) <= 0x7bff) {
            assert_true(h == (bits & 0x8000 ? -1 : 1) * magnitude_value(bits & 0x7fff, 10, 15));
            assert_int_equal(sow__element_bits(h, SOW_F16), bits);
        }
        if ((bits & 0x7fff) <= 0x7f7f)
            assert_int_equal(sow__element_bits(b, SOW_BF16), bits);
    }
}

/* On either side of every value of the narrow types: what lies there, by looking at all. */
static void neighbours(void **state)
{
    (void)state;
    const sow_dtype types[] = {SOW_F16, SOW_BF16};
    const unsigned infinity[] = {0x7c00, 0x7f80};
    for (size_t t = 0; t < 2; t++)
        for (unsigned m = 0; m < infinity[t]; m++) {
            const double v = sow__element_value(m, types[t]), up = sow__element_value(m + 1, types[t]);
            const double inside = m + 1 < infinity[t] ? v + (up - v) * 0.4 : v * 1.0000001;
            assert_true(sow__element_at_least(v, types[t]) == v && sow__element_at_most(v, types[t]) == v);
            assert_true(sow__element_at_least(inside, types[t]) == up && sow__element_at_most(inside, types[t]) == v);
            assert_true(sow__element_at_least(-inside, types[t]) == -v && sow__element_at_most(-inside, types[t]) == -up);
            assert_true(sow__element_below(inside, types[t]) == v && sow__element_below(-v, types[t]) == -up);
            assert_true(sow__element_below(nextafter(v, INFINITY), types[t]) == v);
            if (m)
                assert_true(sow__element_below(v, types[t]) == sow__element_value(m - 1, types[t]));
        }
    assert_true(sow__element_below(0, SOW_F32) == -0x1p-149 && sow__element_at_least(0x1p-150, SOW_F32) == 0x1p-149);
    assert_true(sow__element_below(0.1, SOW_F64) == nextafter(0.1, 0) && sow__element_at_least(0.1, SOW_F64) == 0.1);
    assert_true(sow__element_below(0.1, SOW_F32) == (double)nextafterf(0.1f, 0) && sow__element_at_least(0.1, SOW_F32) == (double)0.1f);
    assert_true(sow__element_below(1, SOW_F32) == 0x1.fffffep-1);
    for (int t = 0; t < SOW_DTYPE_COUNT; t++) {
        const double zero = sow__element_at_least(-0.0, (sow_dtype)t), also = sow__element_at_most(-0.0, (sow_dtype)t);
        assert_false(signbit(zero) || signbit(also) || zero != 0 || also != 0);
        assert_true(sow__element_at_least(-INFINITY, (sow_dtype)t) == -INFINITY &&
                    sow__element_at_most(INFINITY, (sow_dtype)t) == INFINITY);
        assert_false(sow__element_overflows(sow__element_max((sow_dtype)t), (sow_dtype)t));
    }
    assert_true(sow__element_overflows(65520, SOW_F16) && !sow__element_overflows(65519, SOW_F16));
    assert_true(sow__element_overflows(0x1.ffp127, SOW_BF16) && !sow__element_overflows(0x1.fep127, SOW_BF16));
    assert_true(sow__element_overflows(0x1p128, SOW_F32) && !sow__element_overflows(0x1.fffffep127, SOW_F32));
}

#if defined(__x86_64__)
__attribute__((target("f16c"))) static void hardware(void **state)
{
    (void)state;
    if (!(sow__cpu_features() & SOW_CPU_f16c))
        skip();
    for (int i = 0; i < 1 << 22; i++) {
        const uint32_t bits = (uint32_t)test_random();
        const float x = float_of_bits(bits);
        uint64_t half[2] = {0, 0};
        __asm__("vmovd %1, %%xmm0\n\tvcvtps2ph $0, %%xmm0, %0" : "=m"(half) : "r"(bits) : "xmm0");
        if (!isnan(x))
            assert_int_equal(half_f16(x), (uint16_t)half[0]);
    }
}
#else
static void hardware(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrowing_is_to_nearest_even),
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(neighbours),
        cmocka_unit_test(hardware),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
