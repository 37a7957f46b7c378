/* SPDX-License-Identifier: MIT */
/**
 * @file vec_store_tmpl.h
 * The Philox operations of simd/vec.h and the stores: words of known blocks must come out in natural order whatever lanes hold them, and
 * 16-bit elements rounded as the outside oracles round. A test_vec_<isa>.c includes this file, which brings vec_tmpl.h.
 */
#ifndef SOW_TESTS_KERNEL_VEC_STORE_TMPL_H
#define SOW_TESTS_KERNEL_VEC_STORE_TMPL_H

#include "tests/kernel/vec_tmpl.h"

/* A word of the Philox state is the low half of what a block has in a vw; what else is there means nothing, and gets garbage here. */
enum { STRIDE = sizeof(vw) / V_BLOCKS, ELEMENTS = 4 * V_BLOCKS };
static const uint32_t m0 = 0xD2511F53;

static vw vw_load(const uint32_t *words)
{
    unsigned char bytes[sizeof(vw)];
    vw v;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)test_random();
    for (int i = 0; i < V_BLOCKS; i++)
        memcpy(bytes + i * STRIDE, &words[i], 4);
    memcpy(&v, bytes, sizeof v);
    return v;
}

static uint32_t vw_word(vw v, int i)
{
    unsigned char bytes[sizeof v];
    uint32_t word;
    memcpy(bytes, &v, sizeof v);
    memcpy(&word, bytes + i * STRIDE, 4);
    return word;
}

static vprod vprod_load(const uint64_t *products)
{
    vprod p;
    memcpy(&p, products, sizeof p);
    return p;
}

static uint64_t vprod_lane(vprod p, int i)
{
    uint64_t lanes[V_BLOCKS];
    memcpy(lanes, &p, sizeof p);
    return lanes[i];
}

static void test_vw(void **state)
{
    (void)state;
    assert_int_equal(sizeof(vprod), 8 * V_BLOCKS);
    for (int round = rounds(ROUNDS); round > 0; round--) {
        uint32_t a[V_BLOCKS], b[V_BLOCKS], c[V_BLOCKS];
        uint64_t p[V_BLOCKS];
        for (int i = 0; i < V_BLOCKS; i++) {
            a[i] = any_u32();
            b[i] = any_u32();
            c[i] = any_u32();
            p[i] = any_u64();
        }
        const uint32_t m = any_u32();
        const uint64_t step = any_u64();
        const vw x = vw_load(a), y = vw_load(b), z = vw_load(c);
        const vprod last = vw_mul_last(x, vw_set1(m)), moved = vprod_add(vprod_load(p), step);
        vw hi, lo, top, bottom;
        vw_mul(x, vw_set1(m), &hi, &lo);
        vprod_split(vprod_load(p), &top, &bottom);
        for (int i = 0; i < V_BLOCKS; i++) {
            assert_int_equal(vw_word(vw_set1(m), i), m);
            assert_int_equal(vw_word(vw_xor(x, y), i), a[i] ^ b[i]);
            assert_int_equal(vw_word(vw_xor3(x, y, z), i), a[i] ^ b[i] ^ c[i]);
            assert_int_equal(vw_word(hi, i), (uint64_t)a[i] * m >> 32);
            assert_int_equal(vw_word(lo, i), (uint32_t)((uint64_t)a[i] * m));
            assert_int_equal(vprod_lane(last, i), (uint64_t)a[i] * m);
            assert_int_equal(vprod_lane(moved, i), p[i] + step);
            assert_int_equal(vw_word(top, i), p[i] >> 32);
            assert_int_equal(vw_word(bottom, i), (uint32_t)p[i]);
        }
    }
}

/* One unit: the words of V_BLOCKS blocks, and the operands of the last round that give them to the lanes that hold those blocks. */
typedef struct unit {
    uint32_t words[ELEMENTS];
    vprod p0, p1;
    vw x1, x3;
    vk k;
} unit;

