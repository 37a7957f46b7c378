# SPDX-License-Identifier: MIT
"""sow audit from outside: laws of numbers that sow did not draw, reports, exit statuses. What it finds is measured in tests/audit."""
import csv
import io
import json
import math
import random
import struct
import unittest
from array import array

from sowtest import Case, Safetensors, main, sow, write_safetensors


def checkpoint(path, tensors):
    """tensors: name → (shape, values); values are floats (F32) or (dtype, bytes)."""
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        dtype, raw = values if isinstance(values, tuple) else ("F32", array("f", values).tobytes())
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    write_safetensors(path, header, data)
    return path


def orthogonal_rows(r, rows, columns, gain):
    """Gram-Schmidt in double."""
    out = []
    for _ in range(rows):
        v = [r.gauss(0, 1) for _ in range(columns)]
        for _ in range(2):
            for u in out:
                d = sum(x * y for x, y in zip(u, v))
                v = [x - d * y for x, y in zip(v, u)]
        n = math.sqrt(sum(x * x for x in v))
        out.append([x / n for x in v])
    return [gain * x for row in out for x in row]


def truncated(r, std, cut):
    while True:
        x = r.gauss(0, 1)
        if abs(x) <= cut:
            return std * x


class Audit(Case):
    def audit(self, path, *args, status=0):
        result = sow("audit", path, "--json", *args)
        self.assertEqual(result.returncode, status, result.stderr)
        return json.loads(result.stdout)

    def laws(self, tensors):
        report = self.audit(checkpoint(self.path("laws.safetensors"), tensors))
        return {t["name"]: t for t in report["tensors"]}, report["findings"]


