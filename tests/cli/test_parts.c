/* SPDX-License-Identifier: MIT */
/* The program's parts that know nothing of files: globs, ranges, UTF-8, suggestions, escapes, formats, moments, boxes, slices. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"
#include "tools/base/glob.h"
#include "tools/base/range.h"
#include "tools/base/sink.h"
#include "tools/base/suggest.h"
#include "tools/base/utf8.h"
#include "tools/files/formats.h"
#include "tools/model/box.h"
#include "tools/model/moments.h"
#include "tools/model/slices.h"

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *name;
        int matches;
    } cases[] = {
        {"*", "", 1},
        {"*", "a.b.c", 1},
        {"", "", 1},
        {"", "a", 0},
        {"a", "a", 1},
        {"a", "ab", 0},
        {"ab", "a", 0},
        {"a*", "abc", 1},
        {"*c", "abc", 1},
        {"*c", "abcd", 0},
        {"a*c*e", "abcde", 1},
        {"a*c*e", "abde", 0},
        {"**", "x", 1},
        {"?", "a", 1},
        {"?", "", 0},
        {"?", "ü", 1},
        {"??", "ü", 0},
        {"[abc]x", "bx", 1},
        {"[abc]x", "dx", 0},
        {"[a-c]", "b", 1},
        {"[a-c]", "d", 0},
        {"[!a-c]", "d", 1},
        {"[!a-c]", "a", 0},
        {"[^a]", "b", 1},
        {"[]]", "]", 1},
        {"[!]]", "]", 0},
        {"[a-]", "-", 1},
        {"[-a]", "-", 1},
        {"[*]", "*", 1},
        {"[*]", "a", 0},
        {"[ä-ü]", "ö", 1},
        {"[ä-ü]", "a", 0},
        {"*.bias", "h.0.bias", 1},
        {"h.[0-9].w", "h.5.w", 1},
        {"h.[0-9].w", "h.15.w", 0},
        {"*aab", "aaaaab", 1},
        {"*a*b*c", "xaxbxaxbxc", 1},
        {"a]", "a]", 1},
        {"{0..1}", "{0..1}", 1},
        {"*norm?.weight", "blocks.0.norm1.weight", 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_null(glob_check(cases[i].glob));
        if (glob_match(cases[i].glob, cases[i].name, strlen(cases[i].name), NULL) != cases[i].matches)
            fail_msg("glob %s, name %s", cases[i].glob, cases[i].name);
    }
    assert_non_null(glob_check("[a"));
    assert_non_null(glob_check("["));
    assert_non_null(glob_check("[]"));
    assert_non_null(glob_check("*****************"));
}

static void captures(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *name, *text, *result;
    } cases[] = {
        {"h.*.bias", "h.12.bias", "h.*.weight", "h.12.weight"},
        {"*.bias", "a.b.bias", "*.weight", "a.b.weight"},
        {"l[0-9].*", "l7.b", "x*.*", "x7.b"},
        {"*.?", "a.b", "*-*", "a-b"},
        {"*b*", "abab", "*|*", "a|ab"}, /* each star as little as it can */
        {"*a*b", "xaaab", "*|*", "x|aa"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct captures found;
        struct sink sink = {0};
        assert_true(glob_match(cases[i].glob, cases[i].name, strlen(cases[i].name), &found));
        assert_true(glob_replace(&sink, cases[i].text, &found));
        sink_put(&sink, "", 1);
        assert_string_equal(sink.data, cases[i].result);
        assert_false(glob_replace(&sink, "*********", &found));
        sink_free(&sink);
    }
}

