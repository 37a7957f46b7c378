# SPDX-License-Identifier: MIT
"""Checkpoints for the tests of sow audit: models of many families as descriptions, and files whose tensors can be edited."""
import json
import math
import pathlib
import random
import struct
from array import array

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
DTYPES = ["f32", "bf16", "f16", "f64"]


def to_bf16(values):
    return array("H", [(u + 0x7FFF + (u >> 16 & 1)) >> 16 for u in array("I", array("f", values).tobytes())]).tobytes()


class File:
    """A safetensors file in memory. Values are read from `wide` if it is given, the same model in f64: what is put is rounded once."""

    def __init__(self, path, wide=None):
        self.path, self.wide = pathlib.Path(path), wide
        self.raw = bytearray(self.path.read_bytes())
        (length,) = struct.unpack("<Q", self.raw[:8])
        self.header = json.loads(self.raw[8 : 8 + length])
        self.metadata = self.header.pop("__metadata__", {})
        self.start = 8 + length

    def names(self):
        return list(self.header)

    def shape(self, name):
        return self.header[name]["shape"]

    def dtype(self, name):
        return self.header[name]["dtype"]

    def count(self, name):
        return math.prod(self.shape(name))

    def span(self, name):
        begin, end = self.header[name]["data_offsets"]
        return self.start + begin, self.start + end

    def get(self, name):
        if not self.wide:
            return self.stored(name)
        values = self.wide.stored(name)
        self.put(name, values)  # the file has the numbers that a fault is made of
        return values

    def stored(self, name):
        begin, end = self.span(name)
        raw, dtype = bytes(self.raw[begin:end]), self.dtype(name)
        if dtype == "F32":
            return list(array("f", raw))
        if dtype == "F64":
            return list(array("d", raw))
        if dtype == "F16":
            return list(struct.unpack(f"<{len(raw) // 2}e", raw))
        wide = bytearray(2 * len(raw))
        wide[2::4], wide[3::4] = raw[0::2], raw[1::2]
        return list(array("f", bytes(wide)))

    def put(self, name, values):
        if self.wide:
            self.wide.put(name, values)
        begin, end = self.span(name)
        dtype = self.dtype(name)
        if dtype == "F32":
            raw = array("f", values).tobytes()
        elif dtype == "F64":
            raw = array("d", values).tobytes()
        elif dtype == "F16":
            raw = struct.pack(f"<{len(values)}e", *values)
        else:
            raw = to_bf16(values)
        assert len(raw) == end - begin
        self.raw[begin:end] = raw

    def save(self, path=None):
        (path or self.path).write_bytes(self.raw)

    def rewrite(self, path, tensors):
        """Another file of the tensors (name, shape, dtype, bytes)."""
        header, data = {}, b""
        for name, shape, dtype, raw in tensors:
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def model(tensors, rules, dtype, layers=0, **more):
    return {"tensors": tensors, "rules": rules, "dtype": dtype, **more}


def t(name, shape, **more):
    return {"name": name, "shape": shape, **more}


def rule(match, scheme, **more):
    return {"match": match, "scheme": scheme, **more}


def mlp(r, dtype):
    """A stack of one rule: every shape, layout and scheme that people use there."""
    layout = r.choice(["linear", "dense"])
    depth = r.randint(4, 8)
    widths = [r.choice([64, 96, 128, 192, 256, 384]) for _ in range(depth + 1)]
    names = r.choice(["layers.{i}.weight", "net.{i}.weight", "fc{i}.weight", "blocks.{i}.dense.kernel", "dense_{i}/kernel"])
    tensors = []
    for i in range(depth):
        shape = [widths[i + 1], widths[i]] if layout == "linear" else [widths[i], widths[i + 1]]
        name = names.replace("{i}", str(i))
        tensors.append(t(name, shape, layout=layout))
        tensors.append(t(name.replace("weight", "bias").replace("kernel", "bias"), [widths[i + 1]]))
    scheme = r.choice(
        [
            rule("*", "kaiming_normal", mode="fan_in", gain="relu"),
            rule("*", "kaiming_normal", mode="fan_out", gain="relu"),
            rule("*", "kaiming_uniform", mode="fan_in", gain="relu"),
            rule("*", "xavier_uniform"),
            rule("*", "xavier_normal"),
            rule("*", "glorot_normal"),
            rule("*", "lecun_normal"),
            rule("*", "he_normal"),
            rule("*", "he_uniform"),
            rule("*", "lecun_uniform"),
            rule("*", "variance_scaling", scale=2, mode="fan_avg", dist="uniform"),
            rule("*", "normal", std=0.02),
            rule("*", "truncated_normal", std=0.02),
            rule("*", "orthogonal"),
            rule("*", "orthogonal", gain="relu"),
        ]
    )
    return model(tensors, [rule("*bias", "zeros"), scheme], dtype)