class Laws(Audit):
    def setUp(self):
        super().setUp()
        self.random = random.Random(3)

    def test_of_numbers_from_elsewhere(self):
        r, n = self.random, 40000
        found, findings = self.laws(
            {
                "normal": ([200, 200], [r.gauss(0, 0.02) for _ in range(n)]),
                "uniform": ([200, 200], [r.uniform(-1 / math.sqrt(200), 1 / math.sqrt(200)) for _ in range(n)]),
                "cut": ([200, 200], [truncated(r, 0.05, 2) for _ in range(n)]),
                "shifted": ([n], [r.gauss(1, 0.02) for _ in range(n)]),
                "ones": ([768], [1.0] * 768),
                "square": ([64, 64], orthogonal_rows(r, 64, 64, 1)),
                "wide": ([24, 96], orthogonal_rows(r, 24, 96, math.sqrt(2))),
                "identity": ([64, 64], [float(i % 65 == 0) for i in range(64 * 64)]),
                "few": ([3], [0.1, 0.2, 0.3]),
            }
        )
        kinds = {name: t["law"]["kind"] for name, t in found.items()}
        self.assertEqual(
            kinds,
            {"normal": "normal", "uniform": "uniform", "cut": "truncated", "shifted": "normal", "ones": "constant", "square": "orthogonal",
             "wide": "orthogonal", "identity": "fixed", "few": "few"},
        )
        self.assertEqual([f for f in findings if f["severity"] == "error"], [])
        self.assertAlmostEqual(found["normal"]["law"]["std"], 0.02, delta=5 * 0.02 / math.sqrt(2 * n))
        self.assertAlmostEqual(found["cut"]["law"]["parent_std"], 0.05, delta=0.001)
        self.assertAlmostEqual(found["cut"]["law"]["cut"], 2, delta=0.03)
        self.assertAlmostEqual(found["shifted"]["law"]["mean"], 1, delta=0.001)
        self.assertAlmostEqual(found["wide"]["law"]["gain"], math.sqrt(2), delta=1e-5)
        self.assertEqual(found["normal"]["schemes"][0]["scheme"], "normal mean=0 std=0.02")
        self.assertEqual(found["uniform"]["schemes"][0]["scheme"], "torch.linear")
        self.assertEqual(found["cut"]["schemes"][0]["scheme"], "truncated_normal std=0.05 lower=-2 upper=2")
        self.assertEqual(found["wide"]["schemes"][0]["scheme"], "orthogonal gain=relu")
        self.assertEqual(found["identity"]["schemes"][0]["scheme"], "identity")
        self.assertTrue(all(t["law"]["confidence"] > 0.99 for t in found.values()))

    def test_sparse(self):
        """torch.nn.init.sparse_: a tenth of each column is left."""
        r, rows, columns = self.random, 100, 80
        values = [r.gauss(0, 0.01) for _ in range(rows * columns)]
        for c in range(columns):
            for row in r.sample(range(rows), 90):
                values[row * columns + c] = 0.0
        law = self.laws({"w": ([rows, columns], values)})[0]["w"]["law"]
        self.assertEqual((law["kind"], law["zeros"]), ("normal", 0.9))
        self.assertAlmostEqual(law["std"], 0.01, delta=6 * 0.01 / math.sqrt(1600))

    def test_fans_of_layouts(self):
        r = self.random

        def normal(shape, std):
            return shape, [r.gauss(0, std) for _ in range(math.prod(shape))]

        found, _ = self.laws(
            {
                "conv.weight": normal([64, 16, 3, 3], math.sqrt(2 / (64 * 9))),
                "conv2.weight": normal([128, 64, 3, 3], math.sqrt(2 / (128 * 9))),
                "kernel": normal([300, 100], math.sqrt(2 / 400)),
            }
        )
        self.assertEqual(found["conv.weight"]["schemes"][0]["scheme"], "kaiming_normal gain=relu mode=fan_out layout=conv")
        self.assertIn("xavier_normal", found["kernel"]["schemes"][0]["scheme"])

    def test_bias_has_its_weights_fan(self):
        r, bound = self.random, 1 / math.sqrt(300)
        found, _ = self.laws(
            {
                "fc.weight": ([500, 300], [r.uniform(-bound, bound) for _ in range(150000)]),
                "fc.bias": ([500], [r.uniform(-bound, bound) for _ in range(500)]),
            }
        )
        self.assertEqual(found["fc.bias"]["schemes"][0]["scheme"], "torch.linear.bias fan_in=300")

    def test_a_trained_model_is_no_init(self):
        """Heavy tails and columns of different size, as training leaves them: said once, and not held against it."""
        r, tensors = self.random, {}
        for i in range(4):
            sizes = [math.exp(r.gauss(0, 0.5)) for _ in range(100)]
            tensors[f"h.{i}.weight"] = ([200, 100], [r.gauss(0, 0.02) * sizes[k % 100] / math.sqrt(r.gammavariate(2, 0.5)) for k in range(20000)])
            tensors[f"h.{i}.ln.weight"] = ([100], [r.gauss(0.8, 0.1) for _ in range(100)])
        path = checkpoint(self.path("trained.safetensors"), tensors)
        findings = self.audit(path, "--check")["findings"]
        self.assertEqual([(f["severity"], f["kind"]) for f in findings], [("note", "not_an_init")])

    def test_of_hugging_faces_gpt2_file(self):
        """Causal masks beside the weights, a tied head that is written, whole numbers, an empty tensor, a scalar."""
        r = self.random
        mask = [float(j <= i) for i in range(32) for j in range(32)]
        wte = [r.gauss(0, 0.02) for _ in range(500 * 64)]
        found, findings = self.laws(
            {
                "wte.weight": ([500, 64], wte),
                "lm_head.weight": ([500, 64], wte),
                "h.0.attn.bias": ([1, 1, 32, 32], mask),
                "h.1.attn.bias": ([1, 1, 32, 32], mask),
                "h.0.attn.masked_bias": ([], [-1e4]),
                "position_ids": ([1, 4], ("I64", struct.pack("<4q", 0, 1, 2, 3))),
                "empty": ([0, 5], []),
            }
        )
        self.assertEqual([(f["severity"], f["kind"]) for f in findings], [("note", "equal_tensors")])
        self.assertEqual(found["h.0.attn.bias"]["schemes"], [{"scheme": "causal mask"}])
        self.assertEqual(found["position_ids"]["law"]["kind"], "none")
        self.assertEqual(found["empty"]["law"]["kind"], "empty")


TINY = {
    "tensors": [
        {"name": "wte.weight", "shape": [300, 64]},
        {"name": "h.{0..3}.attn.weight", "shape": [64, 192], "layout": "dense"},
        {"name": "h.{0..3}.proj.weight", "shape": [192, 64], "layout": "dense"},
        {"name": "h.{0..3}.bias", "shape": [64]},
    ],
    "rules": [
        {"match": "*bias", "scheme": "zeros"},
        {"match": "*proj.weight", "scheme": "residual_scale", "layers": 4},
        {"match": "*", "scheme": "normal", "std": 0.02},
    ],
}


