/* SPDX-License-Identifier: MIT */
/* With the argument --table it prints the table of docs/schemes.md instead. */
#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

static sow_dist dist_of(sow_scheme s, int rank, const int64_t *shape)
{
    sow_dist d;
    char why[300];
    memset(&d, 0, sizeof d);
    if (sow_scheme_dist(&s, rank, shape, SOW_F64, &d, why, sizeof why) != SOW_OK)
        fail_msg("%s", why);
    assert_string_equal(why, "");
    return d;
}

/* A scheme from words: "name argument=value …", where a value is a number or a word. */
static sow_scheme parse(const char *text)
{
    char copy[200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    sow_scheme s = sow_scheme_named(strtok_r(rest, " ", &rest));
    if (s.row < 0)
        fail_msg("no scheme \"%s\"", text);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        char *value = strchr(word, '='), *end;
        *value++ = '\0';
        const double x = strtod(value, &end);
        const sow_status status = *end ? sow_scheme_set_word(&s, word, value) : sow_scheme_set(&s, word, x);
        if (status != SOW_OK)
            fail_msg("\"%s\": %s=%s", text, word, value);
    }
    return s;
}

/* What a distribution is, in the numbers people quote: the bound of a uniform, the std of a normal, bounds and parent's std of a cut one.
 */
typedef struct value_case {
    const char *scheme;
    int rank;
    int64_t shape[4];
    sow_dist_kind kind;
    double bound, std;
} value_case;

#define U  SOW_DIST_UNIFORM
#define N  SOW_DIST_NORMAL
#define TN SOW_DIST_TRUNC_NORMAL
#define K  SOW_DIST_CONSTANT

