/* SPDX-License-Identifier: MIT */
/**
 * @file vec_tmpl.h
 * Every operation of simd/vec.h, lane by lane, against plain C. A test_vec_<isa>.c includes it (through vec_store_tmpl.h) after that vec
 * header and within the same target region; the functions run only where vec_main.h has found the instruction set usable.
 *
 * Operands mix special values with random ones; each lane has its own, so a lane that leaks into another shows.
 */
#ifndef SOW_TESTS_KERNEL_VEC_TMPL_H
#define SOW_TESTS_KERNEL_VEC_TMPL_H

enum { L32 = sizeof(vu) / 4, L64 = sizeof(vq) / 8, ROUNDS = 20000 };

static int rounds(int native)
{
    return test_emulated() ? native / 20 + 1 : native;
}

/* Operands */

static uint32_t any_u32(void)
{
    static const uint32_t special[] = {0,          1,          2,          3,          0xffff,     0x10000,    0x7fffffff,
                                       0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x40000000, 0x3fffffff, 0x55555555,
                                       0xaaaaaaaa, 0x00ffffff, 0x01000000, 0x01000001, 0x1ffffff0, 0x7fffff80, 0x7fffffbf,
                                       0x7fffffc0, 0xff800000, 0x20000000, 0x60000000, 0xe0000000};
    const uint64_t r = test_random();
    if (r >> 62)
        return (uint32_t)r >> (r >> 32 & 3 ? 0 : r >> 34 & 31); /* leading zeros */
    return special[r % COUNT_OF(special)];
}

static uint64_t any_u64(void)
{
    const uint64_t r = test_random();
    return r & 1 ? (uint64_t)any_u32() << 32 | any_u32() : test_random() >> (r >> 1 & 3 ? 0 : r >> 3 & 63);
}

