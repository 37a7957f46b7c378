# SPDX-License-Identifier: MIT
"""The built-in recipes: names on the command line, variants, records, and the standard deviation of every tensor of every variant.

The deviations below are worked out from the reference implementations' rules, not read from the descriptions: a residual scale keyed on a
name that never matches (transformers#47458), a scale on the wrong projection (llama2.c#579) or a cut that is taken for none show here.
"""
import fnmatch
import json
import math

from sowtest import MODELS, SANITIZED, SOW, Case, Safetensors, main, sow

CUT2 = 0.8796256610342398  # std of a normal cut at two of its own
UNIT = 1 / math.sqrt(3)  # of U(±1)


def gpt2(layers, prefix="", positions=0.02, residual=True):
    p = 0.02 / math.sqrt(2 * layers) if residual else 0.02
    return [("*.bias", 0), ("*ln_?.weight", 0), (prefix + "wpe.weight", positions), ("*.c_proj.weight", p), ("*", 0.02)]


def llmc(layers):
    p, zero_rows = 0.02 / math.sqrt(2 * layers), math.sqrt(50257 / 50304)
    return [("ln??", 0), ("*b", 0), ("*projw", p), ("wte", 0.02 * zero_rows), ("*", 0.02)]


def llama(layers, width, kind):
    if kind == "torchtitan":
        depth = [(f"layers.{l}.{w}.weight", 0.02 / math.sqrt(2 * (l + 1))) for l in range(layers) for w in ("attention.wo", "feed_forward.w2", "feed_forward.w3")]
        cut3 = 0.9865783925581086
        return [("*norm.weight", 0), ("tok_embeddings.weight", 1), *depth, ("lm_head.weight", cut3 * width**-0.5), ("*", 0.02)]
    p = 0.02 / math.sqrt(2 * layers)
    scaled = {"hf": [], "megatron": ["*.o_proj.*", "*.down_proj.*"], "llama2c": ["*.wo.*", "*.w3.*"]}[kind]
    return [("*norm.weight", 0), *[(s, p) for s in scaled], ("*", 0.02)]


def glorot(i, o):
    return math.sqrt(6 / (i + o)) * UNIT


def t5(width, head, heads, inner):
    k = width**-0.5
    return [("*norm.weight", 0), ("shared.weight", 1), ("*.q.weight", (width * head) ** -0.5), ("*.o.weight", (heads * head) ** -0.5), ("*.wo.weight", inner**-0.5), ("*", k)]


def t5x(width, head, heads, inner):
    k = width**-0.5
    return [
        ("*/scale", 0), ("token_embedder/embedding", 1), ("*/rel_embedding", glorot(heads, 32)), ("*/query/kernel", k / math.sqrt(head)),
        ("*/attention/out/kernel", (heads * head) ** -0.5), ("*_attention/out/kernel", (heads * head) ** -0.5), ("*/wo/kernel", inner**-0.5), ("*", k),
    ]  # fmt: skip