/* By torch 1.13, or by the framework's formula in another program; ten digits. */
static const value_case values[] = {
    {"xavier_uniform", 2, {3072, 768}, U, 0.03952847075, 0},
    {"xavier_normal", 2, {3072, 768}, N, 0, 0.02282177323},
    {"kaiming_normal mode=fan_out gain=relu", 4, {64, 3, 7, 7}, N, 0, 0.02525381361},
    {"kaiming_normal mode=fan_in gain=relu", 4, {64, 3, 7, 7}, N, 0, 0.11664236870},
    {"kaiming_normal", 4, {64, 3, 7, 7}, N, 0, 0.11664236870}, /* torch's default: leaky_relu with a = 0, that is √2 */
    {"kaiming_uniform gain=0.5773502691896257", 2, {3072, 768}, U, 0.03608439182, 0},
    {"kaiming_uniform gain=1", 2, {10, 3}, U, 1, 0},
    {"glorot_uniform", 2, {3072, 768}, U, 0.03952847075, 0},
    {"glorot_normal", 2, {768, 768}, TN, 0.08204488208, 0.04102244105},
    {"lecun_normal layout=dense", 2, {768, 10}, TN, 0.08204488208, 0.04102244105},
    {"lecun_uniform", 2, {10, 768}, U, 0.0625, 0},
    {"he_normal layout=conv_last", 4, {3, 3, 64, 128}, TN, 0.13397873142, 0.06698936571},
    {"he_uniform", 2, {9, 6}, U, 1, 0},
    {"variance_scaling mode=fan_geo_avg dist=normal layout=dense", 2, {768, 3072}, N, 0, 0.02551551815},
    {"variance_scaling scale=2 mode=fan_out dist=uniform", 2, {6, 9}, U, 1, 0},
    {"uniform_scaling", 4, {2, 2, 3, 9}, U, 0.5, 0},
    {"uniform_scaling scale=2", 1, {9}, U, 3.464101615, 0},
    {"siren first=true", 2, {8, 4}, U, 0.25, 0},
    {"siren", 2, {8, 256}, U, 0.005103103631, 0},
    {"residual_scale layers=12", 2, {768, 768}, N, 0, 0.004082482905},
    {"residual_scale layers=48", 2, {768, 768}, N, 0, 0.002041241452},
    {"small_init width=4096", 1, {4}, N, 0, 0.009882117688},
    {"wang layers=32 width=4096", 1, {4}, N, 0, 0.0009765625},
    {"depth_scaled layer=0", 1, {4}, TN, 2, 0.01414213562},
    {"depth_scaled layer=31", 1, {4}, TN, 2, 0.0025},
    {"mitchell width=4096", 1, {4}, TN, 0.046875, 0.015625},
    {"mitchell_out width=2048 layer=31", 1, {4}, TN, 0.008286407592, 0.002762135864},
    {"full_megatron", 1, {4}, TN, 0.06, 0.02},
    {"full_megatron_out layers=32", 1, {4}, TN, 0.0075, 0.0025},
    {"ds_init layer=3", 2, {3, 3}, U, 0.5, 0},
    {"fixup layers=16", 4, {2, 5, 1, 1}, N, 0, 0.25},
    {"fixup layers=16 m=3", 4, {2, 5, 1, 1}, N, 0, 0.5},
    {"fixup layers=16 m=5", 4, {2, 5, 1, 1}, N, 0, 0.7071067812},
    {"tfixup_embedding width=512 layers=6", 2, {3, 3}, N, 0, 0.01630296438},
    {"tfixup_encoder layers=6", 2, {3, 3}, U, 0.4280918798, 0},
    {"tfixup_decoder layers=6", 2, {3, 3}, U, 0.3688939732, 0},
    {"tfixup_decoder layers=6 value=true", 2, {3, 3}, U, 0.5216948600, 0},
    {"deepnorm layers=12", 2, {1, 1}, N, 0, 0.3194715521},
    /* torchscale multiplies by 1.15 = 1/0.87 instead: 0.6569 */
    {"deepnorm_encoder encoder_layers=6 decoder_layers=6", 2, {1, 1}, N, 0, 0.4969892408},
    {"deepnorm_decoder layers=6", 2, {1, 1}, N, 0, 0.3432945240},
    {"subln layers=12", 2, {1, 1}, N, 0, 1.782709688},
    {"subln_decoder layers=12", 2, {1, 1}, N, 0, 1.893018473},
    {"subln_encoder encoder_layers=12 decoder_layers=6", 2, {1, 1}, N, 0, 1.749833996},
    {"rezero", 0, {0}, K, 0, 0},
    {"layerscale layers=18", 1, {4}, K, 0.1, 0},
    {"layerscale layers=24", 1, {4}, K, 1e-5, 0},
    {"layerscale layers=36", 1, {4}, K, 1e-6, 0},
    {"spectral", 2, {768, 3072}, N, 0, 0.009021097956},
    {"spectral sigma=2", 2, {3072, 768}, N, 0, 0.07216878365},
    {"class_prior", 1, {4}, K, -4.595119850, 0},
    {"class_count classes=1000", 1, {4}, K, -6.907755279, 0},
    {"lora_a", 2, {8, 16}, U, 0.25, 0},
    {"dcgan", 4, {4, 4, 4, 4}, N, 0, 0.02},
    {"s4d_log_real", 1, {4}, K, -0.6931471806, 0},
    {"s4d_c", 1, {4}, N, 0, 0.7071067812},
    {"mamba_dt_proj dt_rank=48", 2, {9, 48}, U, 0.1443375673, 0},
    {"truncated_normal std=0.02", 1, {4}, TN, 0.04, 0.02},
    {"truncated_normal match_std=true", 1, {4}, TN, 2 / 0.8796256610342398, 1 / 0.8796256610342398},
    {"truncated_normal match_std=1 lower=-1 upper=1", 1, {4}, TN, 1 / 0.5395600937548969, 1 / 0.5395600937548969},
    {"truncated_normal match_std=1 lower=-3 upper=3", 1, {4}, TN, 3 / 0.9865783925581086, 1 / 0.9865783925581086},
    {"truncated_normal match_std=1 lower=-4 upper=4", 1, {4}, TN, 4 / 0.9994645018070796, 1 / 0.9994645018070796},
    {"truncated_normal match_std=1 lower=-20 upper=20", 1, {4}, TN, 20, 1},
    /* All but uniform: std c/√3 (1 + O(c²)). */
    {"truncated_normal match_std=1 lower=-1e-5 upper=1e-5", 1, {4}, TN, 1.732050807569, 173205.0807569},
    /* Given fans win, and the shape's rank does not matter then. */
    {"kaiming_normal gain=1 fan_in=25", 1, {7}, N, 0, 0.2},
    {"xavier_normal fan_in=7 fan_out=1", 0, {0}, N, 0, 0.5},
    {"xavier_normal fan_in=7", 2, {1, 99}, N, 0, 0.5},
    /* groups, depthwise and transposed kernels */
    {"kaiming_normal mode=fan_out groups=4", 4, {64, 2, 3, 3}, N, 0, 0.11785113020},            /* √(2/144) */
    {"kaiming_normal mode=fan_out groups=4 fans=torch", 4, {64, 2, 3, 3}, N, 0, 0.05892556510}, /* √(2/576) */
    {"kaiming_normal mode=fan_out layout=depthwise", 4, {96, 1, 3, 3}, N, 0, 0.4714045208},
    {"kaiming_normal mode=fan_out layout=depthwise fans=torch", 4, {96, 1, 3, 3}, N, 0, 0.04811252243},
    {"glorot_uniform layout=heads_in", 3, {768, 12, 64}, U, 0.0625, 0},
    {"glorot_uniform layout=heads_out", 3, {12, 64, 768}, U, 0.0625, 0},
    {"glorot_uniform fans=keras", 3, {768, 12, 64}, U, 0.01013883882, 0}, /* Keras before PR 22789 */
    {"glorot_uniform fans=keras", 3, {12, 64, 768}, U, 0.02451451689, 0},
    /* presets */
    {"torch.linear", 2, {3072, 768}, U, 0.03608439182, 0},
    {"torch.linear.weight", 2, {3072, 768}, U, 0.03608439182, 0},
    {"torch.linear.bias fan_in=768", 1, {3072}, U, 0.03608439182, 0},
    {"torch.conv", 4, {64, 4, 5, 5}, U, 0.1, 0},
    {"torch.conv.bias fan_in=100", 1, {64}, U, 0.1, 0},
    {"torch.conv_transpose", 4, {8, 64, 3, 3}, U, 0.04166666667, 0},
    {"torch.bilinear", 3, {3, 16, 5}, U, 0.25, 0},
    {"torch.embedding", 2, {50257, 768}, N, 0, 1},
    {"torch.lstm hidden=64", 2, {256, 10}, U, 0.125, 0},
    {"torch.gru.bias hidden=64", 1, {192}, U, 0.125, 0},
    {"torch.mha", 2, {2304, 768}, U, 0.04419417382, 0},
    {"torch.mha.out", 2, {768, 768}, U, 0.03608439182, 0},
    {"torch.mha.bias_k", 3, {1, 1, 64}, N, 0, 0.125},
    {"torch.norm", 1, {8}, K, 1, 0},
    {"torch.prelu", 1, {8}, K, 0.25, 0},
    {"torch.mha", 2, {768, 768}, U, 0.0625, 0}, /* q, k, v apart: √2 larger than packed, torch#166378 */
    {"torch.mha.bias", 1, {8}, K, 0, 0},
    {"torch.mha.out.bias", 1, {8}, K, 0, 0},
    {"torch.embedding_bag", 2, {9, 4}, N, 0, 1},
    {"torch.rnn hidden=16", 2, {16, 9}, U, 0.25, 0},
    {"torch.rnn.bias hidden=16", 1, {16}, U, 0.25, 0},
    {"torch.gru hidden=16", 2, {48, 9}, U, 0.25, 0},
    {"torch.lstm.bias hidden=16", 1, {64}, U, 0.25, 0},
    {"torch.conv_transpose.bias fan_in=100", 1, {8}, U, 0.1, 0},
    {"torch.bilinear.bias fan_in=16", 1, {8}, U, 0.25, 0},
    {"torch.transformer", 2, {768, 768}, U, 0.0625, 0},
    {"torch.mha.bias_v", 3, {1, 1, 64}, N, 0, 0.125},
    {"torch.norm.bias", 1, {8}, K, 0, 0},
    {"torch.norm.running_mean", 1, {8}, K, 0, 0},
    {"torch.norm.running_var", 1, {8}, K, 1, 0},
    {"torch.norm.num_batches_tracked", 1, {8}, K, 0, 0},
    {"jax.uniform", 2, {3, 3}, U, 0.01, 0},
    {"jax.normal", 2, {3, 3}, N, 0, 0.01},
    {"jax.truncated_normal", 2, {3, 3}, TN, 0.02, 0.01},
    {"jax.kaiming_normal", 4, {3, 3, 64, 128}, TN, 0.13397873142, 0.06698936571},
    {"jax.xavier_normal", 2, {768, 768}, TN, 0.08204488208, 0.04102244105},
    {"flax.dense", 2, {768, 3072}, TN, 0.08204488208, 0.04102244105},
    {"flax.embed", 2, {50257, 64}, N, 0, 0.125},
    {"flax.mha.out", 3, {12, 64, 10}, TN, 0.08204488208, 0.04102244105},
    {"flax.conv", 4, {3, 3, 64, 10}, TN, 0.09473726953, 0.04736863476},
    {"flax.conv_transpose", 4, {3, 3, 64, 10}, TN, 0.09473726953, 0.04736863476},
    {"flax.mha", 3, {768, 12, 64}, TN, 0.0820448821, 0.04102244105},
    {"flax.einsum", 2, {768, 10}, TN, 0.0820448821, 0.04102244105},
    {"flax.lstm", 2, {768, 64}, TN, 0.0820448821, 0.04102244105},
    {"flax.gru", 2, {768, 64}, TN, 0.0820448821, 0.04102244105},
    {"flax.mgu", 2, {768, 64}, TN, 0.0820448821, 0.04102244105},
    {"flax.lstm.bias", 1, {8}, K, 0, 0},
    {"flax.mgu.forget.bias", 1, {8}, K, 1, 0},
    {"flax.norm", 1, {8}, K, 1, 0},
    {"flax.norm.bias", 1, {8}, K, 0, 0},
    {"flax.norm.mean", 1, {8}, K, 0, 0},
    {"flax.norm.var", 1, {8}, K, 1, 0},
    {"flax.spectral_norm.u", 2, {1, 8}, N, 0, 0.01},
    {"flax.prelu", 1, {8}, K, 0.01, 0},
    {"keras.uniform", 1, {3}, U, 0.05, 0},
    {"keras.truncated_normal", 1, {3}, TN, 0.1, 0.05},
    {"keras.dense", 2, {768, 3072}, U, 0.03952847075, 0},
    {"keras.conv", 4, {3, 3, 64, 128}, U, 0.0589255651, 0},
    {"keras.conv_transpose", 4, {3, 3, 16, 32}, U, 0.1178511302, 0},
    {"keras.separable", 4, {1, 1, 32, 64}, U, 0.25, 0},
    {"keras.einsum_dense layout=heads_in", 3, {768, 12, 64}, U, 0.0625, 0},
    {"keras.gqa", 3, {768, 12, 64}, U, 0.0625, 0},
    {"keras.gqa.out", 3, {12, 64, 768}, U, 0.0625, 0},
    {"keras.mha.out", 3, {12, 64, 768}, U, 0.0625, 0},
    {"keras.rnn", 2, {8, 4}, U, 0.7071067812, 0},
    {"keras.gru", 2, {12, 12}, U, 0.5, 0},
    {"keras.lstm", 2, {8, 16}, U, 0.5, 0},
    {"keras.normal", 1, {3}, N, 0, 0.05},
    {"keras.dense.bias", 1, {8}, K, 0, 0},
    {"keras.norm", 1, {8}, K, 1, 0},
    {"keras.norm.bias", 1, {8}, K, 0, 0},
    {"keras.norm.moving_mean", 1, {8}, K, 0, 0},
    {"keras.norm.moving_variance", 1, {8}, K, 1, 0},
    {"keras.prelu", 1, {8}, K, 0, 0},
    {"keras.lora.b", 1, {8}, K, 0, 0},
    {"keras.depthwise", 4, {3, 3, 32, 3}, U, 0.1380131119, 0}, /* √(6/(288 + 27)) */
    {"keras.mha", 3, {768, 12, 64}, U, 0.0625, 0},
    {"keras.embedding", 2, {100, 8}, U, 0.05, 0},
    {"keras.lora.a", 2, {6, 4}, U, 1, 0},
    {"haiku.linear", 2, {16, 3}, TN, 0.5, 0.25},
    {"haiku.conv", 4, {4, 4, 16, 3}, TN, 0.125, 0.0625},
    {"haiku.lstm", 2, {256, 8}, TN, 0.125, 0.0625},
    {"haiku.gru", 2, {768, 3}, TN, 0.0820448821, 0.04102244105},
    {"haiku.linear.bias", 1, {8}, K, 0, 0},
    {"haiku.depthwise", 4, {4, 4, 1, 30}, TN, 0.5, 0.25},
    {"haiku.conv_transpose", 4, {2, 2, 30, 4}, TN, 0.5, 0.25},
    {"haiku.embed", 2, {10, 3}, TN, 2, 1},
    {"haiku.mha scale=2", 2, {1536, 3}, TN, 0.08204488208, 0.04102244105},
    {"sonnet.linear", 2, {16, 3}, TN, 0.5, 0.25},
    {"sonnet.conv", 4, {2, 2, 4, 8}, TN, 0.5, 0.25},
    {"sonnet.conv_transpose", 4, {2, 2, 30, 4}, TN, 0.5, 0.25},
    {"sonnet.embed", 2, {10, 3}, TN, 2, 1},
    {"sonnet.depthwise", 4, {4, 4, 30, 2}, TN, 0.5, 0.25},
    {"equinox.linear", 2, {3, 16}, U, 0.25, 0},
    {"equinox.conv", 3, {3, 4, 4}, U, 0.25, 0},
    {"equinox.linear.bias fan_in=16", 1, {3}, U, 0.25, 0},
    {"equinox.conv.bias fan_in=16", 1, {3}, U, 0.25, 0},
    {"equinox.lstm hidden=16", 2, {64, 3}, U, 0.25, 0},
    {"equinox.gru hidden=16", 2, {48, 3}, U, 0.25, 0},
    {"equinox.embedding", 2, {10, 3}, N, 0, 1},
    {"mlx.linear", 2, {3, 16}, U, 0.25, 0},
    {"mlx.conv groups=4", 4, {8, 2, 2, 4}, U, 0.125, 0},
    {"mlx.linear.bias fan_in=16", 1, {3}, U, 0.25, 0},
    {"mlx.conv.bias", 1, {8}, K, 0, 0},
    {"mlx.embedding", 2, {10, 16}, N, 0, 0.25},
    {"tf.bert", 2, {768, 768}, TN, 0.04, 0.02},
};

