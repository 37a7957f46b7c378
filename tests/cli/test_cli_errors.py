# SPDX-License-Identifier: MIT
"""Every error: one line, the exact place, the exit status, and nothing left behind."""
import os

from sowtest import Case, main, sow

T = '{"tensors": [%s],\n"rules": [{"match": "*", "scheme": "normal"}]}'
R = '{"tensors": [{"name": "w", "shape": [4, 4]}],\n"rules": [%s]}'

# description, place, words. The place is line:column of what is wrong.
DESCRIPTIONS = [
    ("", "1:1", "not valid JSON: premature EOF"),
    ("{", "1:2", "premature EOF"),
    ("[]", "1:1", "expected an object"),
    ("3", "", "expected an object|not valid JSON"),
    ('{"rules": []} x', "1:15", "trailing garbage"),
    ('{"tensors": [,]}', "1:14", "not valid JSON"),
    ('{"tensors": [[1 2]]}', "1:17", "not valid JSON"),
    ('{"tensors": [{"name": nul}]}', "1:23", "not valid JSON"),
    ('{"tensors": [{"name" "a b"}]}', "1:22", "not valid JSON"),
    ('{"a": "b\nc"}', "1:9", "not valid JSON: invalid character inside string"),
    ('{"name": "\\ud800"}', "1:17", "surrogate"),
    ('{"name": "\\ud800\\u0041"}', "1:22", "surrogate"),
    ('{"name": "\\udc00"}', "1:16", "surrogate"),
    ('{"name": "\\u0000"}', "1:10", "zero byte"),
    ("[" * 100, "1:1", "expected an object"),
    ('{"source": ' + "[" * 100, "1:43", "nested deeper than 32"),
    ('{"name": "a",\n "name": "b"}', "2:2", 'duplicate key "name", first on line 1'),
    ('{"tensor": []}', "1:2", 'unknown key "tensor"; did you mean "tensors"\\?'),
    ('{"xyzzy": []}', "1:2", 'unknown key "xyzzy"$'),
    ("{}", "1:1", 'no "tensors"'),
    ('{"name": 5, "tensors": [], "rules": []}', "1:10", '"name" must be a string'),
    ('{"tensors": []}', "1:1", 'no "rules"'),
    ('{"tensors": {}, "rules": []}', "1:13", '"tensors" must be an array, not an object'),
    ('{"tensors": [], "rules": []}', "", "no tensors"),
    ('{"tensors": [], "rules": {}}', "1:26", '"rules" must be an array'),
    ('{"tensors": [], "rules": [], "dtype": "f31"}', "1:39", 'dtype "f31" is unknown.*did you mean "f32"'),
    ('{"tensors": [], "rules": [], "dtype": "f8_e4m3"}', "1:39", "is not supported"),
    ('{"tensors": [], "rules": [], "shared_streams": 1}', "1:48", "must be true or false"),
    (T % "1", "1:14", "a tensor must be an object, not a number"),
    (T % '{"shape": [1]}', "1:14", 'a tensor without "name"'),
    (T % '{"name": 1, "shape": [1]}', "1:23", '"name" must be a string'),
    (T % '{"name": "", "shape": [1]}', "1:23", '"name" is empty'),
    (T % '{"name": "a"}', "1:14", 'a tensor without "shape"'),
    (T % '{"name": "a", "shap": [1]}', "1:28", 'unknown key "shap"; did you mean "shape"'),
    (T % '{"name": "a", "shape": 1}', "1:37", '"shape" must be an array'),
    (T % '{"name": "a", "shape": ["1"]}', "1:38", "must be a number"),
    (T % '{"name": "a", "shape": [-1]}', "1:38", "whole number of at least 0, not -1"),
    (T % '{"name": "a", "shape": [1.5]}', "1:38", "whole number"),
    (T % '{"name": "a", "shape": [1e3]}', "1:38", "whole number"),
    (T % '{"name": "a", "shape": [99999999999999999999]}', "1:38", "at most 18446744073709551615"),
    (T % '{"name": "a", "shape": [9223372036854775808]}', "1:38", "more than 2\\^63"),
    (T % '{"name": "a", "shape": [4294967296, 4294967296]}', "1:50", "more than 2\\^63"),
    (T % '{"name": "a", "shape": [4611686018427387904]}', "1:14", '"a" \\[4611686018427387904\\]: more than 2\\^63 - 1 bytes of f32'),
    (T % '{"name": "a{0..5}", "shape": [461168601842738790]}', "1:14", "more than 2\\^63 bytes together"),
    (T % '{"name": "a", "shape": [1,1,1,1,1,1,1,1,1]}', "1:37", "a shape of 9 sizes, at most 8"),
    (T % '{"name": "a", "shape": [1], "dtype": "F33"}', "1:51", "dtype"),
    (T % '{"name": "a", "shape": [1], "layout": "lineer"}', "1:52", 'unknown layout "lineer"; did you mean "linear"'),
    (T % '{"name": "a", "shape": [1], "groups": 0}', "1:52", '"groups" is 0, at least 1'),
    (T % '{"name": "a", "shape": [1]}, {"name": "a", "shape": [2]}', "1:43", 'two tensors named "a", the first on line 1'),
    (T % '{"name": "a.{1..2}", "shape": [1]},\n{"name": "a.2", "shape": [2]}', "2:1", 'two tensors named "a.2"'),
    (T % '{"name": "a{2..1}", "shape": [1]}', "1:23", "must have a <= b"),
    (T % '{"name": "a{0..}", "shape": [1]}', "1:23", "starts a range"),
    (T % '{"name": "a{0..01}", "shape": [1]}', "1:23", "without leading zeros"),
    (T % '{"name": "a{0..9999999}", "shape": [1]}', "1:23", "more than 2000000 tensors"),
    (T % '{"name": "{0..1}{0..1}{0..1}{0..1}{0..1}", "shape": [1]}', "1:23", "more than 4 ranges"),
    (T % '{"name": "a{0..1}", "shape": [1], "stream": "b{0..2}"}', "1:58", 'range 1 of "stream" stands for 3 names, that of the name for 2'),
    (T % '{"name": "a", "shape": [1], "stream": "b{0..2}"}', "1:52", '"stream" has 1 ranges, the name has 0'),
    (T % '{"name": "a{0..1}", "shape": [1], "stream": "b"}', "1:14", '"a0" and "a1" draw from one stream, "b"'),
    (T % '{"name": "b", "tied": "a"}', "1:14", '"b" is tied to "a", which does not exist'),
    (T % '{"name": "b", "tied": "c"}, {"name": "c", "tied": "b"}', "1:14", "which is tied itself"),
    (T % '{"name": "b", "tied": "a", "dtype": "f32"}, {"name": "a", "shape": [1]}', "1:41", 'has no "dtype" of its own'),
    (T % '{"name": "__metadata__", "shape": [1]}', "1:14", "the file's own name"),
    (R % "1", "2:11", "a rule must be an object"),
    (R % '{"match": "*"}', "2:11", 'a rule without "scheme"'),
    (R % '{"scheme": "zeros"}', "2:11", 'a rule without "match"'),
    (R % '{"match": "[a", "scheme": "zeros"}', "2:21", '"\\[" without its "\\]"'),
    (R % '{"match": "v*", "scheme": "zeros"}', "1:14", 'no rule matches "w"'),
    (R % '{"match": "*", "scheme": "kaimingnormal"}', "2:36", 'unknown scheme "kaimingnormal"; did you mean "kaiming_normal"'),
    (R % '{"match": "*", "scheme": "normal", "sdt": 1}', "2:46", 'unknown key "sdt": normal takes mean, std; did you mean "std"'),
    (R % '{"match": "*", "scheme": "normal", "std": "1"}', "2:53", "std must be a number"),
    (R % '{"match": "*", "scheme": "normal", "std": -1}', "2:11", '"w" \\[4, 4\\] f32: .*std is -1'),
    (R % '{"match": "*", "scheme": "normal", "std": 1e400}', "2:53", 'std is "1e400", outside the range'),
    (R % '{"match": "*", "scheme": "uniform", "a": 2, "b": 1}', "2:11", '"w" \\[4, 4\\] f32'),
    (R % '{"match": "*", "scheme": "kaiming_normal", "mode": "fan_inn"}', "2:62", "must be one of fan_in, fan_out.*did you mean"),
    (R % '{"match": "*", "scheme": "kaiming_normal", "gain": "rely"}', "2:62", "gain"),
    (R % '{"match": "*", "scheme": "kaiming_normal", "gain": "gelu"}', "2:62", "1.5335"),
    (R % '{"match": "*", "scheme": "kaiming_normal", "gain": {"rns": "gelu"}}', "2:63", "a gain by rule"),
    (R % '{"match": "*", "scheme": "kaiming_normal", "gain": [1]}', "2:62", '"gain" must be'),
    (R % '{"match": "*", "scheme": "zeros", "fan_from": "x"}', "2:45", 'scheme zeros takes no fan'),
    (R % '{"match": "*", "scheme": "torch.linear.bias", "fan_from": "x"}', "2:11", 'takes its fan from "x", which is not in the model'),
    (R % '{"match": "w", "scheme": "torch.linear.bias", "fan_from": "*"}', "2:11", "more stars"),
    (T % '{"name": "a", "shape": [3], "dtype": "i64"}', "2:11", "a type of whole numbers takes only a constant"),
    ('{"tensors": [{"name": "w", "shape": [4]}], "rules": [{"match": "*", "scheme": "kaiming_normal"}]}', "1:54", "rank"),
]

