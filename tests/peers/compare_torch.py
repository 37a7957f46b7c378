# SPDX-License-Identifier: MIT
"""sow beside torch.nn.init, torch.nn's layers, and jax.nn.initializers: moments and bounds of the same tensors.

    SOW=build/tools/sow /usr/bin/python3 tests/peers/compare_torch.py [--markdown]

Every function of torch.nn.init draws a tensor, the scheme that docs/coverage.md puts beside it draws another; mean and standard deviation
must agree within 5 standard errors of their difference, bounded laws must have the same bounds, exact ones the same values. Where a
peer's numbers are known to differ, the row says why, and the difference itself is asserted, so that a changed peer is seen.
Skips (77) without torch.
"""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("skipped: no torch (Debian: python3-torch)")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from sowtest import SOW, Safetensors  # noqa: E402

TYPES = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16}
BIG = (1024, 2048)
CONV = (256, 128, 8, 8)


class Row:
    """One comparison: what torch does to an empty tensor, and sow's scheme with its arguments. `how`: law, exact, columns or orthogonal."""

    def __init__(self, peer, fill, shape, scheme, how="law", dtype="f32", note="", differs=None, **arguments):
        self.peer, self.fill, self.shape, self.how, self.dtype = peer, fill, shape, how, dtype
        self.rule = {"scheme": scheme, **arguments}
        self.note, self.differs = note, differs


def init(name, *args, **kwargs):
    return lambda t: getattr(torch.nn.init, name)(t, *args, **kwargs)


def layer(make, parameter):
    """The parameter of a freshly made layer, whatever the tensor given."""

    def fill(t):
        value = make()
        for part in parameter.split("."):
            value = getattr(value, part)
        t.copy_(value.detach())

    return fill