static void ranges(void **state)
{
    (void)state;
    struct pattern p;
    struct sink sink = {0};
    static const char *const expected[] = {"a9.x{2", "a9.x{3", "a10.x{2", "a10.x{3"};
    assert_null(pattern_parse(&p, "a{9..10}.x{{{2..3}", 18));
    assert_int_equal(p.count, 4);
    for (uint64_t i = 0; i < 4; i++) {
        pattern_expand(&p, i, &sink);
        assert_int_equal(sink.used, strlen(expected[i]));
        assert_int_equal(memcmp(sink.data, expected[i], sink.used), 0);
    }
    static const char *const words[] = {"q0.w", "q1.w", "k0.w", "k1.w", "vv0.w", "vv1.w"};
    assert_null(pattern_parse(&p, "{q,k,vv}{0..1}.w", 16));
    assert_int_equal(p.count, 6);
    for (uint64_t i = 0; i < 6; i++) {
        pattern_expand(&p, i, &sink);
        assert_int_equal(sink.used, strlen(words[i]));
        assert_int_equal(memcmp(sink.data, words[i], sink.used), 0);
    }
    static const char *const bad[] = {"{",       "{0",      "{0..",   "{0..}",           "{..1}",    "{0..1",     "{1..0}", "{0.1}",
                                      "{00..1}", "{-1..1}", "{a..b}", "{0..9999999999}", "{a}",      "{}",        "{a,",    "{a,}",
                                      "{,a}",    "{a,,b}",  "{a,b",   "{a,{b}",          "{0..1,3}", "{a,{0..1}}"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_non_null(pattern_parse(&p, bad[i], strlen(bad[i])));
    assert_null(pattern_parse(&p, "}", 1));
    assert_null(pattern_parse(&p, "{0..1999999}", 12));
    assert_non_null(pattern_parse(&p, "{0..2000000}", 12));
    assert_non_null(pattern_parse(&p, "{0..1}{0..1}{0..1}{0..1}{0..1}", 30));
    sink.used = 0;
    pattern_literal(&sink, "a{b{{", 5);
    assert_int_equal(sink.used, 8);
    assert_int_equal(memcmp(sink.data, "a{{b{{{{", 8), 0);
    sink_free(&sink);
}

static void utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xe1\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "a\xe1\x80z"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(utf8_is_name(good[i], strlen(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
    assert_true(utf8_is_valid("a\0b", 3));
    assert_false(utf8_is_name("a\0b", 3));
}

/* Each text in every pair of pieces: the offset that is wrong, or its length. */
static void surrogates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bad;
    } cases[] = {
        {"\"abc\"", 5},      {"\"\\u0041\"", 8},    {"\"\\ud83d\\ude00\"", 14}, {"\"\\ud83d\"", 7},
        {"\"\\ud83dx\"", 7}, {"\"\\ud83d\\n\"", 8}, {"\"\\ud83d\\u0041\"", 12}, {"\"\\ud83d\\ud83d\"", 12},
        {"\"\\ude00\"", 6},  {"\"\\\\ud83d\"", 9},  {"\"\\\"\\\\\\/\"", 8},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const size_t n = strlen(cases[i].text);
        for (size_t cut = 0; cut <= n; cut++) {
            struct escape_scan scan = {0};
            size_t bad = escape_scan(&scan, cases[i].text, cut);
            if (bad == cut)
                bad += escape_scan(&scan, cases[i].text + cut, n - cut);
            if (bad != cases[i].bad)
                fail_msg("%s cut at %zu: %zu, not %zu", cases[i].text, cut, bad, cases[i].bad);
        }
    }
}

static void suggestions(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *meant;
    } cases[] = {{"shpae", "shape"}, {"shapes", "shape"}, {"Shape", "shape"}, {"dtyp", "dtype"}, {"streams_of_it", "stream"},
                 {"stre", "stream"}, {"zzzzz", NULL},     {"x", NULL},        {"", NULL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct suggestion s = suggest_for(cases[i].typed, strlen(cases[i].typed));
        suggest_offer(&s, "dtype");
        suggest_offer(&s, "shape");
        suggest_offer(&s, "stream");
        if (cases[i].meant)
            assert_string_equal(s.best, cases[i].meant);
        else
            assert_null(s.best);
    }
}

static void escapes(void **state)
{
    (void)state;
    struct sink sink = {0}, counter = {.count_only = true};
    static const char text[] = "a\"\\\b\f\n\r\t\x01\x1f\x7f\xc3\xbc";
    static const char expected[] = "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xbc\"";
    sink_string(&sink, text, sizeof text - 1);
    sink_string(&counter, text, sizeof text - 1);
    assert_int_equal(sink.used, sizeof expected - 1);
    assert_int_equal(counter.total, sink.used);
    assert_int_equal(memcmp(sink.data, expected, sink.used), 0);
    sink_free(&sink);
    static const double values[] = {0, 1, 0.1, -1e300, 5e-324, 1.0 / 3, 123456789};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        sink_number(&sink, values[i]);
        sink_put(&sink, "", 1);
        assert_true(strtod(sink.data, NULL) == values[i]);
        sink_free(&sink);
    }
    sink_number(&sink, (double)NAN);
    assert_int_equal(memcmp(sink.data, "null", 4), 0);
    sink_free(&sink);
}