BERT = [("*.bias", 0), ("*LayerNorm.weight", 0)]
TIMM = [("*.bias", 0), ("cls_token", 1e-6), ("*norm?.weight", 0), ("norm.weight", 0)]
PATCH = [("patch_embed.proj.*", UNIT / math.sqrt(768))]
RESNET = [("fc.*", UNIT / math.sqrt(2048)), ("*.running_*", 0), ("*.num_batches_tracked", 0), ("*.bias", 0), ("*bn?.*", 0), ("*downsample.1.*", 0), ("*", "fan_out")]
JAX_ATTENTION = [("*.qkv.weight", glorot(768, 2304)), ("*.proj.weight", glorot(768, 768)), ("*.mlp.*.weight", glorot(768, 3072))]
TIMM_JAX = [("*.mlp.*.bias", 1e-6), *TIMM, ("pos_embed", 0.02), ("patch_embed.proj.weight", 768**-0.5), ("head.*", 0), *JAX_ATTENTION]
EXPECTED = {
    "gpt2": gpt2(12),
    "gpt2:openai": gpt2(12, positions=0.01, residual=False),
    "gpt2:nanogpt": gpt2(12),
    "gpt2:llmc": llmc(12),
    "gpt2-medium": gpt2(24),
    "gpt2-large": gpt2(36),
    "gpt2-large:openai": gpt2(36, positions=0.01, residual=False),
    "gpt2-xl": gpt2(48),
    "gpt2-xl:nanogpt": gpt2(48),
    **{f"{size}:{kind}": llama(32, 4096, kind) for size in ("llama-2-7b", "llama-3-8b") for kind in ("hf", "torchtitan", "megatron", "llama2c")},
    "bert-base": [*BERT, ("*", 0.02 * CUT2)],
    "bert-base:hf": [*BERT, ("*", 0.02)],
    "bert-base:tf-pretraining": [*BERT, ("*", 0.02 * CUT2)],
    "bert-base:hf-pretraining": [*BERT, ("*", 0.02)],
    "vit-b16": [*PATCH, *TIMM, ("*", 0.02)],
    "vit-b16:timm-jax": TIMM_JAX,
    "vit-b16:timm-jax-nlhb": TIMM_JAX,
    "vit-b16:timm-moco": [*PATCH, *TIMM, ("pos_embed", 0.02), ("*.qkv.weight", glorot(768, 768)), ("head.weight", glorot(768, 1000)), *JAX_ATTENTION],
    "vit-b16:torchvision": [
        ("*.mlp.?.bias", 1e-6), ("*bias", 0), ("*ln*.weight", 0), ("class_token", 0), ("heads.*", 0), ("conv_proj.weight", 768**-0.5), ("*.pos_embedding", 0.02),
        ("*in_proj_weight", 0.0441942 * UNIT), ("*out_proj.weight", 0.0360844 * UNIT), ("*.mlp.*", glorot(768, 3072)),
    ],
    "vit-b16:hf": [("*.bias", 0), ("*layernorm*.weight", 0), ("*", 0.02)],
    "vit-b16:jax": [
        ("*/Dense_?/bias", 1e-6), ("*/bias", 0), ("*/scale", 0), ("cls", 0), ("head/*", 0), ("embedding/kernel", 768**-0.5), ("*/pos_embedding", 0.02),
        ("*/Dense_?/kernel", glorot(768, 3072)), ("*/kernel", glorot(768, 768)),
    ],
    "resnet50": RESNET,
    "resnet50:zero-init-residual": RESNET,
    "t5-small": t5(512, 64, 8, 2048),
    "t5-small:t5x": t5x(512, 64, 8, 2048),
    "t5-base": t5(768, 64, 12, 3072),
    "t5-base:t5x": t5x(768, 64, 12, 3072),
    "mamba-130m": [
        ("*.embedding.weight", 0.02), ("*norm*", 0), ("*.D", 0), ("*.A_log", None), ("*.dt_proj.bias", None), ("*.conv1d.*", 0.5 * UNIT), ("*.dt_proj.weight", 48**-0.5 * UNIT),
        ("*.out_proj.weight", UNIT / math.sqrt(1536) / math.sqrt(24)), ("*.x_proj.weight", UNIT / math.sqrt(1536)), ("*", UNIT / math.sqrt(768)),
    ],
    "mobilenet_v2": [
        ("*.running_*", 0), ("*.num_batches_tracked", 0), ("*.bias", 0), ("classifier.1.weight", 0.01), ("*", "fan_out of torch"),
    ],
    "vgg16": [("*.bias", 0), ("classifier.*", 0.01), ("*", "fan_out")],
    "efficientnet-b0": [
        ("*.running_*", 0), ("*.num_batches_tracked", 0), ("*.bias", 0), ("classifier.*", UNIT / math.sqrt(1000)), ("*", "fan_out of torch"),
    ],
    "efficientnet-b0:timm": [
        ("*.running_*", 0), ("*.num_batches_tracked", 0), ("*.bias", 0), ("classifier.*", UNIT / math.sqrt(1000)), ("*", "fan_out over groups"),
    ],
    "convnext-tiny": [("*.bias", 0), ("*.gamma", 0), ("*norm.weight", 0), ("stem.1.*", 0), ("*.downsample.0.*", 0), ("*", 0.02)],
    "swin-tiny": [("patch_embed.proj.*", UNIT / math.sqrt(48)), ("*norm*", 0), ("*.bias", 0), ("*", 0.02)],
    "mlp100": [("*.bias", 0), ("*", math.sqrt(2 / 512))],
}  # fmt: skip
MEANS = {
    "gpt2": {"h.3.ln_1.weight": 1, "ln_f.weight": 1, "ln_f.bias": 0},
    "gpt2:llmc": {"lnfw": 1, "ln1w": 1, "qkvb": 0},
    "vit-b16:timm-jax-nlhb": {"head.bias": -math.log(1000)},
    "vit-b16:timm-jax": {"head.bias": 0},
    "resnet50": {"layer1.0.bn3.weight": 1, "layer1.0.bn3.bias": 0, "bn1.running_var": 1, "bn1.running_mean": 0},
    "resnet50:zero-init-residual": {"layer1.0.bn3.weight": 0, "layer4.2.bn3.weight": 0, "layer1.0.bn2.weight": 1},
    "mamba-130m": {"backbone.layers.7.mixer.D": 1, "backbone.layers.7.mixer.A_log": sum(math.log(n) for n in range(1, 17)) / 16},
    "convnext-tiny": {"stages.0.blocks.0.gamma": 1e-6, "head.norm.weight": 1},
    "efficientnet-b0": {"features.0.1.weight": 1, "features.3.1.block.1.1.weight": 1},
    "efficientnet-b0:timm": {"bn1.weight": 1, "blocks.0.0.bn2.weight": 1, "blocks.3.2.bn3.weight": 1},
    "mobilenet_v2": {"features.1.conv.0.1.weight": 1, "features.5.conv.3.weight": 1, "features.18.1.running_var": 1},
}


