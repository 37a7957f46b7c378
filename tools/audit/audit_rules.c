/* SPDX-License-Identifier: MIT */
#include "audit/audit_rules.h"

#include <math.h>
#include <sow/sow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A scheme with arguments, as on a command line. $L: layers in the names; $l: this tensor's; $s: the model's usual std; $0, $1: sizes of
 * its axes; $h: a quarter of the first (gates), $t: a third. What is not known leaves the rule out. A rule without a layout takes all that
 * its rank allows. The order is that of the report: what people use most stands first.
 */
static const char *const rules[] = {
    "residual_scale std=$s layers=$L",
    "depth_scaled std=$s layer=$l",
    "torch.linear",
    "torch.conv",
    "torch.mha",
    "haiku.linear",
    "haiku.conv",
    "glorot_uniform",
    "glorot_normal",
    "xavier_uniform",
    "xavier_normal",
    "lecun_normal",
    "lecun_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal gain=relu mode=fan_in",
    "kaiming_normal gain=relu mode=fan_out",
    "kaiming_uniform gain=relu mode=fan_in",
    "kaiming_uniform gain=relu mode=fan_out",
    "kaiming_normal gain=linear mode=fan_in",
    "kaiming_normal gain=linear mode=fan_out",
    "kaiming_uniform gain=linear mode=fan_out",
    "kaiming_normal gain=tanh mode=fan_in",
    "kaiming_uniform gain=tanh mode=fan_in",
    "variance_scaling scale=2 mode=fan_out dist=truncated_normal",
    "variance_scaling scale=1 mode=fan_out dist=truncated_normal",
    "variance_scaling scale=2 mode=fan_avg dist=truncated_normal",
    "variance_scaling scale=2 mode=fan_avg dist=uniform",
    "flax.embed",
    "haiku.conv_transpose",
    "keras.depthwise",
    "keras.mha",
    "keras.mha.out",
    "flax.mha",
    "flax.mha.out",
    "torch.conv_transpose",
    "torch.bilinear",
    "torch.lstm hidden=$h",
    "torch.gru hidden=$t",
    "torch.rnn hidden=$0",
    "equinox.linear",
    "mamba_dt_proj dt_rank=$1",
    "tfixup_embedding width=$1 layers=$L",
    "spectral",
    "siren first=1",
    "siren first=0",
    "s4d_c",
    "unit_ball",
    "mitchell width=$0",
    "mitchell width=$1",
    /* Rules that few models follow. */
    "kaiming_normal gain=selu mode=fan_in",
    "variance_scaling scale=0.1 mode=fan_in dist=truncated_normal",
    "variance_scaling scale=0.333333333333 mode=fan_in dist=truncated_normal",
    "variance_scaling scale=0.333333333333 mode=fan_out dist=uniform",
    "xavier_uniform gain=1.414213562373",
    "xavier_normal gain=1.414213562373",
    "xavier_uniform gain=1.666666666667",
    "xavier_normal gain=1.666666666667",
    "xavier_uniform gain=0.707106781187",
    "uniform_scaling",
    "small_init width=$0",
    "small_init width=$1",
    "wang layers=$L width=$0",
    "wang layers=$L width=$1",
    "full_megatron std=$s",
    "full_megatron_out std=$s layers=$L",
    "mitchell_out width=$0 layer=$l",
    "mitchell_out width=$1 layer=$l",
    "ds_init layer=$l",
    "fixup layers=$L m=2",
    "fixup layers=$L m=3",
    "tfixup_encoder layers=$L",
    "tfixup_encoder layers=$L value=1",
    "tfixup_decoder layers=$L",
    "tfixup_decoder layers=$L value=1",
    "deepnorm layers=$L",
    "deepnorm_encoder encoder_layers=$L decoder_layers=$L",
    "deepnorm_decoder layers=$L",
    "subln layers=$L",
    "subln_encoder encoder_layers=$L decoder_layers=$L",
    "subln_decoder layers=$L",
    "kaiming_normal gain=1.386750490563 mode=fan_in",
    "kaiming_uniform gain=1.386750490563 mode=fan_in",
    "kaiming_normal gain=1.533530441176 mode=fan_in",
    "kaiming_normal gain=1.676532470331 mode=fan_in",
    "xavier_normal gain=0.75",
};

enum { USUAL_RULES = 50 };

static bool variable(const struct audit *a, const struct examined *e, double sigma, char name, double *value)
{
    const struct tensor *const t = e->tensor;
    const double first = t->rank > 0 ? (double)t->shape[0] : 0, second = t->rank > 1 ? (double)t->shape[1] : 0;
    switch (name) {
    case 'L':
        *value = a->layers;
        return a->layers >= 1;
    case 'l':
        *value = (double)e->layer;
        return e->layer >= 0;
    case 's':
        *value = sigma;
        return true;
    case '0':
        *value = first;
        return first >= 1;
    case '1':
        *value = second;
        return second >= 1;
    case 'h':
        *value = first / 4;
        return first >= 4 && fmod(first, 4) == 0;
    default:
        *value = first / 3;
        return first >= 3 && fmod(first, 3) == 0;
    }
}

bool rule_instance(const struct audit *a, const struct examined *e, double sigma, size_t rule, sow_scheme *scheme, char *text, size_t size)
{
    char words[96], *save = NULL;
    (void)snprintf(words, sizeof words, "%s", rules[rule]);
    const char *const name = strtok_r(words, " ", &save);
    *scheme = sow_scheme_named(name);
    if (scheme->row < 0)
        return false;
    int used = snprintf(text, size, "%s", name);
    for (char *word; (word = strtok_r(NULL, " ", &save));) {
        char *const equals = strchr(word, '=');
        *equals = '\0';
        const char *given = equals + 1;
        char number[32];
        double value;
        if (*given == '$') {
            if (!variable(a, e, sigma, given[1], &value))
                return false;
            (void)snprintf(number, sizeof number, "%.10g", value);
            given = number;
        }
        char *end;
        value = strtod(given, &end);
        if ((*end ? sow_scheme_set_word(scheme, word, given) : sow_scheme_set(scheme, word, value)) != SOW_OK)
            return false;
        used += snprintf(text + used, size - (size_t)used, " %s=%.12s", word, given);
    }
    return true;
}

/* Presets of layers whose weights are matrices, and of those whose are kernels, are never each other's. */
bool rule_is_for_rank(size_t i, int rank)
{
    const char *const rule = rules[i];
    if (strncmp(rule, "torch.conv", 10) == 0 || strncmp(rule, "haiku.conv", 10) == 0)
        return rank > 2;
    return rank <= 2 || (strncmp(rule, "torch.linear", 12) != 0 && strncmp(rule, "equinox.linear", 14) != 0 &&
                         strncmp(rule, "haiku.linear", 12) != 0 && !strstr(rule, "hidden") && strncmp(rule, "torch.mha", 9) != 0);
}

bool rule_is_rare(uint32_t key)
{
    return key < BIAS_KEY && key >> 6 > USUAL_RULES;
}

size_t rule_count(void)
{
    return sizeof rules / sizeof rules[0];
}