static void sizes(void **state)
{
    (void)state;
    uint64_t n;
    const struct format *const f64 = &formats[format_named("F64")], *const f4 = &formats[format_named("f4")];
    assert_true(format_bytes(f64, (UINT64_C(1) << 60) - 1, &n));
    assert_int_equal(n, (UINT64_C(1) << 63) - 8);
    assert_false(format_bytes(f64, UINT64_C(1) << 60, &n));
    assert_true(format_bytes(f4, 6, &n));
    assert_int_equal(n, 3);
    assert_false(format_bytes(f4, 7, &n));
    assert_int_equal(format_named("F99"), FORMAT_NONE);
    const struct format *const i8 = &formats[format_named("i8")], *const u64 = &formats[format_named("u64")];
    const struct format *const truth = &formats[format_named("bool")];
    assert_true(format_whole(i8, -128, &n) && n == (uint64_t)-128);
    assert_false(format_whole(i8, 128, &n) || format_whole(i8, -129, &n) || format_whole(i8, 0.5, &n) || format_whole(i8, (double)NAN, &n));
    assert_true(format_whole(u64, 0x1p63, &n) && n == UINT64_C(1) << 63);
    assert_false(format_whole(u64, 0x1p64, &n) || format_whole(u64, -1, &n));
    assert_true(format_whole(truth, 1, &n));
    assert_false(format_whole(truth, 2, &n));
}

/* Against plain sums, for every length up to some runs and both offsets of the values. */
static void sums(void **state)
{
    (void)state;
    enum { MOST = 20000 };
    static float f32[MOST];
    static double f64[MOST];
    static uint16_t bf16[MOST], f16[MOST];
    uint32_t word = 1;
    for (int i = 0; i < MOST; i++) {
        word = word * 1664525 + 1013904223;
        bf16[i] = (uint16_t)((word & 0x80000000) >> 16 | (0x3f00 + (word >> 8 & 0xff)));
        f16[i] = (uint16_t)((word & 0x80000000) >> 16 | (word >> 8 & 0x3fff)); /* below 2, subnormals too */
        const uint32_t bits = (uint32_t)bf16[i] << 16;
        memcpy(&f32[i], &bits, sizeof bits);
        f64[i] = (double)f32[i];
    }
    static const size_t lengths[] = {0, 1, 15, 16, 31, 32, 33, 63, 64, 100, 8191, 8192, 8193, MOST};
    for (size_t k = 0; k < COUNT_OF(lengths); k++) {
        for (double centre = 0; centre < 1; centre += 0.75) {
            double sum = 0, squares = 0, half = 0;
            for (size_t i = 0; i < lengths[k]; i++) {
                sum += f64[i] - centre;
                squares += (f64[i] - centre) * (f64[i] - centre);
                const int e = f16[i] >> 10 & 31, m = f16[i] & 1023;
                half += (f16[i] & 0x8000 ? -1 : 1) * (e ? ldexp(1024 + m, e - 25) : ldexp(m, -24)) - centre;
            }
            struct moments a = {0}, b = {0}, c = {0}, d = {0};
            moments_add(&a, SOW_F32, f32, lengths[k], centre);
            moments_add(&b, SOW_F64, f64, lengths[k], centre);
            moments_add(&c, SOW_BF16, bf16, lengths[k], centre);
            moments_add(&d, SOW_F16, f16, lengths[k], centre);
            /* Single precision inside: a millionth of what is added up. */
            const double slack = 1e-6 * (squares + (double)lengths[k]);
            const struct moments *const made[] = {&a, &b, &c};
            for (size_t i = 0; i < COUNT_OF(made); i++)
                if (!(fabs(made[i]->sum - sum) <= slack && fabs(made[i]->squares - squares) <= slack))
                    fail_msg("%zu of type %zu about %g: %.9g %.9g, not %.9g %.9g", lengths[k], i, centre, made[i]->sum, made[i]->squares,
                             sum, squares);
            assert_true(fabs(d.sum - half) <= slack);
        }
    }
}