class Reports(Audit):
    def tiny(self):
        self.make(TINY, name="tiny.safetensors")
        return self.path("tiny.safetensors")

    def broken(self):
        """h.2.attn.weight is twice as wide, h.1.attn.weight has a NaN."""
        path = self.tiny()
        f = Safetensors(path)
        raw = bytearray(f.raw)
        begin, end = f.header["h.2.attn.weight"]["data_offsets"]
        values = [2 * x for x in f.values("h.2.attn.weight")]
        raw[f.start + begin : f.start + end] = array("f", values).tobytes()
        begin, _ = f.header["h.1.attn.weight"]["data_offsets"]
        raw[f.start + begin + 4 * 193 : f.start + begin + 4 * 194] = struct.pack("<f", math.nan)
        path.write_bytes(raw)
        return path

    def test_check_is_the_exit_status(self):
        self.assertEqual(sow("audit", self.tiny(), "--check").returncode, 0)
        path = self.broken()
        self.assertEqual(sow("audit", path).returncode, 0)
        self.assertEqual(sow("audit", path, "--check").returncode, 1)

    def test_tensor_and_index_are_named(self):
        findings = {f["kind"]: f for f in self.audit(self.broken())["findings"]}
        self.assertEqual(set(findings), {"non_finite", "wrong_fan"})
        self.assertEqual((findings["non_finite"]["tensor"], findings["non_finite"]["index"]), ("h.1.attn.weight", 193))
        self.assertIn("[1, 1]", findings["non_finite"]["text"])
        self.assertEqual(findings["wrong_fan"]["tensor"], "h.2.attn.weight")

    def test_ignore(self):
        path = self.broken()
        self.assertEqual(sow("audit", path, "--check", "--ignore", "non_finite", "--ignore=wrong_fan").returncode, 0)
        self.assertEqual(sow("audit", path, "--check", "--ignore", "non_finite").returncode, 1)
        self.refused(sow("audit", path, "--ignore", "nonfinite"), 2, r'--ignore is "nonfinite".*did you mean "non_finite"')

    def test_table(self):
        text = sow("audit", self.broken()).stdout.decode()
        self.assertRegex(text, r"h\.\{\}\.proj\.weight ×4 +\[192, 64\] +f32 +N\(0, 0\.007\d+\) +100 %  residual_scale std=0\.02 layers=4")
        self.assertRegex(text, r"ERROR  non_finite  h\.1\.attn\.weight: 1 NaN and 0 infinite, the first is element 193 \[1, 1\]")
        self.assertRegex(text, r"13 tensors, .* 2 errors, 0 notes\n$")
        self.assertEqual(len(sow("audit", self.broken(), "--all").stdout.decode().splitlines()), 1 + 13 + 1 + 2 + 1)

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(sow("audit", self.broken(), "--csv").stdout.decode(), newline="")))
        self.assertEqual(len(rows), 13)
        row = {r["tensor"]: r for r in rows}["h.2.attn.weight"]
        self.assertEqual((row["shape"], row["dtype"], row["law"], row["errors"]), ("[64, 192]", "f32", "normal", "wrong_fan"))
        self.refused(sow("audit", self.tiny(), "--csv", "--json"), 2, "--json and --csv")

    def test_threads_change_nothing(self):
        path = self.broken()
        one = sow("audit", path, "--json", "--threads", 1).stdout
        self.assertEqual(one, sow("audit", path, "--json", "--threads", 5).stdout)

    def test_instruction_sets_change_nothing(self):
        path = self.broken()
        self.assertEqual(sow("audit", path, "--json").stdout, sow("audit", path, "--json", "--isa", "scalar").stdout)

    def test_npy(self):
        r = random.Random(5)
        head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (64, 100), }"
        head += b" " * (-(10 + len(head) + 1) % 64) + b"\n"
        values = array("d", [r.gauss(0, 0.1) for _ in range(6400)])
        values[100:200] = values[300:400]
        path = self.path("a.npy")
        path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + values.tobytes())
        report = self.audit(path)
        self.assertEqual(report["tensors"][0]["law"]["kind"], "normal")
        self.assertEqual([(f["kind"], f["index"]) for f in report["findings"]], [("duplicate_units", 3)])

    def test_sharded(self):
        f = Safetensors(self.broken())
        names = sorted(f.names())
        shards = {"a.safetensors": names[:6], "b.safetensors": names[6:]}
        for shard, mine in shards.items():
            checkpoint(self.path(shard), {n: (f.header[n]["shape"], ("F32", f.bytes(n))) for n in mine})
        index = self.path("model.safetensors.index.json")
        index.write_text(json.dumps({"metadata": {}, "weight_map": {n: s for s, mine in shards.items() for n in mine}}))
        self.assertEqual({x["kind"] for x in self.audit(index)["findings"]}, {"non_finite", "wrong_fan"})

    def test_a_name_does_not_reach_the_terminal(self):
        path = checkpoint(self.path("odd.safetensors"), {"a\x1b[31mb\n": ([2], [1.0, math.inf])})
        text = sow("audit", path).stdout.decode()
        self.assertNotIn("\x1b", text)
        self.assertIn("a\\x1b[31mb\\x0a", text)

    def test_no_checkpoint(self):
        self.path("x").write_text("no")
        self.refused(sow("audit", self.path("x")), 2, "x")
        self.refused(sow("audit", self.path("missing.safetensors")), 2, "missing.safetensors")