/* Lanes hold M0 times their block: each block of the unit once. */
static void unit_make(unit *u, int order)
{
    const uint32_t block = (uint32_t)test_random_below(UINT64_C(1) << 32) / V_BLOCKS * V_BLOCKS;
    const uint32_t k0 = any_u32(), k1 = any_u32();
    const vprod start = vprod_start(block, order);
    uint64_t p0[V_BLOCKS], p1[V_BLOCKS];
    uint32_t x1[V_BLOCKS], x3[V_BLOCKS];
    unsigned seen = 0;
    for (int i = 0; i < V_BLOCKS; i++) {
        const uint64_t product = vprod_lane(start, i), lane = product / m0 - block;
        assert_int_equal(product % m0, 0);
        assert_true(lane < V_BLOCKS && !(seen >> lane & 1));
        seen |= 1u << lane;
        const uint32_t *w = u->words + 4 * lane;
        x1[i] = any_u32();
        x3[i] = any_u32();
        p1[i] = (uint64_t)(w[0] ^ x1[i] ^ k0) << 32 | w[1];
        p0[i] = (uint64_t)(w[2] ^ x3[i] ^ k1) << 32 | w[3];
    }
    u->p0 = vprod_load(p0);
    u->p1 = vprod_load(p1);
    u->x1 = vw_load(x1);
    u->x3 = vw_load(x3);
    u->k = vk_set(k0, k1);
}

static void unit_random(unit *u, int order)
{
    for (int i = 0; i < ELEMENTS; i++)
        u->words[i] = any_u32();
    unit_make(u, order);
}

static void unit_words(const unit *u, vu *e, vu *o)
{
    vw_last32(u->p0, u->p1, u->x1, u->x3, u->k, e, o);
}

/* The f32 of its bits, one behind the other: the stores of floats move them as they are, or round them. */
static void unit_floats(const unit *u, vf *e, vf *o)
{
    vu we[V_VR], wo[V_VR];
    unit_words(u, we, wo);
    for (int i = 0; i < V_VR; i++) {
        e[i] = vf_from_bits(we[i]);
        o[i] = vf_from_bits(wo[i]);
    }
}

static void test_order(void **state)
{
    (void)state;
    for (int round = rounds(ROUNDS / 4); round > 0; round--) {
        unit u;
        vu e[V_VR], o[V_VR];
        vf fe[V_VR], fo[V_VR];
        vq qe[V_VD], qo[V_VD];
        vd de[V_VD], d_o[V_VD];
        uint32_t w32[ELEMENTS];
        uint16_t w16[ELEMENTS];
        uint64_t w64[ELEMENTS / 2];
        float f32[ELEMENTS];
        double f64[ELEMENTS / 2];

        unit_random(&u, V_NATURAL);
        unit_words(&u, e, o);
        vst_u32(w32, e, o);
        assert_memory_equal(w32, u.words, sizeof w32);
        unit_floats(&u, fe, fo);
        vst_f32(f32, fe, fo);
        assert_memory_equal(f32, u.words, sizeof f32);

        vw_last64(u.p0, u.p1, u.x1, u.x3, u.k, qe, qo);
        vst_u64(w64, qe, qo);
        for (int i = 0; i < V_VD; i++) {
            de[i] = vd_from_bits(qe[i]);
            d_o[i] = vd_from_bits(qo[i]);
        }
        vst_f64(f64, de, d_o);
        assert_memory_equal(w64, u.words, sizeof w64); /* first word low, little endian */
        assert_memory_equal(f64, u.words, sizeof f64);

        unit_random(&u, V_PACKED);
        unit_words(&u, e, o);
        vst_u16(w16, e, o);
        for (int i = 0; i < ELEMENTS; i++)
            assert_int_equal(w16[i], u.words[i] & 0xffff);
    }
}

/* Loads and stores of plain lanes: in order, at any alignment of the element, and nothing beside them. */
static void test_plain_lanes(void **state)
{
    enum { N32 = sizeof(vf) / 4, N64 = sizeof(vd) / 8 };
    (void)state;
    for (int shift = 0; shift < N32 + 1; shift++) {
        float from[2 * N32 + 2], to[2 * N32 + 2], want[2 * N32 + 2];
        double wide_from[2 * N64 + 2], wide_to[2 * N64 + 2], wide_want[2 * N64 + 2];
        const int wide_shift = shift % (N64 + 1);
        for (int i = 0; i < 2 * N32 + 2; i++) {
            from[i] = (float)i + 0.5f;
            to[i] = want[i] = -1;
        }
        for (int i = 0; i < 2 * N64 + 2; i++) {
            wide_from[i] = i + 0.5;
            wide_to[i] = wide_want[i] = -1;
        }
        memcpy(want + N32 + 1 - shift, from + shift, sizeof(vf));
        memcpy(wide_want + N64 + 1 - wide_shift, wide_from + wide_shift, sizeof(vd));
        vf_store(to + N32 + 1 - shift, vf_load(from + shift));
        vd_store(wide_to + N64 + 1 - wide_shift, vd_load(wide_from + wide_shift));
        assert_memory_equal(to, want, sizeof to);
        assert_memory_equal(wide_to, wide_want, sizeof wide_to);
        vd wide[N32 / N64];
        vf_widen(vf_load(from + shift), wide);
        for (int v = 0; v < N32 / N64; v++)
            vd_store(wide_to + v * N64, wide[v]);
        vd_store(wide_want, vd_load_f32(from + shift));
        for (int i = 0; i < N32; i++)
            assert_true(wide_to[i] == (double)from[shift + i]);
        for (int i = 0; i < N64; i++)
            assert_true(wide_want[i] == (double)from[shift + i]);
    }
}

