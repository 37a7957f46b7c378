/* SPDX-License-Identifier: MIT */
/* Laws of depth and width, layer presets with a parameter, and constants that need a logarithm. Same rules as scheme_laws.c. */
#include <math.h>

#include "src/elementary.h"
#include "src/exact.h"
#include "src/explain.h"
#include "src/scheme_row.h"
#include "src/try.h"

#define FAIL(c, ...) sow__fail(SOW_ERR_SCHEME, (c)->why, (c)->size, "%s: " __VA_ARGS__)

/* Parent std and bounds at ±3 std: OLMo cuts there. */
static sow_dist cut_at_3(double std)
{
    return std == 0 ? sow_dist_normal(0, 0) : sow_dist_trunc_normal(0, std, -3 * std, 3 * std);
}

static double fourth_root(double x)
{
    return sqrt(sqrt(x));
}

/* Counted from 0. */
static sow_status layer_of(const sow__scheme_call *c, double *layer)
{
    *layer = sow__arg(c, "layer", 0);
    if (!(*layer >= 0 && *layer <= 9007199254740992.0) || *layer != floor(*layer))
        return FAIL(c, "layer is %g, must be a whole number from 0 to 2^53", c->row->info.name, *layer);
    return SOW_OK;
}

/* torchtitan draws trunc_normal_ with its default bounds, ±2 absolute. */
sow_status sow__law_depth_scaled(const sow__scheme_call *c, sow_dist *dist)
{
    double std, layer;
    SOW_TRY(sow__arg_positive_or_0(c, "std", c->row->value, &std));
    SOW_TRY(layer_of(c, &layer));
    std = std / sqrt(2 * (layer + 1));
    *dist = std == 0 ? sow_dist_normal(0, 0) : sow_dist_trunc_normal(0, std, -2, 2);
    return SOW_OK;
}

sow_status sow__law_mitchell(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = cut_at_3(1 / sqrt(sow__arg(c, "width", 1)));
    return SOW_OK;
}

sow_status sow__law_mitchell_out(const sow__scheme_call *c, sow_dist *dist)
{
    double layer;
    SOW_TRY(layer_of(c, &layer));
    *dist = cut_at_3(1 / sqrt(2 * sow__arg(c, "width", 1) * (layer + 1)));
    return SOW_OK;
}

sow_status sow__law_megatron(const sow__scheme_call *c, sow_dist *dist)
{
    double std;
    SOW_TRY(sow__arg_positive_or_0(c, "std", c->row->value, &std));
    *dist = cut_at_3(std);
    return SOW_OK;
}

sow_status sow__law_megatron_out(const sow__scheme_call *c, sow_dist *dist)
{
    double std;
    SOW_TRY(sow__arg_positive_or_0(c, "std", c->row->value, &std));
    *dist = cut_at_3(std / sqrt(2 * sow__arg(c, "layers", 1)));
    return SOW_OK;
}

/* Xavier's law, uniform or normal by the row, times a factor. */
static sow_status xavier(const sow__scheme_call *c, double factor, sow_dist *dist)
{
    double average;
    SOW_TRY(sow__fan_of(c, SOW_FAN_AVG, &average));
    const double bound = factor * sqrt(6 / (2 * average));
    if (c->row->draw == SOW_LAW_NORMAL)
        *dist = sow_dist_normal(0, factor * sqrt(2 / (2 * average)));
    else
        *dist = bound == 0 ? sow_dist_constant(0) : sow_dist_uniform(-bound, bound);
    return SOW_OK;
}

sow_status sow__law_ds_init(const sow__scheme_call *c, sow_dist *dist)
{
    double alpha, layer;
    SOW_TRY(sow__arg_positive_or_0(c, "alpha", 1, &alpha));
    SOW_TRY(layer_of(c, &layer));
    return xavier(c, alpha / sqrt(layer + 1), dist);
}

/* layers^(-1/(2m-2)): by square roots where they suffice. */
sow_status sow__law_fixup(const sow__scheme_call *c, sow_dist *dist)
{
    const double layers = sow__arg(c, "layers", 1), m = sow__arg(c, "m", 2);
    double fan;
    if (m < 2)
        return FAIL(c, "m is %g, must be at least 2", c->row->info.name, m);
    SOW_TRY(sow__fan_of(c, SOW_FAN_OUT, &fan));
    const double factor = m == 2 ? 1 / sqrt(layers) : m == 3 ? 1 / fourth_root(layers) : sow__exp(-sow__log(layers) / (2 * m - 2));
    *dist = sow_dist_normal(0, sqrt(2 / fan) * factor);
    return SOW_OK;
}