static int near(double x, double y)
{
    return fabs(x - y) <= fabs(y) * 1e-9;
}

static int same(sow_dist x, sow_dist y)
{
    return x.kind == y.kind && x.mean == y.mean && x.std == y.std && x.a == y.a && x.b == y.b;
}

static void schemes_have_their_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const value_case *c = &values[i];
        const sow_dist d = dist_of(parse(c->scheme), c->rank, c->shape);
        const double bound = d.kind == K ? d.mean : d.b;
        if (d.kind != c->kind || !near(d.kind == N ? d.std : bound, d.kind == N ? c->std : c->bound) ||
            (d.kind == TN && !near(d.std, c->std)))
            fail_msg("%s: %s, bound %.12g, std %.12g", c->scheme, sow_dist_name(d.kind), bound, d.std);
        if (d.kind == U && strcmp(c->scheme, "jax.uniform") != 0)
            assert_true(d.a == -d.b);
        if (d.kind == TN)
            assert_true(d.mean == 0 && d.a == -d.b);
    }
}

/* The plain laws pass their numbers on; bounds of truncated_normal are in std, those of trunc_normal are not. */
static void plain_laws(void **state)
{
    (void)state;
    const int64_t shape[] = {2, 3};
    sow_dist d = dist_of(sow_uniform(-1, 3), 2, shape);
    assert_true(d.kind == U && d.a == -1 && d.b == 3);
    d = dist_of(sow_normal(1, 2), 2, shape);
    assert_true(d.kind == N && d.mean == 1 && d.std == 2);
    d = dist_of(sow_scheme_named("trunc_normal"), 2, shape);
    assert_true(d.kind == TN && d.mean == 0 && d.std == 1 && d.a == -2 && d.b == 2);
    d = dist_of(sow_trunc_normal(0, 0.02, -2, 2), 2, shape);
    assert_true(d.kind == TN && d.std == 0.02 && d.a == -2 && d.b == 2);
    d = dist_of(sow_truncated_normal(10, 0.5, -3, 1), 2, shape);
    assert_true(d.kind == TN && d.mean == 10 && d.std == 0.5 && d.a == 8.5 && d.b == 10.5);
    d = dist_of(sow_truncated_normal(10, 0, -3, 1), 2, shape);
    assert_true(d.kind == N && d.mean == 10 && d.std == 0);
    d = dist_of(sow_constant(NAN), 2, shape);
    assert_true(d.kind == K && isnan(d.mean));
    d = dist_of(sow_constant(-INFINITY), 2, shape);
    assert_true(d.kind == K && d.mean == -INFINITY);
    d = dist_of(sow_xavier_uniform(0), 2, shape);
    assert_true(d.kind == K && d.mean == 0 && !signbit(d.mean));
    d = dist_of(sow_variance_scaling(0, SOW_FAN_AVG, SOW_LAW_TRUNCATED_NORMAL), 2, shape);
    assert_true(d.kind == N && d.mean == 0 && d.std == 0);
}