def torch_mlp(r, dtype):
    depth, d, h = r.randint(3, 6), r.choice([96, 128, 256]), r.choice([192, 384, 512])
    tensors = [
        x
        for i in range(depth)
        for x in (
            t(f"layers.{i}.fc1.weight", [h, d]), t(f"layers.{i}.fc1.bias", [h]), t(f"layers.{i}.fc2.weight", [d, h]), t(f"layers.{i}.fc2.bias", [d]),
        )
    ]
    return model(tensors, [rule("*.weight", "torch.linear"), rule("*.bias", "torch.linear.bias", fan_from="*.weight")], dtype)


def gpt2(r, dtype, scaled=True):
    layers, d = r.choice([3, 4, 6, 12]), r.choice([64, 96, 128, 192])
    h = "h.{0..%d}." % (layers - 1)
    tensors = [t("wte.weight", [r.choice([1000, 2048]), d]), t("wpe.weight", [128, d])]
    for name, shape in [
        ("ln_1.weight", [d]), ("ln_1.bias", [d]), ("attn.c_attn.weight", [d, 3 * d]), ("attn.c_attn.bias", [3 * d]),
        ("attn.c_proj.weight", [d, d]), ("attn.c_proj.bias", [d]), ("ln_2.weight", [d]), ("ln_2.bias", [d]),
        ("mlp.c_fc.weight", [d, 4 * d]), ("mlp.c_fc.bias", [4 * d]), ("mlp.c_proj.weight", [4 * d, d]), ("mlp.c_proj.bias", [d]),
    ]:
        tensors.append(t(h + name, shape, layout="dense") if len(shape) > 1 else t(h + name, shape))
    rules = [rule("*.bias", "zeros"), rule("*ln_?.weight", "ones")]
    if scaled:
        rules.append(rule("*.c_proj.weight", "residual_scale", std=0.02, layers=layers))
    elif r.random() < 0.5:
        rules.append(rule("wpe.weight", "normal", std=0.01))  # the released code's
    else:
        rules.append(rule("*.c_proj.weight", "residual_scale", std=0.02, layers=layers))
    return model(tensors, rules + [rule("*", "normal", std=0.02)], dtype)


def llama(r, dtype):
    layers, d, kv, ff = r.choice([3, 4, 8]), r.choice([96, 128, 192]), r.choice([32, 64]), r.choice([256, 344, 512])
    b = "model.layers.{0..%d}." % (layers - 1)
    tensors = [t("model.embed_tokens.weight", [1024, d]), t("model.norm.weight", [d]), t("lm_head.weight", [1024, d])]
    for name, shape in [
        ("input_layernorm.weight", [d]), ("self_attn.q_proj.weight", [d, d]), ("self_attn.k_proj.weight", [kv, d]), ("self_attn.v_proj.weight", [kv, d]),
        ("self_attn.o_proj.weight", [d, d]), ("post_attention_layernorm.weight", [d]), ("mlp.gate_proj.weight", [ff, d]), ("mlp.up_proj.weight", [ff, d]),
        ("mlp.down_proj.weight", [d, ff]),
    ]:
        tensors.append(t(b + name, shape))
    rules = [rule("*norm.weight", "ones")]
    kind = r.choice(["hf", "torchtitan", "megatron"])
    if kind == "torchtitan":
        rules += [rule("model.embed*", "normal", std=1), rule("lm_head*", "truncated_normal", std=1 / math.sqrt(d), lower=-3, upper=3)]
        rules += [rule(f"model.layers.{i}.*{n}_proj.weight", "depth_scaled", std=0.02, layer=i) for i in range(layers) for n in ("o", "up", "down")]
    if kind == "megatron":
        rules += [rule("*.o_proj.weight", "residual_scale", layers=layers), rule("*.down_proj.weight", "residual_scale", layers=layers)]
    return model(tensors, rules + [rule("*", "normal", std=0.02)], dtype)


