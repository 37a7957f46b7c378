# SPDX-License-Identifier: MIT
"""sow verify: that a checkpoint is the untouched init of a seed, or where it is not."""
import json
import os
import random
import shutil
import struct
import subprocess
import unittest

from sowtest import SANITIZED, SIZES, Case, Safetensors, main, sow, write_safetensors

MODEL = {
    "dtype": "f32",
    "tensors": [
        {"name": "a.{weight,bias}", "shape": [40, 3, 7]},
        {"name": "b", "shape": [300, 1000], "dtype": "bf16"},
        {"name": "c", "shape": [65, 33], "dtype": "f64"},
        {"name": "d", "shape": [9, 17], "dtype": "f16"},
        {"name": "q", "shape": [96, 64]},
        {"name": "empty", "shape": [0, 5]},
        {"name": "one", "shape": [], "dtype": "i64"},
        {"name": "flag", "shape": [3], "dtype": "bool"},
        {"name": "head", "tied": "q"},
    ],
    "rules": [
        {"match": "q", "scheme": "orthogonal"},
        {"match": "one", "scheme": "constant", "value": -5},
        {"match": "flag", "scheme": "ones"},
        {"match": "d", "scheme": "sparse", "sparsity": 0.4},
        {"match": "c", "scheme": "uniform", "a": -1, "b": 1},
        {"match": "*", "scheme": "normal", "std": 0.02},
    ],
}
CODES = {"F32": "f", "F64": "d", "F16": "e", "I64": "q", "BOOL": "?"}