/* The std after a symmetric cut, by mpmath; at ±2 JAX's constant, which is the nearest double. */
static void match_std_is_exact(void **state)
{
    (void)state;
    static const struct {
        double at, std;
    } cuts[] = {
        {1e-6, 5.773502691895872e-07},
        {0.001, 0.0005773502306996084},
        {0.1, 0.05769654241546717},
        {0.5, 0.2838822900443275},
        {1, 0.539560093754897},
        {1.5, 0.7426468984393265},
        {2, 0.8796256610342398},
        {2.5, 0.9545974863445807},
        {3, 0.9865783925581086},
        {4, 0.9994645018070796},
        {5, 0.9999925663705352},
        {6, 0.9999999635447022},
        {8, 0.9999999999999596},
        {8.9, 1.0},
        {9, 1.0},
        {40, 1.0},
    };
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        sow_scheme s = sow_truncated_normal(0, 1, -cuts[i].at, cuts[i].at);
        sow_scheme_set(&s, "match_std", 1);
        const sow_dist d = dist_of(s, 0, NULL);
        if (fabs(d.std * cuts[i].std - 1) > 4e-16)
            fail_msg("cut at %g: %.17g, not %.17g", cuts[i].at, 1 / d.std, cuts[i].std);
    }
}

/* Equal to the last bit: glorot_uniform is xavier_uniform(1), and a constructor is its name. */
static void equal_schemes_are_equal(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 3000; n += 7) {
        const int64_t shape[] = {n, n / 3 + 1};
        const sow_dist x = dist_of(sow_xavier_uniform(1), 2, shape), g = dist_of(parse("glorot_uniform"), 2, shape),
                       v = dist_of(sow_variance_scaling(1, SOW_FAN_AVG, SOW_LAW_UNIFORM), 2, shape);
        assert_true(same(x, g));
        assert_true(same(x, v));
        const sow_dist y = dist_of(sow_xavier_normal(1), 2, shape),
                       w = dist_of(sow_variance_scaling(1, SOW_FAN_AVG, SOW_LAW_NORMAL), 2, shape);
        assert_true(same(y, w));
    }
    const struct {
        sow_scheme made, named;
    } pairs[] = {
        {sow_zeros(), parse("zeros")},
        {sow_ones(), parse("ones")},
        {sow_constant(3), parse("constant value=3")},
        {sow_uniform(1, 2), parse("uniform a=1 b=2")},
        {sow_normal(1, 2), parse("normal mean=1 std=2")},
        {sow_trunc_normal(1, 2, 3, 4), parse("trunc_normal mean=1 std=2 a=3 b=4")},
        {sow_truncated_normal(1, 2, 3, 4), parse("truncated_normal mean=1 std=2 lower=3 upper=4")},
        {sow_xavier_uniform(3), parse("xavier_uniform gain=3")},
        {sow_xavier_normal(sow_gain_tanh()), parse("xavier_normal gain=tanh")},
        {sow_kaiming_uniform(SOW_FAN_OUT, 1), parse("kaiming_uniform mode=fan_out gain=linear")},
        {sow_kaiming_normal(SOW_FAN_AVG, sow_gain_relu()), parse("kaiming_normal mode=fan_avg gain=relu")},
        {sow_variance_scaling(2, SOW_FAN_OUT, SOW_LAW_NORMAL), parse("variance_scaling scale=2 mode=fan_out dist=normal")},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_memory_equal(&pairs[i].made, &pairs[i].named, sizeof(sow_scheme));
}