def bert(r, dtype):
    layers, d = r.choice([3, 4, 6]), r.choice([96, 128, 192])
    b = "encoder.layer.{0..%d}." % (layers - 1)
    tensors = [
        t("embeddings.word_embeddings.weight", [1000, d]), t("embeddings.position_embeddings.weight", [128, d]),
        t("embeddings.token_type_embeddings.weight", [2, d]), t("embeddings.LayerNorm.weight", [d]), t("embeddings.LayerNorm.bias", [d]),
        t("pooler.dense.weight", [d, d]), t("pooler.dense.bias", [d]),
    ]
    for name, o, i in [
        ("attention.self.query", d, d), ("attention.self.key", d, d), ("attention.self.value", d, d), ("attention.output.dense", d, d),
        ("intermediate.dense", 4 * d, d), ("output.dense", d, 4 * d),
    ]:
        tensors += [t(b + name + ".weight", [o, i]), t(b + name + ".bias", [o])]
    for name in ["attention.output.LayerNorm", "output.LayerNorm"]:
        tensors += [t(b + name + ".weight", [d]), t(b + name + ".bias", [d])]
    law = rule("*", "truncated_normal", std=0.02) if r.random() < 0.5 else rule("*", "normal", std=0.02)
    word = {"scheme": "zero_rows", "match": "*word_embeddings.weight", "list": [0], "inner": {k: v for k, v in law.items() if k != "match"}}
    rules = [rule("*.bias", "zeros"), rule("*LayerNorm.weight", "ones")] + ([word] if r.random() < 0.5 else []) + [law]
    return model(tensors, rules, dtype)


def vit(r, dtype):
    layers, d = r.choice([3, 4, 6]), r.choice([96, 128, 192])
    b = "blocks.{0..%d}." % (layers - 1)
    tensors = [
        t("cls_token", [1, 1, d]), t("pos_embed", [1, 65, d]), t("patch_embed.proj.weight", [d, 3, 8, 8], layout="conv"), t("patch_embed.proj.bias", [d]),
        t("norm.weight", [d]), t("norm.bias", [d]), t("head.weight", [100, d]), t("head.bias", [100]),
    ]
    for name, o, i in [("attn.qkv", 3 * d, d), ("attn.proj", d, d), ("mlp.fc1", 4 * d, d), ("mlp.fc2", d, 4 * d)]:
        tensors += [t(b + name + ".weight", [o, i]), t(b + name + ".bias", [o])]
    for name in ["norm1", "norm2"]:
        tensors += [t(b + name + ".weight", [d]), t(b + name + ".bias", [d])]
    if r.random() < 0.5:
        rules = [
            rule("cls_token", "normal", std=1e-6), rule("pos_embed", "normal", std=0.02), rule("*norm*.weight", "ones"),
            rule("patch_embed.proj.weight", "torch.conv"), rule("patch_embed.proj.bias", "torch.conv.bias", fan_from="patch_embed.proj.weight"),
            rule("*.bias", "zeros"), rule("*", "trunc_normal", std=0.02, a=-2, b=2),
        ]
    else:
        rules = [
            rule("cls_token", "zeros"), rule("pos_embed", "normal", std=0.02), rule("*norm*.weight", "ones"), rule("patch_embed.proj.weight", "lecun_normal"),
            rule("head.*", "zeros", constant_ok=True), rule("*mlp*.bias", "normal", std=1e-6), rule("*.bias", "zeros"), rule("*", "xavier_uniform"),
        ]
    if dtype == "f16":
        rules = [rule("cls_token", "zeros"), rule("*mlp*.bias", "zeros")] + rules
        if not any(x.get("scheme") == "trunc_normal" for x in rules):
            pass
    return model(tensors, rules, dtype)