/* Outside oracles for binary16: the CPU's conversion, and the compiler's. -1: there is none here. */
#if defined(__FLT16_MANT_DIG__)
__extension__ typedef _Float16 float16;
#define HAVE_FLOAT16 1
#elif defined(__aarch64__)
typedef __fp16 float16;
#define HAVE_FLOAT16 1
#endif

static int compiler_f16(float x)
{
#if defined(HAVE_FLOAT16)
    const float16 h = (float16)x;
    uint16_t u;
    memcpy(&u, &h, sizeof u);
    return u;
#else
    (void)x;
    return -1;
#endif
}

static void check_f16(float x, uint16_t got)
{
    const int other = compiler_f16(x), hardware = vec_hardware_f16(x);
    if (got != expect_f16(x) || (other >= 0 && got != other) || (hardware >= 0 && got != hardware))
        fail_msg("f16 of %a is %#x; the model says %#x, the compiler %#x, the CPU %#x", (double)x, (unsigned)got, (unsigned)expect_f16(x),
                 (unsigned)other, (unsigned)hardware);
}

static void check_bf16(float x, uint16_t got)
{
    if (got != expect_bf16(x))
        fail_msg("bf16 of %a is %#x; the model says %#x", (double)x, (unsigned)got, (unsigned)expect_bf16(x));
}

static void store_halves(const float *x)
{
    unit u;
    vf e[V_VR], o[V_VR];
    uint16_t half[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++)
        u.words[i] = bits_of_f32(x[i]);
    unit_make(&u, V_F16_ORDER);
    unit_floats(&u, e, o);
    vst_f16(half, e, o);
    for (int i = 0; i < ELEMENTS; i++)
        check_f16(x[i], half[i]);
    unit_make(&u, V_PACKED);
    unit_floats(&u, e, o);
    vst_bf16(half, e, o);
    for (int i = 0; i < ELEMENTS; i++)
        check_bf16(x[i], half[i]);
}

/* A queue in front of store_halves(): finite values, in any number. */
static void halves_of(float x)
{
    static float queue[ELEMENTS];
    static int filled;
    if (!isfinite(x))
        return;
    queue[filled++] = x;
    if (filled == ELEMENTS) {
        store_halves(queue);
        filled = 0;
    }
}

/* Each 16-bit value, the tie above it, and their neighbours, of both types: all roundings that there are. */
static void test_halves_edges(void **state)
{
    const uint32_t step = test_emulated() ? 7 : 1;
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h += step) {
        const uint32_t f16 = bits_of_f32((float)expect_f16_value((uint16_t)h));
        const float tie = (float)((expect_f16_value((uint16_t)h) + expect_f16_value((uint16_t)(h + 1))) / 2);
        for (uint32_t d = 0; d < 5; d++) {
            halves_of(float_of(f16 + d - 2));
            halves_of(float_of(bits_of_f32(tie) + d - 2));
            halves_of(float_of((h << 16) + d - 2));
            halves_of(float_of((h << 16) + 0x8000 + d - 2));
        }
    }
}

/* Random bits, and random values in binary16's range, where its ties, subnormals and overflow are. */
static void test_halves_random(void **state)
{
    (void)state;
    for (int n = rounds(1 << 23); n > 0; n--) {
        const uint64_t r = test_random();
        const uint32_t exponent = 127 - 26 + (uint32_t)(r >> 32) % 43, mask = r >> 62 ? 0x7fffff : 0x7ff000;
        halves_of(float_of((uint32_t)r));
        halves_of(float_of(((uint32_t)r & (0x80000000 | mask)) | exponent << 23));
    }
}

static const struct CMUnitTest vec_tests[] = {
    cmocka_unit_test(test_vu),           cmocka_unit_test(test_vu_lzcnt),      cmocka_unit_test(test_vf),
    cmocka_unit_test(test_vq),           cmocka_unit_test(test_vq_limits),     cmocka_unit_test(test_vd),
    cmocka_unit_test(test_vw),           cmocka_unit_test(test_order),         cmocka_unit_test(test_plain_lanes),
    cmocka_unit_test(test_halves_edges), cmocka_unit_test(test_halves_random),
};

#endif
