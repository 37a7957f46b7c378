# SPDX-License-Identifier: MIT
"""Schemes in text (--set) and schemes of schemes in JSON: both give what the pieces give by themselves."""
import subprocess

from sowtest import SOW, Case, Safetensors, main, sow

W = '{"tensors": [{"name": "w", "shape": [4, 4]}], "rules": [{"match": "*", "scheme": "normal"}]}'

# text, the JSON of the same rule
EQUAL = [
    ("normal", {"scheme": "normal"}),
    ("normal()", {"scheme": "normal"}),
    ("normal(1, 0.5)", {"scheme": "normal", "mean": 1, "std": 0.5}),
    ("normal ( std = .5 , mean=+1. , )", {"scheme": "normal", "std": 0.5, "mean": 1.0}),
    ("normal(std=5e-1)", {"scheme": "normal", "std": 5e-1}),
    ("trunc_normal(0, 1, -inf, b=2)", {"scheme": "trunc_normal", "mean": 0, "std": 1, "a": "-inf", "b": 2}),
    ("kaiming_normal(fan_out, relu)", {"scheme": "kaiming_normal", "mode": "fan_out", "gain": "relu"}),
    ("kaiming_normal(mode='fan_out', gain=rms:gelu)", {"scheme": "kaiming_normal", "mode": "fan_out", "gain": {"rms": "gelu"}}),
    ('kaiming_normal(gain={"rms": "gelu"})', {"scheme": "kaiming_normal", "gain": {"rms": "gelu"}}),
    ("kaiming_normal(gain=leaky_relu:0.2)", {"scheme": "kaiming_normal", "gain": {"leaky_relu": 0.2}}),
    ("kaiming_normal(layout=dense)", {"scheme": "kaiming_normal", "layout": "dense"}),
    ("lecun_normal(in_axis=[0], out_axis=1)", {"scheme": "lecun_normal", "in_axis": [0], "out_axis": 1}),
    ("dirac(groups=2)", {"scheme": "dirac", "groups": 2}),
    ("zero_rows([1, 3], normal(std=0.02), axis=-1)", {"scheme": "zero_rows", "list": [1, 3], "inner": {"scheme": "normal", "std": 0.02}, "axis": -1}),
    ("blocks([2,1,1], xavier_uniform, axis=1)", {"scheme": "blocks", "list": [2, 1, 1], "axis": 1, "inner": "xavier_uniform"}),
    ("blocks([3,1], ones, normal(2))", {"scheme": "blocks", "list": [3, 1], "inner": ["ones", {"scheme": "normal", "mean": 2}]}),
    ("blocks(list=[3,1], inner=[ones, zeros()])", {"scheme": "blocks", "list": [3, 1], "inner": ["ones", "zeros"]}),
    ("stack(normal)", {"scheme": "stack", "inner": "normal"}),
    ("scale(0.5, add(1, uniform(-1, 1)))", {"scheme": "scale", "k": 0.5, "inner": {"scheme": "add", "value": 1, "inner": {"scheme": "uniform", "a": -1, "b": 1}}}),
    ("icnr(r=2, normal)", {"scheme": "icnr", "r": 2, "inner": "normal"}),
    ("mup([2, 2], kaiming_normal)", {"scheme": "mup", "list": [2, 2], "inner": "kaiming_normal"}),
    ("normal(comment='a, \"b\" (c)', constant_ok=true)", {"scheme": "normal", "comment": 'a, "b" (c)', "constant_ok": True}),
]