def resnet(r, dtype):
    width = r.choice([16, 32])
    tensors = [t("conv1.weight", [width, 3, 7, 7], layout="conv"), t("bn1.weight", [width]), t("bn1.bias", [width])]
    inside = width
    for stage in range(1, 4):
        w = width * 2 ** (stage - 1)
        for block in range(2):
            p = f"layer{stage}.{block}."
            tensors += [t(p + "conv1.weight", [w, inside, 1, 1], layout="conv"), t(p + "conv2.weight", [w, w, 3, 3], layout="conv")]
            tensors += [t(p + "conv3.weight", [4 * w, w, 1, 1], layout="conv")]
            for i, c in ((1, w), (2, w), (3, 4 * w)):
                tensors += [t(p + f"bn{i}.weight", [c]), t(p + f"bn{i}.bias", [c]), t(p + f"bn{i}.running_mean", [c]), t(p + f"bn{i}.running_var", [c])]
            if block == 0:
                tensors += [t(p + "downsample.0.weight", [4 * w, inside, 1, 1], layout="conv"), t(p + "downsample.1.weight", [4 * w])]
            inside = 4 * w
    tensors += [t("fc.weight", [100, inside]), t("fc.bias", [100])]
    return model(
        tensors,
        [
            rule("fc.weight", "torch.linear"), rule("fc.bias", "torch.linear.bias", fan_from="fc.weight"), rule("*bn?.weight", "ones"),
            rule("*downsample.1.weight", "ones"), rule("*.bias", "zeros"), rule("*running_mean", "zeros"), rule("*running_var", "ones"),
            rule("*", "kaiming_normal", mode="fan_out", gain="relu"),
        ],
        dtype,
    )


def keras_cnn(r, dtype):
    depth = r.randint(4, 6)
    channels = [3] + [r.choice([32, 48, 64, 96]) for _ in range(depth)]
    tensors = []
    for i in range(depth):
        tensors += [t(f"conv2d_{i}/kernel", [3, 3, channels[i], channels[i + 1]], layout="conv_last"), t(f"conv2d_{i}/bias", [channels[i + 1]])]
    tensors += [t("dense/kernel", [channels[-1], 100], layout="dense"), t("dense/bias", [100])]
    scheme = r.choice([rule("*", "glorot_uniform"), rule("*", "he_normal"), rule("*", "lecun_normal"), rule("*", "delta_orthogonal")])
    rules = [rule("*/bias", "zeros"), rule("dense/kernel", "glorot_uniform")]
    if scheme["scheme"] == "delta_orthogonal":
        for i in range(1, depth + 1):
            channels[i] = max(channels[i], channels[i - 1])
        tensors = [t(f"conv2d_{i}/kernel", [3, 3, channels[i], channels[i + 1]]) for i in range(depth)]
        rules = []
    return model(tensors, rules + [scheme], dtype)


def recurrent(r, dtype):
    h, i = r.choice([64, 96, 128]), r.choice([48, 64, 100])
    if r.random() < 0.5:
        gates = r.choice([3, 4])
        name = "gru" if gates == 3 else "lstm"
        tensors = []
        for layer in range(3):
            tensors += [
                t(f"{name}.weight_ih_l{layer}", [gates * h, i if layer == 0 else h]), t(f"{name}.weight_hh_l{layer}", [gates * h, h]),
                t(f"{name}.bias_ih_l{layer}", [gates * h]), t(f"{name}.bias_hh_l{layer}", [gates * h]),
            ]
        return model(tensors, [rule("*bias*", f"torch.{name}.bias", hidden=h), rule("*", f"torch.{name}", hidden=h)], dtype)
    tensors = [
        x for n in range(3)
        for x in (t(f"lstm_{n}/kernel", [i, 4 * h], layout="dense"), t(f"lstm_{n}/recurrent_kernel", [h, 4 * h], layout="dense"), t(f"lstm_{n}/bias", [4 * h]))
    ]
    return model(tensors, [rule("*/bias", "keras.lstm.bias"), rule("*recurrent*", "keras.lstm.recurrent"), rule("*", "keras.lstm")], dtype)


