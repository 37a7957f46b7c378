# SPDX-License-Identifier: MIT
"""sow stats: against statistics worked out here in exact fractions, and against numpy where there is one; the same bits everywhere."""
import csv
import io
import json
import math
import shutil
import struct
import unittest
from fractions import Fraction

from sowtest import Case, main, sow, write_safetensors

try:
    import numpy
except ImportError:
    numpy = None


def rows(result):
    assert result.returncode == 0 and result.stderr == "", result.stderr
    report = json.loads(result.stdout)
    return {t["name"]: t for t in report["tensors"]}


def exact(values):
    """Moments in fractions, rounded once."""
    finite = [Fraction(x) for x in values if math.isfinite(x)]
    n = len(finite)
    mean = sum(finite) / n
    m2, m3, m4 = (sum((x - mean) ** k for x in finite) / n for k in (2, 3, 4))
    std = math.sqrt(m2)
    return {
        "count": len(values),
        "zeros": sum(x == 0 for x in values),
        "nans": sum(math.isnan(x) for x in values),
        "infs": sum(math.isinf(x) for x in values),
        "mean": float(mean),
        "variance": float(m2),
        "std": std,
        "skewness": float(m3) / std**3 if m2 else None,
        "kurtosis": float(m4 / m2 / m2) if m2 else None,
        "min": float(min(finite)),
        "max": float(max(finite)),
        "at_min": finite.count(min(finite)),
        "at_max": finite.count(max(finite)),
    }