# text behind "w=", column, words
FAULTS = [
    ("", 3, "expected a scheme's name, got the end"),
    ("nrmal", 3, 'unknown scheme "nrmal"; did you mean "normal"'),
    ("normal(", 10, "expected a value, got the end"),
    ("normal(1", 11, 'expected a comma or "\\)", got the end'),
    ("normal(1 2)", 12, 'expected a comma or "\\)", got "2\\)"'),
    ("normal(1,,2)", 12, 'expected a value, got ",2\\)"'),
    ("normal(st=1)", 10, 'unknown key "st": normal takes mean, std; did you mean "std"'),
    ("zeros(a=1)", 9, "zeros takes no arguments"),
    ("normal(1, 2, 3)", 16, "one value too many for normal, which takes 2"),
    ("normal(1, mean=2)", 13, '"mean" is given twice'),
    ("normal(std=a)", 14, "std must be a number, not a string"),
    ("normal(std=[1])", 14, "std must be a number, not an array"),
    ("normal(std=1e999)", 14, "outside the range of a double"),
    ("normal(std=0x1p3)", 14, "std must be a number"),
    ("normal) x", 9, "nothing may follow the scheme"),
    ("normal(comment='a)", 18, "a string without its closing '"),
    ("normal(match=v)", 1, '"match" is given twice'),
    ("dirac(groups=1.5)", 16, "groups must be a whole number"),
    ("kaiming_normal(fan_inn)", 18, 'mode is "fan_inn", must be one of fan_in, .*did you mean "fan_in"'),
    ("kaiming_normal(gain=gelu)", 23, "1.5335"),
    ("kaiming_normal(gain=rns:gelu)", 23, "a gain by rule is"),
    ("kaiming_normal(gain={rms:gelu)", 32, 'expected a comma or "}"'),
    ("blocks([2, 2])", 3, 'blocks needs "inner"'),
    ("blocks(normal)", 3, 'blocks needs "list"'),
    ("blocks([2, -2], normal)", 14, "whole number of at least 0"),
    ("blocks([2, 1], normal)", 3, "must add up to 4"),
    ("blocks([2, 2], normal, ones, ones)", 3, "inner_count is 3"),
    ("zero_rows([4], normal)", 3, "must be 0 to 3"),
    ("stack(nrmal())", 9, 'unknown scheme "nrmal"'),
    ("stack(normal(st=1))", 16, 'unknown key "st"'),
    ("mup([2, 2], orthogonal)", 3, "must be a plain distribution"),
    ("custom", 3, "for programs that call the library"),
    ("scale(1, " * 8 + "ones" + ")" * 8, 75, "more than 8 levels"),
    ("normal(comment=" + "[" * 40, 47, "nested deeper than 30"),
    ("normal(std=-1)", 3, "std is -1"),
]

# rule, place, words
JSON_FAULTS = [
    ('{"match": "*", "scheme": "blocks", "list": 4, "inner": "ones"}', "2:54", '"list" must be an array'),
    ('{"match": "*", "scheme": "blocks", "list": [4]}', "2:11", 'blocks needs "inner"'),
    ('{"match": "*", "scheme": "blocks", "list": [4], "inner": 1}', "2:68", "a scheme must be an object"),
    ('{"match": "*", "scheme": "blocks", "list": [4], "inner": {"std": 1}}', "2:68", 'without "scheme"'),
    ('{"match": "*", "scheme": "blocks", "list": [4], "inner": {"scheme": "normal", "sdt": 1}}', "2:89", 'unknown key "sdt"'),
    ('{"match": "*", "scheme": "blocks", "list": [4], "inner": {"scheme": "normal", "match": "x"}}', "2:89", 'unknown key "match"'),
    ('{"match": "*", "scheme": "blocks", "list": [9223372036854775808], "inner": "ones"}', "2:55", "at most 9223372036854775807"),
    ('{"match": "*", "scheme": "normal", "inner": "ones"}', "2:46", 'unknown key "inner"'),
    ('{"match": "*", "scheme": "mup", "list": [4], "inner": "normal"}', "2:11", "base shape of the same rank"),
    ('{"match": "*", "scheme": "scale", "k": -1, "inner": "normal"}', "2:11", "k is -1"),
    ('{"match": "*", "scheme": "scale", "inner": "normal"}', "2:11", "k "),
]