def t5(r, dtype):
    layers, heads, dk, ff = r.choice([3, 4]), 4, r.choice([32, 64]), 512
    d = r.choice([128, 192])
    tensors = [t("shared.weight", [1000, d])]
    b = "encoder.block.{0..%d}.layer." % (layers - 1)
    for name, shape in [
        ("0.SelfAttention.q.weight", [heads * dk, d]), ("0.SelfAttention.k.weight", [heads * dk, d]), ("0.SelfAttention.v.weight", [heads * dk, d]),
        ("0.SelfAttention.o.weight", [d, heads * dk]), ("0.layer_norm.weight", [d]), ("1.DenseReluDense.wi.weight", [ff, d]),
        ("1.DenseReluDense.wo.weight", [d, ff]), ("1.layer_norm.weight", [d]),
    ]:
        tensors.append(t(b + name, shape))
    rules = [rule("*norm.weight", "ones"), rule("shared.weight", "normal", std=1), rule("*.q.weight", "normal", std=(d * dk) ** -0.5)]
    rules += [rule("*.o.weight", "normal", std=(heads * dk) ** -0.5), rule("*.wo.weight", "normal", std=ff**-0.5), rule("*", "normal", std=d**-0.5)]
    return model(tensors, rules, dtype)


def depth_rules(r, dtype):
    """Rules of depth: DeepNorm, Fixup, T-Fixup, SubLN, small init and Wang."""
    layers, d = r.choice([4, 6]), r.choice([128, 192])
    b = "decoder.layers.{0..%d}." % (layers - 1)
    tensors = [t("embed.weight", [1000, d])]
    for name, shape in [("self_attn.q.weight", [d, d]), ("self_attn.out.weight", [d, d]), ("fc1.weight", [4 * d, d]), ("fc2.weight", [d, 4 * d])]:
        tensors.append(t(b + name, shape))
    scheme = r.choice(
        [
            [rule("*.q.weight", "xavier_normal"), rule("decoder*", "deepnorm", layers=layers)],
            [rule("*.q.weight", "xavier_normal"), rule("decoder*", "subln", layers=layers)],
            [rule("*.q.weight", "xavier_uniform"), rule("decoder*", "tfixup_decoder", layers=layers)],
            [rule("*fc2.weight", "wang", layers=layers, width=d), rule("*out.weight", "wang", layers=layers, width=d), rule("decoder*", "small_init", width=d)],
            [rule("*fc2.weight", "zeros", constant_ok=True), rule("decoder*", "fixup", layers=layers)],
            [rule(f"decoder.layers.{i}.*", "ds_init", layer=i) for i in range(layers)],
        ]
    )
    return model(tensors, scheme + [rule("embed.weight", "normal", std=0.02)], dtype)