/* A host's rounding mode must not reach the parameters. */
static void rounding_mode_plays_no_part(void **state)
{
    (void)state;
    const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const sow_scheme s = parse(values[i].scheme);
        const sow_dist want = dist_of(s, values[i].rank, values[i].shape);
        for (size_t m = 0; m < COUNT_OF(modes); m++) {
            sow_dist d;
            memset(&d, 0, sizeof d);
            fesetround(modes[m]);
            sow_scheme_dist(&s, values[i].rank, values[i].shape, SOW_F64, &d, NULL, 0);
            assert_int_equal(fegetround(), modes[m]);
            fesetround(FE_TONEAREST);
            assert_true(same(d, want));
        }
    }
}

static void errors_name_argument_value_and_limit(void **state)
{
    (void)state;
    const struct {
        const char *scheme;
        int rank;
        int64_t shape[3];
        sow_status status;
        const char *part, *part2;
    } cases[] = {
        {"constant", 1, {3}, SOW_ERR_SCHEME, "constant: value is missing", "must be given"},
        {"torch.linear.bias", 1, {3}, SOW_ERR_SCHEME, "fan_in is missing", "given"},
        {"torch.linear.bias fan_in=0", 1, {3}, SOW_ERR_SCHEME, "fan_in is 0", "whole number from 1"},
        {"xavier_normal fan_out=0", 2, {3, 3}, SOW_ERR_SCHEME, "fan_out is 0", "from 1"},
        {"xavier_normal fan_in=2.5", 2, {3, 3}, SOW_ERR_SCHEME, "fan_in is 2.5", "whole"},
        {"xavier_normal fan_in=inf", 2, {3, 3}, SOW_ERR_SCHEME, "fan_in is inf", "whole"},
        {"xavier_normal groups=0", 2, {3, 3}, SOW_ERR_SCHEME, "groups is 0", "from 1"},
        {"xavier_normal groups=2", 2, {3, 3}, SOW_ERR_FAN, "groups is 2", "divide the 3"},
        {"xavier_normal gain=-1", 2, {3, 3}, SOW_ERR_SCHEME, "xavier_normal: gain is -1", "at least 0"},
        {"xavier_normal gain=nan", 2, {3, 3}, SOW_ERR_SCHEME, "gain is nan", "at least 0"},
        {"kaiming_normal gain=inf", 2, {3, 3}, SOW_ERR_SCHEME, "gain is inf", "finite"},
        {"kaiming_normal mode=4", 2, {3, 3}, SOW_ERR_SCHEME, "mode is 4", "0 (fan_in) to 3 (fan_geo_avg)"},
        {"kaiming_normal mode=nan", 2, {3, 3}, SOW_ERR_SCHEME, "mode is nan", "3"},
        {"kaiming_normal layout=0.5", 2, {3, 3}, SOW_ERR_SCHEME, "layout is 0.5", "15 (heads_out)"},
        {"kaiming_normal fans=-1", 2, {3, 3}, SOW_ERR_SCHEME, "fans is -1", "0 (true) to 3 (jax)"},
        {"kaiming_normal", 1, {3}, SOW_ERR_FAN, "rank 1", "rank 2 or more"},
        {"kaiming_normal", 0, {0}, SOW_ERR_FAN, "rank 0", "fan_in"},
        {"variance_scaling scale=-1", 2, {3, 3}, SOW_ERR_SCHEME, "scale is -1", "at least 0"},
        {"normal std=-1", 1, {3}, SOW_ERR_SCHEME, "normal: std is -1", "at least 0"},
        {"normal std=nan", 1, {3}, SOW_ERR_SCHEME, "std is nan", "at least 0"},
        {"normal mean=inf", 1, {3}, SOW_ERR_SCHEME, "mean is inf", "finite"},
        {"trunc_normal a=3", 1, {3}, SOW_ERR_DIST, "a is 3", "b is 2"},
        {"uniform a=nan", 1, {3}, SOW_ERR_DIST, "a is nan", "finite"},
        {"truncated_normal lower=2", 1, {3}, SOW_ERR_SCHEME, "lower is 2 and upper is 2", "less than"},
        {"truncated_normal lower=nan", 1, {3}, SOW_ERR_SCHEME, "lower is nan", "less than"},
        {"truncated_normal lower=-1 match_std=1", 1, {3}, SOW_ERR_SCHEME, "lower -1 and upper 2", "lower must be -upper"},
        {"truncated_normal lower=-1e-9 upper=1e-9 match_std=1", 1, {3}, SOW_ERR_SCHEME, "upper 1e-09", "1e-6"},
        {"truncated_normal match_std=2", 1, {3}, SOW_ERR_SCHEME, "match_std is 2", "1 (true)"},
        {"siren omega0=0", 2, {3, 3}, SOW_ERR_SCHEME, "omega0 is 0", "above 0"},
        {"torch.bilinear", 2, {3, 3}, SOW_ERR_FAN, "rank is 2", "must be 3"},
        {"equinox.linear", 3, {3, 3, 3}, SOW_ERR_FAN, "linear", "rank 3"},
        {"normal", 2, {3, -3}, SOW_ERR_SHAPE, "shape[1] is -3", "0"},
        {"mitchell_out width=3 layer=0.5", 2, {3, 3}, SOW_ERR_SCHEME, "layer is 0.5", "whole number from 0"},
        {"depth_scaled layer=-1", 2, {3, 3}, SOW_ERR_SCHEME, "layer is -1", "from 0"},
        {"fixup layers=3 m=1", 2, {3, 3}, SOW_ERR_SCHEME, "m is 1", "at least 2"},
        {"class_prior prior=1", 1, {3}, SOW_ERR_SCHEME, "prior is 1", "between 0 and 1"},
        {"s4d_log_dt min=1", 1, {3}, SOW_ERR_SCHEME, "min is 1 and max is 0.1", "not above max"},
        {"mamba_dt_proj dt_rank=3 scale=-1", 2, {3, 3}, SOW_ERR_SCHEME, "scale is -1", "at least 0"},
        {"residual_scale layers=0.5", 2, {3, 3}, SOW_ERR_SCHEME, "layers is 0.5", "whole"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        sow_dist d, before;
        char why[300] = "";
        memset(&d, 0x5a, sizeof d);
        before = d;
        const sow_scheme s = parse(cases[i].scheme);
        const sow_status got = sow_scheme_dist(&s, cases[i].rank, cases[i].shape, SOW_F32, &d, why, sizeof why);
        if (got != cases[i].status || !strstr(why, cases[i].part) || !strstr(why, cases[i].part2))
            fail_msg("%s: %s \"%s\"", cases[i].scheme, sow_status_name(got), why);
        assert_memory_equal(&d, &before, sizeof d);
    }
    sow_dist d;
    const sow_scheme zeros = sow_zeros();
    assert_int_equal(sow_scheme_dist(NULL, 0, NULL, SOW_F32, &d, NULL, 0), SOW_ERR_NULL);
    assert_int_equal(sow_scheme_dist(&zeros, 0, NULL, SOW_F32, NULL, NULL, 0), SOW_ERR_NULL);
    assert_int_equal(sow_scheme_dist(&zeros, 1, NULL, SOW_F32, &d, NULL, 0), SOW_ERR_NULL);
    assert_int_equal(sow_scheme_dist(&zeros, 0, NULL, SOW_DTYPE_COUNT, &d, NULL, 0), SOW_ERR_DTYPE);
    assert_int_equal(sow_scheme_dist(&zeros, 0, NULL, SOW_F32, &d, NULL, 0), SOW_OK);
}

static void names_and_arguments(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "Normal", "norma", "normal.weight", "torch.linear.weight.weight", ".weight", "torch"};
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_int_equal(sow_scheme_named(unknown[i]).row, -1);
    assert_int_equal(sow_scheme_named(NULL).row, -1);
    sow_scheme s = sow_scheme_named("kaiming_normal"), none = sow_scheme_named("no"), before = s;
    assert_int_equal(sow_scheme_set(&s, "std", 1), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set(&s, NULL, 1), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set(&none, "std", 1), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set_word(&s, "gain", "gelu"), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set_word(&s, "mode", "fan-in"), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set_word(&s, "fan_in", "many"), SOW_ERR_SCHEME);
    assert_int_equal(sow_scheme_set_word(&s, "mode", NULL), SOW_ERR_SCHEME);
    assert_memory_equal(&s, &before, sizeof s);
    assert_null(sow_scheme_info_at(sow_scheme_count()));
    s.row = (int)sow_scheme_count();
    assert_int_equal(sow_scheme_arg_index(&s, "gain"), -1);
    assert_int_equal(sow_scheme_arg_index(NULL, "gain"), -1);
}

