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

# file: (parameter tensors, their elements, buffers, elements of the buffers)
EXPECTED = {
    "gpt2.json": (148, 124_439_808, 0, 0),
    "gpt2-xl.json": (580, 1_557_611_200, 0, 0),
    "llama-2-7b.json": (291, 6_738_415_616, 0, 0),
    "llama-3-8b.json": (291, 8_030_261_248, 0, 0),
    "bert-base.json": (199, 109_482_240, 0, 0),
    "vit-b16.json": (152, 86_567_656, 0, 0),
    "resnet50.json": (161, 25_557_032, 159, 53_173),
    "mlp100.json": (200, 26_265_600, 0, 0),
}
# file: {tensor: (scheme, argument, value)}; values of the reference implementations
SPOT = {
    "gpt2.json": {
        "h.11.mlp.c_proj.weight": ("residual_scale", "layers", 12),
        "h.0.attn.c_attn.weight": ("normal", "std", 0.02),
        "ln_f.weight": ("ones", None, None),
        "h.3.ln_2.bias": ("zeros", None, None),
    },
    "gpt2-xl.json": {"h.47.attn.c_proj.weight": ("residual_scale", "layers", 48)},
    "llama-3-8b.json": {
        "model.norm.weight": ("ones", None, None),
        "model.layers.31.post_attention_layernorm.weight": ("ones", None, None),
        "lm_head.weight": ("normal", "std", 0.02),
    },
    "bert-base.json": {
        "embeddings.LayerNorm.weight": ("ones", None, None),
        "embeddings.word_embeddings.weight": ("truncated_normal", "upper", 2),
    },
    "vit-b16.json": {
        "blocks.11.norm2.weight": ("ones", None, None),
        "norm.weight": ("ones", None, None),
        "head.weight": ("trunc_normal", "std", 0.02),
        "head.bias": ("zeros", None, None),
        "cls_token": ("normal", "std", 1e-6),
        "patch_embed.proj.bias": ("torch.conv.bias", "fan_from", "patch_embed.proj.weight"),
    },
    "resnet50.json": {
        "layer4.0.downsample.1.running_var": ("ones", None, None),
        "layer4.0.downsample.1.weight": ("ones", None, None),
        "layer1.2.bn3.weight": ("ones", None, None),
        "layer1.2.bn3.bias": ("zeros", None, None),
        "layer3.5.conv2.weight": ("kaiming_normal", "mode", "fan_out"),
        "fc.bias": ("torch.linear.bias", "fan_from", "fc.weight"),
    },
}
TOP_KEYS = {"name", "description", "source", "dtype", "tensors", "rules", "shared_streams"}
TENSOR_KEYS = {"name", "shape", "dtype", "layout", "groups", "stream", "tied", "comment"}


def expand(name):
    """All names of `name` with its {a..b} ranges filled in."""
    m = re.search(r"\{(\d+)\.\.(\d+)\}", name)
    if not m:
        return [name]
    return [n for i in range(int(m[1]), int(m[2]) + 1) for n in expand(name[: m.start()] + str(i) + name[m.end() :])]


def no_duplicate_keys(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"duplicate key in {keys}"
    return dict(pairs)


def check(path):
    model = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_duplicate_keys)
    assert set(model) <= TOP_KEYS, f"unknown keys {set(model) - TOP_KEYS}"
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
    assert counts == EXPECTED[path.name], f"{counts}, expected {EXPECTED[path.name]}"
    for name, (scheme, argument, value) in SPOT.get(path.name, {}).items():
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
    found = {p.name for p in folder.glob("*.json")}
    for name in sorted(found | set(EXPECTED)):
        try:
            assert name in found, "missing"
            assert name in EXPECTED, "no expected counts in check_models.py"
            n, total, *_ = check(folder / name)
            print(f"ok   {name}: {n} tensors, {total:,} elements")
        except (AssertionError, KeyError, ValueError) as e:
            failed += 1
            print(f"FAIL {name}: {e}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
