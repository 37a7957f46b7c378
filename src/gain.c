/* SPDX-License-Identifier: MIT */
/* Gains of activations: torch's table (torch.nn.init.calculate_gain) and the exact ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sow/scheme.h"
#include "src/exact.h"
#include "src/explain.h"

#define NONE (-1) /* torch has no gain of that name */

typedef struct gain_row {
    const char *name;
    double torch, rms, std;
} gain_row;

/* rms and std by tests/gen/gains.py (quadrature in 40 digits, rounded once). selu's torch value is empirical (pytorch PR 50664). */
static const gain_row rows[] = {
    {"linear", 1, 1, 1},
    {"identity", NONE, 1, 1},
    {"conv1d", 1, 1, 1},
    {"conv2d", 1, 1, 1},
    {"conv3d", 1, 1, 1},
    {"conv_transpose1d", 1, 1, 1},
    {"conv_transpose2d", 1, 1, 1},
    {"conv_transpose3d", 1, 1, 1},
    {"sigmoid", 1, 1.8462285453386054, 4.801313372039962},
    {"tanh", 5.0 / 3.0, 1.5925374197228315, 1.5925374197228315},
    {"relu", 1.4142135623730951, 1.4142135623730951, 1.7128585504496627},
    {"leaky_relu", NONE, NONE, NONE}, /* by formula */
    {"selu", 0.75, 1, 1},
    {"relu6", NONE, 1.4142135650950736, 1.7128585549723954},
    {"relu_squared", NONE, 0.816496580927726, 0.8944271909999159},
    {"elu", NONE, 1.2451983007007066, 1.2708434178501964},
    {"celu", NONE, 1.2451983007007066, 1.2708434178501964},
    {"gelu", NONE, 1.5335304411955353, 1.7009262433633332},
    {"gelu_tanh", NONE, 1.533580521666147, 1.7009165616954505},
    {"quick_gelu", NONE, 1.5394587622988314, 1.7093585898912749},
    {"silu", NONE, 1.676532470331091, 1.787187222100442},
    {"swish", NONE, 1.676532470331091, 1.787187222100442},
    {"mish", NONE, 1.486847581273208, 1.5920253810994462},
    {"softplus", NONE, 1.0418668355353018, 1.9191259801076563},
    {"log_sigmoid", NONE, 1.0418668355353018, 1.9191259801076563},
    {"softsign", NONE, 2.3375333631085398, 2.3375333631085398},
    {"hardtanh", NONE, 1.3920361404483097, 1.3920361404483097},
    {"hardsigmoid", NONE, 1.897840424729559, 6.015034486637097},
    {"hardswish", NONE, 1.7366572127665416, 1.8138714738131827},
    {"tanhshrink", NONE, 2.3383675301021216, 2.3383675301021216},
    {"sin", NONE, 1.5208666231788148, 1.5208666231788148},
    {"cos", NONE, 1.327250600284575, 2.237252914212928},
    {"erf", NONE, 1.4671669504891387, 1.4671669504891387},
};

static const size_t row_count = sizeof rows / sizeof rows[0];

double sow_gain_leaky_relu(double slope)
{
    return sqrt(2.0 / (1.0 + slope * slope));
}

/* E[f²] = (1 + s²)/2 and E[f] = (1 - s)/√(2π) for f = leaky ReLU. */
static double leaky_relu(double slope, sow_gain_rule rule)
{
    const double two_pi = 6.283185307179586;
    if (rule != SOW_GAIN_STD)
        return sow_gain_leaky_relu(slope);
    return 1.0 / sqrt((1.0 + slope * slope) / 2.0 - (1.0 - slope) * (1.0 - slope) / two_pi);
}

static sow_status unknown(const char *name, sow_gain_rule rule, char *why, size_t size)
{
    char known[512];
    size_t at = 0;
    known[0] = '\0';
    for (size_t i = 0; i < row_count && at < sizeof known; i++)
        if (rule != SOW_GAIN_TORCH || rows[i].torch != NONE || strcmp(rows[i].name, "leaky_relu") == 0)
            at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "", rows[i].name);
    return sow__fail(SOW_ERR_SCHEME, why, size, "gain \"%.40s\" is not known, must be one of %s", name, known);
}

sow_status sow_gain(const char *name, double slope, sow_gain_rule rule, double *gain, char *why, size_t size)
{
    const gain_row *row = NULL;
    if (!name || !gain)
        return sow__fail(SOW_ERR_NULL, why, size, "%s is null", name ? "gain" : "name");
    if (rule != SOW_GAIN_TORCH && rule != SOW_GAIN_RMS && rule != SOW_GAIN_STD)
        return sow__fail(SOW_ERR_SCHEME, why, size, "gain rule is %d, must be 0 to 2", (int)rule);
    for (size_t i = 0; i < row_count; i++)
        if (strcmp(rows[i].name, name) == 0)
            row = &rows[i];
    if (!row)
        return unknown(name, rule, why, size);

    const int leaky = strcmp(name, "leaky_relu") == 0;
    if (!leaky && !isnan(slope))
        return sow__fail(SOW_ERR_SCHEME, why, size, "gain \"%s\" takes no parameter, but has %g", name, slope);
    if (leaky) {
        /* torch's default; a slope whose square overflows has no gain */
        const double s = isnan(slope) ? 0.01 : slope;
        if (!(s >= -1e150 && s <= 1e150))
            return sow__fail(SOW_ERR_SCHEME, why, size, "slope of gain \"leaky_relu\" is %g, must be -1e150 to 1e150", s);
        *gain = leaky_relu(s, rule);
        return sow__pass(why, size);
    }
    if (rule == SOW_GAIN_TORCH && row->torch == NONE)
        return sow__fail(SOW_ERR_SCHEME, why, size, "torch has no gain \"%s\"; the exact ones are %.10g (rms) and %.10g (std)", name,
                         row->rms, row->std);
    *gain = rule == SOW_GAIN_TORCH ? row->torch : rule == SOW_GAIN_RMS ? row->rms : row->std;
    return sow__pass(why, size);
}