/* Every element of a range once, in order, by few boxes; and what two boxes share, element by element. */
static void boxes(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        const int rank = (int)test_random_below(6);
        int64_t shape[SOW_MAX_RANK] = {0};
        uint64_t n = 1;
        struct box other = {{0}, {0}}, both;
        for (int i = 0; i < rank; i++) {
            shape[i] = 1 + (int64_t)test_random_below(4);
            n *= (uint64_t)shape[i];
            other.start[i] = (int64_t)test_random_below((uint64_t)shape[i]);
            other.size[i] = 1 + (int64_t)test_random_below((uint64_t)(shape[i] - other.start[i]));
        }
        uint64_t first = test_random_below(n), expected = first;
        const uint64_t end = first + 1 + test_random_below(n - first);
        for (int count = 1; first < end; count++) {
            const uint64_t begin = first;
            const struct box box = box_next(rank, shape, &first, end);
            assert_true(count <= (rank ? 2 * rank - 1 : 1));
            assert_int_equal(box_elements(rank, &box), first - begin);
            assert_int_equal(box_index(rank, shape, box.start), begin);
            const int meet = box_meet(rank, &box, &other, &both);
            int64_t at[SOW_MAX_RANK];
            memcpy(at, box.start, sizeof at);
            for (uint64_t k = begin; k < first; k++) {
                int in_other = 1, in_both = meet;
                assert_int_equal(box_index(rank, shape, at), expected++);
                for (int i = 0; i < rank; i++) {
                    in_other = in_other && at[i] >= other.start[i] && at[i] < other.start[i] + other.size[i];
                    in_both = in_both && at[i] >= both.start[i] && at[i] < both.start[i] + both.size[i];
                }
                assert_int_equal(in_other, in_both);
                for (int i = rank; i-- > 0; at[i] = box.start[i])
                    if (++at[i] < box.start[i] + box.size[i])
                        break;
            }
        }
        assert_int_equal(expected, end);
    }
}

static void slices(void **state)
{
    (void)state;
    static const int64_t shape[] = {10, 7};
    static const struct {
        const char *text;
        int starts; /* where the slices start, 0: no slices */
        const char *box;
    } cases[] = {
        {"w[2:5,:]", 2, "[2:5,0:7]"},
        {"w[-3:]", 2, "[7:10,0:7]"},
        {"w[:-3, 1 : 2]", 2, "[0:7,1:2]"},
        {"h.[0-9].w[0:1,-7:+7]", 10, "[0:1,0:7]"},
        {"w", 0, NULL},
        {"w[0-9]", 0, NULL},
        {"w[a:b]", 0, NULL},
        {"w[0:1]x", 0, NULL},
        {"w[]", 0, NULL},
        {"w[0:1", 0, NULL},
        {"w[:]", 2, "[0:10,0:7]"},
        {"w[:,:,:]", 2, NULL},
        {"w[0:11]", 2, NULL},
        {"w[-11:]", 2, NULL},
        {"w[3:3]", 2, NULL},
        {"w[3:-7]", 2, NULL},
        {"w[0:4:2]", 2, NULL},
        {"w[0:1,2]", 2, NULL},
        {"w[:,]", 2, NULL},
        {"w[0:99999999999999999999]", 2, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct box box;
        struct sink sink = {0};
        const size_t at = slices_find(cases[i].text);
        assert_int_equal(at, cases[i].starts);
        if (!at)
            continue;
        const char *const why = slices_box(cases[i].text + at, 2, shape, &box);
        if ((why == NULL) != (cases[i].box != NULL))
            fail_msg("%s: %s", cases[i].text, why ? why : "taken");
        if (why)
            continue;
        slices_write(&sink, 2, &box);
        sink_put(&sink, "", 1);
        assert_string_equal(sink.data, cases[i].box);
        sink_free(&sink);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs),      cmocka_unit_test(captures),    cmocka_unit_test(ranges),  cmocka_unit_test(utf8),
        cmocka_unit_test(surrogates), cmocka_unit_test(suggestions), cmocka_unit_test(escapes), cmocka_unit_test(sizes),
        cmocka_unit_test(sums),       cmocka_unit_test(boxes),       cmocka_unit_test(slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
