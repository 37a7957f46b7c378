/* SPDX-License-Identifier: MIT */
/*
 * The table of schemes. A row is ROW(name, law, value, mode, draw, formula, source, arguments…) or BARE() without arguments; value, mode
 * and draw are what the law takes where the row has no such argument. WRITER(name, writer, value, parts, formula, source, arguments…) is
 * a row without a law. docs/schemes.md shows it; tests/test_scheme.c compares the two.
 *
 * Notation: N(std), U(±b) on [-b, b), TN(std, ±c) cut at ±c·std; in and out are the fans, fan the one that mode picks.
 */
#include <math.h>

#include "src/scheme_row.h"

#define COUNT_ARGS(...) (sizeof((const sow_scheme_arg[]){__VA_ARGS__}) / sizeof(sow_scheme_arg))
/* clang-format off */
#define ROW(name, law, value, mode, draw, formula, source, ...)                                                                            \
    {{name, formula, source, COUNT_ARGS(__VA_ARGS__), {__VA_ARGS__}, NULL, 1}, sow__law_##law, value, mode, draw, NULL}
#define BARE(name, law, value, mode, draw, formula, source)                                                                                \
    {{name, formula, source, 0, {{0, SOW_ARG_NUMBER, 0, 0}}, NULL, 1}, sow__law_##law, value, mode, draw, NULL}
/* Rows that a writer fills; `parts` says which parts of the scheme it needs. */
#define WRITER(name, writer, value, parts, formula, source, ...)                                                                           \
    {{name, formula, source, COUNT_ARGS(__VA_ARGS__), {__VA_ARGS__}, parts, 0}, NULL, value, SOW_FAN_IN, SOW_LAW_UNIFORM, &sow__writer_##writer}
#define BARE_WRITER(name, writer, value, parts, formula, source)                                                                           \
    {{name, formula, source, 0, {{0, SOW_ARG_NUMBER, 0, 0}}, parts, 0}, NULL, value, SOW_FAN_IN, SOW_LAW_UNIFORM, &sow__writer_##writer}
/* clang-format on */

#define IN  SOW_FAN_IN
#define OUT SOW_FAN_OUT
#define AVG SOW_FAN_AVG

#define UNIFORM SOW_LAW_UNIFORM
#define NORMAL  SOW_LAW_NORMAL
#define CUT     SOW_LAW_TRUNCATED_NORMAL

/* clang-format off */
#define NUMBER(name, fallback, text) {name, SOW_ARG_NUMBER, fallback, text}
#define COUNT(name, fallback, text)  {name, SOW_ARG_COUNT, fallback, text}
#define FLAG(name, fallback, text)   {name, SOW_ARG_FLAG, fallback, text}
#define GAIN(fallback)               {"gain", SOW_ARG_GAIN, fallback, "factor, or the name of an activation"}
#define MODE(fallback)               {"mode", SOW_ARG_MODE, fallback, "which fan"}
#define MEAN(fallback)               NUMBER("mean", fallback, "mean")
#define STD(fallback)                NUMBER("std", fallback, "standard deviation, before any cut")
#define FANS(layout, fans)                                                                                                                 \
    {"layout", SOW_ARG_LAYOUT, layout, "what the axes are"},                                                                               \
    {"fans", SOW_ARG_FANS, fans, "whose fans"},                                                                                            \
    COUNT("groups", INFINITY, "groups of a convolution"),                                                                                  \
    COUNT("fan_in", INFINITY, "instead of the shape's"),                                                                                   \
    COUNT("fan_out", INFINITY, "instead of the shape's")
#define FAN_IN_OF_WEIGHT             COUNT("fan_in", NAN, "of the layer's weight")
#define HIDDEN                       COUNT("hidden", NAN, "hidden units")
/* clang-format on */

#define TRUE_FANS FANS(SOW_LAYOUT_AUTO, SOW_FANS_TRUE)

/* What many presets share. */
#define TORCH_UNIT                         "U(±1/√in), which is kaiming_uniform(a=√5)"
#define GLOROT                             "U(±√(6/(in+out)))"
#define LECUN                              "TN(√(1/in)/0.87962566103423978, ±2)"
#define HAIKU                              "TN(1/√in, ±2), not corrected"
#define ZERO(name, source)                 BARE(name, constant, 0, IN, UNIFORM, "0", source)
#define ONE(name, source)                  BARE(name, constant, 1, IN, UNIFORM, "1", source)
#define TORCH_WEIGHT(name, layout)         ROW(name, unit_fan, 0, IN, UNIFORM, TORCH_UNIT, "torch.nn", FANS(layout, SOW_FANS_TORCH))
#define UNIT_BIAS(name, source)            ROW(name, unit_fan, 0, IN, UNIFORM, "U(±1/√in)", source, FAN_IN_OF_WEIGHT)
#define TORCH_HIDDEN(name)                 ROW(name, hidden, 0, IN, UNIFORM, "U(±1/√hidden)", "torch.nn", HIDDEN)
#define KERAS_WEIGHT(name, layout)         ROW(name, variance_scaling, 1, AVG, UNIFORM, GLOROT, "keras.layers", FANS(layout, SOW_FANS_KERAS))
#define FLAX_WEIGHT(name, layout)          ROW(name, variance_scaling, 1, IN, CUT, LECUN, "flax.linen, flax.nnx", FANS(layout, SOW_FANS_JAX))
#define HAIKU_WEIGHT(name, source, layout) ROW(name, unit_fan, 0, IN, CUT, HAIKU, source, FANS(layout, SOW_FANS_TRUE))

const sow__scheme_row sow__scheme_rows[] = {
    /* Plain distributions */
    ZERO("zeros", "torch zeros_; jax, keras zeros"),
    ONE("ones", "torch ones_; jax, keras ones"),
    ROW("constant", constant, 0, IN, UNIFORM, "value", "torch constant_; jax, keras constant", NUMBER("value", NAN, "of every element")),
    ROW("uniform", uniform, 0, IN, UNIFORM, "uniform on [a, b)", "torch uniform_; keras RandomUniform", NUMBER("a", 0, "lower bound"),
        NUMBER("b", 1, "upper bound, never reached")),
    ROW("normal", normal, 1, IN, NORMAL, "normal(mean, std)", "torch normal_; keras RandomNormal", MEAN(0), STD(1)),
    ROW("trunc_normal", trunc_normal, 1, IN, CUT, "normal(mean, std) cut to [a, b], in the units of the values", "torch trunc_normal_",
        MEAN(0), STD(1), NUMBER("a", -2, "lower bound, absolute"), NUMBER("b", 2, "upper bound, absolute")),
    ROW("truncated_normal", truncated_normal, 1, IN, CUT, "normal(mean, std) cut to mean + std·[lower, upper]",
        "jax, keras, TF, haiku truncated_normal; timm trunc_normal_tf_", MEAN(0), STD(1), NUMBER("lower", -2, "lower bound, in std"),
        NUMBER("upper", 2, "upper bound, in std"), FLAG("match_std", 0, "std is that after a symmetric cut")),

    /* Variance scaling */
    ROW("xavier_uniform", xavier, 1, AVG, UNIFORM, "U(±gain·√(6/(in+out)))", "Glorot & Bengio 2010; torch xavier_uniform_", GAIN(1),
        TRUE_FANS),
    ROW("xavier_normal", xavier, 1, AVG, NORMAL, "N(gain·√(2/(in+out)))", "Glorot & Bengio 2010; torch xavier_normal_", GAIN(1), TRUE_FANS),
    ROW("kaiming_uniform", kaiming, 1, IN, UNIFORM, "U(±√3·gain/√fan)", "He et al. 2015; torch kaiming_uniform_", MODE(IN),
        GAIN(1.4142135623730951), TRUE_FANS),
    ROW("kaiming_normal", kaiming, 1, IN, NORMAL, "N(gain/√fan)", "He et al. 2015; torch kaiming_normal_", MODE(IN),
        GAIN(1.4142135623730951), TRUE_FANS),
    ROW("glorot_uniform", variance_scaling, 1, AVG, UNIFORM, GLOROT, "jax, keras glorot_uniform", TRUE_FANS),
    ROW("glorot_normal", variance_scaling, 1, AVG, CUT, "TN(√(2/(in+out))/0.87962566103423978, ±2)", "jax, keras glorot_normal", TRUE_FANS),
    ROW("he_uniform", variance_scaling, 2, IN, UNIFORM, "U(±√(6/in))", "jax, keras he_uniform", TRUE_FANS),
    ROW("he_normal", variance_scaling, 2, IN, CUT, "TN(√(2/in)/0.87962566103423978, ±2)", "jax, keras he_normal", TRUE_FANS),
    ROW("lecun_uniform", variance_scaling, 1, IN, UNIFORM, "U(±√(3/in))", "LeCun et al. 1998; jax, keras lecun_uniform", TRUE_FANS),
    ROW("lecun_normal", variance_scaling, 1, IN, CUT, LECUN, "LeCun et al. 1998; jax, keras lecun_normal", TRUE_FANS),
    ROW("variance_scaling", variance_scaling, 1, IN, CUT, "U(±√(3·scale/fan)), N(√(scale/fan)) or TN(√(scale/fan)/0.87962566103423978, ±2)",
        "jax variance_scaling; keras VarianceScaling", NUMBER("scale", 1, "fan times the variance"), MODE(IN),
        {"dist", SOW_ARG_LAW, CUT, "which law"}, TRUE_FANS),
    ROW("uniform_scaling", uniform_scaling, 1, IN, UNIFORM, "U(±scale·√(3/n)), n all dimensions but the last",
        "TF1 UniformUnitScaling; haiku UniformScaling", NUMBER("scale", 1, "factor")),
    ROW("siren", siren, 0, IN, UNIFORM, "U(±1/in) if first, else U(±√(6/in)/omega0)", "Sitzmann et al. 2020",
        FLAG("first", 0, "the first layer"), NUMBER("omega0", 30, "frequency"), TRUE_FANS),

    /* Structured */
    WRITER("identity", identity, 1, NULL, "w[…, i, i] = gain, 0 elsewhere", "torch eye_; keras, haiku Identity; Le et al. 2015 (irnn)",
           NUMBER("gain", 1, "on the diagonal")),
    WRITER("eye", identity, 1, NULL, "identity", "torch eye_", NUMBER("gain", 1, "on the diagonal")),
    WRITER("dirac", dirac, 1, NULL, "(O, I, *k): w[g·O/groups + j, j, k//2, …] = gain for j < min(O/groups, I), 0 elsewhere",
           "Zagoruyko & Komodakis 1706.00388; torch dirac_", COUNT("groups", 1, "of the convolution"), NUMBER("gain", 1, "at the centre"),
           FLAG("floor", 0, "the centre is (k-1)//2, not k//2")),
    WRITER("sparse", sparse, 0.01, NULL, "N(std), then ⌈sparsity·n⌉ elements of each column (axis 1: row) 0",
           "Martens 2010; torch sparse_; MLX", NUMBER("sparsity", NAN, "share of zeros, 0 to 1"), STD(0.01),
           NUMBER("axis", 0, "0: zeros counted by column, 1: by row")),
    BARE_WRITER("template", template, 0, "values", "values[i mod their shape], aligned at the last axis: copy, broadcast and tile",
                "torch copy_; jax, keras, haiku Constant of an array"),
    BARE_WRITER("custom", custom, 0, "custom", "what the callback writes", "any callable of any framework"),

    /* Depth and width */
    ROW("residual_scale", residual_scale, 0.02, IN, NORMAL, "N(std/√(2·layers))", "GPT-2; Megatron scaled_init_method_normal", STD(0.02),
        COUNT("layers", NAN, "transformer blocks")),
    ROW("small_init", small_init, 0, IN, NORMAL, "N(√(2/(5·width)))", "Nguyen & Salazar 1910.05895; gpt-neox",
        COUNT("width", NAN, "of the model")),
    ROW("wang", wang, 0, IN, NORMAL, "N(2/(layers·√width))", "GPT-NeoX 2204.06745", COUNT("layers", NAN, "transformer blocks"),
        COUNT("width", NAN, "of the model")),

    /* PyTorch */
    TORCH_WEIGHT("torch.linear", SOW_LAYOUT_LINEAR),
    UNIT_BIAS("torch.linear.bias", "torch.nn"),
    TORCH_WEIGHT("torch.conv", SOW_LAYOUT_CONV),
    UNIT_BIAS("torch.conv.bias", "torch.nn"),
    TORCH_WEIGHT("torch.conv_transpose", SOW_LAYOUT_CONV_T),
    UNIT_BIAS("torch.conv_transpose.bias", "torch.nn"),
    BARE("torch.bilinear", bilinear, 0, IN, UNIFORM, "U(±1/√I1) for a shape (O, I1, I2)", "torch.nn"),
    ROW("torch.bilinear.bias", unit_fan, 0, IN, UNIFORM, "U(±1/√in), in = I1", "torch.nn", FAN_IN_OF_WEIGHT),
    BARE("torch.embedding", normal, 1, IN, NORMAL, "N(1)", "torch.nn"),
    BARE("torch.embedding_bag", normal, 1, IN, NORMAL, "N(1)", "torch.nn"),
    TORCH_HIDDEN("torch.rnn"),
    TORCH_HIDDEN("torch.rnn.bias"),
    TORCH_HIDDEN("torch.gru"),
    TORCH_HIDDEN("torch.gru.bias"),
    TORCH_HIDDEN("torch.lstm"),
    TORCH_HIDDEN("torch.lstm.bias"),
    ROW("torch.mha", xavier, 1, AVG, UNIFORM, GLOROT ", packed in_proj (3E, E)", "torch.nn", FANS(SOW_LAYOUT_LINEAR, SOW_FANS_TORCH)),
    ZERO("torch.mha.bias", "torch.nn, in_proj_bias"),
    TORCH_WEIGHT("torch.mha.out", SOW_LAYOUT_LINEAR),
    ZERO("torch.mha.out.bias", "torch.nn"),
    ROW("torch.mha.bias_k", xavier, 1, AVG, NORMAL, "N(√(2/(in+out)))", "torch.nn, shape (1, 1, E)", FANS(SOW_LAYOUT_AUTO, SOW_FANS_TORCH)),
    ROW("torch.mha.bias_v", xavier, 1, AVG, NORMAL, "N(√(2/(in+out)))", "torch.nn, shape (1, 1, E)", FANS(SOW_LAYOUT_AUTO, SOW_FANS_TORCH)),
    ROW("torch.transformer", xavier, 1, AVG, UNIFORM, GLOROT, "torch.nn.Transformer, every parameter of rank 2 or more",
        FANS(SOW_LAYOUT_AUTO, SOW_FANS_TORCH)),
    ONE("torch.norm", "torch.nn, all norms"),
    ZERO("torch.norm.bias", "torch.nn, all norms"),
    ZERO("torch.norm.running_mean", "torch.nn"),
    ONE("torch.norm.running_var", "torch.nn"),
    BARE("torch.prelu", constant, 0.25, IN, UNIFORM, "0.25", "torch.nn"),

    /* JAX's own defaults and names */
    ROW("jax.uniform", uniform_scale, 0, IN, UNIFORM, "uniform on [0, scale)", "jax.nn.initializers.uniform",
        NUMBER("scale", 0.01, "upper bound")),
    ROW("jax.normal", normal, 0, IN, NORMAL, "N(std)", "jax.nn.initializers.normal", STD(0.01)),
    ROW("jax.truncated_normal", truncated_normal, 0, IN, CUT, "N(std) cut to std·[lower, upper]", "jax.nn.initializers.truncated_normal",
        STD(0.01), NUMBER("lower", -2, "lower bound, in std"), NUMBER("upper", 2, "upper bound, in std")),
    ROW("jax.xavier_uniform", variance_scaling, 1, AVG, UNIFORM, GLOROT, "jax.nn.initializers", FANS(SOW_LAYOUT_DENSE, SOW_FANS_JAX)),
    ROW("jax.xavier_normal", variance_scaling, 1, AVG, CUT, "TN(√(2/(in+out))/0.87962566103423978, ±2)", "jax.nn.initializers",
        FANS(SOW_LAYOUT_DENSE, SOW_FANS_JAX)),
    ROW("jax.kaiming_uniform", variance_scaling, 2, IN, UNIFORM, "U(±√(6/in))", "jax.nn.initializers",
        FANS(SOW_LAYOUT_DENSE, SOW_FANS_JAX)),
    ROW("jax.kaiming_normal", variance_scaling, 2, IN, CUT, "TN(√(2/in)/0.87962566103423978, ±2)", "jax.nn.initializers",
        FANS(SOW_LAYOUT_DENSE, SOW_FANS_JAX)),

    /* Flax */
    FLAX_WEIGHT("flax.dense", SOW_LAYOUT_DENSE),
    ZERO("flax.dense.bias", "flax"),
    FLAX_WEIGHT("flax.conv", SOW_LAYOUT_CONV_LAST),
    ZERO("flax.conv.bias", "flax"),
    FLAX_WEIGHT("flax.conv_transpose", SOW_LAYOUT_CONV_T_FLAX),
    ZERO("flax.conv_transpose.bias", "flax"),
    FLAX_WEIGHT("flax.mha", SOW_LAYOUT_HEADS_IN),
    ZERO("flax.mha.bias", "flax"),
    FLAX_WEIGHT("flax.mha.out", SOW_LAYOUT_HEADS_OUT),
    ZERO("flax.mha.out.bias", "flax"),
    FLAX_WEIGHT("flax.einsum", SOW_LAYOUT_AUTO),
    ZERO("flax.einsum.bias", "flax"),
    ROW("flax.embed", variance_scaling, 1, IN, NORMAL, "N(√(1/in)), in = D of (N, D)", "flax default_embed_init",
        FANS(SOW_LAYOUT_EMBEDDING, SOW_FANS_JAX)),
    ONE("flax.norm", "flax, all norms"),
    ZERO("flax.norm.bias", "flax, all norms"),
    ZERO("flax.norm.mean", "flax"),
    ONE("flax.norm.var", "flax"),
    BARE("flax.prelu", constant, 0.01, IN, UNIFORM, "0.01", "flax"),
    BARE("flax.spectral_norm.u", normal, 0.01, IN, NORMAL, "N(0.01)", "flax"),

    /* Keras */
    ROW("keras.uniform", uniform, 0, IN, UNIFORM, "uniform on [a, b)", "keras RandomUniform", NUMBER("a", -0.05, "lower bound"),
        NUMBER("b", 0.05, "upper bound, never reached")),
    ROW("keras.normal", normal, 0.05, IN, NORMAL, "normal(mean, std)", "keras RandomNormal", MEAN(0), STD(0.05)),
    ROW("keras.truncated_normal", truncated_normal, 0.05, IN, CUT, "normal(mean, std) cut to mean ± 2·std", "keras TruncatedNormal",
        MEAN(0), STD(0.05)),
    KERAS_WEIGHT("keras.dense", SOW_LAYOUT_DENSE),
    ZERO("keras.dense.bias", "keras.layers"),
    KERAS_WEIGHT("keras.conv", SOW_LAYOUT_CONV_LAST),
    ZERO("keras.conv.bias", "keras.layers"),
    KERAS_WEIGHT("keras.conv_transpose", SOW_LAYOUT_CONV_T_LAST),
    ZERO("keras.conv_transpose.bias", "keras.layers"),
    KERAS_WEIGHT("keras.depthwise", SOW_LAYOUT_DEPTHWISE_LAST),
    ZERO("keras.depthwise.bias", "keras.layers"),
    KERAS_WEIGHT("keras.separable", SOW_LAYOUT_CONV_LAST),
    ZERO("keras.separable.bias", "keras.layers"),
    KERAS_WEIGHT("keras.einsum_dense", SOW_LAYOUT_AUTO),
    ZERO("keras.einsum_dense.bias", "keras.layers"),
    KERAS_WEIGHT("keras.mha", SOW_LAYOUT_HEADS_IN),
    ZERO("keras.mha.bias", "keras.layers"),
    KERAS_WEIGHT("keras.mha.out", SOW_LAYOUT_HEADS_OUT),
    ZERO("keras.mha.out.bias", "keras.layers"),
    KERAS_WEIGHT("keras.gqa", SOW_LAYOUT_HEADS_IN),
    ZERO("keras.gqa.bias", "keras.layers"),
    KERAS_WEIGHT("keras.gqa.out", SOW_LAYOUT_HEADS_OUT),
    ZERO("keras.gqa.out.bias", "keras.layers"),
    BARE("keras.embedding", symmetric, 0.05, IN, UNIFORM, "U(±0.05)", "keras.layers"),
    ONE("keras.norm", "keras.layers, all norms, gamma"),
    ZERO("keras.norm.bias", "keras.layers, all norms, beta"),
    ZERO("keras.norm.moving_mean", "keras.layers"),
    ONE("keras.norm.moving_variance", "keras.layers"),
    ZERO("keras.prelu", "keras.layers"),
    ROW("keras.lora.a", variance_scaling, 2, IN, UNIFORM, "U(±√(6/in))", "keras.layers, lora_kernel_a",
        FANS(SOW_LAYOUT_DENSE, SOW_FANS_KERAS)),
    ZERO("keras.lora.b", "keras.layers, lora_kernel_b"),

    /* Haiku and Sonnet */
    HAIKU_WEIGHT("haiku.linear", "haiku", SOW_LAYOUT_DENSE),
    ZERO("haiku.linear.bias", "haiku"),
    HAIKU_WEIGHT("haiku.conv", "haiku", SOW_LAYOUT_CONV_LAST),
    ZERO("haiku.conv.bias", "haiku"),
    HAIKU_WEIGHT("haiku.depthwise", "haiku", SOW_LAYOUT_DEPTHWISE_HAIKU),
    ZERO("haiku.depthwise.bias", "haiku"),
    HAIKU_WEIGHT("haiku.conv_transpose", "haiku", SOW_LAYOUT_CONV_T_LAST),
    ZERO("haiku.conv_transpose.bias", "haiku"),
    BARE("haiku.embed", truncated_normal, 1, IN, CUT, "TN(1, ±2)", "haiku"),
    ROW("haiku.mha", variance_scaling, 1, IN, CUT, "TN(√(w_init_scale/in)/0.87962566103423978, ±2)", "haiku",
        NUMBER("scale", NAN, "w_init_scale"), FANS(SOW_LAYOUT_DENSE, SOW_FANS_JAX)),
    ZERO("haiku.mha.bias", "haiku"),
    HAIKU_WEIGHT("sonnet.linear", "sonnet", SOW_LAYOUT_DENSE),
    ZERO("sonnet.linear.bias", "sonnet"),
    HAIKU_WEIGHT("sonnet.conv", "sonnet", SOW_LAYOUT_CONV_LAST),
    ZERO("sonnet.conv.bias", "sonnet"),
    HAIKU_WEIGHT("sonnet.depthwise", "sonnet", SOW_LAYOUT_DEPTHWISE_LAST),
    ZERO("sonnet.depthwise.bias", "sonnet"),
    HAIKU_WEIGHT("sonnet.conv_transpose", "sonnet", SOW_LAYOUT_CONV_T_LAST),
    ZERO("sonnet.conv_transpose.bias", "sonnet"),
    BARE("sonnet.embed", truncated_normal, 1, IN, CUT, "TN(1, ±2)", "sonnet"),

    /* Equinox, MLX, TensorFlow's BERT */
    ROW("equinox.linear", unit_fan, 0, IN, UNIFORM, "U(±1/√in)", "equinox.nn", FANS(SOW_LAYOUT_LINEAR, SOW_FANS_TRUE)),
    UNIT_BIAS("equinox.linear.bias", "equinox.nn"),
    ROW("equinox.conv", unit_fan, 0, IN, UNIFORM, "U(±1/√in)", "equinox.nn", FANS(SOW_LAYOUT_CONV, SOW_FANS_TRUE)),
    UNIT_BIAS("equinox.conv.bias", "equinox.nn"),
    BARE("equinox.embedding", normal, 1, IN, NORMAL, "N(1)", "equinox.nn"),
    ROW("mlx.linear", unit_fan, 0, IN, UNIFORM, "U(±1/√in)", "mlx.nn", FANS(SOW_LAYOUT_LINEAR, SOW_FANS_TRUE)),
    UNIT_BIAS("mlx.linear.bias", "mlx.nn"),
    ROW("mlx.conv", mlx_conv, 0, IN, UNIFORM, "U(±1/√(I·k)), I the channels of all groups", "mlx.nn",
        FANS(SOW_LAYOUT_CONV_MLX, SOW_FANS_TRUE)),
    ZERO("mlx.conv.bias", "mlx.nn"),
    ROW("mlx.embedding", unit_fan, 0, IN, NORMAL, "N(1/√D)", "mlx.nn", FANS(SOW_LAYOUT_EMBEDDING, SOW_FANS_TRUE)),
    ROW("tf.bert", truncated_normal, 0.02, IN, CUT, "TN(std, ±2), not corrected", "google-research/bert", STD(0.02)),
    ZERO("tf.bert.bias", "google-research/bert"),
};

const size_t sow__scheme_row_count = sizeof sow__scheme_rows / sizeof sow__scheme_rows[0];
