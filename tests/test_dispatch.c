/* SPDX-License-Identifier: MIT */
/* What is chosen by SOW_ISA is chosen once per process: each case lives in a child. This process never looks. */
#include <stdlib.h>
#include <string.h>

#include "src/cpu.h"
#include "src/dispatch.h"
#include "tests/support.h"

static size_t best(void)
{
    size_t i = sow_isa_count();
    while (!sow_isa_usable(--i))
        ;
    return i;
}

static void the_list(void **state)
{
    (void)state;
    assert_true(sow_isa_count() >= 1);
    assert_string_equal(sow_isa_name(0), "scalar");
    assert_string_equal(sow_isa_needs(0), "");
    assert_true(sow_isa_usable(0));
    for (size_t i = 0; i < sow_isa_count(); i++) {
        const sow_kernels *k = sow__kernels_named(sow_isa_name(i));
        assert_int_equal(k != NULL, sow_isa_usable(i));
        if (k)
            assert_string_equal(k->isa, sow_isa_name(i));
        for (int d = 0; k && d < SOW_DIST_COUNT; d++)
            for (int t = 0; t < SOW_DTYPE_COUNT; t++)
                assert_true(k->fill[d][t] != NULL);
    }
    const size_t beyond[] = {sow_isa_count(), SIZE_MAX};
    for (size_t i = 0; i < 2; i++) {
        assert_null(sow_isa_name(beyond[i]));
        assert_null(sow_isa_needs(beyond[i]));
        assert_false(sow_isa_usable(beyond[i]));
    }
    assert_ptr_equal(sow__kernels_named(NULL), sow__kernels_named(sow_isa_name(best())));
    assert_null(sow__kernels_named("sse9"));
    assert_null(sow__kernels_named(""));
    assert_null(sow__kernels_named("AVX2"));
#if defined(__x86_64__)
    assert_string_equal(sow_isa_needs(1), "avx2 fma f16c");
#endif
}

/* libgcc (or compiler-rt) reads CPUID by code of its own. */
static void features_against_the_compiler(void **state)
{
    (void)state;
#if defined(__x86_64__)
    const unsigned have = sow__cpu_features();
    __builtin_cpu_init();
#define SAME(name) assert_int_equal((have & SOW_CPU_##name) != 0, __builtin_cpu_supports(#name) != 0)
    SAME(avx2);
    SAME(fma);
    SAME(avx512f);
    SAME(avx512bw);
    SAME(avx512cd);
    SAME(avx512dq);
    SAME(avx512vl);
#else
    assert_int_equal(sow__cpu_features(), 0);
#endif
}

static void words_of_features(void **state)
{
    (void)state;
    char words[128];
    sow__cpu_words(SOW_CPU_fma | SOW_CPU_avx512vl, words, sizeof words);
    assert_string_equal(words, "fma avx512vl");
    sow__cpu_words(0, words, sizeof words);
    assert_string_equal(words, "");
    sow__cpu_words(~0u, words, 8);
    assert_string_equal(words, "fma f16");
}

/* A NULL context under SOW_ISA = isa: the kernels' name, or the status and the words of the refusal. 0 if all is as expected. */
typedef struct wish {
    const char *value, *chosen;
    const char *words[3];
} wish;

