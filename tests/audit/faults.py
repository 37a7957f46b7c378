#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sow audit against checkpoints with one planted fault each, and against clean ones.

    faults.py [--sow PROGRAM] [--faults N] [--clean N] [--seed S] [--verbose]

Prints a table by kind: planted, found (an error is reported for the tensor), named (its kind, and its index where there is one, are the
planted ones), other errors beside it; then the false alarms among the clean ones. Exit 1 below 99 % named or above 1 % false alarms.
"""
import argparse
import collections
import json
import math
import pathlib
import random
import re
import shlex
import struct
import subprocess
import sys
import tempfile

import checkpoints as C
from checkpoints import File

KINDS = {}


def fault(*kinds, families=(), expect=False, dtypes=C.DTYPES, weight=1):
    """A fault: kinds of finding that name it, families that it fits, whether it takes --as to be seen."""

    def add(plant):
        KINDS[plant.__name__] = (plant, set(kinds), families or C.FAMILIES[:-1], expect, dtypes, weight)
        return plant

    return add


# Choosing the victim.


def is_random(f, name):
    begin, end = f.span(name)
    size = C.SIZES[f.dtype(name)]
    raw = bytes(f.raw[begin : min(end, begin + 64 * size)])
    return len({raw[i : i + size] for i in range(0, len(raw), size)}) > 8


def role(name):
    return re.sub(r"(?<![A-Za-z])\d+|(?<=layer)\d+", "{}", name)


def weights(f, least=2000, peers=0, shape=lambda s: True):
    names = [n for n in f.names() if len(f.shape(n)) >= 2 and f.count(n) >= least and shape(f.shape(n)) and is_random(f, n)]
    if not peers:
        return names
    roles = collections.Counter((role(n), tuple(f.shape(n))) for n in names)
    return [n for n in names if roles[role(n), tuple(f.shape(n))] >= peers]


def pick(r, names):
    return r.choice(names) if names else None


def std_of(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((x - mean) ** 2 for x in values) / len(values))


# The faults. Each returns the tensors of which one must be named, and the index or None; or None where the model has no place for it.


@fault("non_finite")
def nan(r, f, desc):
    name = pick(r, weights(f, 100))
    if not name:
        return None
    v = f.get(name)
    at = r.randrange(len(v))
    v[at] = r.choice([math.nan, math.inf, -math.inf])
    f.put(name, v)
    return [name], at


@fault("dead_units", families=[C.mlp, C.gpt2, C.llama, C.resnet, C.torch_mlp, C.t5, C.recurrent])
def dead_row(r, f, desc):
    name = pick(r, [n for n in weights(f, 2000) if not re.search("wte|wpe|embed|head|shared", n)])
    if not name:
        return None
    v, shape = f.get(name), f.shape(name)
    rest = len(v) // shape[0]
    at = r.randrange(shape[0])
    v[at * rest : (at + 1) * rest] = [0.0] * rest
    f.put(name, v)
    return [name], at


@fault("dead_units", families=[C.mlp, C.gpt2, C.llama, C.bert, C.keras_cnn, C.t5])
def dead_column(r, f, desc):
    name = pick(r, weights(f, 2000, shape=lambda s: s[-1] > 1))
    if not name:
        return None
    v, last = f.get(name), f.shape(name)[-1]
    at = r.randrange(last)
    v[at::last] = [0.0] * (len(v) // last)
    f.put(name, v)
    return [name], at


@fault("duplicate_units")
def equal_rows(r, f, desc):
    name = pick(r, weights(f, 2000, shape=lambda s: s[0] > 16))
    if not name:
        return None
    v, rows = f.get(name), f.shape(name)[0]
    rest = len(v) // rows
    a, b = sorted(r.sample(range(rows), 2))
    v[b * rest : (b + 1) * rest] = v[a * rest : (a + 1) * rest]
    f.put(name, v)
    return [name], b


@fault("duplicate_units")
def equal_columns(r, f, desc):
    name = pick(r, weights(f, 2000, shape=lambda s: s[-1] > 16))
    if not name:
        return None
    v, last = f.get(name), f.shape(name)[-1]
    a, b = sorted(r.sample(range(last), 2))
    v[b::last] = v[a::last]
    f.put(name, v)
    return [name], b


@fault("constant_weight", families=[C.mlp, C.gpt2, C.llama, C.bert, C.vit, C.resnet, C.t5])
def constant(r, f, desc):
    name = pick(r, weights(f))
    f.put(name, [r.choice([0.01, 1.0, 0.5, -0.125])] * f.count(name))
    return [name], None


@fault("equal_tensors")
def same_seed(r, f, desc):
    """Two tensors of one shape with one stream."""
    names = weights(f)
    pairs = [(a, b) for a in names for b in names if a < b and f.shape(a) == f.shape(b) and not re.search("embed|head|wte|wpe|shared", a + b)]
    if not pairs:
        return None
    a, b = r.choice(pairs)
    f.put(b, f.get(a))
    return [a, b], None


@fault("equal_tensors", families=[C.gpt2, C.llama, C.bert, C.t5, C.vit, C.mlp, C.resnet])
def same_stream(r, f, desc):
    """The same numbers with another std, in tensors of any two sizes."""
    names = weights(f)
    a, b = r.sample(names, 2)
    v, w = f.get(a), f.get(b)
    scale, n = std_of(w) / std_of(v), min(len(v), len(w))
    f.put(b, [x * scale for x in v[:n]] + w[n:])
    return [a, b], None


@fault("equal_tensors", families=[C.gpt2, C.llama, C.bert, C.t5])
def shifted_stream(r, f, desc):
    """One generator, started a few numbers later."""
    names = weights(f, 4000)
    a, b = r.sample(names, 2)
    v, w, shift = f.get(a), f.get(b), r.randint(1, 1000)
    scale, n = std_of(w) / std_of(v), min(len(v) - shift, len(w))
    f.put(b, [x * scale for x in v[shift : shift + n]] + w[n:])
    return [a, b], None


@fault("equal_tensors", "duplicate_units", families=[C.gpt2, C.llama, C.mlp, C.t5, C.bert])
def identical_shards(r, f, desc):
    """Every rank of a row- or column-parallel layer drew the same shard (torchtitan#3106)."""
    name = pick(r, weights(f, 4000, shape=lambda s: len(s) == 2 and s[0] % 2 == 0 and s[1] % 2 == 0 and s[1] >= 128))
    if not name:
        return None
    v, (rows, last) = f.get(name), f.shape(name)
    if r.random() < 0.5:
        v[len(v) // 2 :] = v[: len(v) // 2]
    else:
        for i in range(rows):
            v[i * last + last // 2 : (i + 1) * last] = v[i * last : i * last + last // 2]
    f.put(name, v)
    return [name], None


@fault("correlated_tensors")
def correlated(r, f, desc):
    names = weights(f)
    if len(names) < 2:
        return None
    a, b = r.sample(names, 2)
    v, w = f.get(a), f.get(b)
    rho = r.choice([0.5, 0.7, -0.8, 0.9])
    scale, n = std_of(w) / std_of(v), min(len(v), len(w))
    f.put(b, [rho * scale * x + math.sqrt(1 - rho * rho) * y for x, y in zip(v[:n], w[:n])] + w[n:])
    return [a, b], None


PEERED = [C.gpt2, C.llama, C.bert, C.vit, C.t5, C.torch_mlp, C.depth_rules]


def scale(f, name, by):
    f.put(name, [x * by for x in f.get(name)])


@fault("unexplained_std", "std", families=PEERED)
def odd_std(r, f, desc):
    """One layer's std is a few percent or more off."""
    name = pick(r, weights(f, 4000, peers=3))
    if not name:
        return None
    by = r.choice([0.8, 0.87, 0.93, 1.1, 1.17, 1.3])
    scale(f, name, by)
    return [name], None


def is_odd(x):
    return abs(x * 1e3 / round(x * 1e3) - 1) > 0.016


@fault("unexplained_std", "std", families=[C.gpt2, C.llama, C.bert, C.mlp])
def unexplained(r, f, desc):
    """A whole role, or a lonely weight, has a std that nobody gives."""
    names = weights(f, 40000)
    name = pick(r, names)
    if not name:
        return None
    base = std_of(f.get(name))
    # Between the numbers of two digits that people choose, for the std and for the one before a cut at ±2σ.
    want = r.choice([x for x in (k * 1e-5 for k in range(1100, 2600)) if is_odd(x) and is_odd(x / 0.8796256610342398)])
    same = [n for n in names if role(n) == role(name)]
    for n in same:
        scale(f, n, want / base)
    return same, None


@fault("wrong_fan", families=[C.torch_mlp, C.t5, C.mlp])
def wrong_fan(r, f, desc):
    """fan_out for fan_in, or the other way round."""
    name = pick(r, weights(f, 4000, peers=3 if not f.names()[0].startswith(("layers.0.w", "net", "fc", "blocks", "dense")) else 0,
                           shape=lambda s: len(s) == 2 and abs(math.log(s[0] / s[1])) > 0.3))
    if not name or any(x["scheme"] in ("normal", "truncated_normal", "orthogonal") and x["match"] == "*" and "layers" not in name for x in desc["rules"]
                       if "embed" not in name and desc["rules"][-1] is x and len(desc["rules"]) == 2):
        return None
    if any(x["scheme"] in ("xavier_uniform", "xavier_normal", "glorot_normal", "variance_scaling") for x in desc["rules"]):
        return None
    a, b = f.shape(name)
    scale(f, name, r.choice([math.sqrt(a / b), math.sqrt(b / a)]))
    return [name], None


@fault("wrong_fan", families=PEERED)
def shard_fan(r, f, desc):
    """The fan of a shard of 2, 4 or 8: √2, 2 or √8 too large."""
    name = pick(r, weights(f, 4000, peers=3))
    if not name:
        return None
    scale(f, name, math.sqrt(r.choice([2, 4, 8])))
    return [name], None


@fault("wrong_fan", families=[C.gpt2, C.llama, C.t5, C.torch_mlp, C.resnet, C.mlp], expect=True)
def shard_fan_everywhere(r, f, desc):
    """The same in a whole role: seen against the recipe."""
    names = weights(f, 2000)
    name = r.choice(names)
    by = math.sqrt(r.choice([2, 4, 8]))
    same = [n for n in names if role(n) == role(name)]
    for n in same:
        scale(f, n, by)
    return same, None


@fault("framework_default", families=[C.gpt2, C.llama, C.bert])
def untouched_default(r, f, desc):
    """A module that the initialiser's match did not reach keeps torch.nn.Linear's own: one layer or all (transformers#43847)."""
    names = weights(f, 2000, peers=3, shape=lambda s: len(s) == 2)
    names = [n for n in names if not re.search("embed|wte|wpe|head|pooler", n)]
    name = r.choice(names)
    same = [n for n in names if role(n) == role(name)] if r.random() < 0.5 else [name]
    for n in same:
        bound = 1 / math.sqrt(f.shape(n)[1])
        f.put(n, [r.uniform(-bound, bound) for _ in range(f.count(n))])
    return same, None


@fault("residual_scale", families=[C.gpt2])
def no_residual_scale(r, f, desc):
    """c_proj drawn with 0.02, all of it (transformers#47458) or one of the two roles."""
    layers = sum(1 for n in f.names() if n.endswith("mlp.c_proj.weight"))
    if not any(x["scheme"] == "residual_scale" for x in desc["rules"]) or any(x["match"] == "wpe.weight" for x in desc["rules"]):
        return None
    which = r.choice(["attn.c_proj", "mlp.c_proj", "c_proj"])
    same = [n for n in f.names() if n.endswith(which + ".weight")]
    for n in same:
        scale(f, n, math.sqrt(2 * layers))
    return same, None


@fault("residual_scale", families=[C.gpt2, C.llama], expect=True)
def no_residual_scale_as(r, f, desc):
    layers = max((x["layers"] for x in desc["rules"] if x["scheme"] == "residual_scale"), default=0)
    if not layers:
        return None
    same = [n for n in f.names() if re.search("c_proj.weight|o_proj|down_proj", n)]
    if r.random() < 0.5:
        same = [r.choice(same)]
    for n in same:
        scale(f, n, math.sqrt(2 * layers))
    return same, None


@fault("atom")
def atom(r, f, desc):
    """A clamp: what lay beyond a bound is at it."""
    name = pick(r, weights(f, 8000))
    if not name:
        return None
    v = f.get(name)
    order = sorted(v)
    # In 16 bits the numbers beside the bound have 0.2 % or 0.4 % each of a uniform's elements: no less can be seen there.
    share = r.choice([0.004, 0.01, 0.02] if f.dtype(name) in ("F32", "F64") else [0.01, 0.02, 0.04])
    low, high = order[int(share * len(v))], order[-1 - int(share * len(v))]
    side = r.randrange(3)
    f.put(name, [max(low, x) if side == 0 else min(high, x) if side == 1 else max(low, min(high, x)) for x in v])
    return [name], None


@fault("atom", families=[C.gpt2, C.llama, C.vit], dtypes=["bf16", "f32"])
def truncation_atom(r, f, desc):
    """torch's trunc_normal_ in bf16: 0.39 % of all are at the lower bound, -2, a hundred std away (torch#145498)."""
    name = pick(r, weights(f, 4000))
    v = f.get(name)
    for i in range(len(v)):
        if r.random() < 0.0039:
            v[i] = -2.0
    f.put(name, v)
    return [name], None


@fault("clipped_tails", families=[C.gpt2, C.llama, C.t5, C.resnet, C.torch_mlp])
def clipped(r, f, desc):
    """Normals drawn in half precision end at 3.33 (bf16) or 3.9 (f16) standard deviations."""
    at = r.choice([3.33, 3.33, 3.905])
    least = 30000 if at < 3.5 else 300000
    name = pick(r, [n for n in weights(f, least)])
    if not name:
        return None
    v = f.get(name)
    std = std_of(v)
    if max(map(abs, v)) < 3.5 * std:
        return None  # a uniform, or cut already
    f.put(name, [x if abs(x) <= at * std else r.uniform(-1, 1) * std for x in v])
    return [name], None


@fault("few_distinct", families=[C.gpt2, C.llama, C.bert, C.torch_mlp, C.resnet, C.t5])
def few_values(r, f, desc):
    """A uniform of 8 random bits."""
    name = pick(r, weights(f, 4000))
    bound = math.sqrt(3) * std_of(f.get(name))
    f.put(name, [bound * (r.randrange(256) / 128 - 1) for _ in range(f.count(name))])
    return [name], None


@fault("few_distinct", families=[C.gpt2, C.llama, C.mlp, C.vit, C.resnet], dtypes=["f32"])
def widened(r, f, desc):
    """One tensor of an f32 file was drawn, or kept, in bf16."""
    name = pick(r, weights(f, 4000))
    if not name:
        return None
    begin, end = f.span(name)
    f.raw[begin:end:4] = bytes((end - begin) // 4)
    f.raw[begin + 1 : end : 4] = bytes((end - begin) // 4)
    return [name], None


@fault("outlier")
def outlier(r, f, desc):
    """A flipped exponent bit."""
    name = pick(r, weights(f, 1000))
    if not name:
        return None
    v = f.get(name)
    at = r.randrange(len(v))
    v[at] = r.choice([-1, 1]) * std_of(v) * 2.0 ** r.randint(7, 12)
    f.put(name, v)
    return [name], at


@fault("law", "framework_default", families=[C.gpt2, C.llama, C.bert, C.t5, C.resnet])
def other_law(r, f, desc):
    """A uniform of the right std among normals."""
    name = pick(r, weights(f, 4000, peers=3))
    if not name:
        return None
    bound = math.sqrt(3) * std_of(f.get(name))
    f.put(name, [r.uniform(-bound, bound) for _ in range(f.count(name))])
    return [name], None


@fault("law", families=[C.gpt2, C.llama, C.bert, C.t5, C.torch_mlp])
def left_at_zero(r, f, desc):
    """The init of one layer was skipped."""
    name = pick(r, weights(f, 2000, peers=3))
    if not name:
        return None
    f.put(name, [0.0] * f.count(name))
    return [name], None


@fault("law", "non_finite", "outlier", families=[C.gpt2, C.llama, C.bert, C.t5, C.resnet])
def left_as_garbage(r, f, desc):
    """torch.empty that nobody filled."""
    name = pick(r, weights(f, 2000, peers=3))
    if not name:
        return None
    begin, end = f.span(name)
    f.raw[begin:end] = r.randbytes(end - begin)
    return [name], None


@fault("law", families=[C.gpt2, C.llama, C.bert, C.vit])
def other_constant(r, f, desc):
    """One norm's gain is 0, or one bias is 1."""
    names = [n for n in f.names() if len(f.shape(n)) == 1 and re.search(r"\.\d+\.", n) and len(set(f.get(n))) == 1]
    roles = collections.Counter(role(n) for n in names)
    names = [n for n in names if roles[role(n)] >= 3]
    name = r.choice(names)
    f.put(name, [1.0 - f.get(name)[0]] * f.count(name))
    return [name], None


@fault("law", "std", "wrong_fan", "unexplained_std", "framework_default", "residual_scale", families=[C.gpt2, C.llama, C.bert, C.vit, C.resnet, C.t5], expect=True)
def other_scheme(r, f, desc):
    """Against the recipe: another scheme in a whole role."""
    names = weights(f, 2000)
    name = r.choice(names)
    same = [n for n in names if role(n) == role(name)]
    for n in same:
        fan = f.count(n) / f.shape(n)[0]
        law = r.choice([lambda: r.gauss(0, math.sqrt(2.2 / fan)), lambda: r.uniform(-2 / math.sqrt(fan), 2 / math.sqrt(fan))])
        f.put(n, [law() for _ in range(f.count(n))])
    return same, None


@fault("missing", expect=True)
def missing(r, f, desc):
    names = f.names()
    name = r.choice(names)
    f.rewrite(f.path, [(n, f.shape(n), f.dtype(n), bytes(f.raw[slice(*f.span(n))])) for n in names if n != name])
    return [name], "rewritten"


@fault("shape", expect=True)
def transposed(r, f, desc):
    """Written as (in, out) where (out, in) is meant."""
    name = pick(r, [n for n in weights(f) if len(f.shape(n)) == 2 and f.shape(n)[0] != f.shape(n)[1]])
    if not name:
        return None
    f.rewrite(f.path, [(n, f.shape(n)[::-1] if n == name else f.shape(n), f.dtype(n), bytes(f.raw[slice(*f.span(n))])) for n in f.names()])
    return [name], "rewritten"


# Running.


class Bench:
    def __init__(self, program, folder, verbose):
        self.program, self.folder, self.verbose, self.keep = program, folder, verbose, False
        self.file, self.model = folder / "checkpoint.safetensors", folder / "model.json"

    def make(self, r, family, dtype, seed):
        description = family(r, dtype)
        self.model.write_text(json.dumps(description))
        self.init(self.file, seed)
        return description

    def init(self, path, seed, *more):
        args = self.program + ["init", str(self.model), "-o", str(path), "--force", "--quiet", "--seed", str(seed), *more]
        subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def editable(self, dtype, seed):
        """Of a 16-bit type with the numbers before their rounding: a fault that changes them is rounded once, as a real one is."""
        if dtype not in ("bf16", "f16"):
            return File(self.file)
        wide = self.folder / "wide.safetensors"
        self.init(wide, seed, "--dtype", "f64")
        return File(self.file, File(wide))

    def audit(self, expect):
        args = self.program + ["audit", str(self.file), "--json", "--check"] + (["--as", str(self.model)] if expect else [])
        result = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if result.returncode not in (0, 1) or (result.returncode == 1 and not result.stdout):
            raise SystemExit(f"{args}: {result.stderr.decode()}")
        findings = json.loads(result.stdout)["findings"]
        errors = [x for x in findings if x["severity"] == "error"]
        assert (result.returncode == 1) == bool(errors), "--check and the findings disagree"
        return errors


def plant(bench, r, name, seed):
    """One checkpoint with that fault; None: ten models had no place for it."""
    plant_it, kinds, families, expect, dtypes, _ = KINDS[name]
    for _ in range(10):
        family, dtype = r.choice(families), r.choice(dtypes)
        description = bench.make(r, family, dtype, seed)
        f = bench.editable(dtype, seed)
        planted = plant_it(r, f, description)
        if planted is None:
            continue
        if planted[1] != "rewritten":
            f.save()
        return family.__name__, dtype, planted[0], planted[1], kinds, expect
    return None


def judge(errors, tensors, index, kinds):
    mine = [x for x in errors if x.get("tensor") in tensors or x.get("other") in tensors or any(t in x["text"] for t in tensors)]
    named = [x for x in mine if ({x["kind"]} | set(x["also"])) & kinds and (index is None or index == "rewritten" or x.get("index") == index)]
    return bool(mine), bool(named), len([x for x in errors if x not in mine])


def run_faults(bench, count, seed):
    names = [n for n, v in KINDS.items() for _ in range(v[5])]
    table = collections.OrderedDict((n, [0, 0, 0, 0]) for n in KINDS)
    for i in range(count):
        r, name = random.Random(f"{seed} {i}"), names[i % len(names)]
        made = plant(bench, r, name, seed * 1000003 + i)
        if made is None:
            print(f"{name}: no place for it (round {i})")
            continue
        family, dtype, tensors, index, kinds, expect = made
        errors = bench.audit(expect)
        found, named, others = judge(errors, tensors, index, kinds)
        row = table[name]
        row[0] += 1
        row[1] += found
        row[2] += named
        row[3] += others > 0
        if bench.keep and not named:
            raise SystemExit(f"round {i}: {name} in {family} {dtype}: {tensors[:2]} {index} not named")
        if bench.verbose and (not named or others):
            print(f"round {i}: {name} in {family} {dtype}: {tensors[:2]} {index}, wanted {sorted(kinds)}")
            for x in errors[:6]:
                print(f"    {x['kind']} {x['also']} {x.get('tensor')} {x.get('index')}: {x['text']}")
    return table


def run_clean(bench, count, seed):
    alarms = collections.OrderedDict()
    for i in range(count):
        r = random.Random(f"clean {seed} {i}")
        family, dtype = C.FAMILIES[i % (len(C.FAMILIES) + 1)] if i % (len(C.FAMILIES) + 1) < len(C.FAMILIES) else None, r.choice(C.DTYPES)
        if family:
            bench.make(r, family, dtype, seed * 1000033 + i)
        else:
            C.by_hand(r, bench.file)
        expect = family is not None and i % 3 == 2
        errors = bench.audit(expect)
        row = alarms.setdefault(family.__name__ if family else "by_hand", [0, 0])
        row[0] += 1
        row[1] += bool(errors)
        if errors and bench.verbose:
            print(f"clean {i}: {family and family.__name__} {dtype}{' --as' if expect else ''}")
            for x in errors[:4]:
                print(f"    {x['kind']} {x['also']} {x.get('tensor')}: {x['text']}")
    return alarms


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sow", default="sow")
    parser.add_argument("--faults", type=int, default=40)
    parser.add_argument("--clean", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--kind", help="one kind of fault alone")
    parser.add_argument("--keep", help="leave the last file and its description in that folder")
    args = parser.parse_args()
    if args.kind:
        for name in list(KINDS):
            if name != args.kind:
                del KINDS[name]
    if args.keep:
        bench = Bench(shlex.split(args.sow), pathlib.Path(args.keep), True)
        bench.keep = True
        return 0 if run_faults(bench, args.faults, args.seed) else 1
    with tempfile.TemporaryDirectory(prefix="sow-audit-") as folder:
        bench = Bench(shlex.split(args.sow), pathlib.Path(folder), args.verbose)
        table = run_faults(bench, args.faults, args.seed)
        alarms = run_clean(bench, args.clean, args.seed)
    print(f"{'planted':24} {'':>4} {'found':>6} {'named':>6} {'others':>7}")
    total = [0, 0, 0, 0]
    for name, row in table.items():
        total = [x + y for x, y in zip(total, row)]
        if row[0]:
            print(f"{name:24} {row[0]:4} {row[1]:6} {row[2]:6} {row[3]:7}")
    print(f"{'all':24} {total[0]:4} {total[1]:6} {total[2]:6} {total[3]:7}")
    print("clean: " + ", ".join(f"{name} {bad}/{n}" for name, (n, bad) in alarms.items()))
    clean, bad = sum(n for n, _ in alarms.values()), sum(b for _, b in alarms.values())
    print(f"{total[2]} of {total[0]} planted faults found and named right, {bad} of {clean} clean checkpoints with a false alarm")
    failed = (total[0] and total[2] < 0.99 * total[0]) or (clean and bad > 0.01 * clean)
    return 1 if failed or total[0] < 0.95 * args.faults else 0


if __name__ == "__main__":
    sys.exit(main())