def rows():
    nn = torch.nn
    yield Row("init.uniform_()", init("uniform_"), BIG, "uniform", a=0, b=1)
    yield Row("init.uniform_(-2, 3)", init("uniform_", -2.0, 3.0), BIG, "uniform", a=-2, b=3)
    yield Row("init.normal_()", init("normal_"), BIG, "normal", mean=0, std=1)
    yield Row("init.normal_(1, 0.02)", init("normal_", 1.0, 0.02), BIG, "normal", mean=1, std=0.02)
    yield Row("init.trunc_normal_()", init("trunc_normal_"), BIG, "trunc_normal")
    yield Row("init.trunc_normal_(1, 1)", init("trunc_normal_", 1.0, 1.0), BIG, "trunc_normal", mean=1, std=1)
    yield Row("init.trunc_normal_(std=0.02)", init("trunc_normal_", std=0.02), BIG, "trunc_normal", std=0.02)
    yield Row("init.constant_(0.3)", init("constant_", 0.3), BIG, "constant", "exact", value=0.3)
    yield Row("init.ones_()", init("ones_"), BIG, "ones", "exact")
    yield Row("init.zeros_()", init("zeros_"), BIG, "zeros", "exact")
    yield Row("init.eye_()", init("eye_"), (300, 200), "identity", "exact")
    for groups in (1, 4):
        yield Row(f"init.dirac_(groups={groups})", init("dirac_", groups), (64, 24, 5, 4), "dirac", "exact", groups=groups)
    yield Row("init.xavier_uniform_(5/3)", init("xavier_uniform_", 5 / 3), BIG, "xavier_uniform", gain="tanh")
    yield Row("init.xavier_normal_()", init("xavier_normal_"), CONV, "xavier_normal", fans="torch")
    for mode in ("fan_in", "fan_out"):
        yield Row(
            f"init.kaiming_uniform_(mode={mode})", init("kaiming_uniform_", a=0.2, mode=mode), CONV, "kaiming_uniform", mode=mode,
            gain={"leaky_relu": 0.2}, fans="torch",
        )
        yield Row(
            f"init.kaiming_normal_(mode={mode}, relu)", init("kaiming_normal_", mode=mode, nonlinearity="relu"), CONV, "kaiming_normal",
            mode=mode, gain="relu", fans="torch",
        )
    for shape in ((256, 256), (384, 256), (128, 16, 3, 3), (64, 16, 3, 3)):
        yield Row(f"init.orthogonal_(gain=1.5), {list(shape)}", init("orthogonal_", 1.5), shape, "orthogonal", "orthogonal", gain=1.5)
    yield Row("init.sparse_(0.07)", init("sparse_", 0.07), (100, 20000), "sparse", "columns", sparsity=0.07)
    # Layers' defaults.
    yield Row("Linear.weight", layer(lambda: nn.Linear(2048, 1024), "weight"), BIG, "torch.linear")
    yield Row("Linear.bias", layer(lambda: nn.Linear(64, 1 << 20), "bias"), (1 << 20,), "torch.linear.bias", fan_in=64)
    yield Row("Conv2d(groups=4).weight", layer(lambda: nn.Conv2d(512, 256, 8, groups=4), "weight"), CONV, "torch.conv")
    yield Row(
        "ConvTranspose2d(groups=2).weight", layer(lambda: nn.ConvTranspose2d(256, 256, 8, groups=2), "weight"), CONV, "torch.conv_transpose"
    )
    yield Row("Bilinear.weight", layer(lambda: nn.Bilinear(128, 256, 64), "weight"), (64, 128, 256), "torch.bilinear")
    yield Row("Embedding.weight", layer(lambda: nn.Embedding(4096, 512), "weight"), (4096, 512), "torch.embedding")
    yield Row("LSTM.weight_hh_l0", layer(lambda: nn.LSTM(128, 512), "weight_hh_l0"), (2048, 512), "torch.lstm", hidden=512)
    yield Row("GRU.weight_ih_l0", layer(lambda: nn.GRU(512, 512), "weight_ih_l0"), (1536, 512), "torch.gru", hidden=512)
    yield Row("RNN.bias_hh_l0", layer(lambda: nn.RNN(8, 4096), "bias_hh_l0"), (4096,), "torch.rnn.bias", hidden=4096)
    yield Row("MultiheadAttention.in_proj_weight", layer(lambda: nn.MultiheadAttention(768, 12), "in_proj_weight"), (2304, 768), "torch.mha")
    yield Row(
        "MultiheadAttention.out_proj.weight", layer(lambda: nn.MultiheadAttention(768, 12), "out_proj.weight"), (768, 768), "torch.mha.out"
    )
    yield Row("LayerNorm.weight", layer(lambda: nn.LayerNorm(512), "weight"), (512,), "torch.norm", "exact")
    yield Row("BatchNorm2d.running_var", layer(lambda: nn.BatchNorm2d(64), "running_var"), (64,), "torch.norm.running_var", "exact")
    yield Row("PReLU.weight", layer(lambda: nn.PReLU(16), "weight"), (16,), "torch.prelu", "exact")
    # Where sow means another thing on purpose.
    yield Row(
        "init.normal_() in bf16", init("normal_"), BIG, "normal", dtype="bf16", mean=0, std=1,
        note="torch draws in bf16: |z| stays below 3.4 (pytorch#166853); sow rounds the f32 number",
        differs=lambda ours, theirs: ours["max"] > 4 and theirs["max"] < 4,
    )
    yield Row(
        "init.kaiming_normal_(fan_out), groups=4", init("kaiming_normal_", mode="fan_out", nonlinearity="relu"), CONV, "kaiming_normal",
        mode="fan_out", gain="relu", layout="conv", groups=4,
        note="torch counts all output channels (pytorch#23854); sow's default is the true fan_out, fans=torch is theirs",
        differs=lambda ours, theirs: abs(ours["std"] / theirs["std"] - 2) < 0.01,
    )
    yield Row(
        "init.trunc_normal_(0, 1, 5, 6)", init("trunc_normal_", 0.0, 1.0, 5.0, 6.0), BIG, "trunc_normal", mean=0, std=1, a=5, b=6,
        note="up to 2.11 torch's cdf saturates in the tail; the mean is 5.18315 (schemes.md, section 1)",
        differs=lambda ours, theirs: abs(ours["mean"] - 5.18315) < 0.001,
    )


