# SPDX-License-Identifier: MIT
"""sow symmetry: units that start equal stay equal to the last bit, the training is gradient descent, and the bits are the same everywhere."""
import csv
import hashlib
import io
import json
import math
import shutil
import unittest

from sowtest import SANITIZED, Case, main, sow


def trials(*args):
    result = sow("symmetry", "--json", *args)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    return json.loads(result.stdout)


class Symmetry(Case):
    def test_distance_is_zero_at_every_step(self):
        for args in (
            ["-n", "400"],
            ["-n", "200", "--task", "xor"],
            ["-n", "200", "-a", "relu", "-r", "0.02"],
            ["-n", "200", "--hidden", "9", "-c", "0.3"],
            ["-n", "40", "--hidden", "64,3,50,7", "-c", "-0.07", "-s", "3"],
        ):
            constant, random = trials("--every", "1", *args)["trials"]
            self.assertEqual(len(constant["moments"]), int(args[1]) + 1)
            for moment in constant["moments"]:
                for layer in moment["hidden"]:
                    self.assertEqual(layer, {"distinct": 1, "least": 0, "most": 0}, args)
            self.assertEqual(constant["most_distance"], 0)
            self.assertTrue(constant["acts_as_one"])
            self.assertLess(constant["one_differs"], 1e-12)
            self.assertGreater(constant["moments"][1]["slope"], 1e-6)  # it does train
            for moment in random["moments"]:
                for layer in moment["hidden"]:
                    self.assertGreater(layer["least"], 0)
                    self.assertGreater(layer["distinct"], 1)
            self.assertFalse(random["acts_as_one"])

    def test_random_learns_and_constant_does_not(self):
        for args, below, above in ((["--task", "circle"], 0.2, 0.9), (["--task", "xor"], 0.25, 0.9), (["-a", "relu"], 0.2, 0.8)):
            constant, random = trials(*args)["trials"]
            self.assertLess(random["moments"][-1]["loss"], below)
            self.assertGreater(random["moments"][-1]["right"], 0.98)
            self.assertGreater(constant["moments"][-1]["loss"], above)
            self.assertLess(constant["moments"][-1]["right"], 0.7)

    def test_zero_does_not_move(self):
        for activation in ("tanh", "relu"):
            zero = trials("-c", "0", "-a", activation, "--every", "1", "-n", "100", "-r", "0.2")["trials"][0]
            self.assertTrue(zero["is_stuck"])
            self.assertEqual({m["slope"] for m in zero["moments"][1:]}, {0})
            # What is left to the last bias is the mean of the targets, so the loss becomes their variance.
            mean = 2 * max(zero["moments"][-1]["right"], 1 - zero["moments"][-1]["right"]) - 1
            self.assertEqual(zero["moments"][0]["loss"], 1)
            self.assertAlmostEqual(zero["moments"][-1]["loss"], 1 - mean * mean, delta=1e-12)
        self.assertRegex(sow("symmetry", "-c", "0", "-n", "100").stdout.decode(), r"gradient of every weight is\s+exactly 0")
        self.assertFalse(trials("-n", "100")["trials"][0]["is_stuck"])

    def test_one_ulp_is_seen(self):
        data = trials("--nudge", "--every", "1", "-n", "50", "-r", "0.1")
        constant = data["trials"][0]
        first, second = constant["moments"][0]["hidden"]
        self.assertEqual(first, {"distinct": 2, "least": 0, "most": math.ulp(0.1)})
        self.assertEqual(second, {"distinct": 1, "least": 0, "most": 0})
        self.assertTrue(all(m["hidden"][0]["distinct"] == 2 for m in constant["moments"]))
        self.assertGreater(constant["most_distance"], 0)
        self.assertFalse(constant["acts_as_one"])
        self.assertRegex(sow("symmetry", "--nudge", "-n", "50", "-r", "0.1").stdout.decode(), r"next number: the units of a layer differ")

    def test_same_bytes_on_every_machine(self):
        args = ["symmetry", "--json", "-n", "30", "--every", "1", "--hidden", "64,64"]
        first = sow(*args, "-t", "1").stdout
        self.assertEqual(hashlib.sha256(first).hexdigest(), "437a8f09e88ce47ca327eca2b6cdcd3c60dc5a57c2650aec2e061240f58a6f1d")
        usable = [i["name"] for i in json.loads(sow("info", "--json").stdout)["isas"] if i["usable"]]
        for isa in usable:
            if isa != "scalar" or not SANITIZED:
                self.assertEqual(sow(*args, "--isa", isa, "-t", "3").stdout, first, isa)

    def test_against_plain_python(self):
        """The same training written again, from the numbers that sow init draws for these names."""
        hidden, points, steps, rate = [6, 5], 256, 8, 0.3
        shapes = {"0.weight": [6, 2], "1.weight": [5, 6], "2.weight": [1, 5], "points": [4 * points]}
        rules = [{"match": "points", "scheme": "uniform", "a": -1, "b": 1}, {"match": "*", "scheme": "xavier_normal"}]
        file = self.make({"dtype": "f64", "tensors": [{"name": n, "shape": s} for n, s in shapes.items()], "rules": rules}, "-s", "11")
        drawn = file.values("points")
        x, t = [], []
        for px, py in zip(drawn[0::2], drawn[1::2]):
            depth = 2 / math.pi - (px * px + py * py)
            if abs(depth) >= 0.05 and len(x) < points:
                x.append((px, py))
                t.append(1 if depth > 0 else -1)
        self.assertEqual(len(x), points)

        def matrix(name):
            values, (rows, columns) = file.values(name), shapes[name]
            return [values[r * columns : (r + 1) * columns] for r in range(rows)]

        w = [matrix(f"{i}.weight") for i in range(3)]
        b = [[0.0] * len(layer) for layer in w]
        expected = []
        for _ in range(steps + 1):
            loss, right, dw, db = 0, 0, [[[0.0] * len(r) for r in layer] for layer in w], [[0.0] * len(layer) for layer in w]
            for point, target in zip(x, t):
                acts = [list(point)]
                for i, layer in enumerate(w):
                    z = [sum(p * q for p, q in zip(row, acts[-1])) + bias for row, bias in zip(layer, b[i])]
                    acts.append(z if i == 2 else [math.tanh(v) for v in z])
                miss = acts[-1][0] - target
                loss += miss * miss / points
                right += (acts[-1][0] > 0) == (target > 0)
                delta = [2 * miss / points]
                for i in (2, 1, 0):
                    for r, d in enumerate(delta):
                        db[i][r] += d
                        for c, a in enumerate(acts[i]):
                            dw[i][r][c] += d * a
                    delta = [sum(w[i][r][c] * d for r, d in enumerate(delta)) * (1 - a * a) for c, a in enumerate(acts[i])]
            distances = [[math.dist(layer[r] + [bias[r]], layer[s] + [bias[s]]) for r in range(len(layer)) for s in range(r)] for layer, bias in zip(w[:2], b)]
            expected.append((loss, right / points, distances, max(abs(v) for layer in dw for row in layer for v in row)))
            for i in range(3):
                for r in range(len(w[i])):
                    b[i][r] -= rate * db[i][r]
                    for c in range(len(w[i][r])):
                        w[i][r][c] -= rate * dw[i][r][c]
        seen = trials("-s", "11", "--hidden", "6,5", "-n", str(steps), "-r", str(rate), "--every", "1")["trials"][1]["moments"]
        for k, (loss, right, distances, slope) in enumerate(expected):
            self.assertAlmostEqual(seen[k]["loss"], loss, delta=1e-12)
            self.assertEqual(seen[k]["right"], right)
            for layer, values in zip(seen[k]["hidden"], distances):
                self.assertAlmostEqual(layer["least"], min(values), delta=1e-12)
                self.assertAlmostEqual(layer["most"], max(values), delta=1e-12)
            if k < steps:
                self.assertAlmostEqual(seen[k + 1]["slope"], slope, delta=1e-12)
        self.assertGreater(expected[0][0] - expected[-1][0], 0.05)

    def test_csv_is_json(self):
        data = trials("-n", "40", "--hidden", "5,4")
        rows = list(csv.DictReader(io.StringIO(sow("symmetry", "--csv", "-n", "40", "--hidden", "5,4").stdout.decode())))
        self.assertEqual(len(rows), 2 * 11 * 2)
        for i, trial in enumerate(("constant", "random")):
            for row in (r for r in rows if r["trial"] == trial):
                moment = next(m for m in data["trials"][i]["moments"] if m["step"] == int(row["step"]))
                layer = moment["hidden"][int(row["layer"]) - 1]
                self.assertEqual((float(row["loss"]), float(row["right"])), (moment["loss"], moment["right"]))
                self.assertEqual((int(row["distinct"]), float(row["least"]), float(row["most"])), (layer["distinct"], layer["least"], layer["most"]))

    def test_divergence_is_said(self):
        constant, random = trials("-c", "3", "-r", "0.1", "-n", "1000", "--every", "1")["trials"]
        self.assertTrue(constant["diverged"])
        self.assertIsNone(constant["moments"][-1]["loss"])
        self.assertLess(len(constant["moments"]), 1001)
        self.assertEqual(len(random["moments"]), 1001)
        self.assertRegex(sow("symmetry", "-c", "3", "-r", "0.1").stdout.decode(), r"left the finite numbers at step \d+")

    def test_refused(self):
        for args, pattern in (
            (["-n", "0"], "--steps is \"0\", must be 1 to 1000000"),
            (["-n", "1e3"], "--steps"),
            (["-r", "nan"], "--rate is \"nan\", must be 1e-9 to 1e9"),
            (["-r", "0"], "--rate"),
            (["-c", "inf"], "--constant"),
            (["-c", ""], "--constant"),
            (["--hidden", "16,,2"], "--hidden is .* up to 4 numbers from 1 to 64"),
            (["--hidden", "65"], "--hidden"),
            (["--hidden", "1,1,1,1,1"], "--hidden"),
            (["--hidden", "4,"], "--hidden"),
            (["--activation", "gelu"], "--activation is \"gelu\", must be tanh or relu"),
            (["--task", "spiral"], "--task is \"spiral\", must be circle or xor"),
            (["--scheme", "kaiming"], "unknown scheme \"kaiming\""),
            (["--scheme", "identity", "--hidden", "4"], None),
            (["--scheme", "normal(std=-1)"], "--scheme for layer 0, 16 x 2: "),
            (["--seed", "-1"], "--seed"),
            (["--json", "--csv"], "only one of them"),
            (["--plot", "a.png"], "must end in .svg"),
            (["extra"], "one operand too many"),
        ):
            result = sow("symmetry", *args)
            if pattern:
                self.refused(result, 2, pattern)
                self.assertEqual(result.stdout, b"", args)
            else:
                self.assertEqual(result.returncode, 0, result.stderr)

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not here (package gnuplot-nox)")
    def test_plot(self):
        out = self.path("a.svg")
        result = sow("symmetry", "-n", "100", "--plot", out)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        text = out.read_text()
        for word in ("constant 0.1", "xavier_normal, nearest pair", "mean squared error", "step"):
            self.assertIn(word, text)
        self.refused(sow("symmetry", "-n", "100", "--plot", out), 2, "exists; --force replaces it")
        self.assertEqual(sow("symmetry", "-n", "100", "--plot", out, "-f", "-t", "1", "--isa", "scalar").returncode, 0)
        self.assertEqual(out.read_text(), text)

    def test_no_gnuplot(self):
        result = sow("symmetry", "-n", "1000000", "--plot", self.path("a.svg"), env={"PATH": ""}, timeout=60)  # before the training
        self.refused(result, 1, "gnuplot-nox")
        self.assertEqual(result.stdout, b"")


main()
