# SPDX-License-Identifier: MIT
"""docs/coverage.md: every public initialiser of other libraries has a row, and what stands beside it is accepted as it is written."""
import json
import re

from sowtest import MODELS, Case, main, sow

ROOT = MODELS.parents[1]

# The public names, by the heading's first word. Kept apart from the page, out of the libraries' own documentation.
PUBLIC = {
    "PyTorch": """calculate_gain uniform_ normal_ trunc_normal_ constant_ ones_ zeros_ eye_ dirac_ xavier_uniform_ xavier_normal_ kaiming_uniform_
        kaiming_normal_ orthogonal_ sparse_ uniform normal constant eye dirac xavier_uniform xavier_normal kaiming_uniform kaiming_normal orthogonal
        sparse""",
    "JAX": """constant zeros ones zeros_init ones_init uniform normal truncated_normal variance_scaling glorot_uniform xavier_uniform glorot_normal
        xavier_normal he_uniform kaiming_uniform he_normal kaiming_normal lecun_uniform lecun_normal orthogonal delta_orthogonal Initializer
        default_embed_init default_kernel_init""",
    "Keras": """Constant Zeros zero Ones one Identity RandomNormal normal RandomUniform uniform TruncatedNormal VarianceScaling GlorotUniform
        GlorotNormal HeUniform HeNormal LecunUniform LecunNormal Orthogonal OrthogonalInitializer STFT Initializer get serialize deserialize
        uniform_unit_scaling_initializer convolutional_delta_orthogonal convolutional_orthogonal_1d convolutional_orthogonal_2d
        convolutional_orthogonal_3d""",
    "Haiku": "Constant Identity Orthogonal RandomNormal RandomUniform TruncatedNormal UniformScaling VarianceScaling",
    "timm": "trunc_normal_ trunc_normal_tf_ variance_scaling_ lecun_normal_ init_weights_vit_timm init_weights_vit_jax init_weights_vit_moco",
    "MLX": "constant normal uniform identity glorot_normal glorot_uniform he_normal he_uniform sparse orthogonal",
    "Flux": """glorot_uniform glorot_normal kaiming_uniform kaiming_normal orthogonal truncated_normal sparse_init identity_init ones32 zeros32 rand32
        randn32""",
    "MXNet": "Zero One Constant Uniform Normal Orthogonal Xavier MSRAPrelu Bilinear LSTMBias FusedRNN Mixed Load",
    "Caffe": "constant uniform gaussian positive_unitball xavier msra bilinear",
    "Paddle": """Assign Bilinear Constant Dirac KaimingNormal KaimingUniform Normal Orthogonal TruncatedNormal Uniform XavierNormal XavierUniform
        calculate_gain""",
    "Burn": "Constant Ones Zeros Uniform Normal KaimingUniform KaimingNormal XavierUniform XavierNormal Orthogonal",
    "Megatron-LM,": """init_method_normal scaled_init_method_normal normal scaled_normal orthogonal scaled_orthogonal xavier_uniform xavier_normal
        wang_init small_init mup.init.uniform_ mup.init.normal_ mup.init.xavier_uniform_ mup.init.xavier_normal_ mup.init.kaiming_uniform_
        mup.init.kaiming_normal_ MuReadout mitchell full_megatron depth_scaled_std""",
}
# What the words of the left column may be.
SAMPLE = {
    "a": "-0.5", "b": "0.5", "minval": "-0.5", "maxval": "0.5", "low": "-0.5", "high": "0.5", "lo": "-0.5", "hi": "0.5", "min": "-0.5", "max": "0.5",
    "lower": "-1.5", "upper": "2.5", "mean": "0.25", "mode": "fan_out", "distribution": "uniform", "nonlinearity": "tanh", "sparsity": "0.25", "groups": "2",
    "num_layers": "12", "n_layers": "12", "dim": "64", "layer_id": "3", "layer": "3",
}  # fmt: skip
SHAPES = ([8, 8], [32], [8, 4, 3, 3], [3, 3, 4, 8], [8, 4, 8], [8, 1, 5])
# Words of descriptions and of the C side that the page mentions.
WORDS = {"gain", "layout", "fan_in", "fan_out", "column_axis", "out_axis", "match", "readout_zero_init", "fans=torch", "fans=keras", "fans=jax"}