static float float_of(uint32_t u)
{
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static double double_of(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static uint32_t bits_of_f32(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static uint64_t bits_of_f64(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

/* Finite: zeros, subnormals, ties, the largest; or an ordinary number; or any bits. */
static float any_f32(void)
{
    static const float special[] = {
        0.0f, -0.0f,          1.0f,          -1.0f, 0x1p-149f, -0x1p-149f,       0x1p-126f, 0x1.fffffcp-127f, 0x1.fffffep127f,
        0.5f, 0x1.fffffep-1f, 0x1.000002p0f, 3.0f,  0x1p-75f,  -0x1.fffffep127f, 0x1p64f};
    for (;;) {
        const uint64_t r = test_random();
        const float x = r % 3 == 0   ? special[(r >> 8) % COUNT_OF(special)]
                        : r % 3 == 1 ? float_of((uint32_t)(r >> 32))
                                     : (float)(int32_t)(r >> 32) * 0x1p-30f;
        if (isfinite(x))
            return x;
    }
}

static double any_f64(void)
{
    static const double special[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0x1p-1074,
                                     -0x1p-1074,
                                     0x1p-1022,
                                     0x1.ffffffffffffep-1023,
                                     0x1.fffffffffffffp1023,
                                     0.5,
                                     0x1.fffffffffffffp-1,
                                     0x1.0000000000001p0,
                                     3.0,
                                     0x1p-540,
                                     -0x1.fffffffffffffp1023,
                                     0x1p500};
    for (;;) {
        const uint64_t r = test_random();
        const double x = r % 3 == 0   ? special[(r >> 8) % COUNT_OF(special)]
                         : r % 3 == 1 ? double_of(test_random())
                                      : (double)(int64_t)test_random() * 0x1p-62;
        if (isfinite(x))
            return x;
    }
}

/* Comparison. A NaN is a NaN: no kernel makes one. */

static int same_f32(uint32_t x, float want)
{
    return isnan(want) ? isnan(float_of(x)) : x == bits_of_f32(want);
}

static int same_f64(uint64_t x, double want)
{
    return isnan(want) ? isnan(double_of(x)) : x == bits_of_f64(want);
}

#define LANES(op, type, lanes, vector, want, same, format, number)                                                                         \
    do {                                                                                                                                   \
        const type v_ = (vector);                                                                                                          \
        number got_[lanes];                                                                                                                \
        memcpy(got_, &v_, sizeof v_);                                                                                                      \
        for (int i = 0; i < (int)(lanes); i++)                                                                                             \
            if (!(same(got_[i], want)))                                                                                                    \
                fail_msg(op ": lane %d is %#" format ", must be %#" format " for a = %#" format ", b = %#" format, i, got_[i],             \
                         number##_bits(want), number##_bits(a[i]), number##_bits(b[i]));                                                   \
    } while (0)
#define EQUAL(x, y)          ((x) == (y))
#define uint32_t_bits(x)     _Generic((x), float : bits_of_f32, default : same_u32)(x)
#define uint64_t_bits(x)     _Generic((x), double : bits_of_f64, default : same_u64)(x)
#define LANES_U(op, v, want) LANES(op, vu, L32, v, want, EQUAL, PRIx32, uint32_t)
#define LANES_F(op, v, want) LANES(op, vf, L32, v, want, same_f32, PRIx32, uint32_t)
#define LANES_Q(op, v, want) LANES(op, vq, L64, v, want, EQUAL, PRIx64, uint64_t)
#define LANES_D(op, v, want) LANES(op, vd, L64, v, want, same_f64, PRIx64, uint64_t)

static uint32_t same_u32(uint32_t x)
{
    return x;
}

static uint64_t same_u64(uint64_t x)
{
    return x;
}

#define LOAD(type, v, array)                                                                                                               \
    type v;                                                                                                                                \
    memcpy(&v, array, sizeof v)

/* The C library's, out of line: it may not be the instruction under test. */
static float (*volatile libm_fmaf)(float, float, float) = fmaf;
static double (*volatile libm_fma)(double, double, double) = fma;

static void test_vu(void **state)
{
    (void)state;
    for (int round = rounds(ROUNDS); round > 0; round--) {
        uint32_t a[L32], b[L32], n[L32];
        for (int i = 0; i < L32; i++) {
            a[i] = any_u32();
            b[i] = any_u32();
            n[i] = (uint32_t)test_random_below(128); /* no shift count is larger */
        }
        LOAD(vu, x, a);
        LOAD(vu, y, b);
        LOAD(vu, shift, n);
        LANES_U("vu_set1", vu_set1(a[0]), a[0]);
        LANES_U("vu_add", vu_add(x, y), a[i] + b[i]);
        LANES_U("vu_sub", vu_sub(x, y), a[i] - b[i]);
        LANES_U("vu_and", vu_and(x, y), a[i] & b[i]);
        LANES_U("vu_or", vu_or(x, y), a[i] | b[i]);
        LANES_U("vu_not", vu_not(x), ~a[i]);
        LANES_U("vu_shl 1", vu_shl(x, 1), a[i] << 1);
        LANES_U("vu_shl 2", vu_shl(x, 2), a[i] << 2);
        LANES_U("vu_shl 31", vu_shl(x, 31), a[i] << 31);
        LANES_U("vu_shr 8", vu_shr(x, 8), a[i] >> 8);
        LANES_U("vu_shr 16", vu_shr(x, 16), a[i] >> 16);
        LANES_U("vu_shr 23", vu_shr(x, 23), a[i] >> 23);
        LANES_U("vu_shr 31", vu_shr(x, 31), a[i] >> 31);
        LANES_U("vu_shlv", vu_shlv(x, shift), n[i] < 32 ? a[i] << n[i] : 0);
        LANES_U("vu_lzcnt", vu_lzcnt(x), a[i] ? (uint32_t)__builtin_clz(a[i]) : 32);
        LANES_U("vu_not_if(vu_at_least)", vu_not_if(vu_at_least(x, y), x), a[i] >= b[i] ? ~a[i] : a[i]);
        LANES_U("vu_not_if(vu_at_least) of equals", vu_not_if(vu_at_least(x, x), y), ~b[i]);
        LANES_F("vf_select(vu_at_least)", vf_select(vu_at_least(x, y), vf_set1(1), vf_set1(2)), a[i] >= b[i] ? 1.0f : 2.0f);
        LANES_F("vf_select(vu_bit30)", vf_select(vu_bit30(x), vf_set1(1), vf_set1(2)), a[i] >> 30 & 1 ? 1.0f : 2.0f);
        LANES_F("vf_from_i32", vf_from_i32(x), (float)(int32_t)a[i]);
        LANES_U("vf_bits(vf_from_bits)", vf_bits(vf_from_bits(x)), a[i]);
    }
}

/* Every count, every word of one run of bits, and what surrounds the powers of two: the count by a float's exponent has its pitfalls there.
 */
static void test_vu_lzcnt(void **state)
{
    (void)state;
    for (int top = 0; top < 32; top++)
        for (int low = 0; low <= top; low++)
            for (int d = -2; d <= 2; d++) {
                uint32_t a[L32], b[L32] = {0};
                for (int i = 0; i < L32; i++)
                    a[i] = i % 3 == 1 ? any_u32() : (UINT32_C(2) << top) - (UINT32_C(1) << low) + (uint32_t)d;
                LOAD(vu, x, a);
                LANES_U("vu_lzcnt", vu_lzcnt(x), a[i] ? (uint32_t)__builtin_clz(a[i]) : 32);
            }
}

static void test_vf(void **state)
{
    (void)state;
    for (int round = rounds(ROUNDS); round > 0; round--) {
        float a[L32], b[L32], c[L32];
        uint32_t s[L32];
        for (int i = 0; i < L32; i++) {
            a[i] = any_f32();
            b[i] = test_random_below(8) ? any_f32() : a[i];
            c[i] = test_random_below(4) ? any_f32() : -a[i] * b[i]; /* cancels */
            c[i] = isfinite(c[i]) ? c[i] : 0;
            s[i] = any_u32();
        }
        LOAD(vf, x, a);
        LOAD(vf, y, b);
        LOAD(vf, z, c);
        LOAD(vu, signs, s);
        LANES_F("vf_set1", vf_set1(a[0]), a[0]);
        LANES_F("vf_add", vf_add(x, y), a[i] + b[i]);
        LANES_F("vf_sub", vf_sub(x, y), a[i] - b[i]);
        LANES_F("vf_mul", vf_mul(x, y), a[i] * b[i]);
        LANES_F("vf_div", vf_div(x, y), a[i] / b[i]);
        LANES_F("vf_sqrt", vf_sqrt(x), sqrtf(a[i]));
        LANES_F("vf_fma", vf_fma(x, y, z), libm_fmaf(a[i], b[i], c[i]));
        LANES_F("vf_min", vf_min(x, y), a[i] < b[i] ? a[i] : b[i]); /* the second of equals: zeros have signs */
        LANES_F("vf_max", vf_max(x, y), a[i] > b[i] ? a[i] : b[i]);
        LANES_F("vf_flip", vf_flip(x, signs), s[i] >> 31 ? -a[i] : a[i]);
        LANES_F("vf_select", vf_select(vu_at_least(signs, vu_set1(0x80000000)), x, y), s[i] >> 31 ? a[i] : b[i]);
    }
}

static void test_vq(void **state)
{
    (void)state;
    for (int round = rounds(ROUNDS); round > 0; round--) {
        uint64_t a[L64], b[L64], n[L64];
        for (int i = 0; i < L64; i++) {
            a[i] = any_u64();
            b[i] = any_u64();
            n[i] = test_random_below(64);
        }
        LOAD(vq, x, a);
        LOAD(vq, y, b);
        LOAD(vq, shift, n);
        const vq sign = vq_set1(INT64_MAX);
        LANES_Q("vq_set1", vq_set1(a[0]), a[0]);
        LANES_Q("vq_add", vq_add(x, y), a[i] + b[i]);
        LANES_Q("vq_sub", vq_sub(x, y), a[i] - b[i]);
        LANES_Q("vq_and", vq_and(x, y), a[i] & b[i]);
        LANES_Q("vq_or", vq_or(x, y), a[i] | b[i]);
        LANES_Q("vq_xor", vq_xor(x, y), a[i] ^ b[i]);
        LANES_Q("vq_not", vq_not(x), ~a[i]);
        LANES_Q("vq_shl 2", vq_shl(x, 2), a[i] << 2);
        LANES_Q("vq_shl 63", vq_shl(x, 63), a[i] << 63);
        LANES_Q("vq_shr 11", vq_shr(x, 11), a[i] >> 11);
        LANES_Q("vq_shr 13", vq_shr(x, 13), a[i] >> 13);
        LANES_Q("vq_shr 32", vq_shr(x, 32), a[i] >> 32);
        LANES_Q("vq_shr 52", vq_shr(x, 52), a[i] >> 52);
        LANES_Q("vq_shlv", vq_shlv(x, shift), a[i] << n[i]);
        LANES_Q("vq_lzcnt", vq_lzcnt(vq_or(x, vq_set1(0x400))), (uint64_t)__builtin_clzll(a[i] | 0x400)); /* as it is used: never 0 */
        LANES_Q("vq_not_if(vq_at_least)", vq_not_if(vq_at_least(vq_and(x, sign), vq_and(y, sign)), x),
                (a[i] & INT64_MAX) >= (b[i] & INT64_MAX) ? ~a[i] : a[i]);
        LANES_Q("vq_not_if(vq_at_least) of equals", vq_not_if(vq_at_least(vq_and(x, sign), vq_and(x, sign)), y), ~b[i]);
        LANES_D("vd_select(vq_at_least)", vd_select(vq_at_least(vq_shr(x, 11), vq_shr(y, 11)), vd_set1(1), vd_set1(2)),
                a[i] >> 11 >= b[i] >> 11 ? 1.0 : 2.0);
        LANES_D("vd_select(vq_bit62)", vd_select(vq_bit62(x), vd_set1(1), vd_set1(2)), a[i] >> 62 & 1 ? 1.0 : 2.0);
        LANES_D("vd_from_u52", vd_from_u52(vq_shr(x, 12)), (double)(a[i] >> 12));
        LANES_D("vd_from_u53", vd_from_u53(vq_shr(x, 11)), (double)(a[i] >> 11));
        LANES_Q("vd_bits(vd_from_bits)", vd_bits(vd_from_bits(x)), a[i]);
    }
}

/* The ends of the ranges, and each count. */
static void test_vq_limits(void **state)
{
    (void)state;
    for (int top = 0; top < 64; top++)
        for (int low = 0; low <= top; low++)
            for (int d = -2; d <= 2; d++) {
                uint64_t a[L64], b[L64] = {0};
                for (int i = 0; i < L64; i++)
                    a[i] = i % 3 == 1 ? any_u64() : (UINT64_C(2) << top) - (UINT64_C(1) << low) + (uint64_t)(int64_t)d;
                LOAD(vq, x, a);
                LANES_Q("vq_lzcnt", vq_lzcnt(vq_or(x, vq_set1(0x400))), (uint64_t)__builtin_clzll(a[i] | 0x400));
                LANES_D("vd_from_u53", vd_from_u53(vq_and(x, vq_set1(0x1fffffffffffff))), (double)(a[i] & 0x1fffffffffffff));
                LANES_D("vd_from_u52", vd_from_u52(vq_and(x, vq_set1(0xfffffffffffff))), (double)(a[i] & 0xfffffffffffff));
            }
}

static void test_vd(void **state)
{
    (void)state;
    for (int round = rounds(ROUNDS); round > 0; round--) {
        double a[L64], b[L64], c[L64];
        uint64_t s[L64];
        for (int i = 0; i < L64; i++) {
            a[i] = any_f64();
            b[i] = test_random_below(8) ? any_f64() : a[i];
            c[i] = test_random_below(4) ? any_f64() : -a[i] * b[i];
            c[i] = isfinite(c[i]) ? c[i] : 0;
            s[i] = any_u64();
        }
        LOAD(vd, x, a);
        LOAD(vd, y, b);
        LOAD(vd, z, c);
        LOAD(vq, signs, s);
        LANES_D("vd_set1", vd_set1(a[0]), a[0]);
        LANES_D("vd_add", vd_add(x, y), a[i] + b[i]);
        LANES_D("vd_sub", vd_sub(x, y), a[i] - b[i]);
        LANES_D("vd_mul", vd_mul(x, y), a[i] * b[i]);
        LANES_D("vd_div", vd_div(x, y), a[i] / b[i]);
        LANES_D("vd_sqrt", vd_sqrt(x), sqrt(a[i]));
        LANES_D("vd_fma", vd_fma(x, y, z), libm_fma(a[i], b[i], c[i]));
        LANES_D("vd_min", vd_min(x, y), a[i] < b[i] ? a[i] : b[i]);
        LANES_D("vd_max", vd_max(x, y), a[i] > b[i] ? a[i] : b[i]);
        LANES_D("vd_flip", vd_flip(x, signs), s[i] >> 63 ? -a[i] : a[i]);
        LANES_D("vd_select", vd_select(vq_at_least(vq_shr(signs, 11), vq_set1(UINT64_C(1) << 52)), x, y), s[i] >> 63 ? a[i] : b[i]);
    }
}

#endif
