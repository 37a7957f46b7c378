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
#define AXES(name, text)             {name, SOW_ARG_AXES, INFINITY, text}
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
    COUNT("fan_out", INFINITY, "instead of the shape's"),                                                                                  \
    AXES("in_axis", "of the inputs, instead of a layout"),                                                                                 \
    AXES("out_axis", "of the outputs, instead of a layout"),                                                                               \
    AXES("batch_axis", "over independent weights, experts say: in no fan")
#define FAN_IN_OF_WEIGHT             COUNT("fan_in", NAN, "of the layer's weight")
#define HIDDEN                       COUNT("hidden", NAN, "hidden units")
#define LAYERS                       COUNT("layers", NAN, "transformer blocks")
#define LAYER                        NUMBER("layer", NAN, "counted from 0")
#define WIDTH                        COUNT("width", NAN, "of the layer's input")
#define VALUE                        FLAG("value", 0, "v: times √2, as the authors' code")
#define PAIR                         COUNT("encoder_layers", NAN, "blocks"), COUNT("decoder_layers", NAN, "blocks")
#define BLOCK                        COUNT("block", 1, "the forget gate's place: 1 in i, f, g, o and i, f, c, o; 2 in i, g, f, o")
#define RADII                        NUMBER("r_min", 0, "least |λ|"), NUMBER("r_max", 1, "largest |λ|")
#define ORTHOGONAL(name, layout, source)                                                                                                   \
    WRITER(name, orthogonal, 0, NULL, "gain·Q, orthonormal rows or columns, Haar", source, GAIN(1),                                        \
           {"layout", SOW_ARG_LAYOUT, layout, "what the axes are"}, NUMBER("out_axis", INFINITY, "instead of the layout's"))
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
    WRITER("identity", identity, 1, NULL, "w[…, i, i] = gain, 0 elsewhere", "torch eye_; keras, haiku Identity",
           NUMBER("gain", 1, "on the diagonal")),
    WRITER("irnn", identity, 1, NULL, "identity", "Le et al. 1504.00941, hidden to hidden", NUMBER("gain", 1, "on the diagonal")),
    WRITER("eye", identity, 1, NULL, "identity", "torch eye_", NUMBER("gain", 1, "on the diagonal")),
    WRITER("dirac", dirac, 1, NULL, "(O, I, *k): w[g·O/groups + j, j, k//2, …] = gain for j < min(O/groups, I), 0 elsewhere",
           "Zagoruyko & Komodakis 1706.00388; torch dirac_", COUNT("groups", 1, "of the convolution"), NUMBER("gain", 1, "at the centre"),
           FLAG("floor", 0, "the centre is (k-1)//2, not k//2")),
    WRITER("sparse", sparse, 0.01, NULL, "N(std), then ⌈sparsity·n⌉ elements of each column (axis 1: row) 0",
           "Martens 2010; torch sparse_; MLX", NUMBER("sparsity", NAN, "share of zeros, 0 to 1"), STD(0.01),
           NUMBER("axis", 0, "0: zeros counted by column, 1: by row")),
    ORTHOGONAL("orthogonal", SOW_LAYOUT_AUTO, "Saxe et al. 1312.6120, Mezzadri math-ph/0609050; torch, jax, keras, haiku"),
    WRITER("delta_orthogonal", delta_orthogonal, 0, NULL, "orthogonal (I ≤ O) at the tap (k-1)//2, 0 elsewhere",
           "Xiao et al. 1806.05393; jax", GAIN(1), {"layout", SOW_ARG_LAYOUT, SOW_LAYOUT_CONV_LAST, "what the axes are"}),
    BARE_WRITER("unit_ball", unit_ball, 0, NULL, "uniform on [0, 1), over the sum of the output's", "Caffe positive_unitball"),
    BARE_WRITER("template", template, 0, "values", "values[i mod their shape], aligned at the last axis: copy, broadcast and tile",
                "torch copy_; jax, keras, haiku Constant of an array"),
    BARE_WRITER("custom", custom, 0, "custom", "what the callback writes", "any callable of any framework"),

    WRITER("hadamard", hadamard, 0, NULL,
           "(P, Q, *k): P ≤ Q partial identity, else 2^(-m/2)·(-1)^popcount(i & j), m = ⌈log₂P⌉; at the centre", "ZerO 2110.12661",
           FLAG("paper", 0, "2^(-(m-1)/2), as the paper's text")),
    WRITER("bilinear_upsample", bilinear_upsample, 0, NULL, "(O, I, *k): ∏ (1 - |i - c|/f), f = ⌈k/2⌉, c the middle",
           "Caffe, MXNet, Paddle Bilinear", FLAG("diagonal", 0, "only for equal channels, else for all")),
    WRITER("stft", stft, 0, NULL, "(T, 1, F): cos(2πtf/N)·hann(t)/s, N = 2(F-1), s = √Σhann²; imag: -sin", "keras STFT",
           FLAG("imag", 0, "the imaginary part"), FLAG("window", 1, "Hann's window"), FLAG("scaling", 1, "divide by s"),
           FLAG("spectrum", 0, "s = Σhann"), FLAG("periodic", 0, "the window's period is T, not T-1")),
    WRITER("sinusoidal", sinusoidal, 0, NULL, "(t, j): sin(t·base^(-2i/d)) for j = 2i, cos for j = 2i+1", "Vaswani et al. 1706.03762",
           NUMBER("base", 10000, "1 to 1e15"), FLAG("halves", 0, "all sines, then all cosines")),
    WRITER("log_uniform", log_uniform, 0, NULL, "exp(U(ln lo, ln hi))", "time steps of state-space models",
           NUMBER("lo", NAN, "lower bound"), NUMBER("hi", NAN, "upper bound")),
    ROW("fourier", normal, 1, IN, NORMAL, "N(std)", "random Fourier features, Rahimi & Recht 2007", STD(1)),

    /* Schemes of schemes */
    WRITER("blocks", blocks, 0, "list, inner", "block b along the axis, of size list[b]: inner[b] with its own fans, child b of the stream",
           "fused q, k, v; gates; llm-foundry _fused", NUMBER("axis", 0, "cut along it")),
    WRITER("stack", stack, 0, "inner", "index i along the axis: inner over the other axes, child i of the stream",
           "experts, scanned layers", NUMBER("axis", 0, "of the stack")),
    WRITER("scale", affine, 0, "inner", "k times inner", "any", NUMBER("k", NAN, "factor, at least 0")),
    WRITER("add", affine, 0, "inner", "value plus inner", "any", NUMBER("value", NAN, "to add")),
    WRITER("zero_rows", zero_rows, 0, "list, inner", "0 at the listed indices along the axis, inner elsewhere", "torch padding_idx",
           NUMBER("axis", 0, "of the indices")),
    WRITER("icnr", icnr, 0, "inner", "output o is output o // r² of inner", "Aitken et al. 1707.02937",
           COUNT("r", NAN, "upscaling factor")),
    {{"mup",
      "inner at the base shape, / √(in/in_base) if both fans differ",
      "Yang et al. 2203.03466",
      0,
      {{0, SOW_ARG_NUMBER, 0, 0}},
      "list, inner",
      1},
     sow__law_mup,
     0,
     IN,
     NORMAL,
     NULL},

    /* Recurrent and state-space */
    WRITER("lstm_bias", lstm_bias, 0, NULL, "(4·hidden): forget in the forget gate's block, 0 elsewhere",
           "Gers 2000; Jozefowicz 2015; MXNet LSTMBias", NUMBER("forget", 1, "bias of the forget gate"), BLOCK),
    WRITER("chrono", chrono, 0, NULL, "(4·hidden): b_f = ln(U(1, tmax-1)), b_i = -b_f, 0 elsewhere", "Tallec & Ollivier 1804.11188",
           NUMBER("tmax", NAN, "longest dependency, more than 2"), BLOCK),
    BARE_WRITER("hippo_legs", transition, 0, NULL, "(N, N): -√((2n+1)(2k+1)) below, -(n+1) on, 0 above the diagonal; (N): √(2n+1)",
                "HiPPO 2008.07669"),
    BARE_WRITER("lmu", transition, 1, NULL, "(N, N): (2n+1)·(-1 if n < k else (-1)^(n-k+1)); (N): (-1)^n·(2n+1)", "Voelker et al. 2019"),
    BARE_WRITER("s4d_real", by_state, 0, NULL, "-(n+1), n the last index", "S4D 2206.11893"),
    BARE_WRITER("s4d_lin_imag", by_state, 1, NULL, "πn, n the last index", "S4D-Lin 2206.11893"),
    BARE_WRITER("s4d_inv_imag", s4d_inv, 2, NULL, "N/π·(N/(2n+1) - 1), n the last index of N", "S4D-Inv 2206.11893"),
    BARE("s4d_log_real", constant, -0.6931471805599453, IN, UNIFORM, "ln ½, which stands for -½", "S4D-Lin, S4D-Inv 2206.11893"),
    BARE("s4d_c", normal, 0.7071067811865476, IN, NORMAL, "N(√½), real and imaginary part each", "S4D 2206.11893"),
    ROW("s4d_log_dt", s4d_log_dt, 0, IN, UNIFORM, "U(ln min, ln max)", "S4D 2206.11893", NUMBER("min", 1e-3, "shortest time step"),
        NUMBER("max", 0.1, "longest time step")),
    BARE_WRITER("mamba_a_log", by_state, 3, NULL, "ln(n+1), n the last index", "Mamba 2312.00752"),
    WRITER("mamba2_a_log", uniform_log, 0, NULL, "ln(U(lo, hi))", "Mamba-2 2405.21060", NUMBER("lo", 1, "lower bound"),
           NUMBER("hi", 16, "upper bound")),
    WRITER("mamba_dt_bias", mamba_dt_bias, 0, NULL, "softplus⁻¹(dt), dt = max(exp(U(ln min, ln max)), floor)",
           "Mamba 2312.00752, 2405.21060", NUMBER("min", 1e-3, "shortest time step"), NUMBER("max", 0.1, "longest time step"),
           NUMBER("floor", 1e-4, "least time step")),
    ROW("mamba_dt_proj", mamba_dt_proj, 0, IN, UNIFORM, "U(±scale/√dt_rank)", "Mamba 2312.00752", COUNT("dt_rank", NAN, "⌈width/16⌉"),
        NUMBER("scale", 1, "dt_scale")),
    WRITER("lru_nu", lru_nu, 0, NULL, "ln(-½·ln(u(r_max²-r_min²)+r_min²))", "LRU 2303.06349", RADII),
    WRITER("lru_theta", lru_theta, 0, NULL, "ln(phase·u)", "LRU 2303.06349", NUMBER("phase", 6.283185307179586, "largest phase")),
    WRITER("lru_gamma", lru_gamma, 0, NULL, "½·ln(1-|λ|²), |λ|² = u(r_max²-r_min²)+r_min²", "LRU 2303.06349; with the stream of lru_nu",
           RADII),

    /* Depth and width */
    ROW("residual_scale", residual_scale, 0.02, IN, NORMAL, "N(std/√(2·layers))", "GPT-2; Megatron scaled_init_method_normal", STD(0.02),
        COUNT("layers", NAN, "transformer blocks")),
    ROW("small_init", small_init, 0, IN, NORMAL, "N(√(2/(5·width)))", "Nguyen & Salazar 1910.05895; gpt-neox",
        COUNT("width", NAN, "of the model")),
    ROW("wang", wang, 0, IN, NORMAL, "N(2/(layers·√width))", "GPT-NeoX 2204.06745", COUNT("layers", NAN, "transformer blocks"),
        COUNT("width", NAN, "of the model")),

    ROW("depth_scaled", depth_scaled, 0.02, IN, CUT, "N(std/√(2·(layer+1))) cut to [-2, 2]", "torchtitan depth_scaled_std", STD(0.02),
        LAYER),
    ROW("mitchell", mitchell, 0, IN, CUT, "TN(1/√width, ±3)", "OLMo: inputs, FFN in, embedding, head", WIDTH),
    ROW("mitchell_out", mitchell_out, 0, IN, CUT, "TN(1/√(2·width·(layer+1)), ±3)", "OLMo: attention out (width d), FFN out (width d_ff)",
        WIDTH, LAYER),
    ROW("full_megatron", megatron, 0.02, IN, CUT, "TN(std, ±3)", "OLMo", STD(0.02)),
    ROW("full_megatron_out", megatron_out, 0.02, IN, CUT, "TN(std/√(2·layers), ±3)", "OLMo", STD(0.02), LAYERS),
    ROW("ds_init", ds_init, 0, AVG, UNIFORM, "U(±alpha·√(6/(in+out))/√(layer+1))", "Zhang et al. 1908.11365", NUMBER("alpha", 1, "factor"),
        LAYER, TRUE_FANS),
    ROW("fixup", fixup, 0, OUT, NORMAL, "N(√(2/out)·layers^(-1/(2m-2)))", "Fixup 1901.09321: all of a branch but its last layer",
        COUNT("layers", NAN, "residual blocks"), COUNT("m", 2, "layers in a branch"), TRUE_FANS),
    ROW("tfixup_embedding", tfixup_embedding, 0, IN, NORMAL, "N(1/√width·(9·layers)^(-¼))", "T-Fixup, Huang et al. 2020", WIDTH, LAYERS),
    ROW("tfixup_encoder", tfixup_encoder, 0, AVG, UNIFORM, "U(±0.67·layers^(-¼)·√(6/(in+out)))", "T-Fixup: fc1, fc2, v, out", LAYERS, VALUE,
        TRUE_FANS),
    ROW("tfixup_decoder", tfixup_decoder, 0, AVG, UNIFORM, "U(±(9·layers)^(-¼)·√(6/(in+out)))", "T-Fixup: fc1, fc2, v, out", LAYERS, VALUE,
        TRUE_FANS),
    ROW("deepnorm", deepnorm, 8, AVG, NORMAL, "N((8·layers)^(-¼)·√(2/(in+out)))", "DeepNet 2203.00555: ffn, v, out; one stack", LAYERS,
        TRUE_FANS),
    ROW("deepnorm_encoder", deepnorm_encoder, 0, AVG, NORMAL, "N(0.87·(encoder⁴·decoder)^(-1/16)·√(2/(in+out)))", "DeepNet 2203.00555",
        PAIR, TRUE_FANS),
    ROW("deepnorm_decoder", deepnorm, 12, AVG, NORMAL, "N((12·layers)^(-¼)·√(2/(in+out)))", "DeepNet 2203.00555", LAYERS, TRUE_FANS),
    ROW("subln", subln, 2, AVG, NORMAL, "N(√(ln(2·layers))·√(2/(in+out)))", "Magneto 2210.06423: ffn, v, out; one stack", LAYERS,
        TRUE_FANS),
    ROW("subln_encoder", subln_encoder, 0, AVG, NORMAL, "N(√(ln(3·decoder)·ln(2·encoder)/3)·√(2/(in+out)))", "Magneto 2210.06423", PAIR,
        TRUE_FANS),
    ROW("subln_decoder", subln, 3, AVG, NORMAL, "N(√(ln(3·layers))·√(2/(in+out)))", "Magneto 2210.06423", LAYERS, TRUE_FANS),
    ZERO("rezero", "ReZero 2003.04887"),
    ZERO("skipinit", "SkipInit 2002.10444"),
    ZERO("zero_gamma", "Goyal et al. 1706.02677, the last norm of a branch"),
    ROW("layerscale", layerscale, 0, IN, UNIFORM, "0.1 up to 18 layers, 1e-5 up to 24, else 1e-6", "CaiT 2103.17239", LAYERS),
    BARE("spike_free", normal, 1, IN, NORMAL, "N(1)", "Takase et al. 2312.16903, embeddings"),
    ROW("spectral", spectral, 0, IN, NORMAL, "N(sigma·min(1, √(out/in))/√in)", "Yang et al. 2310.17813", NUMBER("sigma", 1, "factor"),
        TRUE_FANS),
    ROW("class_prior", class_prior, 0, IN, UNIFORM, "-ln((1-prior)/prior)", "focal loss 1708.02002", NUMBER("prior", 0.01, "of a class")),
    ROW("class_count", classes, 0, IN, UNIFORM, "-ln(classes)", "timm jax_nlhb", COUNT("classes", NAN, "of the head")),
    ROW("lora_a", unit_fan, 0, IN, UNIFORM, "U(±1/√in)", "LoRA 2106.09685; peft", FANS(SOW_LAYOUT_LINEAR, SOW_FANS_TRUE)),
    ZERO("lora_b", "LoRA 2106.09685"),
    BARE("dcgan", normal, 0.02, IN, NORMAL, "N(0.02)", "DCGAN 1511.06434, convolutions"),
    ROW("dcgan.norm", normal, 0.02, IN, NORMAL, "normal(mean, 0.02)", "DCGAN 1511.06434, batch norm gains", MEAN(1)),
    ZERO("dcgan.bias", "DCGAN 1511.06434"),

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
    ZERO("torch.norm.num_batches_tracked", "torch.nn"),
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
    FLAX_WEIGHT("flax.lstm", SOW_LAYOUT_DENSE),
    ORTHOGONAL("flax.lstm.recurrent", SOW_LAYOUT_DENSE, "flax, per gate in linen, fused in nnx.OptimizedLSTMCell"),
    ZERO("flax.lstm.bias", "flax"),
    FLAX_WEIGHT("flax.gru", SOW_LAYOUT_DENSE),
    ORTHOGONAL("flax.gru.recurrent", SOW_LAYOUT_DENSE, "flax, per gate in linen, fused in nnx"),
    ZERO("flax.gru.bias", "flax"),
    FLAX_WEIGHT("flax.mgu", SOW_LAYOUT_DENSE),
    ORTHOGONAL("flax.mgu.recurrent", SOW_LAYOUT_DENSE, "flax.linen, per gate"),
    ZERO("flax.mgu.bias", "flax.linen"),
    ONE("flax.mgu.forget.bias", "flax.linen"),
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
    KERAS_WEIGHT("keras.rnn", SOW_LAYOUT_DENSE),
    ORTHOGONAL("keras.rnn.recurrent", SOW_LAYOUT_DENSE, "keras.layers"),
    ZERO("keras.rnn.bias", "keras.layers"),
    KERAS_WEIGHT("keras.gru", SOW_LAYOUT_DENSE),
    ORTHOGONAL("keras.gru.recurrent", SOW_LAYOUT_DENSE, "keras.layers, fused (u, 3u)"),
    ZERO("keras.gru.bias", "keras.layers"),
    KERAS_WEIGHT("keras.lstm", SOW_LAYOUT_DENSE),
    ORTHOGONAL("keras.lstm.recurrent", SOW_LAYOUT_DENSE, "keras.layers, fused (u, 4u)"),
    WRITER("keras.lstm.bias", lstm_bias, 0, NULL, "(4·hidden): forget in the forget gate's block, 0 elsewhere",
           "keras.layers, unit_forget_bias", NUMBER("forget", 1, "bias of the forget gate"), BLOCK),
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
    HAIKU_WEIGHT("haiku.lstm", "haiku, on [x, h]; 1 is added to the forget gate at run time", SOW_LAYOUT_DENSE),
    ZERO("haiku.lstm.bias", "haiku"),
    ROW("haiku.gru", variance_scaling, 1, IN, CUT, LECUN, "haiku, both weights", FANS(SOW_LAYOUT_DENSE, SOW_FANS_JAX)),
    ZERO("haiku.gru.bias", "haiku"),
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
    ROW("equinox.lstm", hidden, 0, IN, UNIFORM, "U(±1/√hidden)", "equinox.nn, weights and bias", HIDDEN),
    ROW("equinox.gru", hidden, 0, IN, UNIFORM, "U(±1/√hidden)", "equinox.nn, weights and bias", HIDDEN),
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