def by_shape(kind, shape):
    """He's law by fan_out with gain √2; a depthwise kernel is one with a single input channel."""
    if len(shape) == 1:
        return 0  # a norm
    k = math.prod(shape[2:])
    depthwise = len(shape) == 4 and shape[1] == 1 and k > 1
    return math.sqrt(2 / (k if depthwise and kind == "fan_out over groups" else shape[0] * k))


class Recipes(Case):
    def shrunk(self, recipe):
        """A large recipe with its sizes divided: its rules take nothing from them."""
        base, _, variant = recipe.partition(":")
        model = json.loads((MODELS / f"{base}.json").read_text(encoding="utf-8"))
        model.update(model.pop("variants")[variant] if variant else {})
        model.pop("variants", None)
        model["dtype"] = "f32"
        for t in model["tensors"]:
            t["shape"] = [n // 16 if n >= 64 else n for n in t.get("shape", [])]
            if "tied" in t:
                del t["shape"]
        return self.model(model)

    def rows(self, recipe):
        large = recipe.startswith(("gpt2-", "llama-"))
        result = sow("init", self.shrunk(recipe) if large else recipe, "-o", "/dev/null", "--json", "--seed", 11)
        self.assertEqual((result.returncode, result.stderr), (0, ""), recipe)  # no warning either
        return {t["name"]: t for t in json.loads(result.stdout)["tensors"]}

    def check(self, recipe, expected, means):
        rows = self.rows(recipe)
        for name, row in rows.items():
            std = next((s for glob, s in expected if fnmatch.fnmatchcase(name, glob)), "none")
            self.assertNotEqual(std, "none", f"{recipe} {name}")
            if isinstance(std, str):
                std = by_shape(std, row["shape"])
            if std is None:
                continue
            n = math.prod(row["shape"])
            # Five standard errors of a normal's std; the others' are smaller.
            self.assertLessEqual(abs(row["std"] - std), 5 * std / math.sqrt(2 * n) + 1e-7 * std, f"{recipe} {name}: {row['std']}, expected {std}")
            if std:
                self.assertLessEqual(abs(row["mean"]), 5 * std / math.sqrt(n), f"{recipe} {name}")
        for name, mean in means.items():
            self.assertLessEqual(abs(rows[name]["mean"] - mean), 1e-6 * abs(mean), f"{recipe} {name}")

    def test_moments(self):
        small = ("gpt2-", "llama-", "resnet50", "t5-small", "mobilenet_v2", "efficientnet-b0", "convnext-tiny", "swin-tiny", "mlp100")
        slow = SANITIZED or len(SOW) > 1  # the others are billions of numbers
        for recipe, expected in EXPECTED.items():
            if not slow or recipe.startswith(small):
                self.check(recipe, expected, MEANS.get(recipe, {}))

    def test_the_check_sees_another_variant(self):
        """What is told apart here is what went wrong elsewhere: a missing residual scale, fans of all groups, a branch that is not 0."""
        for recipe, other in (
            ("t5-small", {**dict(EXPECTED["t5-small"]), "*.wo.weight": 512**-0.5}),
            ("efficientnet-b0", dict(EXPECTED["efficientnet-b0:timm"])),
            ("mobilenet_v2", {**dict(EXPECTED["mobilenet_v2"]), "*": "fan_out over groups"}),
            ("swin-tiny", {**dict(EXPECTED["swin-tiny"]), "*": 0.02 * CUT2}),
        ):
            with self.assertRaises(AssertionError, msg=recipe):
                self.check(recipe, list(other.items()), {})
        with self.assertRaises(AssertionError):
            self.check("resnet50", RESNET, MEANS["resnet50:zero-init-residual"])
        if not SANITIZED and len(SOW) == 1:
            for recipe, other in (("gpt2:openai", "gpt2"), ("bert-base:hf", "bert-base"), ("vit-b16:timm-moco", "vit-b16:timm-jax")):
                with self.assertRaises(AssertionError, msg=recipe):
                    self.check(recipe, EXPECTED[other], {})

    def test_every_variant_is_here(self):
        listed = json.loads(sow("schemes", "--recipes", "--json").stdout)
        names = {r["name"] for r in listed} | {f"{r['name']}:{v['name']}" for r in listed for v in r["variants"]}
        self.assertEqual({r["name"] for r in listed}, {p.stem for p in MODELS.glob("*.json")})
        for name in set(EXPECTED) - names:
            self.fail(f"{name} is not listed")
        base = {"hf", "tf", "timm", "torchvision"}  # the description itself
        for name in names - set(EXPECTED):
            recipe, _, variant = name.partition(":")
            # Llama's other size and GPT-2's other sizes have the rules of the one that is tested.
            self.assertTrue(recipe.startswith(("gpt2-", "llama-")) or variant in base, name)
        for r in listed:
            self.assertTrue(r["description"] and r["source"])

    def test_file_and_recipe_agree(self):
        for recipe, *more in (["vgg16"], ["efficientnet-b0", "timm"]):
            a, b = self.path("a.safetensors"), self.path("b.safetensors")
            self.assertEqual(sow("init", ":".join([recipe, *more]), "-qo", a).returncode, 0)
            options = ["--variant", *more] if more else []
            self.assertEqual(sow("init", MODELS / f"{recipe}.json", *options, "-qo", b).returncode, 0)
            self.assertEqual(a.read_bytes(), b.read_bytes())
            again = self.path("again.safetensors")
            self.assertEqual(sow("init", a, "-qo", again).returncode, 0)
            self.assertEqual(a.read_bytes(), again.read_bytes())
            record = Safetensors(a).record()["model"]
            self.assertNotIn("variants", record)
            self.assertEqual(record.get("variant"), more[0] if more else None)
            for path in (a, b, again):
                path.unlink()

    def test_a_file_comes_first(self):
        self.model({"tensors": [{"name": "only", "shape": [2]}], "rules": [{"match": "*", "scheme": "ones"}]}, "gpt2")
        out = self.path("out.safetensors")
        self.assertEqual(sow("init", "gpt2", "-qo", out, cwd=self.folder).returncode, 0)
        self.assertEqual(Safetensors(out).names(), ["only"])

    def test_refused(self):
        out = self.path("out.safetensors")
        for args, pattern in (
            (["gpt3"], 'gpt3: no such file or recipe; did you mean "gpt2"'),
            (["gpt2:opennai"], 'recipe gpt2:.*no variant "opennai"; did you mean "openai".*hf, openai, nanogpt, llmc'),
            (["gpt2:openai", "--variant", "llmc"], "names a variant, and --variant llmc another"),
            (["gpt2", "--variant", ""], 'no variant ""'),
            (["mlp100:x"], 'no variant "x"; it has none'),
            (["gpt2.json"], "gpt2.json: cannot be opened: No such file"),
            (["./gpt2"], "./gpt2: cannot be opened: No such file"),
        ):
            self.refused(sow("init", *args, "-o", out, cwd=self.folder), 2, pattern)
            self.assertFalse(out.exists())


MODEL = {
    "tensors": [{"name": "h.{0..1}.{w,v}", "shape": [64, 4]}],
    "rules": [{"match": "*", "scheme": "ones", "constant_ok": True}],
    "variants": {
        "b": {},
        "zero": {"rules": [{"match": "*", "scheme": "zeros", "constant_ok": True}]},
        "other": {"dtype": "f64", "tensors": [{"name": "only", "shape": [3]}]},
    },
}


class Variants(Case):
    def test_variants(self):
        four = ["h.0.v", "h.0.w", "h.1.v", "h.1.w"]
        for args, names, dtype, value in (((), four, "F32", 1), (("--variant", "b"), four, "F32", 1), (("--variant", "zero"), four, "F32", 0), (("--variant", "other"), ["only"], "F64", 1)):
            file = self.make(MODEL, *args)
            self.assertEqual(sorted(file.names()), names)
            for name in names:
                self.assertEqual(file.header[name]["dtype"], dtype)
                self.assertEqual(set(file.values(name)), {value})
            self.assertEqual(sow("init", self.path("out.safetensors"), "-qo", self.path("again.safetensors"), "--force").returncode, 0)
            self.assertEqual(self.path("again.safetensors").read_bytes(), file.raw)
        self.refused(sow("init", self.path("out.safetensors"), "--variant", "b", "-o", self.path("no")), 2, "is a checkpoint, which has no variants")

    def test_faults(self):
        for change, pattern in (
            ({"variants": []}, '"variants" must be an object'),
            ({"variants": {"a": 1}}, "a variant must be an object"),
            ({"variants": {"a": {"name": "x"}}}, 'unknown key "name"'),
            ({"variants": {"a": {"variants": {}}}}, 'unknown key "variants"'),
        ):
            self.refused(sow("init", self.model({**MODEL, **change}), "-o", self.path("no")), 2, pattern)
        broken = {"rules": [{"match": "*"}]}, {"tensors": {}}, {"tensors": [{"name": "a"}]}, {"tensors": [1]}
        for variant, pattern in zip(broken, ('a rule without "scheme"', '"tensors" must be an array', 'a tensor without "shape"', "a tensor must be an object")):
            path = self.model({**MODEL, "variants": {"a": variant}})
            self.refused(sow("init", path, "--variant", "a", "-o", self.path("no")), 2, r"model\.json:1:\d+: " + pattern)


class Numbers(Case):
    """Arguments out of names."""

    def test_number_from_the_name(self):
        rule = {"match": "*.*.w", "scheme": "depth_scaled", "std": 1, "layer": "*"}
        model = {"tensors": [{"name": "h.{0..7}.w", "shape": [64, 64]}], "rules": [rule]}
        out = self.path("out.safetensors")
        report = json.loads(sow("init", self.model(model), "-o", out, "--json").stdout)
        for t in report["tensors"]:
            layer = int(t["name"].split(".")[1])
            # cut at ±2: hardly anything for a std of 0.7, nothing for the others
            self.assertAlmostEqual(t["std"], math.sqrt(1 / (2 * layer + 2)), delta=0.03)
        plain = dict(rule, match="h.3.w", layer=3)
        model["rules"].insert(0, plain)
        fixed = self.make(model, name="fixed.safetensors")
        self.assertEqual(fixed.data, Safetensors(out).data)
        model["rules"] = [{"match": "*.*.w", "scheme": "scale", "k": 1, "inner": rule}]
        del rule["match"]
        nested = self.make(model, name="nested.safetensors")
        self.assertEqual(nested.data, fixed.data)
        given = self.make({**model, "rules": []}, "--set", "*.*.w=depth_scaled(std=1, layer=*)", name="set.safetensors")
        self.assertEqual(given.data, fixed.data)

    def test_faults(self):
        def rule(**keys):
            return self.model({"tensors": [{"name": "w.x", "shape": [4, 4]}], "rules": [{"match": "*", **keys}]})

        for keys, pattern in (
            (dict(scheme="wang", layers="*", width=4), 'an argument is "\\*", but no wildcard of "match" stands for a whole number'),
            (dict(scheme="scale", k="*", inner="ones"), 'an argument is "\\*", but no wildcard'),
            (dict(scheme="kaiming_normal", mode="*"), "must be one of fan_in"),
            (dict(scheme="normal", std="**"), "std must be a number"),
        ):
            self.refused(sow("init", rule(**keys), "-o", self.path("no")), 2, pattern)


if __name__ == "__main__":
    main()
