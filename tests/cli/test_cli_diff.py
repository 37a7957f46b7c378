# SPDX-License-Identifier: MIT
"""sow diff: what differs between two checkpoints, against the same worked out in Python."""
import csv
import io
import json
import math
import os
import random
import struct

from sowtest import SIZES, Case, Safetensors, main, sow, write_safetensors

CODES = {"F32": "f", "F64": "d", "F16": "e", "I64": "q", "U64": "Q", "I32": "i", "U32": "I", "I16": "h", "U16": "H", "I8": "b", "U8": "B", "BOOL": "?"}


def decode(raw, dtype):
    if dtype == "BF16":
        return [struct.unpack("<f", b"\0\0" + raw[i : i + 2])[0] for i in range(0, len(raw), 2)]
    return list(struct.unpack(f"<{len(raw) // SIZES[dtype]}{CODES[dtype]}", raw))


def same(x, y):
    return x == y or (x != x and y != y)


class Model:
    """What sow diff should say of two lists of elements."""

    def __init__(self, a, dtype_a, b, dtype_b):
        x, y = decode(a, dtype_a), decode(b, dtype_b)
        if dtype_a == dtype_b:
            size = SIZES[dtype_a]
            differs = [a[i * size : (i + 1) * size] != b[i * size : (i + 1) * size] for i in range(len(x))]
        else:
            differs = [not same(p, q) for p, q in zip(x, y)]
        self.differing = sum(differs)
        self.first = differs.index(True) if self.differing else None
        apart = [abs(float(p) - float(q)) for p, q in zip(x, y)]
        numbers = [d for d in apart if d == d]
        self.largest = max(numbers, default=0)
        self.largest_at = apart.index(self.largest) if self.largest else None
        ratios = [d / max(abs(float(p)), abs(float(q))) for d, p, q in zip(apart, x, y) if d and math.isfinite(d)]
        self.relative = max(ratios, default=0)
        self.incomparable = sum((p != p) != (q != q) for p, q in zip(x, y))


def index_of(flat, shape):
    index = []
    for size in reversed(shape):
        index.insert(0, flat % size)
        flat //= size
    return index