USAGE = [
    ([], "no command"),
    (["innit"], 'unknown command "innit"; did you mean "init"'),
    (["init"], "MODEL.json .* is missing"),
    (["init", "model.json"], "-o FILE is missing"),
    (["init", "model.json", "-o"], "--output needs an argument"),
    (["init", "model.json", "extra", "-o", "x"], 'one operand too many: "extra"'),
    (["init", "model.json", "-o", "x", "--thread", "2"], "did you mean --threads"),
    (["init", "model.json", "-o", "x", "-z"], 'unknown option "-z"'),
    (["init", "model.json", "-o", "x", "--force=yes"], "--force takes no argument"),
    (["init", "model.json", "-o", "x", "-o", "y"], "--output is given twice"),
    (["init", "model.json", "-o", "x", "--seed", "-1"], "--seed"),
    (["init", "model.json", "-o", "x", "--seed", "18446744073709551616"], "must be 0 to 18446744073709551615"),
    (["init", "model.json", "-o", "x", "--seed", ""], "--seed"),
    (["init", "model.json", "-o", "x", "--threads", "0"], "must be 1 to 1024"),
    (["init", "model.json", "-o", "x", "--threads", "1025"], "1024"),
    (["init", "model.json", "-o", "x", "--isa", "sse9"], "sse9"),
    (["init", "model.json", "-o", "x", "--dtype", "i8"], "must be f32, f64, f16 or bf16"),
    (["init", "missing.json", "-o", "x"], "missing.json: cannot be opened: No such file"),
    (["init", ".", "-o", "x"], "is a directory"),
    (["init", "model.json", "-o", "."], "is a directory"),
    (["init", "model.json", "-o", ""], "."),
    (["init", "model.json", "-o", "no/such/x"], "its folder cannot be opened"),
    (["init", "model.json", "-o", "model.json/x"], "."),
    (["init", "model.json", "--like", "model.json", "-o", "x"], "starts like JSON"),
    (["info", "x"], "one operand too many"),
    (["info", "--isa", "sse9"], "sse9"),
]