/* Sets what is required to 3, which suits every scheme. */
static sow_scheme with_required(const sow_scheme_info *info)
{
    sow_scheme s = sow_scheme_named(info->name);
    for (size_t a = 0; a < info->arg_count; a++)
        if (isnan(info->arg[a].fallback))
            assert_int_equal(sow_scheme_set(&s, info->arg[a].name, 3), SOW_OK);
    return s;
}

static void rows_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < sow_scheme_count(); i++) {
        const sow_scheme_info *info = sow_scheme_info_at(i);
        assert_int_equal(sow_scheme_named(info->name).row, (int)i); /* names are unique */
        assert_true(info->formula && info->source && info->arg_count <= SOW_SCHEME_MAX_ARGS);
        for (size_t a = 0; a < info->arg_count; a++) {
            const sow_scheme s = sow_scheme_named(info->name);
            assert_true(info->arg[a].text && sow_scheme_arg_index(&s, info->arg[a].name) == (int)a);
        }
        if (!info->plain || info->parts)
            continue; /* tests/test_shards.c */
        /* Every row draws some rank from all types, with and without elements. */
        int ranks = 0;
        for (int rank = 0; rank <= 4; rank++)
            for (int dtype = 0; dtype < SOW_DTYPE_COUNT; dtype++) {
                const int64_t shape[] = {3, 1, 1, 3}, empty[] = {0, 0, 0, 0};
                const sow_scheme s = with_required(info);
                sow_dist d;
                const sow_status full = sow_scheme_dist(&s, rank, shape, (sow_dtype)dtype, &d, NULL, 0);
                assert_true(full == SOW_OK || full == SOW_ERR_FAN);
                if (full == SOW_OK)
                    assert_int_equal(sow_scheme_dist(&s, rank, empty, (sow_dtype)dtype, &d, NULL, 0), SOW_OK);
                ranks += full == SOW_OK;
            }
        assert_true(ranks > 0);
    }
}

