# SPDX-License-Identifier: MIT
"""A checkpoint initialised in part: kept bytes are the old file's, drawn ones those of the whole tensor's init at their indices."""
import itertools
import json
import os
import random
import subprocess

from sowtest import SIZES, SOW, Case, Safetensors, main, sow, write_safetensors

OLD = {
    "tensors": [
        {"name": "wte.weight", "shape": [50, 16], "dtype": "bf16"},
        {"name": "h.{0..3}.attn.weight", "shape": [16, 16]},
        {"name": "h.{0..3}.attn.bias", "shape": [16], "dtype": "f64"},
        {"name": "head.weight", "shape": [10, 16], "dtype": "f16"},
        {"name": "step", "shape": [3], "dtype": "i64"},
    ],
    "rules": [{"match": "step", "scheme": "constant", "value": 7}, {"match": "*", "scheme": "normal"}],
}
NEW = {"rules": [{"match": "step", "scheme": "constant", "value": 9}, {"match": "*", "scheme": "uniform", "a": 2, "b": 3}]}


def elements(f, name):
    """The tensor's elements as bytes, one by one."""
    raw, size = f.bytes(name), SIZES[f.header[name]["dtype"]]
    return [raw[i : i + size] for i in range(0, len(raw), size)]


def indices(shape):
    return itertools.product(*map(range, shape))


def inside(index, box):
    return all(a <= i < b for i, (a, b) in zip(index, box))


