# SPDX-License-Identifier: MIT
"""The files that sow writes: their structure, and what their bits depend on."""
import json
import math
import struct
import subprocess

from sowtest import MODELS, SANITIZED, SOW, Case, Safetensors, main, sow, write_safetensors

TINY = {
    "name": "tiny",
    "dtype": "f32",
    "tensors": [
        {"name": "h.{0..2}.w", "shape": [7, 11], "dtype": "bf16", "layout": "dense"},
        {"name": "h.{0..2}.b", "shape": [11], "stream": "blk.{1..3}.bias"},
        {"name": "wte", "shape": [13, 5]},
        {"name": "scale", "shape": [], "dtype": "f64"},
        {"name": "half", "shape": [3, 3], "dtype": "f16"},
        {"name": "steps", "shape": [], "dtype": "i64"},
        {"name": "none", "shape": [0, 4]},
        {"name": "head", "tied": "wte"},
    ],
    "rules": [
        {"match": "steps", "scheme": "constant", "value": 7},
        {"match": "*.b", "scheme": "uniform", "a": -1, "b": 1},
        {"match": "h.*", "scheme": "kaiming_normal", "mode": "fan_in", "gain": "relu"},
        {"match": "*", "scheme": "normal", "mean": 0, "std": 0.02},
    ],
}


def changed(**keys):
    return {**json.loads(json.dumps(TINY)), **keys}


class Structure(Case):
    def test_order_padding_metadata(self):
        f = self.make(TINY, "--seed", "5")
        self.assertEqual(f.names(), ["scale", "steps", "h.0.b", "h.1.b", "h.2.b", "none", "wte", "h.0.w", "h.1.w", "h.2.w", "half"])
        self.assertEqual(f.start % 4096, 0)
        self.assertEqual(set(f.metadata), {"format", "sow"})
        self.assertEqual(f.metadata["format"], "pt")
        self.assertEqual([f.header[n]["data_offsets"][0] for n in f.names()], sorted(f.header[n]["data_offsets"][0] for n in f.names()))
        self.assertEqual(f.values("steps"), [7])

    def test_record(self):
        record = self.make(TINY, "--seed", "18446744073709551615").record()
        self.assertEqual(set(record), {"version", "stream_version", "seed", "model"})
        self.assertEqual(record["seed"], 18446744073709551615)
        self.assertEqual(record["stream_version"], 1)
        self.assertEqual(record["model"], TINY)

    def test_strange_names(self):
        names = ["a\"b\\c", "tab\t", "ünï.😀", "brace{{", "x" * 3000, "/slash", "é"]
        f = self.make({"tensors": [{"name": n, "shape": [2]} for n in names], "rules": [{"match": "*", "scheme": "normal"}]})
        self.assertEqual(sorted(f.names()), sorted(n.replace("{{", "{") for n in names))
        again = self.path("again.safetensors")
        self.assertEqual(sow("init", self.path("out.safetensors"), "-o", again).returncode, 0)
        self.assertEqual(again.read_bytes(), f.raw)

    def test_seed_forms(self):
        self.assertEqual(self.make(TINY, "--seed", "255").raw, self.make(TINY, "--seed=0xFf").raw)
        self.assertNotEqual(self.make(TINY, "--seed", "1").raw, self.make(TINY, "--seed", str(2**63 + 1)).raw)

    def test_integers(self):
        types = {"i8": -5, "i32": -5, "u8": 200, "bool": 1, "i64": -5}
        f = self.make(
            {
                "tensors": [{"name": t, "shape": [3], "dtype": t} for t in types],
                "rules": [{"match": t, "scheme": "constant", "value": v} for t, v in types.items()],
            }
        )
        for t, v in types.items():
            self.assertEqual(f.values(t), [v] * 3)

    def test_shipped_models(self):
        for path in sorted(MODELS.glob("*.json")):
            if SANITIZED and path.name.startswith("llama"):  # minutes each, and nothing in them that the others lack
                continue
            result = sow("init", path, "-o", "/dev/null", "--dtype", "bf16", "--json")
            self.assertEqual(result.returncode, 0, path)
            self.assertEqual(result.stderr, "", path)
            if path.name in ("gpt2.json", "bert-base.json"):
                self.assertEqual(json.loads(result.stdout)["elements"], {"g": 124439808, "b": 109482240}[path.name[0]])