static const char *const *words_of(sow_arg_type type)
{
#define X(id, word)         #word,
#define X3(id, word, shape) #word,
    static const char *const modes[] = {SOW_FAN_MODE_LIST(X)}, *const laws[] = {SOW_LAW_LIST(X)}, *const fans[] = {SOW_FANS_LIST(X)},
                             *const layouts[] = {SOW_LAYOUT_LIST(X3)};
#undef X
#undef X3
    return type == SOW_ARG_MODE     ? modes
           : type == SOW_ARG_LAW    ? laws
           : type == SOW_ARG_FANS   ? fans
           : type == SOW_ARG_LAYOUT ? layouts
                                    : NULL;
}

/* A row of docs/schemes.md. The five arguments of every scheme with fans are shown as `fans`, with defaults that differ. */
static void print_row(char *text, size_t size, const sow_scheme_info *info)
{
    size_t at = (size_t)snprintf(text, size, "| `%s` | %s | ", info->name, info->formula);
    const size_t args = at;
    const sow_scheme s = sow_scheme_named(info->name);
    const int fans = sow_scheme_arg_index(&s, "fans") >= 0;
    for (size_t a = 0; a < info->arg_count; a++) {
        const sow_scheme_arg *arg = &info->arg[a];
        const char *const *words = words_of(arg->type);
        const char *comma = at > args ? ", " : "";
        if (fans && isinf(arg->fallback))
            continue;
        if (fans && words && (arg->type == SOW_ARG_LAYOUT || arg->type == SOW_ARG_FANS) && arg->fallback == 0)
            continue;
        if (isnan(arg->fallback))
            at += (size_t)snprintf(text + at, size - at, "%s%s", comma, arg->name);
        else if (isinf(arg->fallback))
            at += (size_t)snprintf(text + at, size - at, "%s[%s]", comma, arg->name);
        else if (words)
            at += (size_t)snprintf(text + at, size - at, "%s%s=%s", comma, arg->name, words[(int)arg->fallback]);
        else
            at += (size_t)snprintf(text + at, size - at, "%s%s=%.6g", comma, arg->name, arg->fallback);
    }
    if (info->parts)
        at += (size_t)snprintf(text + at, size - at, "%s*%s*", at > args ? ", " : "", info->parts);
    if (fans)
        at += (size_t)snprintf(text + at, size - at, "%s*fans*", at > args ? ", " : "");
    snprintf(text + at, size - at, " | %s |\n", info->source);
}