class Text(Case):
    def test_equal_to_json(self):
        """A rule from --set is the rule of a description, and is recorded as one."""
        self.model(W)
        for text, rule in EQUAL:
            with self.subTest(text=text):
                shape = [2, 2, 2] if rule["scheme"] == "dirac" else [4, 4]
                tensors = {"tensors": [{"name": "w", "shape": shape}]}
                a = self.make({**tensors, "rules": [{**rule, "match": "*"}]}, "-q", name="a.safetensors")
                b = self.make(tensors, "-q", "--set", "*=" + text, name="b.safetensors")
                self.assertEqual(a.bytes("w"), b.bytes("w"))
                self.assertEqual(b.record()["model"]["rules"], [{**rule, "match": "*"}])
                again = sow("init", self.path("b.safetensors"), "-q", "-o", self.path("again"), "-f")
                self.assertEqual(again.returncode, 0, again.stderr)
                self.assertEqual(self.path("again").read_bytes(), self.path("b.safetensors").read_bytes())

    def test_faults(self):
        path = self.model(W)
        for text, column, words in FAULTS:
            with self.subTest(text=text):
                result = sow("init", path, "-o", self.path("o"), "--set", "w=" + text)
                self.refused(result, 2, f'^sow: --set ".*":1:{column}: .*{words}')
                self.assertFalse(self.path("o").exists())
        for text, words in [("", "must be GLOB="), ("w", "must be GLOB="), ("=ones", "must be GLOB="), ("[w=ones", "without its"), (b"w=\xff", "not UTF-8"), (b"\xff=ones", "not UTF-8")]:
            with self.subTest(text=text):
                result = subprocess.run(SOW + ["init", path, "-o", self.path("o"), b"--set", text], stderr=subprocess.PIPE)
                result.stderr = result.stderr.decode()
                self.refused(result, 2, words)

    def test_order(self):
        """The first --set that matches decides, before all rules of the file; a glob may hold "=" in a set."""
        model = {"tensors": [{"name": n, "shape": [3]} for n in ("a", "b", "c", "d=e")], "rules": [{"match": "*", "scheme": "ones"}]}
        f = self.make(model, "--set", "a=constant(2)", "--set", "[ab]=constant(3)", "--set", "d[=]e=constant(4)")
        self.assertEqual([f.values(n)[0] for n in ("a", "b", "c", "d=e")], [2, 3, 1, 4])
        self.assertEqual([r["match"] for r in f.record()["model"]["rules"]], ["a", "[ab]", "d[=]e", "*"])
        result = sow("init", self.model(model), "-o", self.path("p"), "--set", "x=ones")
        self.assertRegex(result.stderr, '^sow: --set "x=ones":1:3: warning: no tensor is left')
        result = sow("init", self.model(model), "-q", "-o", self.path("p"), "-f", "--set", "*=ones")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_set_over_a_record(self):
        model = {"tensors": [{"name": n, "shape": [3]} for n in ("a", "b")], "rules": [{"match": "*", "scheme": "normal"}]}
        old = self.make(model, "-s", "5", name="old.safetensors")
        self.assertEqual(sow("init", self.path("old.safetensors"), "-q", "-o", self.path("new.safetensors"), "--set", "b=ones").returncode, 0)
        new = Safetensors(self.path("new.safetensors"))
        self.assertEqual(new.bytes("a"), old.bytes("a"))
        self.assertEqual(new.values("b"), [1, 1, 1])

    def test_symmetry(self):
        """One constant in a matrix warns, in the command line's rules and within schemes, unless told that it is meant."""
        path = self.model(W)
        for text in ("zeros", "scale(2, ones)", "stack(constant(3))", "zero_rows([0], ones)"):
            result = sow("init", path, "-q", "-o", self.path("o"), "-f", "--set", "w=" + text)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stderr, 'warning: "w" \\[4, 4\\]: one constant', text)
        for text in ("zeros(constant_ok=true)", "scale(2, normal)"):
            self.assertEqual(sow("init", path, "-q", "-o", self.path("o"), "-f", "--set", "w=" + text).stderr, "", text)