class Again(Case):
    def test_same_bytes(self):
        f = self.make(TINY, "--seed", "9")
        again, third = self.path("again.safetensors"), self.path("third.safetensors")
        self.assertEqual(sow("init", self.path("out.safetensors"), "-o", again).returncode, 0)
        self.assertEqual(again.read_bytes(), f.raw)
        self.assertEqual(sow("init", again, "-o", third, "--threads", "1").returncode, 0)
        self.assertEqual(third.read_bytes(), f.raw)

    def test_other_seed(self):
        f = self.make(TINY, "--seed", "9")
        sow("init", self.path("out.safetensors"), "-o", self.path("b"), "--seed", "10")
        self.assertEqual(Safetensors(self.path("b")).raw, self.make(TINY, "--seed", "10").raw)
        self.assertNotEqual(Safetensors(self.path("b")).raw, f.raw)

    def test_dtype_is_kept(self):
        f = self.make(TINY, "--dtype", "f16")
        self.assertEqual({i["dtype"] for i in f.header.values()}, {"F16", "I64"})
        again = self.path("again.safetensors")
        self.assertEqual(sow("init", self.path("out.safetensors"), "-o", again).returncode, 0)
        self.assertEqual(again.read_bytes(), f.raw)

    def test_spacing_does_not_matter(self):
        f = self.make(TINY)
        out = self.path("spaced")
        self.assertEqual(sow("init", self.model(json.dumps(TINY, indent=4), "spaced.json"), "-o", out).returncode, 0)
        self.assertEqual(out.read_bytes(), f.raw)