def jax_rows():
    import jax  # noqa: F401
    import jax.nn.initializers as ini
    import numpy as np

    def by(initializer):
        def fill(t):
            key = jax.random.PRNGKey(int(torch.randint(1 << 30, ())))
            t.copy_(torch.from_numpy(np.array(initializer(key, tuple(t.shape), "float32"))))

        return fill

    kernel = (8, 8, 128, 256)
    yield Row("jax uniform()", by(ini.uniform()), BIG, "jax.uniform")
    yield Row("jax normal()", by(ini.normal()), BIG, "jax.normal")
    yield Row("jax truncated_normal()", by(ini.truncated_normal()), BIG, "jax.truncated_normal")
    for name in ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"):
        yield Row(f"jax {name}()", by(getattr(ini, name)()), kernel, name, layout="conv_last")
    yield Row("jax kaiming_normal()", by(ini.kaiming_normal()), BIG, "jax.kaiming_normal")
    for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg"):
        for law in ("uniform", "normal", "truncated_normal"):
            yield Row(
                f"jax variance_scaling(2, {mode}, {law})", by(ini.variance_scaling(2.0, mode, law)), BIG, "variance_scaling", scale=2,
                mode=mode, dist=law, layout="dense",
            )
    axes = ((-2, -1, ()), (0, (1, 2), ()), ((0, 1), 2, ()), (1, 2, 0))
    for into, out, batch in axes:
        words = {"in_axis": into, "out_axis": out, **({"batch_axis": batch} if batch != () else {})}
        yield Row(
            f"jax variance_scaling(1, fan_avg, normal, {into}, {out}, batch {batch})",
            by(ini.variance_scaling(1.0, "fan_avg", "normal", in_axis=into, out_axis=out, batch_axis=batch)), (32, 64, 1024),
            "variance_scaling", mode="fan_avg", dist="normal", **words,
        )
    yield Row("jax orthogonal(1.5)", by(ini.orthogonal(1.5)), (256, 384), "orthogonal", "orthogonal", gain=1.5, layout="dense")
    yield Row(
        "jax delta_orthogonal()", by(ini.delta_orthogonal()), (3, 3, 64, 96), "delta_orthogonal", "delta", layout="conv_last"
    )