static int under_wish(void *arg)
{
    const wish *w = arg;
    char why[256] = "?";
    uint32_t words[4] = {1, 2, 3, 4};
    if (w->value)
        setenv("SOW_ISA", w->value, 1);
    else
        unsetenv("SOW_ISA");
    const sow_status status = sow_fill(NULL, sow_stream_seed(0), sow_dist_bits(), SOW_F32, 0, words, 4);
    const char *isa = sow_context_isa(NULL);
    if (w->chosen)
        return !(status == SOW_OK && isa && strcmp(isa, w->chosen) == 0 && words[0] == 0x6627e8d5);
    if (status != SOW_ERR_ISA || isa || words[0] != 1 || words[3] != 4)
        return 2;
    if (sow_check_fill(NULL, sow_stream_seed(0), sow_dist_bits(), SOW_F32, 0, words, 4, why, sizeof why) != SOW_ERR_ISA)
        return 3;
    for (size_t i = 0; i < 3 && w->words[i]; i++)
        if (!strstr(why, w->words[i])) {
            fprintf(stderr, "\"%s\" lacks \"%s\"\n", why, w->words[i]);
            return 4;
        }
    /* A context of its own choice is not concerned; one without a choice is. */
    sow_context *ctx;
    const sow_context_options options = {.isa = "scalar", .threads = 1}, none = {.threads = 1};
    if (sow_context_create(&options, &ctx) != SOW_OK || sow_fill(ctx, sow_stream_seed(0), sow_dist_bits(), SOW_F32, 0, words, 4) != SOW_OK)
        return 5;
    sow_context_destroy(ctx);
    if (sow_context_create(&none, &ctx) != SOW_ERR_ISA || ctx)
        return 6;
    /* Once is once. */
    unsetenv("SOW_ISA");
    if (sow_fill(NULL, sow_stream_seed(0), sow_dist_bits(), SOW_F32, 0, words, 4) != SOW_ERR_ISA)
        return 7;
    return sow_check_fill(NULL, sow_stream_seed(0), sow_dist_bits(), SOW_F32, 0, words, 4, why, sizeof why) == SOW_ERR_ISA && why[0] ? 0
                                                                                                                                     : 8;
}

static void the_environment_s_wish(void **state)
{
    (void)state;
    wish unset = {.value = NULL, .chosen = sow_isa_name(best())}, empty = {.value = "", .chosen = sow_isa_name(best())};
    test_in_child(under_wish, &unset);
    test_in_child(under_wish, &empty);
    wish unknown = {.value = "avx3", .words = {"SOW_ISA", "\"avx3\"", "scalar"}};
    test_in_child(under_wish, &unknown);
    for (size_t i = 0; i < sow_isa_count(); i++) {
        wish w = {.value = sow_isa_name(i), .words = {"SOW_ISA", sow_isa_name(i), "lacks"}};
        if (sow_isa_usable(i))
            w.chosen = sow_isa_name(i);
        test_in_child(under_wish, &w);
    }
    wish wrong = {.value = "scalar", .chosen = "none"}; /* the detector can fail */
    assert_int_not_equal(test_child_status(under_wish, &wrong), 0);
}

static void a_context_s_wish(void **state)
{
    (void)state;
    char why[256];
    sow_context *ctx;
    sow_context_options o = {.isa = "sse9", .threads = 1};
    assert_int_equal(sow_context_create(&o, &ctx), SOW_ERR_ISA);
    assert_null(ctx);
    assert_int_equal(sow_check_context(&o, why, sizeof why), SOW_ERR_ISA);
    assert_non_null(strstr(why, "isa is \"sse9\""));
    for (size_t i = 0; i < sow_isa_count(); i++) {
        ctx = test_context(i, 1);
        if (ctx)
            assert_string_equal(sow_context_isa(ctx), sow_isa_name(i));
        sow_context_destroy(ctx);
    }
}

/* a*b + c where a single rounding would leave 2^-46 or 2^-104: no shim may have been contracted. */
static void nothing_is_contracted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sow_isa_count(); i++) {
        const sow_kernels *k = sow__kernels_named(sow_isa_name(i));
        if (!k)
            continue;
        assert_true(k->probe_f32(1 + 0x1p-23f, 1 + 0x1p-23f, -(1 + 0x1p-22f)) == 0);
        assert_true(k->probe_f64(1 + 0x1p-52, 1 + 0x1p-52, -(1 + 0x1p-51)) == 0);
    }
}

int main(void)
{
    unsetenv("SOW_ISA");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list),          cmocka_unit_test(features_against_the_compiler),
        cmocka_unit_test(words_of_features), cmocka_unit_test(the_environment_s_wish),
        cmocka_unit_test(a_context_s_wish),  cmocka_unit_test(nothing_is_contracted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