class Like(Case):
    RULES = {"rules": [{"match": "*.b", "scheme": "zeros"}, {"match": "*", "scheme": "normal", "std": 0.5}]}

    def foreign(self):
        path = self.path("foreign.safetensors")
        header = {"x.b": {"dtype": "F32", "shape": [3], "data_offsets": [24, 36]}, "x.{w": {"dtype": "F64", "shape": [3], "data_offsets": [0, 24]}}
        write_safetensors(path, header, bytes(36))
        return path

    def test_names_shapes_types(self):
        like = self.foreign()
        out = self.path("out")
        result = sow("init", self.model(self.RULES), "--like", like, "-o", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        f = Safetensors(out)
        self.assertEqual({n: (i["dtype"], i["shape"]) for n, i in f.header.items()}, {"x.b": ("F32", [3]), "x.{w": ("F64", [3])})
        again = self.path("again")
        self.assertEqual(sow("init", out, "-o", again).returncode, 0)
        self.assertEqual(again.read_bytes(), f.raw)

    def test_dtype(self):
        like = self.path("f8.safetensors")
        write_safetensors(like, {"w": {"dtype": "F8_E4M3", "shape": [8], "data_offsets": [0, 8]}}, bytes(8))
        self.refused(sow("init", self.model(self.RULES), "--like", like, "-o", self.path("o")), 2, r'f8.safetensors: "w" has the type F8_E4M3')
        self.assertEqual(sow("init", self.model(self.RULES), "--like", like, "-o", self.path("o"), "--dtype", "bf16").returncode, 0)
        self.assertEqual(Safetensors(self.path("o")).header["w"]["dtype"], "BF16")

    def test_equals_description(self):
        like = self.foreign()
        sow("init", self.model(self.RULES), "--like", like, "-o", self.path("a"))
        f = self.make({"tensors": [{"name": "x.{{w", "shape": [3], "dtype": "f64"}, {"name": "x.b", "shape": [3]}], **self.RULES})
        self.assertEqual(Safetensors(self.path("a")).bytes("x.{w"), f.bytes("x.{w"))

    def test_refusals(self):
        like = self.foreign()
        tensors = {"tensors": [{"name": "a", "shape": [1]}], **self.RULES}
        self.refused(sow("init", self.model(tensors), "--like", like, "-o", self.path("o")), 2, r'model.json:1:\d+: "tensors" beside --like')
        self.refused(sow("init", like, "--like", like, "-o", self.path("o")), 2, "--like needs a description")
        self.refused(sow("init", like, "-o", self.path("o")), 2, 'no key "sow" in its __metadata__')


class Independence(Case):
    def test_threads_and_isa(self):
        isas = [i["name"] for i in json.loads(sow("info", "--json").stdout)["isas"] if i["usable"]]
        big = changed(tensors=TINY["tensors"] + [{"name": "h.big", "shape": [1500, 1501]}, {"name": "odd", "shape": [2100001], "dtype": "bf16"}])
        first = self.make(big).raw
        for isa in isas:
            for threads in (1, 2, 3, 7):
                self.assertEqual(self.make(big, "--isa", isa, "--threads", threads).raw, first, (isa, threads))

    def test_adding_removing_reordering(self):
        f = self.make(TINY)
        fewer = self.make(changed(tensors=[{"name": "new", "shape": [99]}] + TINY["tensors"][2::-1]))
        for name in ("h.0.w", "h.2.b", "wte"):
            self.assertEqual(fewer.bytes(name), f.bytes(name))

    def test_stream_is_the_name_elsewhere(self):
        rules = [{"match": "*", "scheme": "uniform", "a": -1, "b": 1}]
        f = self.make({"tensors": [{"name": "blk.{1..3}.bias", "shape": [11]}], "rules": rules})
        for i in range(3):
            self.assertEqual(f.bytes(f"blk.{i + 1}.bias"), self.make(TINY).bytes(f"h.{i}.b"))

    def test_no_two_alike(self):
        f = self.make(TINY)
        self.assertNotEqual(f.bytes("h.0.w"), f.bytes("h.1.w"))

    def test_shared_streams(self):
        two = {"tensors": [{"name": "a", "shape": [4]}, {"name": "b", "shape": [4], "stream": "a"}], "rules": [{"match": "*", "scheme": "normal"}]}
        self.refused(sow("init", self.model(two), "-o", self.path("o")), 2, r'model.json:1:\d+: "a" and "b" draw from one stream, "a"')
        f = self.make({**two, "shared_streams": True})
        self.assertEqual(f.bytes("a"), f.bytes("b"))

    def test_prefix_of_longer(self):
        rules = [{"match": "*", "scheme": "normal"}]
        short = self.make({"tensors": [{"name": "a", "shape": [1001]}], "rules": rules})
        long = self.make({"tensors": [{"name": "a", "shape": [3000]}], "rules": rules})
        self.assertEqual(long.bytes("a")[:4004], short.bytes("a"))

    def test_bf16_is_f32_rounded(self):
        model = {"tensors": [{"name": "a", "shape": [5000]}], "rules": [{"match": "*", "scheme": "normal"}]}
        wide, narrow = self.make(model).bytes("a"), self.make(model, "--dtype", "bf16").bytes("a")
        for i in range(5000):
            (w,) = struct.unpack_from("<I", wide, 4 * i)
            (n,) = struct.unpack_from("<H", narrow, 2 * i)
            self.assertEqual((w + 0x7FFF + (w >> 16 & 1)) >> 16, n)


class Fans(Case):
    def test_fan_from(self):
        model = {
            "tensors": [{"name": "l.{0..1}.weight", "shape": [100, 400]}, {"name": "l.{0..1}.bias", "shape": [5000]}],
            "rules": [
                {"match": "l.*.weight", "scheme": "torch.linear"},
                {"match": "*.bias", "scheme": "torch.linear.bias", "fan_from": "*.weight"},
            ],
        }
        values = self.make(model).values("l.1.bias")
        self.assertTrue(0.0499 < max(values) < 0.05 and -0.05 <= min(values) < -0.0499)

    def test_layout_of_the_tensor(self):
        for layout, fan in (("linear", 400), ("dense", 100)):
            model = {"tensors": [{"name": "w", "shape": [100, 400], "layout": layout}], "rules": [{"match": "*", "scheme": "kaiming_normal", "gain": 1}]}
            values = self.make(model).values("w")
            self.assertAlmostEqual(math.sqrt(sum(v * v for v in values) / 40000) * math.sqrt(fan), 1, delta=0.02)

    def test_gains(self):
        def std(gain):
            model = {"tensors": [{"name": "w", "shape": [64, 64]}], "rules": [{"match": "*", "scheme": "kaiming_normal", "gain": gain}]}
            values = self.make(model).values("w")
            return math.sqrt(sum(v * v for v in values))

        one = std(1)
        for gain, value in (("relu", 2**0.5), ({"leaky_relu": 0.2}, 1.3867504905630728), ({"rms": "gelu"}, 1.5335304412), ("tanh", 5 / 3)):
            self.assertAlmostEqual(std(gain) / one, value, places=5)


class Report(Case):
    def test_json_moments(self):
        f = self.make(TINY)
        result = sow("init", self.path("model.json"), "-o", self.path("o"), "--json")
        report = json.loads(result.stdout)
        self.assertEqual([t["name"] for t in report["tensors"]], f.names())
        self.assertEqual(report["bytes"], len(f.raw))
        self.assertEqual(report["tied"], {"head": "wte"})
        for t in report["tensors"]:
            values = f.values(t["name"])
            if not values:
                self.assertIsNone(t["mean"])
                continue
            mean = sum(values) / len(values)
            self.assertAlmostEqual(t["mean"], mean, places=6)
            self.assertAlmostEqual(t["std"], math.sqrt(sum((v - mean) ** 2 for v in values) / len(values)), places=6)

    def test_moments_do_not_depend_on_threads(self):
        model = self.model({"tensors": [{"name": n, "shape": [1700, 1700]} for n in "abc"], "rules": [{"match": "*", "scheme": "normal", "mean": 3}]})
        seen = set()
        for threads in ("1", "2", "5"):
            report = json.loads(sow("init", model, "-o", "/dev/null", "--json", "--threads", threads).stdout)
            self.assertAlmostEqual(report["tensors"][1]["mean"], 3, delta=0.01)
            seen.add(str([(t["mean"], t["std"]) for t in report["tensors"]]))
        self.assertLessEqual(len(seen), 2)  # buffers differ in size, sums in order

    def test_table_and_quiet(self):
        model = self.model(TINY)
        table = sow("init", model, "-o", self.path("a")).stdout.decode()
        self.assertRegex(table, r"(?m)^h\.0\.w +\[7, 11\] +bf16 +kaiming_normal +-?[\d.e-]+ +[\d.e-]+$")
        self.assertRegex(table, r"11 tensors, \d+ elements, .* seed 0, .* 1 tied")
        self.assertEqual(sow("init", model, "-o", self.path("b"), "-q").stdout, b"")
        self.assertEqual(self.path("a").read_bytes(), self.path("b").read_bytes())

    def test_standard_streams(self):
        f = self.make(TINY)
        self.assertEqual(sow("init", self.path("model.json"), "-o", "-").stdout, f.raw)
        pipe = subprocess.run(SOW + ["init", "-", "-o", "-"], input=json.dumps(TINY).encode(), stdout=subprocess.PIPE)
        self.assertEqual(pipe.stdout, f.raw)

    def test_warnings(self):
        model = {
            "tensors": [{"name": "w", "shape": [4, 4]}, {"name": "cls", "shape": [1, 1, 4]}],
            "rules": [{"match": "w", "scheme": "zeros"}, {"match": "unused", "scheme": "ones"}, {"match": "*", "scheme": "ones"}],
        }
        result = sow("init", self.model(model), "-o", self.path("o"), "-q")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr, r'model\.json:1:\d+: warning: "w" \[4, 4\]: one constant')
        self.assertRegex(result.stderr, r'model\.json:1:\d+: warning: no tensor is left for rule "unused"')
        self.assertEqual(len(result.stderr.splitlines()), 2)
        model["rules"][0]["constant_ok"] = True
        del model["rules"][1]
        self.assertEqual(sow("init", self.model(model), "-o", self.path("o"), "-q", "-f").stderr, "")


main()