class Combinators(Case):
    def values(self, tensor, rule, name="w"):
        return self.make({"tensors": [tensor], "rules": [{"match": "*", **rule}]}, "-q").values(name)

    def test_places(self):
        for rule, place, words in JSON_FAULTS:
            with self.subTest(rule=rule):
                text = '{"tensors": [{"name": "w", "shape": [4, 4]}],\n"rules": [%s]}' % rule
                self.refused(sow("init", self.model(text), "-o", self.path("o")), 2, f"model.json:{place}: .*{words}")

    def test_blocks(self):
        """Constants by blocks; a block's bound comes from its own shape."""
        w = self.values({"name": "w", "shape": [4, 6]}, {"scheme": "blocks", "list": [1, 2, 3], "axis": 1, "inner": ["ones", {"scheme": "constant", "value": 2}, "zeros"], "constant_ok": True})
        self.assertEqual(w, [1, 2, 2, 0, 0, 0] * 4)
        w = self.values({"name": "w", "shape": [4000, 20]}, {"scheme": "blocks", "list": [20, 3980], "inner": "xavier_uniform"})
        for part, rows in ((w[:400], 20), (w[400:], 3980)):
            bound = (6 / (rows + 20)) ** 0.5
            self.assertTrue(0.9 * bound < max(map(abs, part)) <= bound, rows)
        self.assertNotEqual(w[:20], w[400:420])

    def test_the_tensors_layout_reaches_the_inner_scheme(self):
        """(I, O) = (8, 5000) in two blocks of outputs: fan_in is 8 by the layout, 2500 without it."""
        for layout, fan in (("dense", 8), (None, 2500)):
            tensor = {"name": "w", "shape": [8, 5000]}
            if layout:
                tensor["layout"] = layout
            w = self.values(tensor, {"scheme": "blocks", "list": [2500, 2500], "axis": 1, "inner": "lecun_uniform"})
            self.assertTrue(0.99 * (3 / fan) ** 0.5 < max(map(abs, w)) <= (3 / fan) ** 0.5, layout)

    def test_experts(self):
        """stack: the experts' fans are the inner shape's, their numbers differ."""
        w = self.values({"name": "w", "shape": [4, 50, 300], "layout": "linear"}, {"scheme": "stack", "inner": "lecun_uniform"})
        bound = (3 / 300) ** 0.5
        experts = [w[i : i + 15000] for i in range(0, 60000, 15000)]
        for e in experts:
            self.assertTrue(0.99 * bound < max(map(abs, e)) <= bound)
        self.assertEqual(len({tuple(e[:8]) for e in experts}), 4)

    def test_fan_from_through_a_combinator(self):
        """A fused bias in blocks takes its weight's fan; so does one whose weight's rule is a combinator."""
        model = {
            "tensors": [{"name": "a.weight", "shape": [9000, 48]}, {"name": "a.bias", "shape": [9000]}],
            "rules": [
                {"match": "*.weight", "scheme": "blocks", "list": [4500, 4500], "inner": "torch.linear"},
                {"match": "*.bias", "scheme": "blocks", "list": [4500, 4500], "inner": "torch.linear.bias", "fan_from": "*.weight"},
            ],
        }
        bias = self.make(model, "-q").values("a.bias")
        self.assertTrue(0.99 / 48**0.5 < max(map(abs, bias)) <= 1 / 48**0.5)

    def test_zero_rows_scale_add(self):
        plain = self.values({"name": "w", "shape": [5, 7]}, {"scheme": "normal"})
        rows = self.values({"name": "w", "shape": [5, 7]}, {"scheme": "zero_rows", "list": [0, 4], "inner": "normal"})
        self.assertEqual(rows, [0.0] * 7 + plain[7:28] + [0.0] * 7)
        half = self.values({"name": "w", "shape": [5, 7]}, {"scheme": "scale", "k": 0.5, "inner": "normal"})
        self.assertEqual(half, [x / 2 for x in plain])

    def test_icnr_and_mup(self):
        w = self.values({"name": "w", "shape": [8, 3, 1, 1]}, {"scheme": "icnr", "r": 2, "inner": "normal"})
        self.assertEqual(w[0:3] * 4 + w[12:15] * 4, w)
        self.assertNotEqual(w[0:3], w[12:15])
        base = self.values({"name": "w", "shape": [64, 64]}, {"scheme": "normal", "std": 0.02})
        wide = self.values({"name": "w", "shape": [64, 64]}, {"scheme": "mup", "list": [16, 16], "inner": {"scheme": "normal", "std": 0.02}})
        for x, y in zip(base, wide):  # four times as wide: std / 2
            self.assertAlmostEqual(x / 2, y, delta=1e-8)


main()
