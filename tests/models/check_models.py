#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Expands the shipped model descriptions and compares them with the published models' tensor and parameter counts.

The counts below are those of the frameworks' own models, not computed from the files. Standard library only.
Usage: check_models.py [FOLDER OF THE DESCRIPTIONS]
"""
import fnmatch
import json
import math
import pathlib
import re
import sys

# file or file:variant: (parameter tensors, their elements, buffers, elements of the buffers)
EXPECTED = {
    "gpt2": (148, 124_439_808, 0, 0),
    "gpt2:openai": (148, 124_439_808, 0, 0),
    "gpt2:nanogpt": (148, 124_475_904, 0, 0),
    "gpt2:llmc": (16, 124_475_904, 0, 0),  # llm.c prints it
    "gpt2-medium": (292, 354_823_168, 0, 0),
    "gpt2-large": (436, 774_030_080, 0, 0),
    "gpt2-xl": (580, 1_557_611_200, 0, 0),
    "llama-2-7b": (291, 6_738_415_616, 0, 0),
    "llama-2-7b:megatron": (291, 6_738_415_616, 0, 0),
    "llama-2-7b:torchtitan": (291, 6_738_415_616, 0, 0),
    "llama-2-7b:llama2c": (290, 6_738_415_616 - 32000 * 4096, 0, 0),  # head tied
    "llama-3-8b": (291, 8_030_261_248, 0, 0),
    "llama-3-8b:megatron": (291, 8_030_261_248, 0, 0),
    "llama-3-8b:torchtitan": (291, 8_030_261_248, 0, 0),
    "llama-3-8b:llama2c": (290, 8_030_261_248 - 128256 * 4096, 0, 0),
    "bert-base": (199, 109_482_240, 0, 0),
    "bert-base:hf": (199, 109_482_240, 0, 0),
    "bert-base:tf-pretraining": (206, 110_106_428, 0, 0),
    "bert-base:hf-pretraining": (206, 110_106_428, 0, 0),
    "vit-b16": (152, 86_567_656, 0, 0),
    "vit-b16:timm-jax": (152, 86_567_656, 0, 0),
    "vit-b16:timm-jax-nlhb": (152, 86_567_656, 0, 0),
    "vit-b16:timm-moco": (152, 86_567_656, 0, 0),
    "vit-b16:torchvision": (152, 86_567_656, 0, 0),
    "vit-b16:hf": (200, 86_567_656, 0, 0),
    "vit-b16:jax": (200, 86_567_656, 0, 0),
    "resnet50": (161, 25_557_032, 159, 53_173),
    "resnet50:zero-init-residual": (161, 25_557_032, 159, 53_173),
    "t5-small": (131, 60_506_624, 0, 0),
    "t5-small:t5x": (131, 60_506_624, 0, 0),
    "t5-base": (257, 222_903_552, 0, 0),
    "t5-base:t5x": (257, 222_903_552, 0, 0),
    "mamba-130m": (242, 129_135_360, 0, 0),
    "mobilenet_v2": (158, 3_504_872, 156, 34_164),
    "vgg16": (32, 138_357_544, 0, 0),
    "efficientnet-b0": (213, 5_288_548, 147, 42_065),
    "efficientnet-b0:timm": (213, 5_288_548, 147, 42_065),
    "convnext-tiny": (182, 28_589_128, 0, 0),
    "swin-tiny": (173, 28_288_354, 0, 0),
    "mlp100": (200, 26_265_600, 0, 0),
}
# The description itself under its own name.
BASE = {"hf", "tf", "timm", "torchvision"}
# file or file:variant: {tensor: (scheme, argument, value)}; values of the reference implementations
SPOT = {
    "gpt2": {
        "h.11.mlp.c_proj.weight": ("residual_scale", "layers", 12),
        "h.0.attn.c_attn.weight": ("normal", "std", 0.02),
        "ln_f.weight": ("ones", None, None),
        "h.3.ln_2.bias": ("zeros", None, None),
    },
    "gpt2-xl": {"h.47.attn.c_proj.weight": ("residual_scale", "layers", 48)},
    "llama-3-8b": {
        "model.norm.weight": ("ones", None, None),
        "model.layers.31.post_attention_layernorm.weight": ("ones", None, None),
        "lm_head.weight": ("normal", "std", 0.02),
    },
    "bert-base": {
        "embeddings.LayerNorm.weight": ("ones", None, None),
        "embeddings.word_embeddings.weight": ("truncated_normal", "upper", 2),
    },
    "vit-b16": {
        "blocks.11.norm2.weight": ("ones", None, None),
        "norm.weight": ("ones", None, None),
        "head.weight": ("trunc_normal", "std", 0.02),
        "head.bias": ("zeros", None, None),
        "cls_token": ("normal", "std", 1e-6),
        "patch_embed.proj.bias": ("torch.conv.bias", "fan_from", "patch_embed.proj.weight"),
    },
    "resnet50": {
        "layer4.0.downsample.1.running_var": ("ones", None, None),
        "layer4.0.downsample.1.weight": ("ones", None, None),
        "layer1.2.bn3.weight": ("ones", None, None),
        "layer1.2.bn3.bias": ("zeros", None, None),
        "layer3.5.conv2.weight": ("kaiming_normal", "mode", "fan_out"),
        "fc.bias": ("torch.linear.bias", "fan_from", "fc.weight"),
    },
}
TOP_KEYS = {"name", "description", "source", "dtype", "tensors", "rules", "shared_streams", "variants"}
VARIANT_KEYS = {"description", "source", "tensors", "rules"}
TENSOR_KEYS = {"name", "shape", "dtype", "layout", "groups", "stream", "tied", "comment"}


def expand(name):
    """All names of `name` with its {a..b} and {a,b} filled in."""
    m = re.search(r"\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}", name)
    if not m:
        return [name]
    words = m[3].split(",") if m[3] else [str(i) for i in range(int(m[1]), int(m[2]) + 1)]
    return [n for word in words for n in expand(name[: m.start()] + word + name[m.end() :])]


def no_duplicate_keys(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"duplicate key in {keys}"
    return dict(pairs)


def read(path):
    """The description under its name, and each variant under name:variant."""
    model = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_duplicate_keys)
    assert set(model) <= TOP_KEYS, f"unknown keys {set(model) - TOP_KEYS}"
    variants = model.pop("variants", {})
    yield path.stem, model
    for name, variant in variants.items():
        assert set(variant) <= VARIANT_KEYS, f"unknown keys {set(variant) - VARIANT_KEYS}"
        assert variant or name in BASE, f"variant {name} changes nothing"
        assert "description" in variant or not variant, f"variant {name} has no description"
        if variant:
            yield f"{path.stem}:{name}", {**model, **variant}


def check(name_of_model, model):
    shapes, tied, used = {}, {}, set()
    for t in model["tensors"]:
        assert set(t) <= TENSOR_KEYS, f"unknown keys {set(t) - TENSOR_KEYS}"
        for name in expand(t["name"]):
            assert name not in shapes and name not in tied, f"{name} appears twice"
            if "tied" in t:
                tied[name] = t["tied"]
            else:
                shapes[name] = t["shape"]
    for name, target in tied.items():
        assert target in shapes, f"{name} is tied to {target}, which does not exist"
    chosen = {}
    for name in shapes:
        for i, rule in enumerate(model["rules"]):
            if fnmatch.fnmatchcase(name, rule["match"]):
                chosen[name] = rule
                used.add(i)
                break
        else:
            raise AssertionError(f"no rule matches {name}")
    unused = [r["match"] for i, r in enumerate(model["rules"]) if i not in used]
    assert not unused, f"rules that match nothing: {unused}"
    size = {n: math.prod(s) for n, s in shapes.items()}
    buffers = [n for n in shapes if ".running_" in n or n.endswith(".num_batches_tracked")]
    counts = (
        len(shapes) - len(buffers),
        sum(size.values()) - sum(size[n] for n in buffers),
        len(buffers),
        sum(size[n] for n in buffers),
    )
    assert counts == EXPECTED[name_of_model], f"{counts}, expected {EXPECTED[name_of_model]}"
    for name, (scheme, argument, value) in SPOT.get(name_of_model, {}).items():
        rule = chosen[name]
        assert rule["scheme"] == scheme, f"{name}: {rule['scheme']}, expected {scheme}"
        if isinstance(value, str):
            assert rule[argument] == value, f"{name}: {argument} {rule[argument]}, expected {value}"
        elif argument:
            assert math.isclose(rule[argument], value, rel_tol=1e-9), f"{name}: {argument} {rule[argument]}, expected {value}"
    return counts


def main():
    default = pathlib.Path(__file__).resolve().parents[2] / "examples" / "models"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    failed = 0
    found = dict(pair for path in sorted(folder.glob("*.json")) for pair in read(path))
    sizes = {"gpt2-medium", "gpt2-large", "gpt2-xl"}  # their variants are those of gpt2
    for name in sorted(set(found) | set(EXPECTED)):
        try:
            assert name in found, "missing"
            base, _, variant = name.partition(":")
            if base in sizes and variant:
                assert found[name]["rules"][-1] == found[f"gpt2:{variant}"]["rules"][-1]
                EXPECTED[name] = {
                    "openai": EXPECTED[base],
                    "nanogpt": (EXPECTED[base][0], EXPECTED[base][1] + 47 * found[base]["tensors"][0]["shape"][1], 0, 0),
                    "llmc": (16, EXPECTED[base][1] + 47 * found[base]["tensors"][0]["shape"][1], 0, 0),
                }[variant]
            assert name in EXPECTED, "no expected counts in check_models.py"
            n, total, *_ = check(name, found[name])
            print(f"ok   {name}: {n} tensors, {total:,} elements")
        except (AssertionError, KeyError, ValueError) as e:
            failed += 1
            print(f"FAIL {name}: {e}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
