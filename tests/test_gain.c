/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "tests/support.h"

static double gain_of(const char *name, double slope, sow_gain_rule rule)
{
    double gain = -1;
    char why[700];
    if (sow_gain(name, slope, rule, &gain, why, sizeof why) != SOW_OK)
        fail_msg("%s: %s", name, why);
    assert_string_equal(why, "");
    return gain;
}

/* torch.nn.init.calculate_gain, torch 1.13 */
static void torch_table(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double slope, gain;
    } torch[] = {
        {"linear", NAN, 1},
        {"conv1d", NAN, 1},
        {"conv2d", NAN, 1},
        {"conv3d", NAN, 1},
        {"conv_transpose1d", NAN, 1},
        {"conv_transpose2d", NAN, 1},
        {"conv_transpose3d", NAN, 1},
        {"sigmoid", NAN, 1},
        {"tanh", NAN, 5.0 / 3},
        {"relu", NAN, 1.4142135623730951},
        {"leaky_relu", NAN, 1.4141428569978354},
        {"leaky_relu", 0.01, 1.4141428569978354},
        {"leaky_relu", 0.2, 1.3867504905630728},
        {"leaky_relu", 2.23606797749979, 0.5773502691896257},
        {"leaky_relu", 0, 1.4142135623730951},
        {"selu", NAN, 0.75},
    };
    for (size_t i = 0; i < COUNT_OF(torch); i++)
        assert_true(fabs(gain_of(torch[i].name, torch[i].slope, SOW_GAIN_TORCH) - torch[i].gain) < 1e-15);
    assert_true(sow_gain_relu() == gain_of("relu", NAN, SOW_GAIN_TORCH));
    assert_true(sow_gain_tanh() == gain_of("tanh", NAN, SOW_GAIN_TORCH));
    assert_true(sow_gain_leaky_relu(0.2) == gain_of("leaky_relu", 0.2, SOW_GAIN_TORCH));
}

/*
 * Ten digits by another quadrature than that of gen/gains.py; NFNets' and timm's sampled constants are within 2e-3 of the last column.
 * Closed forms: relu √2 and √(2/(1 - 1/π)), relu² √(2/3) and √(4/5), sin √(2/(1 - e^-2)), erf √(π/(2 asin(2/3))).
 */
static void exact_gains(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double rms, std;
    } exact[] = {
        {"linear", 1, 1},
        {"identity", 1, 1},
        {"relu", 1.4142135624, 1.7128585504},
        {"relu6", 1.4142135651, 1.7128585550},
        {"relu_squared", 0.8164965809, 0.8944271910},
        {"elu", 1.2451983007, 1.2708434179},
        {"celu", 1.2451983007, 1.2708434179},
        {"selu", 1, 1},
        {"gelu", 1.5335304412, 1.7009262434},
        {"gelu_tanh", 1.5335805217, 1.7009165617},
        {"quick_gelu", 1.5394587623, 1.7093585899},
        {"silu", 1.6765324703, 1.7871872221},
        {"swish", 1.6765324703, 1.7871872221},
        {"mish", 1.4868475813, 1.5920253811},
        {"sigmoid", 1.8462285453, 4.8013133720},
        {"tanh", 1.5925374197, 1.5925374197},
        {"softplus", 1.0418668355, 1.9191259801},
        {"log_sigmoid", 1.0418668355, 1.9191259801},
        {"softsign", 2.3375333631, 2.3375333631},
        {"hardtanh", 1.3920361404, 1.3920361404},
        {"hardsigmoid", 1.8978404247, 6.0150344866},
        {"hardswish", 1.7366572128, 1.8138714738},
        {"tanhshrink", 2.3383675301, 2.3383675301},
        {"sin", 1.5208666232, 1.5208666232},
        {"cos", 1.3272506003, 2.2372529142},
        {"erf", 1.4671669505, 1.4671669505},
    };
    const double pi = 3.141592653589793;
    for (size_t i = 0; i < COUNT_OF(exact); i++) {
        assert_true(fabs(gain_of(exact[i].name, NAN, SOW_GAIN_RMS) - exact[i].rms) < 5.1e-11);
        assert_true(fabs(gain_of(exact[i].name, NAN, SOW_GAIN_STD) - exact[i].std) < 5.1e-11);
    }
    assert_true(fabs(gain_of("leaky_relu", 0.01, SOW_GAIN_RMS) - 1.4141428570) < 5.1e-11);
    assert_true(fabs(gain_of("leaky_relu", 0.01, SOW_GAIN_STD) - 1.7048316272) < 5.1e-11);
    assert_true(fabs(gain_of("leaky_relu", 0.2, SOW_GAIN_STD) - 1.5464600604) < 5.1e-11);
    assert_true(fabs(gain_of("relu", NAN, SOW_GAIN_STD) - sqrt(2 / (1 - 1 / pi))) < 1e-15);
    assert_true(fabs(gain_of("sin", NAN, SOW_GAIN_RMS) - sqrt(2 / (1 - exp(-2)))) < 1e-15);
    assert_true(fabs(gain_of("cos", NAN, SOW_GAIN_RMS) - sqrt(2 / (1 + exp(-2)))) < 1e-15);
    assert_true(fabs(gain_of("erf", NAN, SOW_GAIN_RMS) - sqrt(pi / (2 * asin(2.0 / 3)))) < 1e-15);
    assert_true(fabs(gain_of("relu_squared", NAN, SOW_GAIN_STD) - sqrt(0.8)) < 1e-15);
}

