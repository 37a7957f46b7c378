# SPDX-License-Identifier: MIT
"""sow schemes: the table of schemes by the program. docs/schemes.md, which a C test compares with the table, is the reader's side."""
import json
import re

from sowtest import MODELS, Case, Safetensors, main, sow

DOCS = MODELS.parents[1] / "docs" / "schemes.md"
TYPES = {"number", "count", "flag", "gain", "mode", "law", "layout", "fans", "axes"}


def documented():
    """Name: formula, as docs/schemes.md has them."""
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| (.*?) \| (.*?) \| (.*?) \|$", DOCS.read_text(encoding="utf-8").replace("\\|", "¦"), re.M)
    return {name: formula.replace("¦", "|") for name, formula, *_ in rows}


class Schemes(Case):
    def text(self, *args):
        result = sow("schemes", *args)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.decode()

    def table(self, *args):
        return json.loads(self.text("--json", *args))

    def test_list(self):
        table = {s["name"]: s for s in self.table()}
        docs = documented()
        self.assertGreater(len(table), 200)
        self.assertEqual({n: s["formula"] for n, s in table.items()}, {n: docs[n] for n in table})
        lines = self.text().splitlines()
        self.assertEqual([re.split(r"  +", line, maxsplit=1) for line in lines], [[s["name"], s["formula"]] for s in table.values()])

    def test_json(self):
        for s in self.table():
            self.assertEqual(list(s), ["name", "formula", "parameters", "source", "parts", "plain"])
            self.assertTrue(s["formula"] and s["source"], s)
            for p in s["parameters"]:
                self.assertEqual(list(p), ["name", "type", "required", "default", "text"])
                self.assertIn(p["type"], TYPES)
                self.assertTrue(p["text"])
                if p["required"]:
                    self.assertIsNone(p["default"])
                elif p["type"] in ("mode", "law", "layout", "fans"):
                    self.assertIsInstance(p["default"], str)
                elif p["type"] == "flag":
                    self.assertIsInstance(p["default"], bool)

    def test_every_default_can_be_written(self):
        """A description that spells out all defaults says the same as one that leaves them out."""
        required = {"value": 0.5, "sparsity": 0.5, "lo": 1e-3, "hi": 0.1, "tmax": 64, "hidden": 8, "layers": 4, "layer": 1, "width": 8, "dt_rank": 4,
                    "scale": 1, "encoder_layers": 3, "decoder_layers": 3, "classes": 4, "fan_in": 8}  # fmt: skip
        shapes = ([8, 8], [32], [8, 4, 8], [3, 3, 4, 8], [3, 3, 1, 8], [8, 4, 3, 3], [3, 1, 5])
        for s in self.table():
            if s["parts"]:
                continue
            least = {p["name"]: required[p["name"]] for p in s["parameters"] if p["required"]}
            whole = {**{p["name"]: p["default"] for p in s["parameters"] if p["default"] is not None}, **least}
            data = []
            for shape in shapes:
                for arguments in (least, whole):
                    model = {"tensors": [{"name": "w", "shape": shape}], "rules": [{"match": "*", "scheme": s["name"], "constant_ok": True, **arguments}]}
                    result = sow("init", self.model(model), "-qo", "-")
                    if result.returncode == 0:
                        self.path("out").write_bytes(result.stdout)
                        data.append(Safetensors(self.path("out")).bytes("w"))
                if data:
                    break
            self.assertEqual(len(data), 2, s["name"])
            self.assertEqual(*data, s["name"])

    def test_names(self):
        self.assertEqual([s["name"] for s in self.table("torch.linear.weight", "normal", "torch.linear")], ["torch.linear", "normal"])
        names = [s["name"] for s in self.table("keras.*")]
        self.assertIn("keras.lstm.bias", names)
        self.assertTrue(all(n.startswith("keras.") for n in names))
        text = self.text("kaiming_normal", "orthogonal")
        for words in ("formula     N(gain/√fan)", "He et al. 2015", "default fan_in", "default 1.41421", "from one distribution", "orthonormal rows"):
            self.assertIn(words, text)
        self.assertNotIn("inf", text)
        self.assertRegex(text, r"out_axis +number +optional")
        self.assertRegex(self.text("constant"), r"value +number +required")
        self.assertRegex(self.text("blocks"), r"parts +list, inner")

    def test_refused(self):
        for args, pattern in (
            (["kaimingnormal"], 'no scheme is named "kaimingnormal"; did you mean "kaiming_normal"'),
            (["torch.x*"], 'no scheme is named "torch.x\\*"'),
            (["[a"], r"without its"),
            (["normal", "nosuch"], 'no scheme is named "nosuch"'),
            (["--recipes", "gtp2"], 'no recipe is named "gtp2"; did you mean "gpt2"'),
        ):
            result = sow("schemes", *args)
            self.refused(result, 2, pattern)
            self.assertEqual(result.stdout, b"")

    def test_recipes(self):
        self.assertEqual(sow("schemes", "--recipes", "resnet50").stdout, (MODELS / "resnet50.json").read_bytes())
        text = self.text("--recipes")
        for path in MODELS.glob("*.json"):
            model = json.loads(path.read_text(encoding="utf-8"))
            for words in (model["description"], model["source"], *(v["description"] for v in model.get("variants", {}).values() if v)):
                self.assertIn(words, text)


if __name__ == "__main__":
    main()