sow_status sow__law_tfixup_embedding(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = sow_dist_normal(0, 1 / sqrt(sow__arg(c, "width", 1)) / fourth_root(9 * sow__arg(c, "layers", 1)));
    return SOW_OK;
}

/* v's factor is √2 greater in the authors' code, which undoes fairseq's 1/√2. */
static double value_factor(const sow__scheme_call *c)
{
    return sow__arg(c, "value", 0) != 0 ? sqrt(2) : 1;
}

sow_status sow__law_tfixup_encoder(const sow__scheme_call *c, sow_dist *dist)
{
    return xavier(c, 0.67 / fourth_root(sow__arg(c, "layers", 1)) * value_factor(c), dist);
}

sow_status sow__law_tfixup_decoder(const sow__scheme_call *c, sow_dist *dist)
{
    return xavier(c, 1 / fourth_root(9 * sow__arg(c, "layers", 1)) * value_factor(c), dist);
}

/* β = (8N)^(-¼) alone, (12M)^(-¼) in the decoder of a pair; row->value is the 8 or 12. */
sow_status sow__law_deepnorm(const sow__scheme_call *c, sow_dist *dist)
{
    return xavier(c, 1 / fourth_root(c->row->value * sow__arg(c, "layers", 1)), dist);
}

/* β = 0.87 (N⁴M)^(-1/16) */
sow_status sow__law_deepnorm_encoder(const sow__scheme_call *c, sow_dist *dist)
{
    const double n = sow__arg(c, "encoder_layers", 1), m = sow__arg(c, "decoder_layers", 1);
    return xavier(c, 0.87 / (fourth_root(n) * fourth_root(fourth_root(m))), dist);
}

/* √(ln 2N) alone, √(ln 3M) in the decoder of a pair; row->value is the 2 or 3. */
sow_status sow__law_subln(const sow__scheme_call *c, sow_dist *dist)
{
    return xavier(c, sqrt(sow__log(c->row->value * sow__arg(c, "layers", 1))), dist);
}

sow_status sow__law_subln_encoder(const sow__scheme_call *c, sow_dist *dist)
{
    const double n = sow__arg(c, "encoder_layers", 1), m = sow__arg(c, "decoder_layers", 1);
    return xavier(c, sqrt(sow__log(3 * m) * sow__log(2 * n) / 3), dist);
}

sow_status sow__law_layerscale(const sow__scheme_call *c, sow_dist *dist)
{
    const double layers = sow__arg(c, "layers", 1);
    *dist = sow_dist_constant(layers <= 18 ? 0.1 : layers <= 24 ? 1e-5 : 1e-6);
    return SOW_OK;
}

sow_status sow__law_spectral(const sow__scheme_call *c, sow_dist *dist)
{
    double sigma, in, out;
    SOW_TRY(sow__arg_positive_or_0(c, "sigma", 1, &sigma));
    SOW_TRY(sow__fan_of(c, SOW_FAN_IN, &in));
    SOW_TRY(sow__fan_of(c, SOW_FAN_OUT, &out));
    *dist = sow_dist_normal(0, sigma * (out < in ? sqrt(out / in) : 1) / sqrt(in));
    return SOW_OK;
}

sow_status sow__law_class_prior(const sow__scheme_call *c, sow_dist *dist)
{
    const double prior = sow__arg(c, "prior", 0.01);
    if (!(prior > 1e-300 && prior < 1))
        return FAIL(c, "prior is %g, must be between 0 and 1", c->row->info.name, prior);
    *dist = sow_dist_constant(-sow__log((1 - prior) / prior));
    return SOW_OK;
}

sow_status sow__law_classes(const sow__scheme_call *c, sow_dist *dist)
{
    *dist = sow_dist_constant(0 - sow__log(sow__arg(c, "classes", 1)));
    return SOW_OK;
}

sow_status sow__law_s4d_log_dt(const sow__scheme_call *c, sow_dist *dist)
{
    const double min = sow__arg(c, "min", 1), max = sow__arg(c, "max", 1);
    if (!(min >= 1e-300 && min <= max && max <= 1e300))
        return FAIL(c, "min is %g and max is %g, must be 1e-300 to 1e300 with min not above max", c->row->info.name, min, max);
    *dist = sow_dist_uniform(sow__log(min), sow__log(max));
    return SOW_OK;
}

/* U(±scale/√rank), the projection of Mamba's time step. */
sow_status sow__law_mamba_dt_proj(const sow__scheme_call *c, sow_dist *dist)
{
    double scale;
    SOW_TRY(sow__arg_positive_or_0(c, "scale", 1, &scale));
    const double bound = scale / sqrt(sow__arg(c, "dt_rank", 1));
    *dist = bound == 0 ? sow_dist_constant(0) : sow_dist_uniform(-bound, bound);
    return SOW_OK;
}