def sections():
    """Heading's first word: rows of (left, right)."""
    text = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        rows = [[c.strip() for c in line.strip().strip("|").split(" | ")] for line in part.splitlines() if line.startswith("|")]
        assert re.fullmatch(r"[ -]+", rows[1][0]), rows[1]
        yield part.split()[0].rstrip(":"), rows[2:]


def code(cell):
    return re.findall(r"`([^`]+)`", cell)


class Coverage(Case):
    def setUp(self):
        super().setUp()
        self.table = {s["name"]: s for s in json.loads(sow("schemes", "--json").stdout)}
        recipes = json.loads(sow("schemes", "--recipes", "--json").stdout)
        self.recipes = {r["name"] for r in recipes} | {f"{r['name']}:{v['name']}" for r in recipes for v in r["variants"]}
        self.functions = set(re.findall(r"\b(sow_\w+)\(", "".join(p.read_text() for p in (ROOT / "include" / "sow").glob("*.h"))))

    def test_every_public_name_has_a_row(self):
        found = {}
        for heading, rows in sections():
            found[heading] = {re.match(r"[\w.]+", c)[0] for left, _ in rows for c in code(left)}
        self.assertEqual(set(found), set(PUBLIC))
        for heading, names in PUBLIC.items():
            self.assertEqual(set(names.split()) - found[heading], set(), heading)

    def test_no_row_is_empty(self):
        for heading, rows in sections():
            self.assertGreater(len(rows), 6, heading)
            for row in rows:
                self.assertEqual(len(row), 2, row)
                left, right = row
                self.assertTrue(left and (code(right) or "rules" in right), f"{heading}: {row}")

    def accepted(self, text):
        """Whether some tensor can be drawn with it; the last refusal if not."""
        for shape in SHAPES:
            model = self.model({"tensors": [{"name": "w", "shape": shape}], "rules": []})
            result = sow("init", model, "--set", f"*={text}", "-qo", "/dev/null")
            if result.returncode == 0:
                return ""
        return result.stderr

    def check(self, heading, left, entry):
        words = {w for call in code(left) for w in re.findall(r"\w+", call.partition("(")[2])}
        name = re.match(r"[\w.]+", entry)[0] if re.match(r"\w", entry) else entry
        if name not in self.table:
            known = entry in self.functions or entry in self.recipes or entry in WORDS or entry.startswith(("gain=", "sow schemes", '"layer"'))
            preset = entry.endswith(".*") and any(n.startswith(entry[:-1]) for n in self.table)
            self.assertTrue(known or preset, f"{heading}: {left}: {entry}")
            return 0
        if self.table[name]["parts"] in ("values", "custom"):
            return 0
        text = entry
        if "(" not in entry:  # a name alone: with what must be given
            given = {"value": "0", "sparsity": "0.5", "width": "8", "layers": "4", "layer": "1"}
            needs = [p["name"] for p in self.table[name]["parameters"] if p["required"]]
            text = f"{name}({', '.join(f'{n}={given[n]}' for n in needs)})" if needs else name
        for word in sorted(words, key=len, reverse=True):
            text = re.sub(rf"(?<=[=:-]){word}\b(?!=)", SAMPLE.get(word, "0.5"), text)
        text = text.replace("--", "")
        self.assertEqual(self.accepted(text), "", f"{heading}: {left}: {entry} as {text}")
        return 1

    def test_every_entry_is_accepted(self):
        drawn = sum(self.check(heading, left, entry) for heading, rows in sections() for left, right in rows for entry in code(right))
        self.assertGreater(drawn, 150)

    def test_the_check_sees_a_fault(self):
        for left, entry in (
            ("`f(a)`", "uniform(c=a)"),
            ("`f(a)`", "uniform(a=x)"),
            ("`f`", "unifrom"),
            ("`f`", "vit-b16:tim"),
            ("`f`", "sow_gains"),
            ("`f`", "nothing.*"),
            ("`f`", "truncated_normal(lower=3)"),
            ("`f(groups)`", "dirac(groups=-groups)"),
        ):
            with self.assertRaises((AssertionError, KeyError), msg=entry):
                self.check("test", left, entry)


if __name__ == "__main__":
    main()