class Errors(Case):
    def test_descriptions(self):
        for text, where, words in DESCRIPTIONS:
            with self.subTest(text=text):
                result = sow("init", self.model(text), "-o", self.path("x"))
                place = f"model.json:{where}: " if where else "model.json:"
                self.refused(result, 2, f"(?s)^sow: .*{place}.*(?:{words})")
                self.assertEqual(result.stdout, b"")
                self.assertEqual(os.listdir(self.folder), ["model.json"])

    def test_bytes_that_are_no_text(self):
        for raw, words in [(b'{"name": "\xff"}', "UTF|utf"), (b'{"name": "\xc0\x80"}', "UTF|utf"), (b'{"name": "\xed\xa0\x80"}', "UTF|utf"), (b"\xef\xbb\xbf{}", "JSON")]:
            self.path("model.json").write_bytes(raw)
            self.refused(sow("init", self.path("model.json"), "-o", self.path("x")), 2, f"model.json:1:\\d+: .*(?:{words})")

    def test_usage(self):
        self.model({"tensors": [{"name": "a", "shape": [1]}], "rules": [{"match": "*", "scheme": "normal"}]})
        for args, words in USAGE:
            with self.subTest(args=args):
                self.refused(sow(*args, cwd=self.folder), 2, f"^sow: .*{words}")
                self.assertEqual(os.listdir(self.folder), ["model.json"])

    def test_environment(self):
        model = self.model({"tensors": [{"name": "a", "shape": [1]}], "rules": [{"match": "*", "scheme": "normal"}]})
        for name, value in (("SOW_ISA", "sse9"), ("SOW_NUM_THREADS", "many")):
            self.refused(sow("init", model, "-o", "/dev/null", env={**os.environ, name: value}), 2, f"{name} is \"{value}\"")

    def test_terminal_is_not_driven(self):
        result = sow("init", self.model('{"tensors": [], "rules": [], "\\u001b[31m\\u0007": 1}'), "-o", self.path("x"))
        self.assertEqual(result.returncode, 2)
        self.assertNotRegex(result.stderr, "[\x00-\x09\x0b-\x1f\x7f]")

    def test_huge_names_are_shortened(self):
        result = sow("init", self.model('{"tensors": [], "rules": [], "%s": 1}' % ("x" * 100000)), "-o", self.path("x"))
        self.assertLess(len(result.stderr), 1000)


main()