/* docs/schemes.md holds every row of the table, and no row of a scheme that is not there. */
static void docs_show_the_table(void **state)
{
    (void)state;
    FILE *file = fopen(SOW_TEST_VECTORS "/../../docs/schemes.md", "r");
    char line[1000], want[1000];
    size_t next = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "| `", 3) != 0 || strstr(line, "<!-- -->"))
            continue;
        if (next == sow_scheme_count())
            break;
        print_row(want, sizeof want, sow_scheme_info_at(next++));
        assert_string_equal(line, want);
    }
    fclose(file);
    assert_int_equal(next, sow_scheme_count());
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_have_their_values),   cmocka_unit_test(plain_laws),
        cmocka_unit_test(match_std_is_exact),          cmocka_unit_test(equal_schemes_are_equal),
        cmocka_unit_test(rounding_mode_plays_no_part), cmocka_unit_test(errors_name_argument_value_and_limit),
        cmocka_unit_test(names_and_arguments),         cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(docs_show_the_table),
    };
    if (argc > 1 && strcmp(argv[1], "--table") == 0) {
        char row[1000];
        for (size_t i = 0; i < sow_scheme_count(); i++) {
            print_row(row, sizeof row, sow_scheme_info_at(i));
            fputs(row, stdout);
        }
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