class Diff(Case):
    def write(self, name, tensors):
        """`tensors`: name: (dtype, shape, bytes)."""
        header, data = {}, b""
        for key, (dtype, shape, raw) in tensors.items():
            header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
        write_safetensors(self.path(name), header, data)
        return self.path(name)

    def diff(self, a, b, *args):
        result = sow("diff", "--json", a, b, *args)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["equal"], result.returncode == 0)
        self.assertEqual(report["equal"], all(t["verdict"] == "equal" for t in report["tensors"]))
        self.assertEqual(sow("diff", "-q", a, b, *args).stdout, b"")
        return {t["name"]: t for t in report["tensors"]}

    def check(self, found, a, b):
        """`a`, `b`: (dtype, shape, bytes)."""
        model = Model(a[2], a[0], b[2], b[0])
        self.assertEqual((found["differing"], found["elements"]), (model.differing, math.prod(a[1])))
        self.assertEqual(found["verdict"], "dtype" if a[0] != b[0] else "differs" if model.differing else "equal")
        if model.differing:
            self.assertEqual(found["first"]["flat"], model.first)
            self.assertEqual(found["first"]["index"], index_of(model.first, a[1]))
        number = lambda x: math.inf if x == "inf" else x
        self.assertEqual(number(found["largest"]), model.largest)
        if model.largest:
            self.assertEqual(found["largest_at"], index_of(model.largest_at, a[1]))
        self.assertAlmostEqual(found["largest_relative"], model.relative, delta=1e-15 * model.relative)
        self.assertEqual(found["incomparable"], model.incomparable)

    def numbers(self, rng, dtype, n):
        """Any bits for floats, so infinities, NaN, subnormals and -0, too."""
        if dtype == "BOOL":
            return bytes(rng.randrange(2) for _ in range(n))
        return rng.randbytes(n * SIZES[dtype])

    def test_every_type(self):
        rng = random.Random(int(os.environ.get("SOW_TEST_SEED", 1)))
        tensors = [{}, {}]
        for dtype in SIZES:
            for kind in ("random", "near", "one", "equal", "small"):
                shape = [3, 5, 7] if kind == "small" else [37, 301]
                n = math.prod(shape)
                a = b = self.numbers(rng, dtype, n)
                if kind == "random":
                    b = self.numbers(rng, dtype, n)
                elif kind == "near" and dtype != "BOOL":
                    raw = bytearray(a)
                    for i in range(0, len(raw), SIZES[dtype]):
                        raw[i] ^= rng.randrange(4)
                    b = bytes(raw)
                elif kind == "one":
                    raw = bytearray(a)
                    raw[rng.randrange(n) * SIZES[dtype]] ^= 1
                    b = bytes(raw)
                for side, raw in zip(tensors, (a, b)):
                    side[f"{dtype}.{kind}"] = (dtype, shape, raw)
        a, b = (self.write(f"{i}.safetensors", side) for i, side in enumerate(tensors))
        for threads in (1, 3):
            found = self.diff(a, b, "-t", threads)
            for name in tensors[0]:
                if name.startswith(("I64", "U64")) and "equal" not in name:
                    continue  # differences of numbers above 2^53: below
                with self.subTest(name):
                    self.check(found[name], tensors[0][name], tensors[1][name])

    def test_whole_numbers_of_64_bits(self):
        a = ("I64", [3], struct.pack("<3q", 5, -7, 2**62))
        b = ("I64", [3], struct.pack("<3q", 5, 8, 2**62 + 1))
        found = self.diff(self.write("a", {"w": a}), self.write("b", {"w": b}))["w"]
        self.assertEqual((found["differing"], found["first"]["a"], found["first"]["b"], found["largest"]), (2, -7, 8, 15))

    def test_types_are_compared_by_value(self):
        rng = random.Random(2)
        values = [rng.gauss(0, 1) for _ in range(5000)] + [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-7, 65504.0]
        n = len(values)
        sides = {"F64": struct.pack(f"<{n}d", *values), "F32": struct.pack(f"<{n}f", *values), "F16": struct.pack(f"<{n}e", *values),
                 "BF16": b"".join(struct.pack("<f", v)[2:] for v in values)}  # fmt: skip
        for x, raw_x in sides.items():
            for y, raw_y in sides.items():
                found = self.diff(self.write("a", {"w": (x, [n], raw_x)}), self.write("b", {"w": (y, [n], raw_y)}))["w"]
                self.check(found, (x, [n], raw_x), (y, [n], raw_y))
        ones = self.write("a", {"w": ("F32", [2, 3], struct.pack("<6f", *[1] * 6))}), self.write("b", {"w": ("I8", [2, 3], b"\1" * 6)})
        found = self.diff(*ones)["w"]
        self.assertEqual((found["verdict"], found["differing"], found["dtype_a"], found["dtype_b"]), ("dtype", 0, "f32", "i8"))
        self.assertIn('"w" [2, 3] f32, i8 in B: all values equal\n', sow("diff", *ones).stdout.decode())

    def test_names_and_shapes(self):
        f = struct.pack("<6f", *range(6))
        a = self.write("a", {"same": ("F32", [6], f), "only, \"a\"": ("F32", [6], f), "shape": ("F32", [2, 3], f), "empty": ("F32", [0, 3], b""), "scalar": ("F32", [], f[:4])})
        b = self.write("b", {"scalar": ("F32", [], f[:4]), "shape": ("F32", [3, 2], f), "only b": ("F32", [6], f), "same": ("F32", [6], f), "empty": ("F32", [0, 3], b"")})
        verdicts = {n: t["verdict"] for n, t in self.diff(a, b).items()}
        self.assertEqual(verdicts, {"same": "equal", 'only, "a"': "only_a", "shape": "shape", "empty": "equal", "scalar": "equal", "only b": "only_b"})
        text = sow("diff", a, b).stdout.decode()
        for line in ('"only, \\"a\\"" [6] f32: only in A', '"only b" [6] f32: only in B', '"shape" [2, 3] f32: the shape is [3, 2] f32 in B', "3 tensors are equal, 1 differ, 1 are only in A, 1 only in B ("):
            self.assertIn(line, text)
        rows = list(csv.DictReader(io.StringIO(sow("diff", "--csv", a, b).stdout.decode())))
        self.assertEqual({r["name"]: r["verdict"] for r in rows}, verdicts)
        self.assertTrue(all(None not in r.values() and None not in r for r in rows))
        self.assertEqual(next(r for r in rows if r["name"] == "shape")["shape_b"], "[3, 2]")

    def test_csv_and_text_say_what_json_says(self):
        rng = random.Random(3)
        sides = [{"w": ("F32", [70, 11], struct.pack("<770f", *(rng.gauss(0, 1) for _ in range(770))))} for _ in range(2)]
        a, b = self.write("a", sides[0]), self.write("b", sides[1])
        found = self.diff(a, b)["w"]
        row = next(csv.DictReader(io.StringIO(sow("diff", "--csv", a, b).stdout.decode())))
        self.assertEqual((int(row["elements"]), int(row["differing"]), int(row["first"])), (770, 770, 0))
        self.assertEqual((float(row["largest"]), float(row["largest_relative"])), (found["largest"], found["largest_relative"]))
        self.assertEqual(index_of(int(row["largest_at"]), [70, 11]), found["largest_at"])
        text = sow("diff", a, b).stdout.decode()
        self.assertIn(f"770 of 770 elements differ, the first at [0, 0] (0): {found['first']['a']:.9g} (0x", text)
        self.assertIn(f"; largest distance {found['largest']:.6g} at {found['largest_at']}, largest relative distance {found['largest_relative']:.6g}\n", text)

    def test_not_finite(self):
        a = struct.pack("<6f", 1, math.nan, math.inf, math.nan, 0.0, math.inf)
        b = struct.pack("<6f", 1, 2, 3, math.nan, -0.0, -math.inf)
        found = self.diff(self.write("a", {"w": ("F32", [6], a)}), self.write("b", {"w": ("F32", [6], b)}))["w"]
        self.check(found, ("F32", [6], a), ("F32", [6], b))
        self.assertEqual((found["differing"], found["incomparable"], found["largest"], found["largest_at"], found["first"]["a"]), (4, 1, "inf", [2], None))
        self.assertIn("; largest distance inf at [2], largest relative distance 0; 1 NaN on one side\n", sow("diff", self.path("a"), self.path("b")).stdout.decode())

    def test_large_tensors(self):
        """Several pieces: the first and the farthest element, wherever they are, whoever sees them first."""
        n = 500_000
        base = bytearray(struct.pack("<f", 1.5) * n)
        other = bytearray(base)
        for at, value in ((65535, 1.5000001), (131072, 9.5), (400000, -6.5), (499999, 0)):
            other[4 * at : 4 * at + 4] = struct.pack("<f", value)
        a, b = self.write("a", {"w": ("F32", [1000, 500], bytes(base))}), self.write("b", {"w": ("F32", [1000, 500], bytes(other))})
        for threads in (1, 2, 7):
            found = self.diff(a, b, "-t", threads)["w"]
            self.assertEqual((found["differing"], found["first"]["flat"], found["largest"], found["largest_at"]), (4, 65535, 8, index_of(131072, [1000, 500])))
            self.assertEqual(found["largest_relative"], 8 / 6.5)

    def test_files_of_several_kinds(self):
        model = {"tensors": [{"name": "w{0..3}", "shape": [100, 31]}], "rules": [{"match": "*", "scheme": "normal"}]}
        whole = self.make(model)
        folder = self.path("folder")
        self.assertEqual(sow("init", self.path("model.json"), "-qo", folder, "--max-file-size", "20KB").returncode, 0)
        self.assertEqual({t["verdict"] for t in self.diff(self.path("out.safetensors"), folder / "model.safetensors.index.json").values()}, {"equal"})
        other = self.path("other.safetensors")
        self.assertEqual(sow("init", self.path("model.json"), "-qo", other, "--seed", 1).returncode, 0)
        found = self.diff(self.path("out.safetensors"), other)
        for name in whole.names():
            self.check(found[name], ("F32", [100, 31], whole.bytes(name)), ("F32", [100, 31], Safetensors(other).bytes(name)))

    def test_foreign_types(self):
        """Types whose values sow does not know are compared as bytes."""
        a = self.write("a", {"f8": ("F8_E4M3", [8], bytes(range(8))), "c": ("C64", [2], bytes(16))})
        b = self.write("b", {"f8": ("F8_E4M3", [8], bytes([0, 1, 2, 9, 4, 5, 6, 8])), "c": ("C64", [2], bytes(16))})
        found = self.diff(a, b)
        self.assertEqual((found["f8"]["verdict"], found["f8"]["differing"], found["f8"]["first"]["flat"]), ("differs", 2, 3))
        self.assertEqual(found["c"]["verdict"], "equal")

    def test_refused(self):
        a = self.write("a.safetensors", {"w": ("F32", [1], bytes(4))})
        for args, pattern in (
            ([a], "A B is missing"),
            ([a, a, a], "one operand too many"),
            ([a, self.path("none")], "cannot be opened"),
            ([a, a, "--csv", "--json"], "--csv beside --json"),
            ([a, a, "-t", "x"], "--threads is"),
        ):
            result = sow("diff", *args)
            self.refused(result, 2, pattern)
            self.assertEqual(result.stdout, b"")


if __name__ == "__main__":
    main()