def sow_tensors(rows):
    """One checkpoint with a tensor per row."""
    model = {
        "tensors": [{"name": f"t{i}", "shape": list(r.shape), "dtype": r.dtype} for i, r in enumerate(rows)],
        "rules": [{"match": f"t{i}", "constant_ok": True, **r.rule} for i, r in enumerate(rows)],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.json"
        path.write_text(json.dumps(model))
        out = pathlib.Path(folder) / "out.safetensors"
        subprocess.run(SOW + ["init", path, "--seed", "7", "-q", "-o", out], check=True)
        file = Safetensors(out)
        for i, r in enumerate(rows):
            dtype = TYPES[file.header[f"t{i}"]["dtype"]]
            yield torch.frombuffer(bytearray(file.bytes(f"t{i}")), dtype=dtype).reshape(r.shape)


def facts(t):
    x = t.double()
    centre = x.mean()
    c = x - centre
    var = (c * c).mean()
    kurtosis = float((c**4).mean() / (var * var)) if var > 0 else 1.0
    return {"mean": float(centre), "std": float(var.sqrt()), "min": float(x.min()), "max": float(x.max()), "kurtosis": kurtosis}


def agree(ours, theirs, n):
    """Both samples are of one law: the difference of their moments within 5 standard errors, bounds where the law has some."""
    se_mean = math.sqrt((ours["std"] ** 2 + theirs["std"] ** 2) / n)
    se_std = ours["std"] * math.sqrt(max(ours["kurtosis"] - 1, 0.01) / (4 * n)) * math.sqrt(2)
    if abs(ours["mean"] - theirs["mean"]) > 5 * se_mean or abs(ours["std"] - theirs["std"]) > 5 * se_std:
        return False
    if ours["kurtosis"] < 2.6:  # uniform and cut laws: n samples come close to their bounds
        width = ours["max"] - ours["min"]
        gap = width * 25 / n + 2**-7 * width * (n < 1 << 16)
        return abs(ours["max"] - theirs["max"]) < max(gap, 1e-3 * width) and abs(ours["min"] - theirs["min"]) < max(gap, 1e-3 * width)
    return True


def orthogonal(t, gain, rows_first):
    x = t.double()
    x = x.reshape(x.shape[0], -1) if rows_first else x.reshape(-1, x.shape[-1])
    gram = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
    return float((gram - gain * gain * torch.eye(len(gram), dtype=torch.float64)).abs().max()) < 1e-5


def compare(row, ours):
    theirs = torch.empty(row.shape, dtype=ours.dtype)
    with torch.no_grad():
        row.fill(theirs)
    mine, other = facts(ours), facts(theirs)
    if row.differs:
        return mine, other, bool(row.differs(mine, other))
    if row.how == "exact":
        return mine, other, bool(torch.equal(ours, theirs))
    if row.how == "columns":
        zeros = [(t == 0).sum(0) for t in (ours, theirs)]
        return mine, other, bool(torch.equal(*zeros)) and agree(mine, other, ours.numel())
    if row.how == "orthogonal":
        first = row.rule.get("layout") != "dense"
        return mine, other, all(orthogonal(t, 1.5, first) for t in (ours, theirs)) and agree(mine, other, ours.numel())
    if row.how == "delta":
        centre = [t[1, 1] for t in (ours, theirs)]
        return mine, other, all(orthogonal(t, 1.0, True) and int((full != 0).sum()) == t.numel()
                                for t, full in zip(centre, (ours, theirs)))
    return mine, other, agree(mine, other, ours.numel())


def gains():
    """calculate_gain, through the standard deviation of a kaiming_normal of fan 1."""
    names = ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
    wanted = {name: torch.nn.init.calculate_gain(name) for name in names}
    wanted["leaky_relu 0.2"] = torch.nn.init.calculate_gain("leaky_relu", 0.2)
    model = {"tensors": [], "rules": []}
    for name in wanted:
        gain = {"leaky_relu": 0.2} if " " in name else name
        model["tensors"].append({"name": name, "shape": [1 << 16], "dtype": "f64"})
        # Two tensors of one stream differ by their gains alone.
        model["tensors"][-1]["stream"] = "one"
        model["rules"].append({"match": name, "scheme": "kaiming_normal", "gain": gain, "fan_in": 1})
    model["tensors"].append({"name": "unit", "shape": [1 << 16], "dtype": "f64", "stream": "one"})
    model["rules"].append({"match": "unit", "scheme": "normal"})
    model["shared_streams"] = True
    with tempfile.TemporaryDirectory() as folder:
        path, out = pathlib.Path(folder) / "m.json", pathlib.Path(folder) / "o.safetensors"
        path.write_text(json.dumps(model))
        subprocess.run(SOW + ["init", path, "-q", "-o", out], check=True)
        file = Safetensors(out)
        read = {name: torch.frombuffer(bytearray(file.bytes(name)), dtype=torch.float64) for name in file.names()}
    for name, gain in wanted.items():
        error = float((read[name] - gain * read["unit"]).abs().max())
        yield f"calculate_gain({name})", gain, error <= 4e-15 * gain


def main():
    torch.manual_seed(1)
    table = list(rows())
    try:
        table += list(jax_rows())
    except ImportError:
        print("without jax: its rows are left out")
    markdown = "--markdown" in sys.argv
    failed = 0
    print(f"torch {torch.__version__}, sow {subprocess.run(SOW + ['--version'], stdout=subprocess.PIPE).stdout.decode().split()[1]}")
    if markdown:
        print("| peer | sow | mean: peer, sow | std: peer, sow | |\n| --- | --- | --- | --- | --- |")
    for row, ours in zip(table, sow_tensors(table)):
        mine, other, good = compare(row, ours)
        failed += not good
        verdict = ("differs as expected" if row.differs else "agree") if good else "FAIL"
        words = ", ".join(f"{k}={v}" for k, v in row.rule.items() if k != "scheme")
        name = f"{row.rule['scheme']}({words})"
        if markdown:
            print(f"| `{row.peer}` | `{name}` | {other['mean']:.5g}, {mine['mean']:.5g} | {other['std']:.5g}, {mine['std']:.5g} | "
                  f"{verdict}{': ' + row.note if row.note else ''} |")
        else:
            print(f"{verdict:20}{row.peer:44}{name:60}{other['std']:.6g} {mine['std']:.6g}  {row.note}")
    for name, gain, good in gains():
        failed += not good
        print(f"{'agree' if good else 'FAIL':20}{name:44}{gain:.17g}" if not markdown else f"| `{name}` | gain | | {gain:.10g} | {'agree' if good else 'FAIL'} |")
    # The measure itself: a standard deviation 1 % off, and a bound 5 % off, must be seen.
    good = facts(torch.empty(BIG).normal_())
    planted = [facts(torch.empty(BIG).normal_(0, 1.01)), facts(torch.empty(BIG).normal_(0.01, 1))]
    if any(agree(good, p, BIG[0] * BIG[1]) for p in planted) or not agree(good, facts(torch.empty(BIG).normal_()), BIG[0] * BIG[1]):
        print("FAIL: a planted fault was not seen")
        failed += 1
    print(f"{failed} failed")
    sys.exit(failed > 0)


main()
