# SPDX-License-Identifier: MIT
"""Values from outside: copied, tiled and converted as struct and NumPy's rules say; .npy files out and in; digests in the record."""
import itertools
import json
import math
import os
import random
import struct

from sowtest import SIZES, Case, Safetensors, main, sow, write_safetensors

try:
    import numpy
except ImportError:
    numpy = None
    print("no numpy: its own reader of .npy files is not compared")

CODES = {"F64": "d", "F32": "f", "F16": "e", "I64": "q", "I32": "i", "I16": "h", "I8": "b", "U64": "Q", "U32": "I", "U16": "H", "U8": "B", "BOOL": "B"}
NPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1", "BF16": "<V2"}


def write_npy(path, dtype, shape, data, fortran=False):
    head = f"{{'descr': '{NPY[dtype]}', 'fortran_order': {fortran}, 'shape': {tuple(shape)}, }}".encode()
    head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data)


def tiled(values, from_shape, shape):
    """values[i mod their shape], aligned at the last axis."""
    out = []
    for index in itertools.product(*map(range, shape)):
        at = 0
        for n, i in zip(from_shape, index[len(shape) - len(from_shape) :]):
            at = at * n + i % n
        out.append(values[at])
    return out


def to_bf16(x):
    """Round to nearest even, by the bits."""
    (bits,) = struct.unpack("<I", struct.pack("<f", x))
    return struct.unpack("<f", struct.pack("<I", (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000))[0]


class Template(Case):
    def init(self, tensors, values, *args, extra=None, name="out.safetensors"):
        rule = {"match": "*", "scheme": "template", "values": values, "constant_ok": True, **(extra or {})}
        return self.make({"tensors": tensors, "rules": [rule]}, "-q", *args, name=name)

    def one(self, shape, dtype, values, *args):
        return self.init([{"name": "w", "shape": shape, "dtype": dtype}], values, *args).values("w")

    def test_literals(self):
        self.assertEqual(self.one([2, 3], "f32", [[1, 2, 3], [-4, 5e-1, 0]]), [1, 2, 3, -4, 0.5, 0])
        self.assertEqual(self.one([2, 3], "bf16", 7), [7] * 6)
        self.assertEqual(self.one([], "f64", 0.1), [0.1])
        self.assertEqual(self.one([2], "f32", ["inf", "-inf"]), [math.inf, -math.inf])
        self.assertTrue(math.isnan(self.one([1], "f16", ["nan"])[0]))
        self.assertEqual(self.one([3], "i8", [-128, 0, 127]), [-128, 0, 127])
        self.assertEqual(self.one([2], "bool", [0, 1]), [0, 1])
        self.assertEqual(self.one([0, 4], "f32", [[1, 2, 3, 4]]), [])
        self.assertEqual(self.one([2, 4], "f32", [[1, 2]]), [1, 2] * 4)

    def test_tiling(self):
        rng = random.Random(int(os.environ.get("SOW_TEST_SEED", 5)))
        tensors, rules, wanted = [], [], []
        for k in range(200):
            shape = [rng.randint(1, 6) for _ in range(rng.randint(0, 4))]
            small = [rng.randint(1, 7) for _ in range(rng.randint(0, len(shape)))]
            values = [rng.randint(-99, 99) for _ in range(math.prod(small))]
            nested = values[:]
            for n in reversed(small[1:]):
                nested = [nested[i : i + n] for i in range(0, len(nested), n)]
            tensors.append({"name": f"w{k}", "shape": shape, "dtype": rng.choice(["f32", "f16", "f64", "i32", "i8"])})
            rules.append({"match": f"w{k}", "scheme": "template", "values": nested if small else values[0], "constant_ok": True})
            wanted.append(tiled(values, small, shape))
            if numpy and len(small) == len(shape) and small:
                repeats = [-(-n // k) for n, k in zip(shape, small)]
                cut = numpy.tile(numpy.array(values).reshape(small), repeats)[tuple(slice(n) for n in shape)]
                self.assertEqual(cut.ravel().tolist(), wanted[-1])
        f = self.make({"tensors": tensors, "rules": rules}, "-q")
        for k, want in enumerate(wanted):
            self.assertEqual(f.values(f"w{k}"), want, (tensors[k], rules[k]))

    def test_every_type_to_every_type(self):
        """Arrays of each type, from .npy and safetensors files, into tensors of each type that can hold them."""
        rng = random.Random(6)
        for source, code in CODES.items():
            if source[0] == "F":
                values = [rng.choice([0.0, -1.0, 3.0, 2.0, 7.0]) for _ in range(24)]
            else:
                values = [rng.randint(0, 1) if source == "BOOL" else rng.randint(0, 100) for _ in range(24)]
                values[0] = 1 if source == "BOOL" else -5 if source[0] == "I" else 101
            data = struct.pack(f"<24{code}", *values)
            write_npy(self.path("v.npy"), source, [2, 3, 4], data)
            write_safetensors(self.path("v.safetensors"), {"pad": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, "v": {"dtype": source, "shape": [2, 3, 4], "data_offsets": [1, 1 + len(data)]}}, b"x" + data)
            targets = ["f32", "f64", "f16", "bf16", "i64", "i32", "i8", "u8", "bool"]
            fits = [t for t in targets if set(values) <= {0, 1} or t != "bool" and (min(values) >= 0 or t != "u8")]
            tensors = [{"name": f"{n}.{t}", "shape": shape, "dtype": t} for t in fits for n, shape in (("w", [2, 3, 4]), ("t", [5, 3, 6]))]
            for where in ("v.npy", {"file": "v.safetensors", "tensor": "v"}, {"v.safetensors": "v"}):
                f = self.init(tensors, where)
                for t in fits:
                    self.assertEqual(f.values(f"w.{t}"), values, (source, t))
                    self.assertEqual(f.values(f"t.{t}"), tiled(values, [2, 3, 4], [5, 3, 6]), (source, t))
            for t in set(targets) - set(fits):
                path = self.model({"tensors": [{"name": "w", "shape": [2, 3, 4], "dtype": t}], "rules": [{"match": "*", "scheme": "template", "values": "v.npy"}]})
                self.refused(sow("init", path, "-o", self.path("x")), 2, f"template: values from .*, {t} cannot hold them exactly")

    def test_rounding(self):
        """f64 to the others: to nearest even, to the halves by way of f32; halfway cases, subnormals, the largest."""
        values = [1 + 2**-11 + 2**-30, 1 + 2**-8 + 2**-30, 1 + 3 * 2**-8 + 2**-20, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-24, 2.0**-25, 2.0**-149, 1 / 3, -0.1, 65504.0, 0.0, -0.0, 6e-8]
        write_npy(self.path("v.npy"), "F64", [len(values)], struct.pack(f"<{len(values)}d", *values))
        for dtype, rounded in (("f32", lambda x: struct.unpack("f", struct.pack("f", x))[0]), ("f16", lambda x: struct.unpack("e", struct.pack("e", struct.unpack("f", struct.pack("f", x))[0]))[0]), ("bf16", lambda x: to_bf16(x)), ("f64", lambda x: x)):
            got = self.one([len(values)], dtype, "v.npy")
            self.assertEqual([struct.pack("d", x) for x in got], [struct.pack("d", rounded(x)) for x in values], dtype)

    def test_all_halves_and_eighths(self):
        """Every f16 and bf16 number against struct's reading; every 8-bit float against its definition."""
        f16 = struct.pack("<65536H", *range(65536))
        header = {"h": {"dtype": "F16", "shape": [65536], "data_offsets": [0, 131072]}, "b": {"dtype": "BF16", "shape": [65536], "data_offsets": [131072, 262144]}}
        data = f16 + f16
        kinds = {"F8_E4M3": (4, 3, 7), "F8_E5M2": (5, 2, 15), "F8_E4M3FNUZ": (4, 3, 8), "F8_E5M2FNUZ": (5, 2, 16), "F8_E8M0": (8, 0, 127)}
        for kind in kinds:
            header[kind] = {"dtype": kind, "shape": [256], "data_offsets": [len(data), len(data) + 256]}
            data += bytes(range(256))
        write_safetensors(self.path("all.safetensors"), header, data)

        def read(kind, byte):
            e_bits, m_bits, bias = kinds[kind]
            sign = -1 if kind != "F8_E8M0" and byte & 0x80 else 1
            e, m = byte >> m_bits & (2**e_bits - 1), byte & (2**m_bits - 1)
            if kind == "F8_E8M0":
                return math.nan if byte == 255 else 2.0 ** (byte - 127)
            if kind.endswith("FNUZ") and byte == 0x80 or kind == "F8_E4M3" and byte & 0x7F == 0x7F:
                return math.nan
            if kind == "F8_E5M2" and e == 31:
                return math.nan if m else sign * math.inf
            return sign * (m * 2.0 ** (1 - bias - m_bits) if e == 0 else (2**m_bits + m) * 2.0 ** (e - bias - m_bits))

        def same(x, y):
            return x == y and math.copysign(1, x) == math.copysign(1, y) or math.isnan(x) and math.isnan(y)

        names = list(header)
        f = self.init([{"name": n, "shape": header[n]["shape"], "dtype": "f64"} for n in names], {"file": "all.safetensors", "tensor": "*"})
        self.assertTrue(all(map(same, f.values("h"), struct.unpack("<65536e", f16))))
        self.assertTrue(all(map(same, f.values("b"), (struct.unpack("<f", struct.pack("<I", i << 16))[0] for i in range(65536)))))
        for kind in kinds:
            self.assertTrue(all(map(same, f.values(kind), (read(kind, i) for i in range(256)))), kind)

    def test_copies_keep_every_bit(self):
        """A type taken as it is: NaN payloads, and whole numbers beyond 2^53."""
        words = [0x7FA00001, 0xFFC12345, 0x7F800000, 0x80000000, 1]
        big = [2**63 - 1, -(2**63), 2**53 + 1]
        data = struct.pack("<5I", *words) + struct.pack("<3q", *big)
        write_safetensors(self.path("v.safetensors"), {"f": {"dtype": "F32", "shape": [5], "data_offsets": [0, 20]}, "i": {"dtype": "I64", "shape": [3], "data_offsets": [20, 44]}}, data)
        f = self.init([{"name": "f", "shape": [5]}, {"name": "i", "shape": [3], "dtype": "i64"}], {"file": "v.safetensors", "tensor": "*"})
        self.assertEqual(f.bytes("f") + f.bytes("i"), data)
        path = self.model({"tensors": [{"name": "i", "shape": [6], "dtype": "i64"}], "rules": [{"match": "*", "scheme": "template", "values": {"v.safetensors": "i"}}]})
        self.refused(sow("init", path, "-o", self.path("x")), 2, "cannot hold them exactly")

    def test_within_schemes(self):
        write_npy(self.path("v.npy"), "F32", [3], struct.pack("<3f", 1, 2, 4))
        scaled = {"scheme": "scale", "k": 0.5, "inner": {"scheme": "add", "value": 1, "inner": {"scheme": "template", "values": "v.npy"}}}
        f = self.make({"tensors": [{"name": "w", "shape": [4, 3]}, {"name": "e", "shape": [2, 2, 3]}], "rules": [{"match": "w", "scheme": "blocks", "list": [1, 3], "inner": ["ones", scaled]}, {"match": "e", "scheme": "stack", "inner": {"scheme": "template", "values": [[1, 2, 3], [4, 5, 6]]}}]}, "-q")
        self.assertEqual(f.values("w"), [1, 1, 1] + [1, 1.5, 2.5] * 3)
        self.assertEqual(f.values("e"), [1, 2, 3, 4, 5, 6] * 2)

    def test_from_the_command_line(self):
        write_npy(self.path("v 1.npy"), "F32", [3], struct.pack("<3f", 1, 2, 4))
        write_safetensors(self.path("v.safetensors"), {"a.x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, struct.pack("<f", 9))
        model = self.model({"tensors": [{"name": n, "shape": [3]} for n in "abcd"], "rules": [{"match": "*", "scheme": "ones"}]})
        args = ["--set", "a=template('v 1.npy')", "--set", "b=template([5, 6, 7])", "--set", "c=template(v.safetensors:a.x)"]
        result = sow("init", model, "-q", "-o", self.path("o.safetensors"), *args, cwd=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        f = Safetensors(self.path("o.safetensors"))
        self.assertEqual([f.values(n) for n in "abcd"], [[1, 2, 4], [5, 6, 7], [9] * 3, [1] * 3])

    def test_stars_and_files(self):
        """A star takes each tensor's own; files are found from the description's folder, not the current one."""
        self.path("sub").mkdir()
        old = self.make({"tensors": [{"name": "h.{0..2}.w", "shape": [8]}], "rules": [{"match": "*", "scheme": "normal"}]}, "-q", name="sub/old.safetensors")
        model = {"tensors": [{"name": "blk.{0..2}.weight", "shape": [8], "dtype": "f64"}], "rules": [{"match": "blk.*.weight", "scheme": "template", "values": {"file": "old.safetensors", "tensor": "h.*.w"}}]}
        path = self.model(model, "sub/model.json")
        result = sow("init", path, "-o", self.path("o.safetensors"), "-q", cwd="/")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        f = Safetensors(self.path("o.safetensors"))
        for i in range(3):
            self.assertEqual(f.values(f"blk.{i}.weight"), old.values(f"h.{i}.w"))

    def test_the_file_is_made_again_from_the_same_values_or_not(self):
        write_npy(self.path("v.npy"), "F32", [3], struct.pack("<3f", 1, 2, 4))
        out = self.path("out.safetensors")
        f = self.init([{"name": "w", "shape": [9]}, {"name": "l", "shape": [3]}], "v.npy")
        values = f.record()["model"]["rules"][0]["values"]
        self.assertEqual(set(values), {"file", "digest"})
        self.assertRegex(values["digest"], "^[0-9a-f]{32}$")
        # beside the file, or in the current folder
        self.path("else").mkdir()
        for cwd in ("/", self.folder):
            result = sow("init", out, "-o", self.path("again"), "-f", "-q", cwd=cwd)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(self.path("again").read_bytes(), out.read_bytes())
        moved = self.path("else/out.safetensors")
        out.rename(moved)
        self.assertEqual(sow("init", moved, "-o", self.path("again"), "-f", "-q", cwd=self.folder).returncode, 0)
        self.assertEqual(self.path("again").read_bytes(), moved.read_bytes())
        self.refused(sow("init", moved, "-o", self.path("x"), cwd="/"), 2, "v.npy\" cannot be opened: No such file.*beside the checkpoint and in the current folder")
        # other values, another type or another shape
        for dtype, shape, data in (("F32", [3], struct.pack("<3f", 1, 2, 5)), ("I32", [3], struct.pack("<3f", 1, 2, 4)), ("F32", [1, 3], struct.pack("<3f", 1, 2, 4))):
            write_npy(self.path("else/v.npy"), dtype, shape, data)
            self.refused(sow("init", moved, "-o", self.path("x")), 2, "has other values now, of digest|at most 1 axes")
        # the digest of a whole set under stars
        self.make({"tensors": [{"name": "a{0..1}", "shape": [4]}], "rules": [{"match": "*", "scheme": "normal"}]}, "-q", name="old.safetensors")
        self.init([{"name": "a0", "shape": [4]}, {"name": "a1", "shape": [4]}], {"file": "old.safetensors", "tensor": "*"})
        self.make({"tensors": [{"name": "a{0..1}", "shape": [4]}], "rules": [{"match": "a0", "scheme": "normal"}, {"match": "*", "scheme": "ones"}]}, "-q", name="old.safetensors")
        self.refused(sow("init", out, "-o", self.path("x")), 2, "has other values now")

    def test_boxes(self):
        """A box of a kept tensor out of an array, whole numbers as well."""
        old = self.make({"tensors": [{"name": "w", "shape": [4, 6]}, {"name": "i", "shape": [4, 6], "dtype": "i32"}], "rules": [{"match": "w", "scheme": "normal"}, {"match": "*", "scheme": "ones"}]}, "-q", name="old.safetensors")
        values = [[r * 10 + c for c in range(6)] for r in range(4)]
        result = sow("init", "--like", self.path("old.safetensors"), "--reinit", "*[1:3,2:5]", "--set", f"*=template({values})", "-o", self.path("n"), "-q")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        f = Safetensors(self.path("n"))
        for name in ("w", "i"):
            want = [values[i // 6][i % 6] if 1 <= i // 6 < 3 and 2 <= i % 6 < 5 else x for i, x in enumerate(old.values(name))]
            self.assertEqual(f.values(name), want)

    def test_shards(self):
        """Shares of tensors that take arrays, joined: rows, columns, flat ranges; copied, converted, tiled."""
        shape = [5, 7]
        values = [(-1) ** i * (2**60 + i) for i in range(35)]
        write_npy(self.path("big.npy"), "I64", shape, struct.pack("<35q", *values))
        write_npy(self.path("small.npy"), "F32", [2, 3], struct.pack("<6f", *range(6)))
        tensors = [{"name": "big", "shape": shape, "dtype": "i64"}] + [{"name": f"w.{t}", "shape": shape, "dtype": t} for t in ("f32", "bf16", "i8", "f64")] + [{"name": "same", "shape": [2, 3]}]
        rules = [{"match": "big", "scheme": "template", "values": "big.npy"}, {"match": "*", "scheme": "template", "values": "small.npy"}]
        whole = self.make({"tensors": tensors, "rules": rules}, "-q", name="whole.safetensors")
        for cut in ("row", "column", "flat"):
            files = []
            for rank in range(3):
                result = sow("shard", self.path("model.json"), "-r", rank, "-w", 3, "--shard", cut, "-o", self.path(cut), "-q")
                self.assertEqual(result.returncode, 0, result.stderr)
                files.append(Safetensors(self.path(cut) / f"shard-{rank + 1:05}-model-00001-of-00001.safetensors"))
            for name in whole.names():
                size, n = SIZES[whole.header[name]["dtype"]], whole.header[name]["shape"][0]
                pieces = [f.bytes(name) for f in files if name in f.header]
                if cut == "column":
                    widths = [f.header[name]["shape"][1] * size for f in files if name in f.header]
                    pieces = [p[r * w : (r + 1) * w] for r in range(n) for p, w in zip(pieces, widths)]
                self.assertEqual(b"".join(pieces), whole.bytes(name), (cut, name))

    def test_verify(self):
        write_npy(self.path("v.npy"), "F32", [3], struct.pack("<3f", 1, 2, 4))
        self.init([{"name": "w", "shape": [9], "dtype": "bf16"}, {"name": "l", "shape": [3]}, {"name": "i", "shape": [4], "dtype": "i32"}], "v.npy")
        self.assertEqual(sow("verify", self.path("out.safetensors"), "-q").returncode, 0)
        raw = bytearray(self.path("out.safetensors").read_bytes())
        raw[-1] ^= 1
        self.path("out.safetensors").write_bytes(raw)
        self.assertEqual(sow("verify", self.path("out.safetensors"), "-q").returncode, 1)

    def test_npy_out(self):
        for dtype in ("f64", "f32", "f16", "bf16", "i64", "u8", "bool"):
            model = {"tensors": [{"name": "w", "shape": [2, 3], "dtype": dtype}], "rules": [{"match": "*", "scheme": "template", "values": [[0, 1, 1], [1, 0, 1]]}]}
            self.assertEqual(sow("init", self.model(model), "-o", self.path("o.npy"), "-f", "-q").returncode, 0)
            raw = self.path("o.npy").read_bytes()
            self.assertEqual(raw[:8], b"\x93NUMPY\1\0")
            (n,) = struct.unpack("<H", raw[8:10])
            self.assertEqual((10 + n) % 64, 0)
            head = eval(raw[10 : 10 + n].decode(), {})  # a Python dictionary, by the format's definition
            self.assertEqual((head["shape"], head["fortran_order"]), ((2, 3), False))
            self.assertEqual(raw[10 + n :], self.make(model, "-q").bytes("w"))
            if numpy and dtype != "bf16":
                self.assertEqual(numpy.load(self.path("o.npy")).astype(float).tolist(), [[0, 1, 1], [1, 0, 1]])
        for shape in ([], [0], [5], [1, 2, 3]):
            self.assertEqual(sow("init", self.model({"tensors": [{"name": "w", "shape": shape}], "rules": [{"match": "*", "scheme": "normal"}]}), "-o", self.path("o.npy"), "-f", "-q").returncode, 0)
            raw = self.path("o.npy").read_bytes()
            self.assertEqual(eval(raw[10 : raw.index(b"\n")].decode(), {})["shape"], tuple(shape))
            if numpy:
                self.assertEqual(numpy.load(self.path("o.npy")).shape, tuple(shape))
        two = self.model({"tensors": [{"name": "w{0..1}", "shape": [1]}], "rules": [{"match": "*", "scheme": "normal"}]})
        self.refused(sow("init", two, "-o", self.path("two.npy")), 2, "an .npy file holds one tensor, the model has 2")
        self.assertFalse(self.path("two.npy").exists())

    def test_fortran_order(self):
        values = [float(i) for i in range(6)]
        columns = [values[r * 3 + c] for c in range(3) for r in range(2)]
        write_npy(self.path("v.npy"), "F32", [2, 3], struct.pack("<6f", *columns), fortran=True)
        self.assertEqual(self.one([2, 3], "f32", "v.npy"), values)
        self.assertEqual(self.one([2, 3], "f64", "v.npy"), values)

    FAULTS = [
        (True, '"values" must be numbers, a file\'s name, or'),
        ({}, '"values" without "file"'),
        ({"file": 1}, '"file" must be a string'),
        ({"file": "x.npy", "tensr": "a"}, 'unknown key "tensr"; did you mean "tensor"'),
        ({"file": "", "tensor": "a"}, "an empty file name"),
        ("", "an empty file name"),
        ("x.npy", 'values: ".*x.npy" cannot be opened: No such file'),
        ("two.safetensors", 'has 2 tensors, "tensor" must name one'),
        ({"file": "two.safetensors", "tensor": "weigh"}, 'has no tensor "weigh"; did you mean "weight"'),
        ({"file": "two.safetensors", "tensor": "*.*"}, '"tensor" has more stars than "match" has wildcards'),
        ({"file": "two.safetensors", "tensor": "c"}, "has the type c64, which has no reading as numbers"),
        ({"file": "two.safetensors", "tensor": "weight", "digest": 5}, '"digest" must be a string'),
        ({"file": "two.safetensors", "tensor": "weight", "digest": "0"}, "has other values now, of digest \\w{32}, not"),
        ([[1, 2], [3]], 'a part of "values" with 1 elements, the one before has 2'),
        ([[1, 2], 3], 'a part of "values" must be an array'),
        ([1, [2]], 'a number in "values" must be a number, not an array'),
        ([1, None], "must be a number, not null"),
        ([[[[[[[[[1]]]]]]]]], '"values" of more than 8 axes'),
        ([[[1]]], "template: values have the shape \\[1, 1, 1\\], at most 2 axes fit"),
        ([], "template: values have no elements"),
        ([1e39], "template: .*outside f32"),
    ]

    def test_faults(self):
        write_safetensors(self.path("two.safetensors"), {"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "c": {"dtype": "C64", "shape": [1], "data_offsets": [4, 12]}}, bytes(12))
        for values, words in self.FAULTS:
            with self.subTest(values=values):
                text = '{"tensors": [{"name": "w", "shape": [2, 3]}],\n"rules": [{"match": "*", "scheme": "template", "values": %s}]}' % json.dumps(values)
                result = sow("init", self.model(text), "-o", self.path("o"))
                self.refused(result, 2, f"^sow: .*model.json:2:\\d+: .*{words}")
                self.assertFalse(self.path("o").exists())
        for change, words in (({"values": 1, "std": 1}, 'unknown key "std": template takes values'), ({}, 'template needs "values"')):
            self.refused(sow("init", self.model({"tensors": [{"name": "w", "shape": [2]}], "rules": [{"match": "*", "scheme": "template", **change}]}), "-o", self.path("o")), 2, words)
        for dtype, values, words in (("f16", [65520], "65520"), ("i8", [128], "i8 cannot hold"), ("u8", [-1], "u8 cannot hold"), ("i32", [0.5], "not all whole"), ("i32", ["inf"], "not finite|cannot hold"), ("bool", [2], "bool cannot hold")):
            self.refused(sow("init", self.model({"tensors": [{"name": "w", "shape": [2], "dtype": dtype}], "rules": [{"match": "*", "scheme": "template", "values": values}]}), "-o", self.path("o")), 2, words)
        scaled = {"scheme": "scale", "k": 2, "inner": {"scheme": "template", "values": [40000]}}
        self.refused(sow("init", self.model({"tensors": [{"name": "w", "shape": [2], "dtype": "f16"}], "rules": [{"match": "*", **scaled}]}), "-o", self.path("o")), 2, "80000")
        self.refused(sow("init", self.path("two.safetensors"), "-o", self.path("o")), 2, 'no key "sow"')

    def test_damaged_files(self):
        """An array whose file has bytes changed: read or refused with one line, never a crash."""
        write_npy(self.path("good.npy"), "F32", [4, 3], struct.pack("<12f", *range(12)))
        write_safetensors(self.path("good.safetensors"), {"a": {"dtype": "F16", "shape": [4, 3], "data_offsets": [0, 24]}}, bytes(24))
        seed = int(os.environ.get("SOW_TEST_SEED", random.randrange(2**32)))
        print("seed", seed)
        rng = random.Random(seed)
        for name in ("good.npy", "good.safetensors"):
            good = self.path(name).read_bytes()
            bad = self.path("bad" + name[4:])
            model = self.model({"tensors": [{"name": "a", "shape": [4, 3]}], "rules": [{"match": "*", "scheme": "template", "values": bad.name, "constant_ok": True}]})
            for _ in range(60):
                raw = bytearray(good)
                for _ in range(rng.randint(1, 3)):
                    raw[rng.randrange(len(raw) if rng.random() < 0.2 else 96)] = rng.choice(b"{}[]'(),:0189<>f\0\xff TF")
                if rng.random() < 0.2:
                    del raw[rng.randrange(len(raw)) :]
                bad.write_bytes(raw)
                result = sow("init", model, "-o", "/dev/null", "-q", timeout=20)
                self.assertIn(result.returncode, (0, 2), (seed, result.stderr))
                self.assertEqual(len(result.stderr.splitlines()), result.returncode // 2, (seed, result.stderr))

    def test_an_input_is_not_overwritten(self):
        write_npy(self.path("v.npy"), "F32", [3], struct.pack("<3f", 1, 2, 4))
        before = self.path("v.npy").read_bytes()
        model = self.model({"tensors": [{"name": "w", "shape": [3]}], "rules": [{"match": "*", "scheme": "template", "values": "v.npy"}]})
        self.refused(sow("init", model, "-o", self.path("v.npy"), "-f"), 2, "v.npy")
        self.assertEqual(self.path("v.npy").read_bytes(), before)


main()