def as_raw(value, dtype):
    """The bits of a number as sow prints it, rounded to nearest."""
    if dtype == "BF16":
        (bits,) = struct.unpack("<I", struct.pack("<f", value))
        return struct.pack("<H", (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
    return struct.pack("<" + CODES[dtype], value)


class Checkpoints(Case):
    def setUp(self):
        super().setUp()
        self.file = self.path("out.safetensors")

    def verify(self, *args, file=None):
        return sow("verify", file or self.file, *args)

    def report(self, *args, file=None):
        result = self.verify("--json", *args, file=file)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["equal"], result.returncode == 0)
        self.assertEqual(report["equal"], all(t["verdict"] == "equal" for t in report["tensors"]))
        return report

    def faults(self, *args, file=None):
        return {t["name"]: t for t in self.report(*args, file=file)["tensors"] if t["verdict"] != "equal"}

    def flip(self, name, element, bit, path=None):
        """Changes one bit of a tensor; what stood there and what stands there."""
        path = path or self.file
        file = Safetensors(path)
        size = SIZES[file.header[name]["dtype"]]
        at = file.start + file.header[name]["data_offsets"][0] + element * size
        raw = bytearray(file.raw)
        before = bytes(raw[at : at + size])
        raw[at + bit // 8] ^= 1 << bit % 8
        path.write_bytes(raw)
        return before, bytes(raw[at : at + size])


class Verify(Checkpoints):
    def test_untouched(self):
        for seed in (0, 7, 2**64 - 1):
            self.make(MODEL, "--seed", seed)
            for args in ((), ("-t", 1), ("-t", 7), ("--isa", "scalar"), ("--seed", seed), ("--model", self.path("model.json"), "--seed", seed), ("-m", self.file)):
                result = self.verify(*args)
                self.assertEqual((result.returncode, result.stderr), (0, ""), args)
                self.assertIn(f"9 tensors, 310126 elements, all as in the init of seed {seed} (", result.stdout.decode())
        self.assertEqual(self.verify("-q").stdout, b"")
        report = self.report()
        self.assertEqual((report["seed"], report["elements"], len(report["tensors"])), (2**64 - 1, 310126, 9))

    def test_wrong_seed_or_model(self):
        self.make(MODEL, "--seed", 3)
        faults = self.faults("--seed", 4)
        self.assertEqual(set(faults), {"a.weight", "a.bias", "b", "c", "d", "q"})
        for name in ("a.weight", "b", "c"):
            n = {"a.weight": 840, "b": 300000, "c": 2145}[name]
            self.assertEqual(faults[name]["first"]["flat"], 0)
            self.assertGreater(faults[name]["differing"], 0.9 * n)
        other = json.loads(json.dumps(MODEL))
        other["rules"][-1]["std"] = 0.03
        self.assertEqual(set(self.faults("--model", self.model(other, "other.json"), "--seed", 3)), {"a.weight", "a.bias", "b"})
        self.assertEqual(self.faults("--model", self.path("model.json"), "--seed", 3, "--set", "c=uniform(-1, 2)").keys(), {"c"})

    def test_one_bit(self):
        """Any bit of any tensor: found, named, and counted as one."""
        rng = random.Random(int(os.environ.get("SOW_TEST_SEED", 11)))
        whole = self.make(MODEL)
        for name, info in whole.header.items():
            elements = len(whole.bytes(name)) // SIZES[info["dtype"]]
            for element in sorted({0, elements - 1, *(rng.randrange(max(elements, 1)) for _ in range(3))}) if elements else ():
                bit = rng.randrange(8 * SIZES[info["dtype"]])
                before, after = self.flip(name, element, bit)
                faults = self.faults()
                self.assertEqual(set(faults), {name})
                index, rest = [], element
                for size in reversed(info["shape"]):
                    index.insert(0, rest % size)
                    rest //= size
                first = faults[name]["first"]
                self.assertEqual((faults[name]["differing"], first["flat"], first["index"]), (1, element, index))
                self.assertEqual(first["found_bits"], "0x" + after[::-1].hex())
                self.assertEqual(first["expected_bits"], "0x" + before[::-1].hex())
                self.assertEqual(as_raw(first["expected"], info["dtype"]), before)
                self.file.write_bytes(whole.raw)
        self.flip("c", 40, 60)
        text = self.verify().stdout.decode()
        self.assertRegex(text, r'^"c" \[65, 33\] f64: 1 of 2145 elements differs, the first at \[1, 7\] \(40\): found \S+ \(0x[0-9a-f]{16}\), expected \S+ \(0x[0-9a-f]{16}\)\n')
        self.assertIn("not as in the init of seed 0: of 9 tensors 1 differ, 0 are missing, 0 are not expected", text)

    def test_last_bit_of_many(self):
        """The first of several is named, whatever thread sees which."""
        self.make(MODEL)
        for element in (299999, 131072, 77777, 200000):
            self.flip("b", element, 3)
        for threads in (1, 2, 5):
            fault = self.faults("-t", threads)["b"]
            self.assertEqual((fault["differing"], fault["first"]["flat"]), (4, 77777))

    def test_missing_extra_shape_type(self):
        file = self.make(MODEL, "--seed", 5)
        header = json.loads(json.dumps(file.header))
        header["a.w"] = header.pop("a.weight")
        header["c"]["shape"] = [33, 65]
        header["d"]["dtype"] = "BF16"
        write_safetensors(self.path("other.safetensors"), header, bytes(file.data))
        model = ("--model", self.path("model.json"), "--seed", 5)
        faults = self.faults(*model, file=self.path("other.safetensors"))
        self.assertEqual({n: t["verdict"] for n, t in faults.items()}, {"a.weight": "missing", "a.w": "extra", "c": "shape", "d": "dtype"})
        self.assertEqual((faults["c"]["shape"], faults["c"]["expected_shape"]), ([33, 65], [65, 33]))
        self.assertEqual((faults["d"]["dtype"], faults["d"]["expected_dtype"]), ("bf16", "f16"))
        text = self.verify(*model, file=self.path("other.safetensors")).stdout.decode()
        for words in ('"a.weight" [40, 3, 7] f32: missing', '"a.w" [40, 3, 7] f32: not expected', "expected the shape [65, 33]", "d\" [9, 17] bf16: expected f16"):
            self.assertIn(words, text)
        self.assertEqual(self.faults("--dtype", "f16", *model)["c"]["expected_dtype"], "f16")

    def test_tied_tensors_may_be_there(self):
        file = self.make(MODEL)
        header = {**file.header, "head": {"dtype": "F32", "shape": [96, 64], "data_offsets": [len(file.data), len(file.data) + 4 * 96 * 64]}}
        other = self.path("tied.safetensors")
        write_safetensors(other, header, bytes(file.data) + file.bytes("q"))
        model = ("--model", self.path("model.json"))
        self.assertEqual(self.faults(*model, file=other), {})
        self.flip("head", 5, 0, other)
        self.assertEqual(set(self.faults(*model, file=other)), {"head"})

    def test_sharded(self):
        folder = self.path("folder")
        self.assertEqual(sow("init", self.model(MODEL), "-qo", folder, "--max-file-size", "400KB", "--seed", 6).returncode, 0)
        index = folder / "model.safetensors.index.json"
        self.assertEqual(self.faults(file=index), {})
        part = folder / json.loads(index.read_text())["weight_map"]["c"]
        self.flip("c", 77, 1, part)
        faults = self.faults(file=index)
        self.assertEqual({n: (t["file"], t["first"]["flat"]) for n, t in faults.items()}, {"c": (str(part), 77)})

    def test_rules_like_another(self):
        self.make(MODEL, "--seed", 2)
        rules = self.model({"rules": MODEL["rules"]}, "rules.json")
        again = self.path("again.safetensors")
        self.assertEqual(sow("init", rules, "--like", self.file, "-qo", again, "--seed", 9).returncode, 0)
        self.assertEqual(self.faults(file=again), {})
        self.assertEqual(self.faults("--model", rules, "--like", self.file, "--seed", 9, file=again), {})
        self.assertIn("b", self.faults("--model", rules, "--like", self.file, file=again))

    def test_recipe(self):
        out = self.path("recipe.safetensors")
        self.assertEqual(sow("init", "efficientnet-b0:timm", "-qo", out, "--seed", 4).returncode, 0)
        self.assertEqual(self.faults(file=out), {})
        self.assertEqual(self.faults("--model", "efficientnet-b0:timm", "-s", 4, file=out), {})
        self.assertEqual(self.faults("-m", "efficientnet-b0", "--variant", "timm", "-s", 4, file=out), {})
        self.assertTrue(self.faults("-m", "efficientnet-b0", "-s", 4, file=out))

    def test_not_finite(self):
        """Numbers that JSON does not have."""
        file = self.make({"tensors": [{"name": "w", "shape": [4]}], "rules": [{"match": "*", "scheme": "normal"}]})
        raw = bytearray(file.raw)
        raw[-8:] = struct.pack("<2f", float("inf"), float("nan"))
        self.file.write_bytes(raw)
        first = self.faults()["w"]["first"]
        self.assertEqual((first["index"], first["found"], first["found_bits"]), ([2], None, "0x7f800000"))
        self.assertIn("found inf (0x7f800000)", self.verify().stdout.decode())

    def test_refused(self):
        file = self.make(MODEL)
        foreign = self.path("foreign.safetensors")
        write_safetensors(foreign, file.header, bytes(file.data))
        model = self.path("model.json")
        for args, pattern in (
            ([foreign], 'no key "sow" in its __metadata__: sow did not write it; --model says'),
            ([model], "safetensors|header|brace|length"),
            ([self.path("none")], "cannot be opened"),
            ([self.file, "--variant", "x"], "--variant is for descriptions"),
            ([self.file, "--like", self.file], "--like is for descriptions"),
            ([foreign, "--model", "gpt3"], "no such file or recipe"),
            ([foreign, "--model", model, "--seed", "x"], "--seed is"),
            ([foreign, "--model", model, "--dtype", "i8"], "--dtype is"),
            ([foreign, "--model", model, "-t", "0"], "--threads is"),
            ([foreign, self.file], "one operand too many"),
            ([], "CHECKPOINT is missing"),
        ):
            result = sow("verify", *args)
            self.refused(result, 2, pattern)
            self.assertEqual(result.stdout, b"")

    def test_large(self):
        """One bit of half a gigabyte. test_cli_limits.py looks at the memory."""
        if SANITIZED:
            self.skipTest("slow under sanitizers")
        self.assertEqual(sow("init", "gpt2", "-qo", self.file).returncode, 0)
        with open(self.file, "r+b") as f:
            size = os.fstat(f.fileno()).st_size
            at = random.Random(3).randrange(100_000, size)
            f.seek(at)
            byte = f.read(1)
            f.seek(at)
            f.write(bytes([byte[0] ^ 64]))
        with open(self.file, "rb") as f:
            (length,) = struct.unpack("<Q", f.read(8))
            header = json.loads(f.read(length))
        del header["__metadata__"]
        name = next(n for n, i in header.items() if i["data_offsets"][0] <= at - 8 - length < i["data_offsets"][1])
        flat = (at - 8 - length - header[name]["data_offsets"][0]) // 4
        faults = self.faults()
        self.assertEqual({n: (t["differing"], t["first"]["flat"]) for n, t in faults.items()}, {name: (1, flat)})


HAVE_XXHASH = bool(json.loads(sow("info", "--json").stdout)["libraries"]["xxhash"])


def xxh128(data):
    """By the standard tool."""
    return subprocess.run(["xxh128sum"], input=data, stdout=subprocess.PIPE, check=True).stdout.decode().split()[0]


@unittest.skipUnless(HAVE_XXHASH, "this sow was built without libxxhash")
class Manifest(Checkpoints):
    def setUp(self):
        super().setUp()
        self.list = self.path("manifest.json")
        self.whole = self.make(MODEL, "--manifest", self.list, "--seed", 4)

    def rewrite(self, change):
        content = json.loads(self.list.read_text())
        change(content)
        self.list.write_text(json.dumps(content))

    def test_digests_are_the_standard_tools(self):
        if not shutil.which("xxh128sum"):
            self.skipTest("no xxh128sum")
        content = json.loads(self.list.read_text())
        self.assertEqual((content["version"], content["digest"]), (1, "xxh128"))
        self.assertEqual([t["name"] for t in content["tensors"]], sorted(self.whole.header, key=lambda n: self.whole.header[n]["data_offsets"]))
        for t in content["tensors"]:
            info = self.whole.header[t["name"]]
            self.assertEqual((t["dtype"].upper(), t["shape"], t["digest"]), (info["dtype"], info["shape"], xxh128(self.whole.bytes(t["name"]))))

    def test_equal(self):
        for threads in (1, 3):
            result = self.verify("--manifest", self.list, "-t", threads)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn(f"9 tensors, 310126 elements, all as in the manifest {self.list}", result.stdout.decode())
        # A file of the same tensors by somebody else, in another order.
        other, data, header = self.path("other.safetensors"), b"", {}
        for name in reversed(sorted(self.whole.header)):
            info = self.whole.header[name]
            header[name] = {**info, "data_offsets": [len(data), len(data) + len(self.whole.bytes(name))]}
            data += self.whole.bytes(name)
        write_safetensors(other, header, data)
        self.assertEqual(self.faults("--manifest", self.list, file=other), {})

    def test_several_files_have_the_same_manifest(self):
        again, folder = self.path("again.json"), self.path("folder")
        result = sow("init", self.path("model.json"), "-qo", folder, "--max-file-size", "400KB", "--manifest", again, "--seed", 4)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(json.loads(again.read_text())["tensors"], key=lambda t: t["name"]), sorted(json.loads(self.list.read_text())["tensors"], key=lambda t: t["name"]))
        self.assertEqual(self.faults("--manifest", self.list, file=folder / "model.safetensors.index.json"), {})

    def test_large_tensors(self):
        """More than one piece, and pieces of several tensors."""
        model = {"dtype": "bf16", "tensors": [{"name": "w{0..2}", "shape": [1000, 3001]}, {"name": "x", "shape": [7]}], "rules": [{"match": "*", "scheme": "normal"}]}
        for threads in (1, 4):
            file = self.make(model, "--manifest", self.list, "--force", "-t", threads)
            if shutil.which("xxh128sum"):
                for t in json.loads(self.list.read_text())["tensors"]:
                    self.assertEqual(t["digest"], xxh128(file.bytes(t["name"])))
            self.assertEqual(self.faults("--manifest", self.list), {})

    def test_faults_are_named(self):
        self.flip("b", 7, 2)
        self.flip("q", 6143, 31)
        faults = self.faults("--manifest", self.list)
        self.assertEqual({n: t["verdict"] for n, t in faults.items()}, {"b": "differs", "q": "differs"})
        self.assertEqual(faults["b"]["expected_digest"], next(t["digest"] for t in json.loads(self.list.read_text())["tensors"] if t["name"] == "b"))
        self.assertNotEqual(faults["b"]["found_digest"], faults["b"]["expected_digest"])
        self.assertRegex(self.verify("--manifest", self.list).stdout.decode(), r'"b" \[300, 1000\] bf16: xxh128 [0-9a-f]{32}, expected [0-9a-f]{32}\n')

        def change(content):
            t = {t["name"]: t for t in content["tensors"]}
            t["c"]["shape"] = [33, 65]
            t["d"]["dtype"] = "bf16"
            t["one"]["name"] = "two"

        self.file.write_bytes(self.whole.raw)
        self.rewrite(change)
        faults = self.faults("--manifest", self.list)
        self.assertEqual({n: t["verdict"] for n, t in faults.items()}, {"c": "shape", "d": "dtype", "two": "missing", "one": "extra"})

    def test_hostile(self):
        good = json.loads(self.list.read_text())
        one = good["tensors"][0]
        deep = "[" * 40 + "]" * 40
        for text, pattern in (
            ("", "not valid JSON"),
            ("[]", "expected an object"),
            (json.dumps(good)[:-1], "not valid JSON"),
            (json.dumps({**good, "version": 2}), "version 2 of a manifest"),
            (json.dumps({**good, "version": "1"}), "version must be"),
            (json.dumps({**good, "digest": "md5"}), 'digest "md5"; this sow knows xxh128'),
            (json.dumps({**good, "more": 1}), 'unknown key "more"'),
            (json.dumps({k: v for k, v in good.items() if k != "tensors"}), 'no "tensors"'),
            (json.dumps({**good, "tensors": {}}), "tensors must be"),
            (json.dumps({**good, "tensors": [1]}), "a tensor must be an object"),
            (json.dumps({**good, "tensors": [one, one]}), "two tensors named .*, the first on line 1"),
            (json.dumps({**good, "tensors": [{**one, "x": 0}]}), 'unknown key "x"'),
            (json.dumps({**good, "tensors": [{**one, "digest": "0" * 31}]}), "must be 32 hexadecimal digits"),
            (json.dumps({**good, "tensors": [{**one, "digest": "A" * 32}]}), "must be 32 hexadecimal digits"),
            (json.dumps({**good, "tensors": [{**one, "digest": 7}]}), "digest must be a string"),
            (json.dumps({**good, "tensors": [{**one, "dtype": "f33"}]}), 'unknown dtype "f33"'),
            (json.dumps({**good, "tensors": [{**one, "shape": [-1]}]}), 'a size in "shape"'),
            (json.dumps({**good, "tensors": [{**one, "shape": [2**40, 2**40]}]}), "more than 2.63 - 1 elements"),
            (json.dumps({**good, "tensors": [{**one, "dtype": "f64", "shape": [2**62]}]}), "bytes below 2.63"),
            (json.dumps({**good, "tensors": [{**one, "shape": [1] * 256}]}), "a shape of 256 sizes"),
            (json.dumps({**good, "tensors": [{k: v for k, v in one.items() if k != "name"}]}), 'no "name"'),
            ('{"version": 1, "digest": "xxh128", "tensors": %s}' % deep, "nested deeper"),
            ('{"version": 1, "version": 1}', "duplicate key"),
        ):
            self.list.write_text(text)
            result = self.verify("--manifest", self.list)
            self.refused(result, 2, r"manifest\.json(:\d+:\d+)?: .*" + pattern)
            self.assertEqual(result.stdout, b"")

    def test_random_changes(self):
        """No change of the manifest crashes, and none passes unless it says the same."""
        rng = random.Random(int(os.environ.get("SOW_TEST_SEED", 5)))
        good = self.list.read_bytes()
        for _ in range(200):
            raw = bytearray(good)
            for _ in range(rng.randint(1, 3)):
                raw[rng.randrange(len(raw))] = rng.choice(b'{}[]",:\\0a9 ')
            self.list.write_bytes(raw)
            result = self.verify("--manifest", self.list)
            self.assertIn(result.returncode, (0, 1, 2), result.stderr)
            if result.returncode == 0:
                self.assertEqual(json.loads(raw), json.loads(good))

    def test_writing(self):
        model, out = self.path("model.json"), self.path("new.safetensors")
        link = self.path("link")
        link.symlink_to(self.folder)
        for args, pattern in (
            (["--manifest", self.list], "manifest.json: .*exists"),
            (["--manifest", out], "would be the checkpoint and its manifest"),
            (["--manifest", link / "new.safetensors", "--force"], "would be the checkpoint and its manifest"),
            (["--manifest", self.path("none") / "m.json"], "none"),
            (["--manifest", model, "--force"], "model.json"),
        ):
            self.refused(sow("init", model, "-o", out, *args), 2, pattern)
            self.assertFalse(out.exists())
        self.assertEqual(sow("init", model, "-qo", "/dev/null", "--manifest", self.list, "--force", "--seed", 4).returncode, 0)
        self.assertEqual(self.faults("--manifest", self.list), {})
        printed = sow("init", model, "-o", out, "--manifest", "-", "--seed", 4)
        self.assertEqual(json.loads(printed.stdout), json.loads(self.list.read_text()))

    def test_options_beside_it(self):
        for args in (["--seed", "1"], ["--model", "gpt2"], ["--dtype", "f32"], ["--set", "*=zeros"]):
            self.refused(self.verify("--manifest", self.list, *args), 2, f"{args[0]} beside --manifest")


class WithoutXxhash(Case):
    @unittest.skipIf(HAVE_XXHASH, "this sow has it")
    def test_message(self):
        model = self.model(MODEL)
        for args in (["init", model, "-o", self.path("x"), "--manifest", self.path("m")], ["verify", "--manifest", model, model]):
            self.refused(sow(*args), 2, "needs libxxhash")


if __name__ == "__main__":
    main()