class Part(Case):
    def setUp(self):
        super().setUp()
        self.old_path = self.path("old.safetensors")
        self.old = self.make(OLD, "-q", "-s", "1", name="old.safetensors")

    def part(self, rules, *args, like=None, name="new.safetensors"):
        result = sow("init", *([self.model(rules, "rules.json")] if rules else []), "--like", like or self.old_path, *args, "-o", self.path(name), "-f", "-q")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return Safetensors(self.path(name))

    def kept(self, f, old=None):
        old = old or self.old
        return {n for n in f.names() if n in old.header and f.bytes(n) == old.bytes(n)}

    def test_defaults(self):
        """Only --keep: all else is drawn. Only --reinit: all else is kept."""
        attn = {n for n in self.old.names() if n.startswith("h.")}
        f = self.part(NEW, "--keep", "h.*")
        self.assertEqual(self.kept(f), attn)
        self.assertEqual(set(f.names()), set(self.old.names()))
        self.assertEqual(f.values("step"), [9, 9, 9])
        self.assertTrue(all(2 <= x < 3 for x in f.values("head.weight")))
        f = self.part(NEW, "--reinit", "h.*", "--reinit", "step")
        self.assertEqual(self.kept(f), set(self.old.names()) - attn - {"step"})
        f = self.part(NEW, "--keep", "h.*", "--reinit", "[!h]*", "--reinit", "head*")
        self.assertEqual(self.kept(f), attn)
        # What is drawn is what --like alone draws.
        whole = self.part(NEW, name="whole.safetensors")
        for name in ("wte.weight", "head.weight", "step"):
            self.assertEqual(f.bytes(name), whole.bytes(name))

    def test_rules_from_the_command_line_alone(self):
        f = self.part(None, "--reinit", "head.weight", "--set", "*=constant(0.5, constant_ok=true)")
        self.assertEqual(set(f.values("head.weight")), {0.5})
        self.assertEqual(self.kept(f), set(self.old.names()) - {"head.weight"})
        f = self.part(None, "--set", "step=ones", "--set", "*=normal")
        self.assertEqual(f.values("step"), [1, 1, 1])
        f = self.part(None, "--keep", "*")
        self.assertEqual(self.kept(f), set(self.old.names()))

    def test_a_box(self):
        f = self.part(NEW, "--reinit", "wte.weight[40:,:]", "--reinit", "step[-1:]", "--reinit", "h.[01].attn.weight[3:5, -4:-1]")
        whole = self.part(NEW, name="whole.safetensors")
        changed = {"wte.weight": [(40, 50)], "step": [(2, 3)], "h.0.attn.weight": [(3, 5), (12, 15)], "h.1.attn.weight": [(3, 5), (12, 15)]}
        self.assertEqual(self.kept(f), set(self.old.names()) - set(changed))
        for name, box in changed.items():
            for i, got, old, new in zip(indices(f.header[name]["shape"]), elements(f, name), elements(self.old, name), elements(whole, name)):
                self.assertEqual(got, new if inside(i, box) else old, (name, i))
        record = f.record()
        self.assertEqual(record["kept"], {"like": "old.safetensors", "reinit": ["wte.weight[40:,:]", "step[-1:]", "h.[01].attn.weight[3:5, -4:-1]"]})
        listed = {t["name"]: t for t in record["model"]["tensors"]}
        self.assertEqual(listed["wte.weight"]["redrawn"], ["[40:50,0:16]"])
        self.assertIs(listed["head.weight"]["kept"], True)

    SCHEMES = ["normal(std=0.02)", "trunc_normal(0, 1, -1, 1)", "kaiming_uniform(fan_out)", "lecun_normal", "orthogonal", "sparse(0.3)", "ones", "identity", "zero_rows([0, 2], normal)", "blocks([2, 5], normal, orthogonal)", "stack(orthogonal)", "sinusoidal"]

    def test_random_boxes(self):
        """Any box of any tensor, by any scheme, beside its neighbours' old bytes."""
        seed = int(os.environ.get("SOW_TEST_SEED", random.randrange(2**32)))
        print("seed", seed)
        rng = random.Random(seed)
        for scheme in self.SCHEMES:
            rank = {"stack(orthogonal)": 3}.get(scheme, 2)
            shape = [7] + [rng.randint(2, 9) for _ in range(rank - 1)]
            if scheme.startswith("normal"):
                shape = [rng.randint(1, 5) for _ in range(rng.randint(1, 5))]
            dtype = rng.choice(["f32", "bf16", "f16", "f64"])
            tensors = {"tensors": [{"name": "w", "shape": shape, "dtype": dtype}]}
            old = self.make({**tensors, "rules": [{"match": "*", "scheme": "normal"}]}, "-q", "-s", "9", name="o.safetensors")
            rule = f"*={scheme[:-1] + ', ' if scheme.endswith(')') else scheme + '('}constant_ok=true)"
            whole = self.part(None, "--set", rule, like=self.path("o.safetensors"), name="whole.safetensors")
            for _ in range(4):
                boxes, args = [], []
                for _ in range(rng.randint(1, 3)):
                    box = []
                    for n in shape:
                        a = rng.randrange(n)
                        box.append((a, rng.randint(a + 1, n)))
                    boxes.append(box)
                    slices = []
                    for (a, b), n in zip(box, shape):
                        start = rng.choice([str(a), str(a - n)] + ([""] if a == 0 else []))
                        slices.append(start + ":" + rng.choice([str(b)] + ([""] if b == n else [str(b - n)])))
                    args += ["--reinit", f"w[{','.join(slices)}]"]
                f = self.part(None, *args, "--set", rule, like=self.path("o.safetensors"), name="n.safetensors")
                for i, got, was, new in zip(indices(shape), elements(f, "w"), elements(old, "w"), elements(whole, "w")):
                    self.assertEqual(got, new if any(inside(i, b) for b in boxes) else was, (seed, scheme, shape, args, i))

    def test_across_pieces(self):
        """Tensors of many megabytes, whose pieces several threads draw: boxes of rows and of columns."""
        tensors = {"tensors": [{"name": "w", "shape": [3000, 1501]}]}
        old = self.make({**tensors, "rules": [{"match": "*", "scheme": "normal"}]}, "-q", "-s", "9", name="o.safetensors")
        like = self.path("o.safetensors")
        whole = self.part(None, "--set", "*=uniform(5, 6)", like=like, name="whole.safetensors").bytes("w")
        row = 1501 * 4
        for box, (r0, r1), (c0, c1) in (("[100:2900]", (100, 2900), (0, 1501)), ("[:, 700:703]", (0, 3000), (700, 703)), ("[1:2999, 1:1500]", (1, 2999), (1, 1500))):
            got = {t: self.part(None, "--reinit", "w" + box, "--set", "*=uniform(5, 6)", "-t", t, like=like).bytes("w") for t in (1, 3)}
            self.assertEqual(got[1], got[3])
            want = bytearray(old.bytes("w"))
            for r in range(r0, r1):
                want[r * row + 4 * c0 : r * row + 4 * c1] = whole[r * row + 4 * c0 : r * row + 4 * c1]
            self.assertTrue(got[1] == want, box)

    def test_foreign_types_are_kept(self):
        """Bytes of types that sow does not write, half bytes, 9 axes, no elements."""
        rng = random.Random(3)
        header, data = {}, b""
        for name, dtype, shape, size in [("a", "F8_E4M3", [5, 3], 15), ("b", "F4", [4, 6], 12), ("c", "C64", [2], 16), ("d", "U16", [7], 14), ("e", "F32", [1] * 9, 4), ("f", "F32", [0, 5], 0), ("g", "F32", [6], 24), ("h", "BOOL", [], 1)]:
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
            data += rng.randbytes(size)
        write_safetensors(self.path("foreign.safetensors"), header, data)
        result = sow("init", "--like", self.path("foreign.safetensors"), "--reinit", "g[1:2]", "--set", "*=constant(3)", "-o", self.path("n"))
        self.assertEqual(result.returncode, 0, result.stderr)
        raw = self.path("n").read_bytes()
        end = 8 + int.from_bytes(raw[:8], "little")
        new = json.loads(raw[8:end])
        for name, info in header.items():
            (a, b), (c, d) = info["data_offsets"], new[name]["data_offsets"]
            self.assertEqual((new[name]["dtype"], new[name]["shape"]), (info["dtype"], info["shape"]))
            want = bytearray(data[a:b])
            if name == "g":
                want[4:8] = b"\0\0\x40\x40"
            self.assertEqual(raw[end + c : end + d], want, name)
        for name, words in (("a", 'has the type F8_E4M3, which sow does not write'), ("a[1:2]", "F8_E4M3"), ("b[1:2]", "F4"), ("e", "9 dimensions"), ("e[0:1]", "9 dimensions")):
            self.refused(sow("init", "--like", self.path("foreign.safetensors"), "--reinit", name, "--set", "*=ones", "-o", self.path("x")), 2, words)

    def test_a_new_head(self):
        """Listed tensors are new, or replace the checkpoint's; a type that is not said stays."""
        rules = {
            "dtype": "f64",
            "tensors": [{"name": "head.weight", "shape": [3, 16]}, {"name": "cls.{0..1}.bias", "shape": [4]}],
            "rules": NEW["rules"],
        }
        f = self.part(rules, "--reinit", "head.*")
        self.assertEqual(f.header["head.weight"]["shape"], [3, 16])
        self.assertEqual(f.header["head.weight"]["dtype"], "F16")
        self.assertEqual(f.header["cls.1.bias"]["dtype"], "F64")
        self.assertEqual(self.kept(f), set(self.old.names()) - {"head.weight"})
        self.assertTrue(all(2 <= x < 3 for n in ("head.weight", "cls.0.bias") for x in f.values(n)))
        rules["tensors"][0] = {"name": "head.weight", "tied": "wte.weight"}
        f = self.part(rules, "--keep", "[!c]*")
        self.assertNotIn("head.weight", f.names())
        self.assertIn({"name": "head.weight", "tied": "wte.weight"}, f.record()["model"]["tensors"])

    def test_grow(self):
        """The old values keep their indices; the rest is the larger tensor's init."""
        for name, shape in (("wte.weight", [64, 16]), ("wte.weight", [50, 20]), ("wte.weight", [53, 17]), ("h.2.attn.weight", [32, 48]), ("step", [5])):
            rules = {"tensors": [{"name": name, "shape": shape}], "rules": NEW["rules"]}
            whole = self.part(rules, "--reinit", name, name="whole.safetensors")
            f = self.part(rules, "--grow", name)
            old = dict(zip(indices(self.old.header[name]["shape"]), elements(self.old, name)))
            for i, got, new in zip(indices(shape), elements(f, name), elements(whole, name)):
                self.assertEqual(got, old.get(i, new), (name, shape, i))
            self.assertEqual(self.kept(f), set(self.old.names()) - {name})
            self.assertEqual(f.record()["kept"], {"like": "old.safetensors", "grow": [name]})
        # and a box of the old part
        rules = {"tensors": [{"name": "wte.weight", "shape": [64, 16]}], "rules": NEW["rules"]}
        f = self.part(rules, "--grow", "wte.weight", "--reinit", "wte.weight[0:1]")
        whole = self.part(rules, "--reinit", "wte.weight", name="whole.safetensors")
        self.assertEqual(f.bytes("wte.weight"), whole.bytes("wte.weight")[:32] + self.old.bytes("wte.weight")[32:] + whole.bytes("wte.weight")[50 * 32 :])

    def test_grow_in_three_axes(self):
        rng = random.Random(8)
        for _ in range(20):
            small = [rng.randint(0, 5) for _ in range(3)]
            large = [n + rng.choice([0, 0, 1, 3]) for n in small]
            old = self.make({"tensors": [{"name": "w", "shape": small}], "rules": [{"match": "*", "scheme": "normal"}]}, "-q", name="o.safetensors")
            rules = {"tensors": [{"name": "w", "shape": large}], "rules": NEW["rules"]}
            f = self.part(rules, "--grow", "w", like=self.path("o.safetensors"))
            whole = self.make({**rules}, "-q", name="whole.safetensors")
            was = dict(zip(indices(small), elements(old, "w")))
            self.assertEqual([was.get(i, new) for i, new in zip(indices(large), elements(whole, "w"))], elements(f, "w"), (small, large))

    def test_sharded_checkpoints(self):
        """From several files to one, and from one to several."""
        model = {"tensors": [{"name": f"w.{i}", "shape": [100]} for i in range(9)], "rules": [{"match": "*", "scheme": "normal"}]}
        self.assertEqual(sow("init", self.model(model), "--max-file-size", "1000B", "-o", self.path("many"), "-q").returncode, 0)
        one = self.make(model, "-q", name="one.safetensors")
        index = self.path("many/model.safetensors.index.json")
        f = self.part(None, "--reinit", "w.4", "--set", "*=ones", like=index)
        self.assertEqual(self.kept(f, one), set(one.names()) - {"w.4"})
        f = self.part(None, "--set", "*=normal", "-s", "3", like=index)
        self.assertEqual({n: f.header[n]["shape"] for n in f.names()}, {n: [100] for n in one.names()})
        self.assertEqual(self.kept(f, one), set())
        result = sow("init", "--like", self.path("one.safetensors"), "--keep", "w.[0-4]", "--set", "*=ones", "--max-file-size", "1KB", "-o", self.path("again"), "-q")
        self.assertEqual(result.returncode, 0, result.stderr)
        weight_map = json.loads(self.path("again/model.safetensors.index.json").read_text())["weight_map"]
        for name in one.names():
            piece = Safetensors(self.path("again") / weight_map[name])
            self.assertEqual(piece.values(name) == one.values(name), name < "w.5")
        self.refused(sow("init", self.path("again/model.safetensors.index.json"), "-o", self.path("x")), 2, "5 of its 9 tensors")

    def test_it_is_not_made_from_its_seed(self):
        self.part(NEW, "--reinit", "step", "--reinit", "wte.weight[0:1]")
        self.refused(
            sow("init", self.path("new.safetensors"), "-o", self.path("x")),
            2,
            '10 of its 11 tensors, "h.0.attn.bias" first, have bytes of another checkpoint, "old.safetensors", which no seed gives',
        )
        self.refused(sow("init", self.path("new.safetensors"), "--keep", "h*", "-o", self.path("x")), 2, "--like FILE")
        self.refused(sow("init", self.model({**OLD, "tensors": [{"name": "a", "shape": [1], "kept": True}]}), "-o", self.path("x")), 2, 'unknown key "kept"')

    def test_the_old_file_shrinks_meanwhile(self):
        """While the output, a FIFO, waits for its reader, the kept checkpoint is cut: an error of the machine, not a short copy."""
        old, fifo = self.path("large.safetensors"), self.path("fifo")
        size = 256 << 20
        write_safetensors(old, {"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}})
        os.truncate(old, os.path.getsize(old) + size)
        os.mkfifo(fifo)
        run = subprocess.Popen(SOW + ["init", "--like", old, "--keep", "a", "-o", fifo, "-q", "-t", "1"], stderr=subprocess.PIPE)
        with open(fifo, "rb") as reader:
            self.assertEqual(len(reader.read(4096)), 4096)
            os.truncate(old, 5000)
            while reader.read(1 << 20):
                pass
        self.assertRegex(run.communicate(timeout=60)[1].decode(), "^sow: .*large.safetensors: cannot be read: it became shorter\n$")
        self.assertEqual(run.returncode, 1)

    def test_report(self):
        result = sow("init", "--like", self.old_path, "--reinit", "step", "--reinit", "wte.weight[0:25]", "--set", "*=constant(1, constant_ok=true)", "-o", self.path("x"), "--json")
        rows = {t["name"]: t for t in json.loads(result.stdout)["tensors"]}
        self.assertEqual((rows["head.weight"]["scheme"], rows["head.weight"]["mean"], rows["head.weight"]["std"]), ("kept", None, None))
        values = Safetensors(self.path("x")).values("wte.weight")
        mean = sum(values) / len(values)
        self.assertAlmostEqual(rows["wte.weight"]["mean"], mean, delta=1e-5)
        self.assertAlmostEqual(rows["wte.weight"]["std"], (sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5, delta=1e-5)

    def test_the_kept_checkpoint_is_not_overwritten(self):
        before = self.old_path.read_bytes()
        self.refused(sow("init", "--like", self.old_path, "--keep", "*", "-o", self.old_path, "-f"), 2, ".")
        self.assertEqual(self.old_path.read_bytes(), before)

    FAULTS = [
        (["--keep", "x"], '^sow: --keep: "x" matches no tensor'),
        (["--keep", "*", "--reinit", "nothing"], '--reinit: "nothing" matches no tensor'),
        (["--keep", "h.*", "--reinit", "h.1.*", "--reinit", "[!h]*"], '--reinit: "h.1.\\*" matches "h.1.attn.\\w+", which --keep keeps'),
        (["--keep", "h.*", "--reinit", "wte*"], "is neither kept nor re-initialised"),
        (["--reinit", "wte*", "--reinit", "wte*[0:1]"], "which another --reinit keeps but for a box"),
        (["--reinit", "wte*", "--grow", "wte*"], "which --grow keeps"),
        (["--reinit", "wte.weight[:,:,:]"], '"wte.weight" \\[50, 16\\]: 3 slices or more, the tensor has 2 axes'),
        (["--reinit", "wte.weight[0:51]"], "slice 1 stops at 51, outside of the 50 of its axis"),
        (["--reinit", "wte.weight[0:1,-17:]"], "slice 2 starts at -17, outside of the 16"),
        (["--reinit", "wte.weight[5:5]"], "slice 1 is empty: 5:5"),
        (["--reinit", "wte.weight[9:-45]"], "slice 1 is empty: 9:-45"),
        (["--reinit", "wte.weight[0:4:2]"], "slice 1 is not START:STOP"),
        (["--reinit", "wte.weight[0:1,3]"], "slice 2 is not START:STOP"),
        (["--reinit", "wte.weight[0:99999999999999999999]"], "slice 1 is not START:STOP in whole numbers"),
        (["--reinit", "[0:1]"], "no name before the slices"),
        (["--reinit", "a[b"], '"\\[" without its'),
        (["--keep", "wte.weight[0:1]"], "slices are for --reinit"),
        (["--keep", "h.*", "--dtype", "f16"], "--dtype beside --keep"),
        (["--reinit", "wte*"], 'no rule matches "wte.weight"'),
    ]

    def test_faults(self):
        for args, words in self.FAULTS:
            with self.subTest(args=args):
                rule = ["--set", "*=normal"] if "no rule" not in words else ["--set", "x=normal"]
                self.refused(sow("init", "--like", self.old_path, *rule, *args, "-o", self.path("o")), 2, words)
                self.assertFalse(self.path("o").exists())
        for tensors, args, words in [
            ([{"name": "wte.weight", "shape": [64, 16]}], ["--reinit", "step"], "rules.json:1:\\d+: \"wte.weight\" is kept, but is \\[64, 16\\] here and \\[50, 16\\] in .*--reinit draws it, --grow keeps"),
            ([{"name": "wte.weight", "shape": [49, 17]}], ["--grow", "wte*"], "--grow needs a shape as large in every axis"),
            ([{"name": "wte.weight", "shape": [50, 16, 1]}], ["--grow", "wte*"], "--grow needs a shape"),
            ([{"name": "wte.weight", "shape": [64, 16], "dtype": "f32"}], ["--grow", "wte*"], "is f32 here and bf16 in"),
            ([{"name": "new", "shape": [4]}], ["--keep", "*"], '"new" is not in .*: nothing to keep'),
            ([{"name": "new", "shape": [4]}], ["--reinit", "n*[0:1]"], '"new" is not in'),
            ([{"name": "step", "shape": [4]}, {"name": "step", "shape": [4]}], ["--reinit", "step"], 'two tensors named "step", the first on line 1'),
            ([{"name": "wte.weight", "shape": [64, 16]}], [], '"tensors" beside --like'),
        ]:
            with self.subTest(tensors=tensors):
                rules = self.model({"tensors": tensors, "rules": NEW["rules"]}, "rules.json")
                self.refused(sow("init", rules, "--like", self.old_path, *args, "-o", self.path("o")), 2, words)
        self.refused(sow("init", "--keep", "x", "-o", self.path("o")), 2, "MODEL.json or another operand is missing")
        self.refused(sow("init", self.model(OLD), "--keep", "x", "-o", self.path("o")), 2, "need the checkpoint whose bytes they keep")
        self.refused(sow("init", "--like", self.old_path, "-o", self.path("o")), 2, "only --like with --set")


main()