class Expected(Audit):
    def findings(self, path, model):
        return {(f["kind"], f.get("tensor"), f["severity"]) for f in self.audit(path, "--as", model)["findings"]}

    def test_clean(self):
        self.make(TINY, name="t.safetensors")
        self.assertEqual(self.findings(self.path("t.safetensors"), self.model(TINY)), set())
        self.assertEqual(self.findings(self.path("t.safetensors"), self.path("t.safetensors")), set())  # its own record

    def test_missing_shape_and_extra(self):
        self.make(TINY, name="t.safetensors")
        other = json.loads(json.dumps(TINY))
        other["tensors"][0]["shape"] = [301, 64]
        other["tensors"][3]["name"] = "h.{1..4}.bias"
        self.assertEqual(
            self.findings(self.path("t.safetensors"), self.model(other)),
            {("shape", "wte.weight", "error"), ("missing", None, "error"), ("missing", "h.0.bias", "note")},
        )

    def test_residual_scale(self):
        """transformers#47458: the projections have the std of all weights."""
        plain = dict(TINY, rules=[TINY["rules"][0], TINY["rules"][2]])
        self.make(plain, name="t.safetensors")
        found = self.findings(self.path("t.safetensors"), self.model(TINY))
        self.assertEqual(found, {("residual_scale", f"h.{i}.proj.weight", "error") for i in range(4)})

    def test_prefix_of_a_library(self):
        """transformer.h.0… in the file, h.0… in the description."""
        other = json.loads(json.dumps(TINY))
        for t in other["tensors"]:
            t["name"] = "transformer." + t["name"]
        self.make(other, name="t.safetensors")
        self.assertEqual(self.findings(self.path("t.safetensors"), self.model(TINY)), set())

    def test_recipe(self):
        self.refused(sow("audit", self.path("none.safetensors"), "--as", "gpt3"), 2, "gpt3")
        zeros = [{"match": "*", "scheme": "zeros"}]
        self.make({"tensors": [{"name": "h.0.ln_1.bias", "shape": [768]}], "rules": zeros}, name="t.safetensors")
        found = self.audit(self.path("t.safetensors"), "--as", "gpt2")["findings"]
        self.assertEqual([x["kind"] for x in found], ["missing"] * 147)
        text = sow("audit", self.path("t.safetensors"), "--as", "gpt2").stdout.decode()
        self.assertRegex(text, r'ERROR  missing: "wte.weight" \[50257, 768\] is not in the file \(146 more\)')
        self.make({"tensors": [{"name": "blocks.0.bias", "shape": [768]}], "rules": zeros}, name="t.safetensors")
        (only,) = self.audit(self.path("t.safetensors"), "--as", "gpt2")["findings"]
        self.assertRegex(only["text"], r'none of .* is in the file: there "wte.weight", here "blocks.0.bias"')


if __name__ == "__main__":
    main()