def zoo(r, dtype):
    """Every other scheme, once."""
    n = r.choice([64, 96, 128])
    items = [
        ("identity.weight", [n, n], {"scheme": "identity"}), ("dirac.weight", [n, n // 2, 3, 3], {"scheme": "dirac"}),
        ("sparse.weight", [n, n], {"scheme": "sparse", "sparsity": 0.9}), ("sparse1.weight", [n, 2 * n], {"scheme": "sparse", "sparsity": 0.3, "axis": 1}),
        ("ball.weight", [n, n], {"scheme": "unit_ball"}), ("hadamard.weight", [2 * n, n], {"scheme": "hadamard"}),
        ("up.weight", [16, 16, 4, 4], {"scheme": "bilinear_upsample"}), ("stft.weight", [64, 1, 33], {"scheme": "stft"}),
        ("pos.weight", [n, 64], {"scheme": "sinusoidal"}), ("log.weight", [n, n], {"scheme": "log_uniform", "lo": 0.001, "hi": 0.1}),
        ("fourier.weight", [n, 64], {"scheme": "fourier"}), ("chrono.bias", [4 * n], {"scheme": "chrono", "tmax": 100}),
        ("lstm.bias", [4 * n], {"scheme": "lstm_bias"}), ("hippo.A", [64, 64], {"scheme": "hippo_legs"}), ("lmu.A", [32, 32], {"scheme": "lmu"}),
        ("A_real", [n, 16], {"scheme": "s4d_real"}), ("A_imag", [n, 32], {"scheme": "s4d_lin_imag"}), ("s4.C", [n, 64], {"scheme": "s4d_c"}),
        ("s4.log_dt", [n], {"scheme": "s4d_log_dt"}), ("ssm.A_log", [2 * n, 16], {"scheme": "mamba_a_log"}), ("ssm2.A_log", [n], {"scheme": "mamba2_a_log"}),
        ("ssm.dt_proj.bias", [2 * n], {"scheme": "mamba_dt_bias"}), ("ssm.dt_proj.weight", [2 * n, 16], {"scheme": "mamba_dt_proj", "dt_rank": 16}),
        ("lru.nu", [n], {"scheme": "lru_nu", "r_min": 0.4, "r_max": 0.9}), ("lru.theta", [n], {"scheme": "lru_theta"}),
        ("lora_A.weight", [8, n], {"scheme": "lora_a"}), ("lora_B.weight", [n, 8], {"scheme": "lora_b"}), ("scale.gamma", [n], {"scheme": "layerscale", "layers": 12}),
        ("prior.bias", [80], {"scheme": "class_prior"}), ("gan.weight", [n, 32, 4, 4], {"scheme": "dcgan"}), ("gan.bn.weight", [n], {"scheme": "dcgan.norm"}),
        ("siren.0.weight", [256, 2], {"scheme": "siren", "first": True}), ("siren.1.weight", [256, 256], {"scheme": "siren"}),
        ("spectral.weight", [n, 2 * n], {"scheme": "spectral"}), ("emb.weight", [1000, 64], {"scheme": "torch.embedding"}),
        ("experts.weight", [4, n, 64], {"scheme": "stack", "inner": {"scheme": "kaiming_normal"}}),
        ("qkv.weight", [3 * n, n], {"scheme": "blocks", "list": [n, n, n], "inner": [{"scheme": "xavier_uniform"}] * 3}),
        ("shuffle.weight", [64, 32, 3, 3], {"scheme": "icnr", "r": 2, "inner": {"scheme": "kaiming_normal"}}),
        ("pad.embedding.weight", [500, 64], {"scheme": "zero_rows", "list": [0], "inner": {"scheme": "normal", "std": 0.02}}),
    ]
    r.shuffle(items)
    items = items[: r.randint(18, len(items))]
    if dtype in ("f16", "bf16"):
        items = [x for x in items if not (x[0] in ("hippo.A", "lmu.A"))]
    tensors = [t(name, shape) for name, shape, _ in items]
    return model(tensors, [dict(scheme, match=name, constant_ok=True) if scheme["scheme"] in ("lora_b",) else dict(scheme, match=name) for name, _, scheme in items], dtype)


FAMILIES = [mlp, torch_mlp, gpt2, llama, bert, vit, resnet, keras_cnn, recurrent, t5, depth_rules, zoo]


def by_hand(r, path):
    """A file that sow had no part in: Python's own Gaussians and uniforms."""
    d, layers = r.choice([96, 128]), 3
    tensors = []
    for i in range(layers):
        tensors.append((f"layers.{i}.in.weight", [4 * d, d], [r.gauss(0, 0.02) for _ in range(4 * d * d)]))
        bound = 1 / math.sqrt(4 * d)
        tensors.append((f"layers.{i}.out.weight", [d, 4 * d], [r.uniform(-bound, bound) for _ in range(4 * d * d)]))
        tensors.append((f"layers.{i}.norm.weight", [d], [1.0] * d))
    header, data = {}, b""
    for name, shape, values in tensors:
        raw = array("f", values).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
