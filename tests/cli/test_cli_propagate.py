# SPDX-License-Identifier: MIT
"""sow propagate: its numbers from the layers' own weights in plain Python, the theory's figures, verdicts, options."""
import csv
import io
import json
import math
import struct

from sowtest import MODELS, SANITIZED, Case, main, sow

LIGHT = SANITIZED  # instrumented kernels are slow


def propagate(*args):
    result = sow("propagate", *args, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def layers(*args):
    """The one trial's layers."""
    (trial,) = propagate(*args)["trials"]
    return trial["layers"]


def rounded(x, dtype):
    """To nearest even, by the standard library."""
    if dtype == "f32":
        return struct.unpack("<f", struct.pack("<f", x))[0]
    if dtype == "f16":
        try:
            return struct.unpack("<e", struct.pack("<e", x))[0]
        except OverflowError:
            return math.copysign(math.inf, x)
    (bits,) = struct.unpack("<I", struct.pack("<f", x))
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000))[0]


def erf_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def logistic(x):
    return 1 / (1 + math.exp(-x))


LAMBDA, ALPHA = 1.0507009873554804934, 1.6732632423543772848
ACTIVATIONS = {  # value, slope
    "linear": (lambda x: x, lambda x: 1),
    "relu": (lambda x: max(x, 0), lambda x: float(x > 0)),
    "leaky": (lambda x: x if x > 0 else 0.01 * x, lambda x: 1 if x > 0 else 0.01),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x)),
    "gelu": (lambda x: x * erf_cdf(x), lambda x: erf_cdf(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    "silu": (lambda x: x * logistic(x), lambda x: logistic(x) * (1 + x * logistic(-x))),
    "selu": (lambda x: LAMBDA * (x if x > 0 else ALPHA * math.expm1(x)), lambda x: LAMBDA * (1 if x > 0 else ALPHA * math.exp(x))),
}
EPSILON = 1e-5


def moments(matrix):
    flat = [x for row in matrix for x in row]
    mean = sum(flat) / len(flat)
    return mean, sum((x - mean) ** 2 for x in flat) / len(flat)


def transposed(matrix):
    return [list(column) for column in zip(*matrix)]


def product(a, b):
    columns = transposed(b)
    return [[math.fsum(x * y for x, y in zip(row, column)) for column in columns] for row in a]


def add(a, b):
    return [[x + y for x, y in zip(p, q)] for p, q in zip(a, b)]


def each(f, *matrices):
    return [[f(*xs) for xs in zip(*rows)] for rows in zip(*matrices)]


class Norm:
    """Over the units (rows) of each example (column)."""

    def __init__(self, kind, h):
        n = len(h)
        columns = transposed(h)
        self.kind = kind
        self.shift = [sum(c) / n if kind == "layer" else 0 for c in columns]
        self.scale = [1 / math.sqrt(sum((x - m) ** 2 for x in c) / n + EPSILON) for c, m in zip(columns, self.shift)]
        self.u = [[(x - m) * r for x, m, r in zip(row, self.shift, self.scale)] for row in h]

    def back(self, g):
        n = len(g)
        means = [sum(c) / n if self.kind == "layer" else 0 for c in transposed(g)]
        products = [sum(x * y for x, y in zip(c, d)) / n for c, d in zip(transposed(g), transposed(self.u))]
        return [[r * (x - m - u * p) for x, m, u, p, r in zip(row, means, us, products, self.scale)] for row, us in zip(g, self.u)]


class Reference(Case):
    """The whole of a small stack again, from the weights that `sow init` writes for the same streams."""

    DEPTH, WIDTH, BATCH, SEED = 4, 19, 7, 11

    def numbers(self, scheme):
        tensors = [{"name": "layers.{0..3}.weight", "shape": [self.WIDTH, self.WIDTH]}]
        tensors += [{"name": "propagate." + s, "shape": [self.WIDTH, self.BATCH]} for s in ("input", "gradient")]
        rules = [{"match": "propagate.*", "scheme": "normal", "std": 1}, {"match": "*", **scheme}]
        file = self.make({"tensors": tensors, "rules": rules}, "--seed", self.SEED)
        return lambda name: [list(row) for row in zip(*[iter(file.values(name))] * (self.WIDTH if name.startswith("layers") else self.BATCH))]

    def simulate(self, activation, residual, norm, dtype, numbers):
        value, slope = ACTIVATIONS[activation]
        keep = lambda m: each(lambda x: rounded(x, dtype), m)
        w = [keep(numbers(f"layers.{l}.weight")) for l in range(self.DEPTH)]
        x, hs, norms, out = keep(numbers("propagate.input")), [], [], []
        stream = None
        for l in range(self.DEPTH):
            h = keep(product(w[l], x))
            if l and residual != "none":
                h = keep(add(h, stream))
            hs.append(h)
            norms.append(Norm(norm, h) if norm != "none" else None)
            u = keep(norms[l].u) if norms[l] else h
            stream = u if residual == "post" else h
            x = keep(each(value, u))
            out.append(dict(zip(("mean", "variance"), moments(h))))
            out[l]["dead"] = sum(all(v <= 0 for v in row) for row in u) / self.WIDTH
            out[l]["saturated"] = sum(slope(v) < 0.05 * slope(0) for row in u for v in row) / self.WIDTH / self.BATCH
        g = keep(numbers("propagate.gradient"))
        for l in reversed(range(self.DEPTH)):
            out[l]["gradient"] = moments(g)[1]
            if l == 0:
                break
            back = keep(product(transposed(w[l]), g))
            u = keep(norms[l - 1].u) if norms[l - 1] else hs[l - 1]
            back = keep(each(lambda a, b: a * slope(b), back, u))
            if residual == "post":
                back = keep(add(back, g))
            back = keep(norms[l - 1].back(back)) if norms[l - 1] else back
            if residual == "pre":
                back = keep(add(back, g))
            g = back
        return out

    def compare(self, activation="relu", residual="none", norm="none", dtype="f32"):
        scheme, text = {"scheme": "normal", "std": 0.4}, "normal(std=0.4)"
        expected = self.simulate(activation, residual, norm, dtype, self.numbers(scheme))
        found = layers("--depth", self.DEPTH, "--width", self.WIDTH, "--batch", self.BATCH, "--seed", self.SEED, "--activation", activation,
                       "--residual", residual, "--norm", norm, "--dtype", dtype, "--scheme", text)
        tolerance = {"f32": 2e-5, "f16": 2e-3, "bf16": 2e-2}[dtype]  # a rounding that falls the other way shows
        for l, (e, f) in enumerate(zip(expected, found)):
            what = f"{activation} {residual} {norm} {dtype} layer {l + 1}"
            self.assertEqual(f["layer"], l + 1)
            self.assertAlmostEqual(f["variance"], e["variance"], delta=tolerance * e["variance"], msg=what)
            self.assertAlmostEqual(f["mean"], e["mean"], delta=tolerance * math.sqrt(e["variance"]), msg=what)
            self.assertAlmostEqual(f["gradient"], e["gradient"], delta=tolerance * e["gradient"], msg=what)
            if activation == "relu" and dtype == "f32":
                self.assertAlmostEqual(f["dead"], e["dead"], delta=1e-9, msg=what)
            if activation in ("tanh", "sigmoid") and dtype == "f32":
                self.assertAlmostEqual(f["saturated"], e["saturated"], delta=1e-9, msg=what)
            if activation != "relu":
                self.assertIsNone(f["dead"])

    def test_activations(self):
        for activation in ACTIVATIONS:
            self.compare(activation)

    def test_residuals_and_norms(self):
        for residual in ("none", "pre", "post"):
            for norm in ("none", "layer", "rms"):
                self.compare("gelu", residual, norm)
                self.compare("relu", residual, norm)

    def test_types(self):
        for dtype in ("bf16", "f16"):
            self.compare("linear", dtype=dtype)
            self.compare("tanh", "pre", "layer", dtype)
            self.compare("relu", "post", "none", dtype)


class Theory(Case):
    def test_linear_is_a_power_within_its_sampling_error(self):
        """Many seeds: (measured/theory - 1)/error has mean 0 and variance 1, whatever the factor; a wrong factor is found."""
        seeds, width, depth = (4 if LIGHT else 16), 96, 60
        scores, wrong = [], []
        for seed in range(seeds):
            trials = propagate("--activation", "linear", "--width", width, "--depth", depth, "--batch", 32, "--seed", seed,
                               *sum([["--scheme", v] for v in ("0.5", "0.9", "1", "1.1", "2")], []))["trials"]
            for trial, v in zip(trials, (0.5, 0.9, 1, 1.1, 2)):
                for l in trial["layers"]:
                    self.assertAlmostEqual(l["theory_variance"] / v ** l["layer"], 1, delta=1e-9)
                    self.assertAlmostEqual(l["theory_gradient"] / v ** (depth - l["layer"]), 1, delta=1e-9)
                    deviation = math.sqrt(math.expm1(l["theory_error"] ** 2))
                    self.assertLess(abs(l["variance"] / l["theory_variance"] - 1), 6 * deviation)
                end = trial["layers"][-1]
                scores.append((end["variance"] / end["theory_variance"] - 1) / math.sqrt(math.expm1(end["theory_error"] ** 2)))
                wrong.append((end["variance"] / (0.95 * v) ** depth - 1) / math.sqrt(math.expm1(end["theory_error"] ** 2)))
        n = len(scores) / 5  # the five share their weights
        mean, square = sum(scores) / len(scores), sum(s * s for s in scores) / len(scores)
        self.assertLess(abs(mean), 4 / math.sqrt(n))
        self.assertTrue(0.2 < square < 3, square)
        self.assertGreater(abs(sum(wrong) / len(wrong)), 4 / math.sqrt(n))

    def test_sampling_error_of_relu(self):
        """Inputs grow alike, so the error of one input holds for the batch; log(measured/theory) has mean -error²/2."""
        scores = []
        for seed in range(4 if LIGHT else 12):
            end = layers("--width", 128, "--depth", 40, "--batch", 16, "--seed", seed, "--scheme", "kaiming_normal(gain=relu)")[-1]
            self.assertAlmostEqual(end["theory_variance"], 2, delta=1e-9)
            error = end["theory_error"]
            scores.append((math.log(end["variance"] / end["theory_variance"]) + error * error / 2) / error)
        square = sum(s * s for s in scores) / len(scores)
        self.assertTrue(0.1 < square < 3, scores)

    def test_stable_schemes_stay_within_a_factor_of_two(self):
        width, depth = (128, 30) if LIGHT else (512, 100)
        for activation, scheme in (("tanh", "xavier_normal"), ("selu", "lecun_normal"), ("selu", "orthogonal")):
            for l in layers("--activation", activation, "--scheme", scheme, "--width", width, "--depth", depth, "--batch", 64):
                for measured, theory in ((l["variance"], l["theory_variance"]), (l["gradient"], l["theory_gradient"])):
                    self.assertTrue(0.5 < measured / theory < 2, (activation, scheme, l))

    def test_tanh_decays_as_its_map_says(self):
        """q → E[tanh²(√q z)] by the trapezoid rule, which converges geometrically here: q ≈ 1/(2l) far down."""
        q, points = 1.0, [(-8 + i / 64, math.exp(-((-8 + i / 64) ** 2) / 2) / 64 / math.sqrt(2 * math.pi)) for i in range(1025)]
        for l in layers("--activation", "tanh", "--scheme", "xavier_normal", "--width", 16, "--depth", 100, "--batch", 1):
            self.assertAlmostEqual(l["theory_variance"] / q, 1, delta=1e-10)
            q = sum(w * math.tanh(math.sqrt(q) * z) ** 2 for z, w in points)
        self.assertAlmostEqual(l["theory_variance"] * 200, 1, delta=0.1)

    def test_collapse_where_theory_says(self):
        """N(0, 0.01), width 512: a factor of 0.0512/2 a layer behind the first."""
        width = 128 if LIGHT else 512
        (trial,) = propagate("--scheme", "normal(std=0.01)", "--width", width, "--batch", 32)["trials"]
        factor = width * 1e-4
        expected = next(l for l in range(1, 101) if factor * (factor / 2) ** (l - 1) < 1e-6)
        self.assertEqual(trial["forward"]["theory_vanishing_at"], expected)
        self.assertEqual(trial["forward"]["vanishing_at"], expected)
        self.assertEqual(trial["forward"]["verdict"], "vanishing")

    def test_no_theory_behind_weights_with_a_mean(self):
        (trial,) = propagate("--scheme", "uniform(0, 0.1)", "--width", 16, "--depth", 3)["trials"]
        self.assertIsNone(trial["layers"][0]["theory_variance"])
        self.assertEqual(trial["forward"]["theory"], "unknown")

    def test_growth_over_widths(self):
        found = propagate("--widths", "64,128,256", "--depth", 4, "--batch", 64, "--scheme", "kaiming_normal(gain=relu)", "--scheme",
                          "normal(std=0.05)", "--scheme", "mup([64, 64], normal(std=0.05))")
        self.assertEqual([t["width"] for t in found["trials"]], [64] * 3 + [128] * 3 + [256] * 3)
        for growth, slope in zip(found["growth"], (0, 2, 0)):  # the root of (N·std²)^4
            self.assertAlmostEqual(growth["activation"]["theory"], slope, delta=1e-6)
            self.assertAlmostEqual(growth["activation"]["slope"], slope, delta=5 * growth["activation"]["error"])
        self.assertEqual(found["growth"][0]["activation"]["words"], "does not depend on the width")
        self.assertIn("grows as width^", found["growth"][1]["activation"]["words"])


class Overflow(Case):
    def overflow(self, dtype, scheme, *args):
        (trial,) = propagate("--activation", "linear", "--dtype", dtype, "--width", 64, "--batch", 16, "--scheme", scheme, *args)["trials"]
        return trial["forward"]

    def test_where_the_type_ends(self):
        """d·Var(w) = 4: the largest of 1024 numbers is some 3.3 deviations, times 2 a layer."""
        for dtype, largest in (("f16", 65504), ("f32", 3.4028e38), ("bf16", 3.3895e38)):
            expected = math.log2(largest / 3.3)
            found = self.overflow(dtype, "4", "--depth", 140)
            self.assertEqual(found["verdict"], "overflow")
            self.assertLess(abs(found["overflow_at"] - expected), 3, dtype)
            self.assertRegex(found["words"], r"^exploding: overflow at layer \d+ \(above 1e\+06 from layer \d+\)$")

    def test_after_it_there_is_nothing(self):
        (trial,) = propagate("--activation", "linear", "--dtype", "f16", "--width", 64, "--depth", 30, "--scheme", "4")["trials"]
        at = trial["forward"]["overflow_at"]
        self.assertGreater(trial["layers"][at - 1]["not_finite"], 0)
        self.assertTrue(all(l["variance"] is not None for l in trial["layers"][: at - 1]))
        self.assertTrue(all(l["variance"] is None for l in trial["layers"][at - 1 :]))
        self.assertTrue(all(l["gradient"] is None for l in trial["layers"]))

    def test_underflow(self):
        (trial,) = propagate("--dtype", "f16", "--width", 64, "--depth", 40, "--scheme", "0.5")["trials"]
        self.assertEqual(trial["forward"]["verdict"], "vanishing")
        self.assertIsNotNone(trial["forward"]["zero_at"])
        self.assertEqual(trial["layers"][-1]["dead"], 1)


class Same(Case):
    def test_threads_change_nothing(self):
        for args in (("--activation", "tanh"), ("--norm", "layer", "--residual", "pre"), ("--dtype", "bf16", "--activation", "gelu")):
            outputs = {sow("propagate", "--width", 130, "--depth", 5, "--batch", 33, "--scheme", "orthogonal", "--csv", "--threads", n, *args).stdout
                       for n in (1, 2, 5)}
            self.assertEqual(len(outputs), 1)

    def test_instruction_sets_agree(self):
        info = json.loads(sow("info", "--json").stdout)
        isas = [i["name"] for i in info["isas"] if i["usable"]]
        common = ("propagate", "--width", 70, "--depth", 5, "--batch", 33, "--scheme", "kaiming_normal", "--csv")
        self.assertEqual(len({sow(*common, "--activation", "leaky", "--dtype", d, "--isa", i).stdout for i in isas for d in ("f16",)}), 1)
        for activation in ("gelu", "selu"):  # a bit of the exponential may differ
            tables = [list(csv.reader(io.StringIO(sow(*common, "--activation", activation, "--isa", i).stdout.decode()))) for i in isas]
            for table in tables[1:]:
                for a, b in zip(table[1:], tables[0][1:]):
                    self.assertAlmostEqual(float(a[8]) / float(b[8]), 1, delta=1e-5)


class Output(Case):
    ARGS = ("propagate", "--width", 32, "--depth", 3, "--batch", 8)

    def test_table(self):
        result = sow(*self.ARGS, "--scheme", "kaiming_normal", "--scheme", "normal(std=0.01)", "--scheme", "zeros")
        text = result.stdout.decode()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("3 layers of width 32, relu, batch 8, f32, residual none, norm none, seed 0", text)
        self.assertEqual(text.count("  forward  "), 3)
        self.assertRegex(text, r"zeros, width 32\n  forward  vanishing at layer 1: below 1e-06, all equal from layer 1")
        self.assertEqual(result.stderr, "")

    def test_csv_is_the_json(self):
        rows = list(csv.DictReader(io.StringIO(sow(*self.ARGS, "--scheme", "trunc_normal(0, 0.2)", "--csv").stdout.decode())))
        found = layers(*self.ARGS[1:], "--scheme", "trunc_normal(0, 0.2)")
        self.assertEqual(len(rows), 3)
        for row, layer in zip(rows, found):
            self.assertEqual(row["scheme"], "trunc_normal(0, 0.2)")
            self.assertEqual(row["name"], layer["name"])
            self.assertEqual(row["saturated"], "")
            for key in ("variance", "theory_variance", "gradient", "dead", "weight_variance"):
                self.assertEqual(float(row[key]), layer[key])

    def test_model(self):
        """The longest chain through blocks that a description lists tensor by tensor, and the model's own schemes."""
        model = {
            "tensors": [
                {"name": "wte", "shape": [100, 24], "layout": "embedding"},
                {"name": "h.{0..1}.qkv.weight", "shape": [24, 72], "layout": "dense"},
                {"name": "h.{0..1}.fc.weight", "shape": [24, 48], "layout": "dense"},
                {"name": "h.{0..1}.proj.weight", "shape": [48, 24], "layout": "dense"},
                {"name": "h.{0..1}.fc.bias", "shape": [48]},
                {"name": "head.weight", "shape": [10, 24]},
            ],
            "rules": [{"match": "*.proj.weight", "scheme": "normal", "std": 0.5}, {"match": "*.bias", "scheme": "zeros"},
                      {"match": "*", "scheme": "lecun_normal"}],
        }
        (trial,) = propagate(self.model(model), "--batch", 4)["trials"]
        self.assertEqual([l["name"] for l in trial["layers"]], ["h.0.fc.weight", "h.0.proj.weight", "h.1.fc.weight", "h.1.proj.weight", "head.weight"])
        self.assertEqual([(l["fan_in"], l["fan_out"]) for l in trial["layers"]], [(24, 48), (48, 24), (24, 48), (48, 24), (24, 10)])
        self.assertEqual(trial["left_out"], 2)
        self.assertAlmostEqual(trial["layers"][1]["weight_variance"], 0.25)
        self.assertAlmostEqual(trial["layers"][0]["weight_variance"], 1 / 24)
        (trial,) = propagate(self.model(model), "--batch", 4, "--scheme", "2")["trials"]
        self.assertAlmostEqual(trial["layers"][1]["weight_variance"], 2 / 48)

    def test_shipped_model(self):
        found = layers(MODELS / "mlp100.json", "--batch", 2)
        self.assertEqual(len(found), 100)
        self.assertAlmostEqual(found[-1]["theory_variance"], 2, delta=1e-9)

    def test_plot(self):
        out = self.path("x.svg")
        result = sow(*self.ARGS, "--scheme", "1", "--scheme", "normal(std=0.01)", "--plot", out)
        if "gnuplot" in result.stderr:
            self.skipTest("gnuplot is not there")
        self.assertEqual(result.returncode, 0, result.stderr)
        text = out.read_text(encoding="utf-8")
        for words in ("Signal propagation through 3 layers of width 32", "variance of pre-activations", "variance of gradients", "theory", "normal(std=0.01)"):
            self.assertIn(words, text)
        self.refused(sow(*self.ARGS, "--scheme", "1", "--plot", out), 2, "exists; --force replaces it")
        self.assertEqual(sow("propagate", "--widths", "16,32", "--depth", 2, "--scheme", "1", "--plot", out, "--force").returncode, 0)


class Refused(Case):
    def test_usage(self):
        for args, words in (
            ((), r"--scheme SCHEME is missing"),
            (("--scheme", "kaiming_norml"), r'did you mean "kaiming_normal"'),
            (("--scheme", "normal(std=-1)"), r'--scheme "normal\(std=-1\)": normal: std is -1, must be'),
            (("--scheme", "-2"), r"a number alone is d·Var\(w\), above 0"),
            (("--scheme", "1", "--activation", "rellu"), r'--activation is "rellu", must be one of linear relu .*did you mean "relu"'),
            (("--scheme", "1", "--dtype", "f64"), r'--dtype is "f64", must be one of f32 bf16 f16'),
            (("--scheme", "1", "--depth", "0"), r'--depth is "0", must be 1 to 100000'),
            (("--scheme", "1", "--width", "1e3"), r'--width is "1e3", must be 1 to 65536'),
            (("--scheme", "1", "--widths", "64"), r"--widths needs two numbers"),
            (("--scheme", "1", "--widths", "64,64"), r"--widths must grow, but 64 follows 64"),
            (("--scheme", "1", "--widths", "64,,2"), r'--widths is "", must be 1'),
            (("--scheme", "1", "--widths", "64,128", "--width", "3"), r"--width beside --widths"),
            (("--scheme", "1", "--json", "--csv"), r"--csv beside --json"),
            (("--scheme", "1", "--plot", "x.png"), r"must end in .svg"),
            (("--depth", "3", MODELS / "mlp100.json"), r"--depth beside MODEL.json"),
        ):
            with self.subTest(args=args):
                result = sow("propagate", *args)
                self.refused(result, 2, words)
                self.assertEqual(result.stdout, b"")

    def test_models(self):
        self.refused(sow("propagate", self.model({"tensors": [{"name": "a", "shape": [3]}], "rules": [{"match": "*", "scheme": "zeros"}]})), 2,
                     "no two-dimensional tensors, so no layers")
        checkpoint = self.path("out.safetensors")
        sow("init", self.model({"tensors": [{"name": "a", "shape": [3]}], "rules": [{"match": "*", "scheme": "zeros"}]}), "-o", checkpoint)
        self.refused(sow("propagate", checkpoint), 2, "is a checkpoint; propagate draws fresh weights")



main()