class Stats(Case):
    def assert_exact(self, row, values, name):
        for key, want in exact(values).items():
            got = row[key]
            if isinstance(want, float):
                scale = max(abs(want), 1e-3 if key == "skewness" else 0, row["std"] * 1e-3 if key == "mean" else 0)
                self.assertLessEqual(abs(got - want), 2e-13 * scale, f"{name} {key}: {got!r}, must be {want!r}")
            else:
                self.assertEqual(got, want, f"{name} {key}")

    def write(self, tensors, name="x.safetensors", pad=0):
        """tensors: name -> (safetensors type, shape, bytes)."""
        header, data = {}, b""
        for key, (dtype, shape, raw) in tensors.items():
            header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
        path = self.path(name)
        write_safetensors(path, json.dumps(header).encode() + b" " * pad, data)
        return path

    def test_every_scheme_and_type(self):
        tensors = [{"name": f"{d}.{s}", "shape": [5, 977], "dtype": d} for d in ("f32", "f64", "f16", "bf16") for s in ("n", "u", "t", "s", "c")]
        rules = [
            {"match": "*.n", "scheme": "normal", "mean": 0.5, "std": 0.02},
            {"match": "*.u", "scheme": "uniform", "a": -1, "b": 3},
            {"match": "*.t", "scheme": "trunc_normal", "std": 1, "a": -1, "b": 2},
            {"match": "*.s", "scheme": "sparse", "sparsity": 0.4, "std": 1},
            {"match": "*.c", "scheme": "constant", "value": 0.1},
        ]
        file = self.make({"tensors": tensors, "rules": rules})
        for name, row in rows(sow("stats", "--json", self.path("out.safetensors"))).items():
            self.assert_exact(row, file.values(name), name)

    def test_what_is_odd(self):
        nan, inf = math.nan, math.inf
        cases = {
            "mixed": [0.0, -0.0, nan, inf, -inf, 1.5, -2.0, 1.5] * 700,
            "one": [3.0],
            "large": [1e30, -1e30, 1e-30] * 3000,
            "offset": [1e6 + 0.0625 * (i % 5) for i in range(9001)],
            "subnormal": [1e-45 * (i % 7) for i in range(5000)],
        }
        path = self.write({k: ("F32", [len(v)], struct.pack(f"<{len(v)}f", *v)) for k, v in cases.items()})
        stored = {k: struct.unpack(f"<{len(v)}f", struct.pack(f"<{len(v)}f", *v)) for k, v in cases.items()}
        got = rows(sow("stats", "--json", path))
        for name, values in stored.items():
            self.assert_exact(got[name], values, name)
        nothing = {"none": ("F32", [0], b""), "nan": ("BF16", [2], b"\xc0\x7f\x80\xff")}
        got = rows(sow("stats", "--json", self.write(nothing, "n.safetensors")))
        self.assertEqual([got["none"][k] for k in ("count", "mean", "min", "std")], [0, None, None, None])
        self.assertEqual([got["nan"][k] for k in ("count", "nans", "infs", "mean", "at_min")], [2, 1, 1, None, 0])

    def test_other_types(self):
        """Whole numbers, truth values and 8-bit floats are what they stand for."""
        raw = bytes(range(256))

        def e4m3(b, bias=7, fnuz=False):
            sign, e, m = -1 if b & 128 else 1, b >> 3 & 15, b & 7
            if b == 128 if fnuz else b & 127 == 127:
                return math.nan
            return sign * (m * 2.0 ** (1 - bias - 3) if e == 0 else (8 + m) * 2.0 ** (e - bias - 3))

        def e5m2(b):
            return struct.unpack("<e", bytes([0, b]))[0]

        wide = [(-1) ** i * i**5 for i in range(600)]
        cases = {
            "F8_E4M3": (raw, [e4m3(b) for b in raw]),
            "F8_E4M3FNUZ": (raw, [e4m3(b, 8, True) for b in raw]),
            "F8_E5M2": (raw, [e5m2(b) for b in raw]),
            "F8_E5M2FNUZ": (raw, [math.nan if b == 128 else e5m2(b) / 2 if b & 0x7C < 0x7C else (-1) ** (b >> 7) * (4 + (b & 3)) * 2.0**13 for b in raw]),
            "F8_E8M0": (raw[100:], [2.0 ** (b - 127) if b < 255 else math.nan for b in raw[100:]]),
            "U8": (raw, list(raw)),
            "I8": (raw, [b - 256 if b > 127 else b for b in raw]),
            "BOOL": (b"\0\1\1\0\1", [0, 1, 1, 0, 1]),
            "I16": (raw, list(struct.unpack("<128h", raw))),
            "U16": (raw, list(struct.unpack("<128H", raw))),
            "I32": (raw, list(struct.unpack("<64i", raw))),
            "U32": (raw, list(struct.unpack("<64I", raw))),
            "I64": (struct.pack("<600q", *wide), wide),
            "U64": (struct.pack("<600Q", *[abs(x) for x in wide]), [abs(x) for x in wide]),
        }
        size = {k: int("".join(c for c in k.split("_")[0] if c.isdigit()) or 8) // 8 for k in cases}
        path = self.write({k: (k, [len(v[0]) // size[k]], v[0]) for k, v in cases.items()})
        got = rows(sow("stats", "--json", path))
        for name, (_, values) in cases.items():
            self.assert_exact(got[name], [float(x) for x in values], name)
        got = rows(sow("stats", "--json", self.write({"f4": ("F4", [4], b"\x12\x34")}, "f4.safetensors")))
        self.assertNotIn("mean", got["f4"])
        self.assertIn(b"no statistics", sow("stats", self.path("f4.safetensors")).stdout)

    def test_threads_and_instructions_do_not_show(self):
        tensors = [{"name": f"w.{{0..6}}.{d}", "shape": [700, 1000], "dtype": d} for d in ("f32", "f64", "f16", "bf16")]
        tensors += [{"name": "b.{0..60}", "shape": [77]}, {"name": "big", "shape": [3000, 1000]}]
        self.make({"tensors": tensors, "rules": [{"match": "*", "scheme": "normal", "mean": 0, "std": 0.02}]})
        isas = [i["name"] for i in json.loads(sow("info", "--json").stdout)["isas"] if i["usable"]]
        seen = set()
        for threads in (1, 2, 3, 8):
            for isa in isas if threads < 3 else isas[-1:]:
                result = sow("stats", self.path("out.safetensors"), "--csv", "-t", threads, "--isa", isa)
                self.assertEqual(result.returncode, 0, result.stderr)
                seen.add(result.stdout)
        self.assertEqual(len(seen), 1)
        # … and an element that moves shows
        raw = bytearray(self.path("out.safetensors").read_bytes())
        raw[-2000:-1998] = b"\x11\x3c"
        self.path("changed.safetensors").write_bytes(raw)
        self.assertNotIn(sow("stats", self.path("changed.safetensors"), "--csv").stdout, seen)

    def test_bf16_ones(self):
        self.make({"tensors": [{"name": "x", "shape": [3000, 7001], "dtype": "bf16"}], "rules": [{"match": "*", "scheme": "ones"}]})
        row = rows(sow("stats", "--json", self.path("out.safetensors")))["x"]
        self.assertEqual((row["mean"], row["variance"], row["at_min"]), (1, 0, 21003000))
        self.assertNotIn("histogram", row)

    def test_unaligned(self):
        """A header of any length: the bytes of the tensors start anywhere."""
        values = [math.sin(i) for i in range(10000)]
        for pad in range(4):
            path = self.write({"x": ("F64", [10000], struct.pack("<10000d", *values))}, pad=pad)
            self.assert_exact(rows(sow("stats", "--json", path))["x"], values, f"pad {pad}")

    def test_globs(self):
        self.make({"tensors": [{"name": "{a,b}"}, {"name": "h.{0..11}.w", "shape": [3]}][1:], "rules": [{"match": "*", "scheme": "ones"}]})
        path = self.path("out.safetensors")
        self.assertEqual(list(rows(sow("stats", "--json", path, "h.1.w", "h.1?.w"))), ["h.1.w", "h.10.w", "h.11.w"])
        self.refused(sow("stats", path, "h.1.w", "x*"), 2, 'out.safetensors: no tensor matches "x\\*"$')
        self.refused(sow("stats", path, "[a"), 2, "without its")
        self.refused(sow("stats", path, "--bins", "0"), 2, "--bins is .*1 to 4096")
        self.refused(sow("stats", path, "--json", "--csv"), 2, "only one")
        self.refused(sow("stats", self.path("none")), 2, "none")
        self.refused(sow("stats"), 2, "FILE")

    def test_histogram(self):
        file = self.make(
            {"tensors": [{"name": "w", "shape": [100000]}], "rules": [{"match": "*", "scheme": "normal", "mean": 0, "std": 1}]}
        )
        row = rows(sow("stats", "--json", self.path("out.safetensors"), "--bins", "20"))["w"]
        h, values = row["histogram"], file.values("w")
        self.assertEqual(len(h["counts"]), 20)
        self.assertEqual(sum(h["counts"]) + h["below"] + h["above"], 100000)
        self.assertTrue(h["low"] >= row["mean"] - 5 * row["std"] - 1e-9 and h["high"] <= row["mean"] + 5 * row["std"] + 1e-9)
        width = (h["high"] - h["low"]) / 20
        for i, count in enumerate(h["counts"]):
            want = sum(h["low"] + i * width <= x < h["low"] + (i + 1) * width for x in values)
            self.assertLessEqual(abs(count - want), 0.02 * want + 20, (i, count, want))
        # an outlier does not flatten the others
        outlier = values[:5000] + [1e6, -1e5]
        path = self.write({"w": ("F32", [5002], struct.pack("<5002f", *outlier))})
        h = rows(sow("stats", "--json", path))["w"]["histogram"]
        self.assertEqual((h["below"], h["above"]), (1, 1) if h["low"] > -1e5 else (0, 1))

    def test_table_and_csv(self):
        self.make({"tensors": [{"name": "h.{0..1}.ü,\"", "shape": [64, 64]}], "rules": [{"match": "*", "scheme": "uniform", "a": -1, "b": 1}]})
        path = self.path("out.safetensors")
        table = sow("stats", path).stdout.decode().splitlines()
        self.assertEqual(len(table), 5)
        self.assertRegex(table[1], r"\[64, 64\] +f32 .* [▁▂▃▄▅▆▇█]{16}$")
        self.assertRegex(table[3], r"^all 2 ")
        self.assertRegex(table[4], r"^2 tensors, 8192 elements, 32\.8 kB in .*: .*out\.safetensors$")
        text = sow("stats", path, "--csv").stdout.decode()
        table = list(csv.DictReader(io.StringIO(text, newline="")))
        got = rows(sow("stats", path, "--json"))
        for row in table:
            self.assertEqual(row["shape"], "64x64")
            for key in ("mean", "variance", "kurtosis", "min", "max", "at_max"):
                self.assertEqual(float(row[key]), got[row["name"]][key])

    def test_shards_and_npy(self):
        values = struct.pack("<600f", *[math.cos(i) for i in range(600)])
        self.write({"a": ("F32", [600], values)}, "m-1.safetensors")
        self.write({"b": ("F32", [20, 30], values)}, "m-2.safetensors")
        index = {"metadata": {}, "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}}
        self.path("m.safetensors.index.json").write_text(json.dumps(index))
        got = rows(sow("stats", "--json", self.path("m.safetensors.index.json")))
        self.assertEqual(list(got), ["a", "b"])
        self.assertEqual(got["a"]["kurtosis"], got["b"]["kurtosis"])
        head = b"{'descr': '<f4', 'fortran_order': True, 'shape': (20, 30), }"
        head += b" " * (117 - len(head)) + b"\n"
        self.path("x.npy").write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + values)
        (row,) = rows(sow("stats", "--json", self.path("x.npy"))).values()
        self.assertEqual((row["shape"], row["min"], row["count"]), ([20, 30], got["a"]["min"], 600))

    @unittest.skipUnless(numpy, "numpy is not installed")
    def test_numpy(self):
        file = self.make(
            {"tensors": [{"name": d, "shape": [1000, 1500], "dtype": d} for d in ("f32", "f64", "f16")], "rules": [{"match": "*", "scheme": "normal", "mean": 0.1, "std": 0.02}]}
        )
        for name, row in rows(sow("stats", "--json", self.path("out.safetensors"))).items():
            x = numpy.frombuffer(file.bytes(name), {"f32": "<f4", "f64": "<f8", "f16": "<f2"}[name]).astype(numpy.float64)
            d = x - x.mean()
            self.assertAlmostEqual(row["mean"], x.mean(), delta=1e-15)
            self.assertAlmostEqual(row["std"], x.std(), delta=1e-15)
            self.assertAlmostEqual(row["skewness"], (d**3).mean() / x.std() ** 3, delta=1e-12)
            self.assertAlmostEqual(row["kurtosis"], (d**4).mean() / x.std() ** 4, delta=1e-12)
            counts, _ = numpy.histogram(x, 64, (row["histogram"]["low"], row["histogram"]["high"]))
            self.assertLess(abs(counts - row["histogram"]["counts"]).max(), 0.03 * counts.max())  # buckets are wide beside bins far from zero

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_plot(self):
        self.make({"tensors": [{"name": "h.{0..70}.w<&>", "shape": [999]}], "rules": [{"match": "*", "scheme": "normal", "std": 1}]})
        svg = self.path("h.svg")
        for _ in range(2):
            result = sow("stats", self.path("out.safetensors"), "--plot", svg, "--force")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
        text = svg.read_text()
        self.assertTrue("h.0.w&lt;&amp;" in text and "h.63.w" in text and "h.70.w" not in text)
        self.assertTrue("first 64 of 71" in text)
        self.refused(sow("stats", self.path("out.safetensors"), "--plot", svg), 2, "exists")
        self.make({"tensors": [{"name": "b", "shape": [9]}], "rules": [{"match": "*", "scheme": "ones"}]}, name="ones.safetensors")
        self.refused(sow("stats", self.path("ones.safetensors"), "--plot", self.path("o.svg")), 2, "no tensor here has a histogram")
        self.assertFalse(self.path("o.svg").exists())


main()