static void refuses(const char *name, double slope, sow_gain_rule rule, const char *part, const char *part2)
{
    double gain = 7;
    char why[700] = "";
    assert_int_equal(sow_gain(name, slope, rule, &gain, why, sizeof why), SOW_ERR_SCHEME);
    if (!strstr(why, part) || !strstr(why, part2))
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", why, part, part2);
    assert_true(gain == 7);
    assert_int_equal(sow_gain(name, slope, rule, &gain, NULL, 0), SOW_ERR_SCHEME);
}

static void errors(void **state)
{
    (void)state;
    refuses("gelu", NAN, SOW_GAIN_TORCH, "\"gelu\"", "1.533530441 (rms) and 1.700926243 (std)");
    refuses("identity", NAN, SOW_GAIN_TORCH, "\"identity\"", "1 (rms)");
    refuses("ReLU", NAN, SOW_GAIN_TORCH, "\"ReLU\"", "tanh, relu, leaky_relu, selu");
    refuses("", NAN, SOW_GAIN_RMS, "\"\"", "tanhshrink, sin, cos, erf");
    refuses("relu", 0.2, SOW_GAIN_TORCH, "\"relu\"", "0.2");
    refuses("leaky_relu", INFINITY, SOW_GAIN_TORCH, "slope", "inf");
    refuses("leaky_relu", 1e200, SOW_GAIN_STD, "1e+200", "1e150");
    refuses("relu", NAN, (sow_gain_rule)3, "rule", "3");
    double gain;
    assert_int_equal(sow_gain(NULL, NAN, SOW_GAIN_TORCH, &gain, NULL, 0), SOW_ERR_NULL);
    assert_int_equal(sow_gain("relu", NAN, SOW_GAIN_TORCH, NULL, NULL, 0), SOW_ERR_NULL);
    char why[8];
    sow_gain("gelu", NAN, SOW_GAIN_TORCH, &gain, why, sizeof why);
    assert_string_equal(why, "torch h");
}

/* The same through words: a rule before the name, a slope behind it. */
static void words_of_a_scheme(void **state)
{
    (void)state;
    static const struct {
        const char *word, *name;
        double slope;
        sow_gain_rule rule;
    } cases[] = {
        {"relu", "relu", NAN, SOW_GAIN_TORCH},
        {"torch:tanh", "tanh", NAN, SOW_GAIN_TORCH},
        {"rms:gelu", "gelu", NAN, SOW_GAIN_RMS},
        {"std:silu", "silu", NAN, SOW_GAIN_STD},
        {"leaky_relu:0.2", "leaky_relu", 0.2, SOW_GAIN_TORCH},
        {"std:leaky_relu:0.25", "leaky_relu", 0.25, SOW_GAIN_STD},
        {"leaky_relu:1", "leaky_relu", 1, SOW_GAIN_TORCH},
    };
    static const char *const bad[] = {"",         "rms",         "rms:",         "rms:nothing",      "gelu",
                                      "relu:0.2", "leaky_relu:", "leaky_relu:x", "leaky_relu:1.2.3", "RMS:gelu"};
    sow_scheme s = sow_scheme_named("kaiming_normal");
    const int at = sow_scheme_arg_index(&s, "gain");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double gain = 0;
        assert_int_equal(sow_gain(cases[i].name, cases[i].slope, cases[i].rule, &gain, NULL, 0), SOW_OK);
        assert_int_equal(sow_scheme_set_word(&s, "gain", cases[i].word), SOW_OK);
        assert_true(s.arg[at] == gain);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (sow_scheme_set_word(&s, "gain", bad[i]) != SOW_ERR_SCHEME)
            fail_msg("gain \"%s\" was taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torch_table),
        cmocka_unit_test(exact_gains),
        cmocka_unit_test(errors),
        cmocka_unit_test(words_of_a_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
