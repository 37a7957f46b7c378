# SPDX-License-Identifier: MIT
"""sow shard: every rank's share, joined again by a reader that knows only PyTorch's rules, is the file that sow init writes."""
import itertools
import json
import math
import os
import random
import resource
import shutil
import subprocess
import unittest

from sowtest import SANITIZED, SIZES, SOW, Case, Safetensors, main, sow

LAUNCHERS = ("RANK WORLD_SIZE OMPI_COMM_WORLD_RANK OMPI_COMM_WORLD_SIZE MV2_COMM_WORLD_RANK MV2_COMM_WORLD_SIZE PMI_RANK PMI_SIZE PMI_ID "
             "PMIX_RANK SLURM_PROCID SLURM_NTASKS").split()
for name in LAUNCHERS:
    os.environ.pop(name, None)


def file_name(rank):
    return f"shard-{rank + 1:05}-model-00001-of-00001.safetensors"


def join(folder):
    """
    As torch.distributed.checkpoint reads a folder of safetensors files: every one of them; a tensor's chunks are where saved_offsets say;
    its shape is what they reach. Gives {tensor: (dtype, shape, bytes)} and how often each element was there, {tensor: [counts]}.
    """
    chunks = {}
    for path in sorted(folder.iterdir()):
        if path.suffix != ".safetensors":
            continue
        file = Safetensors(path)
        assert file.metadata["format"] == "pt" and file.metadata["DCP_VERSION"] == "1.0"
        info = json.loads(file.metadata["DCP_SHARDING_INFO"])
        assert set(info) == set(file.names())
        for name, value in info.items():
            assert set(value) == {"saved_offsets"}
            shape = file.header[name]["shape"]
            assert len(value["saved_offsets"]) == len(shape)
            chunks.setdefault(name, []).append((value["saved_offsets"], shape, file.header[name]["dtype"], file.bytes(name)))
    joined, counts = {}, {}
    for name, parts in chunks.items():
        shape = [max(o[d] + s[d] for o, s, _, _ in parts) for d in range(len(parts[0][1]))]
        (dtype,) = {t for _, _, t, _ in parts}
        size, n = SIZES[dtype], math.prod(shape)
        whole, count = bytearray(n * size), [0] * n
        for offset, part, _, data in parts:
            if math.prod(part) == 0:
                continue
            row = part[-1] if part else 1
            for k, index in enumerate(itertools.product(*(range(p) for p in part[:-1]))):
                at = 0
                for d, i in enumerate(list(index) + [0] * min(1, len(part))):
                    at = at * shape[d] + offset[d] + i
                piece = data[k * row * size : (k + 1) * row * size]
                if count[at] and whole[at * size : (at + row) * size] != piece:
                    raise AssertionError(f"{name}: two ranks have other bytes at {index}")
                whole[at * size : (at + row) * size] = piece
                for i in range(at, at + row):
                    count[i] += 1
        joined[name], counts[name] = (dtype, shape, bytes(whole)), count
    return joined, counts


def torch_chunk(n, world, rank):
    """Sizes that torch.chunk gives: pieces of ceil(n / world) as long as there are any, then none."""
    pieces = []
    each = -(-n // world)
    while n > 0:
        pieces.append(min(each, n))
        n -= pieces[-1]
    return (pieces + [0] * world)[rank]


class Shard(Case):
    def shards(self, model, world, folder, *args):
        path = self.model(model)
        for rank in range(world):
            result = sow("shard", path, "--rank", rank, "--world", world, "-o", folder, "-q", *args)
            self.assertEqual(result.returncode, 0, result.stderr)
        return {r: Safetensors(folder / file_name(r)) for r in range(world)}

    def compare(self, model, folder, world, cuts, *args):
        """`cuts`: {tensor: None (whole), "flat" or an axis}."""
        whole = self.make(model, *args)
        joined, counts = join(folder)
        self.assertEqual(sorted(os.listdir(folder)), [file_name(r) for r in range(world)])
        self.assertEqual(sorted(joined), sorted(whole.names()))
        for name, (dtype, shape, data) in joined.items():
            info = whole.header[name]
            flat = [math.prod(info["shape"])]
            self.assertEqual((dtype, shape), (info["dtype"], flat if cuts[name] == "flat" else info["shape"]), name)
            self.assertEqual(data, whole.bytes(name), name)
            self.assertEqual(set(counts[name]) - {world if cuts[name] is None else 1}, set(), name)
        for rank in range(world):
            file = Safetensors(folder / file_name(rank))
            self.assertEqual(json.loads(file.metadata["sow_global_shapes"]), {n: whole.header[n]["shape"] for n in whole.names()})
            for name, cut in cuts.items():
                expected = list(whole.header[name]["shape"])
                if cut == "flat":
                    expected = [torch_chunk(math.prod(expected), world, rank)]
                elif cut is not None:
                    expected[cut] = torch_chunk(expected[cut], world, rank)
                self.assertEqual(file.header[name]["shape"], expected, name)

    RULES = [
        ("normal", {"scheme": "normal", "std": 0.02}, [[50, 12], [7], [3, 5, 4], [1, 9], [64, 64], [0, 4]]),
        ("trunc", {"scheme": "truncated_normal"}, [[33, 9]]),
        ("kaiming", {"scheme": "kaiming_normal", "mode": "fan_out", "gain": "relu"}, [[12, 8, 3, 3], [30, 20]]),
        ("xavier", {"scheme": "xavier_uniform", "layout": "dense"}, [[20, 30]]),
        ("orthogonal", {"scheme": "orthogonal"}, [[20, 12], [9, 31], [16, 2, 3, 3]]),
        ("sparse", {"scheme": "sparse", "sparsity": 0.7}, [[40, 17]]),
        ("dirac", {"scheme": "dirac"}, [[12, 8, 3], [6, 6, 3, 3]]),
        ("identity", {"scheme": "identity"}, [[10, 14]]),
        ("qkv", {"scheme": "blocks", "list": [6, 3, 3], "inner": "xavier_uniform"}, [[12, 7]]),
        ("gate_up", {"scheme": "blocks", "list": [10, 10], "axis": 1, "inner": ["xavier_normal", "orthogonal"]}, [[10, 20]]),
        ("experts", {"scheme": "stack", "inner": "orthogonal"}, [[5, 6, 4]]),
        ("sinusoidal", {"scheme": "sinusoidal"}, [[21, 8]]),
        ("ones", {"scheme": "ones", "constant_ok": True}, [[4, 3], []]),
    ]
    WORDS = {"row": 0, "column": 1, "none": None, "flat": "flat"}

    def test_random_models(self):
        seed = int(os.environ.get("SOW_TEST_SEED", random.randrange(2**32)))
        print("seed", seed)
        rng = random.Random(seed)
        for i in range(25):
            tensors, rules, cuts = [], [], {}
            for scheme, rule, shapes in self.RULES:
                for shape in shapes:
                    choices = ["flat", "none"] + ["row"] * (len(shape) > 0) + ["column"] * (len(shape) > 1) + list(range(-len(shape), len(shape)))
                    word, name = rng.choice(choices), f"{scheme}{shape}"
                    tensors.append({"name": name, "shape": shape, "dtype": rng.choice(["f32", "f64", "bf16", "f16"])})
                    rules.append(dict(rule, match=name.replace("[", "?"), shard=word))
                    cuts[name] = self.WORDS[word] if isinstance(word, str) else word % len(shape)
            tensors.append({"name": "count", "shape": [5], "dtype": "i64"})
            tensors.append({"name": "tied", "tied": "count"})
            rules.append({"match": "count", "scheme": "constant", "value": 7})
            cuts["count"] = 0
            world, folder = rng.choice([1, 2, 3, 4, 5, 8, 13]), self.path(f"o{i}")
            model = {"tensors": tensors, "rules": rules}
            self.shards(model, world, folder, "--seed", i)
            self.compare(model, folder, world, cuts, "--seed", i)

    def test_as_torch_chunk(self):
        for n in (0, 1, 2, 5, 7, 8, 12, 100):
            for world in (1, 2, 3, 5, 6, 8, 16):
                model = {"tensors": [{"name": "a", "shape": [n, 2]}], "rules": [{"match": "*", "scheme": "normal"}]}
                at = 0
                for rank, file in self.shards(model, world, self.path(f"o{n}.{world}")).items():
                    info = json.loads(file.metadata["DCP_SHARDING_INFO"])
                    size = torch_chunk(n, world, rank)
                    self.assertEqual((info["a"]["saved_offsets"], file.header["a"]["shape"]), ([at, 0], [size, 2]))
                    at += size
                self.assertEqual(at, n)

    def test_first_rule_with_shard_decides(self):
        model = {"tensors": [{"name": n, "shape": [8, 6]} for n in ("a", "b", "c")] + [{"name": "s", "shape": []}],
                 "rules": [{"match": "a", "scheme": "zeros", "constant_ok": True}, {"match": "b", "scheme": "normal", "shard": "none"},
                           {"match": "[ab]", "scheme": "ones", "shard": "column"}, {"match": "*", "scheme": "normal"}]}
        shapes = lambda folder: {n: i["shape"] for n, i in Safetensors(folder / file_name(1)).header.items()}
        self.shards(model, 2, self.path("o"))
        self.assertEqual(shapes(self.path("o")), {"a": [8, 3], "b": [8, 6], "c": [4, 6], "s": []})
        self.compare(model, self.path("o"), 2, {"a": 1, "b": None, "c": 0, "s": None})
        self.shards(model, 2, self.path("p"), "--shard", "flat", "--set", "a=normal(0, 1)", "--set", "s=ones")
        self.assertEqual(shapes(self.path("p")), {"a": [8, 3], "b": [8, 6], "c": [24], "s": [0]})
        self.compare(model, self.path("p"), 2, {"a": 1, "b": None, "c": "flat", "s": "flat"}, "--set", "a=normal(0, 1)", "--set", "s=ones")
        self.shards(model, 3, self.path("q"), "--shard", "none", "--dtype", "bf16")
        self.compare(model, self.path("q"), 3, {"a": 1, "b": None, "c": None, "s": None}, "--dtype", "bf16")
        model["tensors"].pop()
        self.shards(model, 4, self.path("r"), "--shard", "-1")
        self.assertEqual(shapes(self.path("r")), {"a": [8, 2], "b": [8, 6], "c": [8, 2]})

    def test_fans_are_the_wholes(self):
        model = {"tensors": [{"name": "w", "shape": [1000, 400]}], "rules": [{"match": "*", "scheme": "kaiming_normal", "shard": "column"}]}
        for file in self.shards(model, 4, self.path("o")).values():
            values = file.values("w")
            std = math.sqrt(sum(v * v for v in values) / len(values))
            self.assertAlmostEqual(std * math.sqrt(400 / 2), 1, delta=4 / math.sqrt(2 * len(values)))

    def test_a_file_describes_the_whole(self):
        model = {"tensors": [{"name": "a", "shape": [10, 6]}, {"name": "b", "shape": [9]}], "rules": [{"match": "*", "scheme": "normal"}]}
        whole = self.make(model, "--seed", "5")
        files = self.shards(model, 3, self.path("o"), "--seed", "5", "--shard", "-1")
        self.assertEqual(files[1].record()["shard"], {"rank": 1, "world": 3, "cut": -1})
        again = self.path("again")
        self.assertEqual(sow("init", self.path("o") / file_name(2), "-o", again, "-q").returncode, 0)
        self.assertEqual(again.read_bytes(), whole.raw)
        # Again, and for another number of ranks; the cut stays.
        self.assertEqual(sow("shard", self.path("o") / file_name(2), "-r", 0, "-w", 3, "-o", self.path("p"), "-q").returncode, 0)
        self.assertEqual((self.path("p") / file_name(0)).read_bytes(), files[0].raw)
        for rank in range(2):
            self.assertEqual(sow("shard", again, "-r", rank, "-w", 2, "-o", self.path("q"), "-q").returncode, 0)
        self.compare(model, self.path("q"), 2, {"a": 0, "b": 0}, "--seed", "5")
        # sow init reads the same description, "shard" and all, and keeps it.
        model["rules"][0]["shard"] = "row"
        self.assertEqual(self.make(model).record()["model"]["rules"], model["rules"])

    def test_verify(self):
        """sow verify knows a rank's file, and sees one number that is not the seed's, or not the rank's."""
        tensors = [{"name": "a", "shape": [10, 6]}, {"name": "b", "shape": [9, 4]}, {"name": "f", "shape": [5, 5]}, {"name": "n", "shape": [3]}]
        model = {"tensors": tensors, "rules": [{"match": m, "scheme": s, "shard": c} for m, s, c in (("a", "normal", "row"), ("b", "orthogonal", 1), ("f", "kaiming_normal", "flat"), ("n", "ones", "none"))]}
        files = self.shards(model, 4, self.path("o"), "--seed", "9")
        for rank, file in files.items():
            path = self.path("o") / file_name(rank)
            self.assertEqual(sow("verify", path).returncode, 0)
            for name in file.names():
                begin, end = file.header[name]["data_offsets"]
                for at in {begin, end - 1} if end > begin else ():
                    bad = bytearray(file.raw)
                    bad[file.start + at] ^= 1
                    path.write_bytes(bad)
                    result = sow("verify", path)
                    self.assertEqual(result.returncode, 1)
                    self.assertIn(f'"{name}"', result.stdout.decode())
            path.write_bytes(file.raw)
        (self.path("o") / file_name(0)).write_bytes(files[1].raw.replace(b'\\"rank\\":1', b'\\"rank\\":0'))
        self.assertNotEqual((self.path("o") / file_name(0)).read_bytes(), files[1].raw)
        self.assertEqual(sow("verify", self.path("o") / file_name(0)).returncode, 1)
        (self.path("o") / file_name(0)).write_bytes(files[1].raw.replace(b'\\"rank\\":1', b'\\"rank\\":4'))
        self.refused(sow("verify", self.path("o") / file_name(0)), 2, '"rank\" must be below "world"')

    def test_report(self):
        model = self.model({"tensors": [{"name": "w", "shape": [9, 4]}, {"name": "f", "shape": [3, 3]}, {"name": "n", "shape": [2]}],
                            "rules": [{"match": "f", "scheme": "normal", "shard": "flat"}, {"match": "n", "scheme": "ones", "shard": "none"}, {"match": "*", "scheme": "normal"}]})
        result = sow("shard", model, "--rank", "1", "--world", "2", "-o", self.path("o"), "--json")
        report = json.loads(result.stdout)
        self.assertEqual((report["rank"], report["world"], report["file"]), (1, 2, str(self.path("o") / file_name(1))))
        rows = {t["name"]: t for t in report["tensors"]}
        self.assertEqual([rows["w"][k] for k in ("shape", "global_shape", "offset")], [[4, 4], [9, 4], [5, 0]])
        self.assertEqual([rows["f"][k] for k in ("shape", "global_shape", "offset")], [[4], [3, 3], [5]])
        self.assertNotIn("offset", rows["n"])
        values = Safetensors(self.path("o") / file_name(1)).values("w")
        self.assertAlmostEqual(rows["w"]["mean"], sum(values) / len(values), places=6)
        table = sow("shard", model, "--rank", "0", "--world", "2", "-o", self.path("o")).stdout.decode()
        self.assertIn("rank 0 of 2: ", table)

    @unittest.skipIf(SANITIZED, "time is the sanitizer's")
    def test_costs_its_share(self):
        """One share in 2^20 of 4 TB takes no time: rows, columns, and a flat range. test_cli_limits.py looks at the memory."""
        model = self.model({"tensors": [{"name": "w", "shape": [1 << 20, 1 << 20]}], "rules": [{"match": "*", "scheme": "normal"}]})
        for cut, shape, world in (("row", [1, 1 << 20], 1 << 20), ("column", [1 << 20, 1], 1 << 20), ("flat", [1 << 20], 1 << 20)):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            result = sow("shard", model, "--rank", 77777, "--world", world, "--shard", cut, "-o", self.path(cut), "-q")
            self.assertEqual(result.returncode, 0, result.stderr)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.assertEqual(Safetensors(self.path(cut) / file_name(77777)).header["w"]["shape"], shape)
            self.assertLess(after.ru_utime - before.ru_utime, 5)


class Folder(Case):
    def setUp(self):
        super().setUp()
        self.description = self.model({"tensors": [{"name": "a", "shape": [8]}], "rules": [{"match": "*", "scheme": "normal"}]})
        self.out = self.path("o")

    def run_rank(self, rank, world, *args):
        return sow("shard", self.description, "--rank", rank, "--world", world, "-o", self.out, "-q", *args)

    def test_force(self):
        self.assertEqual(self.run_rank(0, 2).returncode, 0)
        old = (self.out / file_name(0)).read_bytes()
        self.refused(self.run_rank(0, 2, "--seed", "1"), 2, "00001-of-00001.safetensors: exists; --force replaces it")
        self.assertEqual((self.out / file_name(0)).read_bytes(), old)
        self.assertEqual(self.run_rank(0, 2, "--seed", "1", "--force").returncode, 0)
        self.assertNotEqual((self.out / file_name(0)).read_bytes(), old)

    def test_other_files(self):
        """PyTorch reads every .safetensors file of a folder, so what another world or sow init left there would be mixed in."""
        self.assertEqual(self.run_rank(3, 4).returncode, 0)
        self.refused(self.run_rank(0, 2, "--force"), 2, 'holds "shard-00004-model-00001-of-00001.safetensors", which is not of 2 ranks')
        self.assertEqual(self.run_rank(0, 4).returncode, 0)
        for name in ("model.safetensors", "shard-00000-model-00001-of-00001.safetensors", "shard-1-model-00001-of-00001.safetensors",
                     "shard-00001-model-00001-of-00002.safetensors"):
            (self.out / name).write_text("x")
            self.refused(self.run_rank(1, 4), 2, f'holds "{name}", which is not of 4 ranks')
            (self.out / name).unlink()
        (self.out / "config.json").write_text("x")
        self.assertEqual(self.run_rank(1, 4).returncode, 0)

    def test_no_folder(self):
        self.refused(sow("shard", self.description, "--rank", 0, "--world", 1, "-o", "-"), 2, "-o is -, must be a folder")
        self.refused(sow("shard", self.description, "--rank", 0, "--world", 1, "-o", self.path("no/o")), 2, "no/o: the folder cannot be made")
        self.refused(sow("shard", self.description, "--rank", 0, "--world", 1, "-o", self.description), 2, "model.json: is no folder")
        self.refused(sow("shard", self.description, "--rank", 0, "--world", 1), 2, "shard: -o FOLDER is missing")
        self.refused(sow("shard", self.description, "-o", self.out), 2, "shard: --rank R is missing")

    def test_bad_cuts(self):
        tensors = [{"name": "b", "shape": [8]}, {"name": "s", "shape": []}, {"name": "w", "shape": [8, 4]}]
        for match, cut, pattern in [("b", "column", r':1:\d+: "b" is cut by column, but its shape is \[8\]'), ("s", "row", r'"s" is cut by row, but its shape is \[\]'),
                                    ("w", 2, r'"w" is cut along axis 2, but its shape is \[8, 4\]'), ("w", -3, r'"w" is cut along axis -3'),
                                    ("w", "rows", r'"shard" is "rows", must be "row", "column", "flat", "none" or an axis'), ("w", 8, r'"shard" is 8, an axis is -8 to 7'),
                                    ("w", 0.5, r'"shard" is 0.5, an axis is'), ("w", True, r'"shard" must be a string')]:
            model = {"tensors": tensors, "rules": [{"match": match, "scheme": "normal", "shard": cut}, {"match": "*", "scheme": "normal"}]}
            self.refused(sow("shard", self.model(model, "bad.json"), "-r", 0, "-w", 2, "-o", self.out), 2, pattern)
        model = self.model({"tensors": tensors, "rules": [{"match": "*", "scheme": "normal"}]}, "bad.json")
        self.refused(sow("shard", model, "-r", 0, "-w", 2, "-o", self.out, "--shard", "column"), 2, r'^sow: "b" is cut by column, but its shape is \[8\]')
        for word in ("rows", "", "8", "1x"):
            self.refused(sow("shard", model, "-r", 0, "-w", 2, "-o", self.out, "--shard", word), 2, "--shard is .*, must be row, column, flat, none or an axis, -8 to 7")
        self.assertFalse(self.out.exists())


class Ranks(Case):
    def setUp(self):
        super().setUp()
        self.description = self.model({"tensors": [{"name": "a", "shape": [8]}], "rules": [{"match": "*", "scheme": "normal"}]})

    def run_with(self, rank, *args, **variables):
        env = {k: v for k, v in os.environ.items() if k not in LAUNCHERS}
        env.update(variables)
        shutil.rmtree(self.path("o"), ignore_errors=True)
        return sow("shard", self.description, "--rank", rank, *args, "-o", self.path("o"), "--json", env=env)

    def took(self, rank, world, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual((report["rank"], report["world"]), (rank, world))
        self.assertEqual(os.listdir(self.path("o")), [file_name(rank)])

    def test_launchers(self):
        for r, w, name in [("RANK", "WORLD_SIZE", "torchrun"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "openmpi"), ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", "mvapich"),
                           ("PMI_RANK", "PMI_SIZE", "mpich"), ("PMI_ID", "PMI_SIZE", "pmi"), ("SLURM_PROCID", "SLURM_NTASKS", "slurm")]:
            self.took(2, 4, self.run_with("auto", **{r: "2", w: "4"}))
            self.took(2, 4, self.run_with(name, **{r: "2", w: "4"}))
            self.took(2, 4, self.run_with("auto", "--world", "4", **{r: "2", w: "4"}))
            self.refused(self.run_with("auto", "--world", "5", **{r: "2", w: "4"}), 2, f"--world is 5, but {w} is 4: which of them")
            self.refused(self.run_with("auto", **{r: "4", w: "4"}), 2, f"{r} is 4, must be below {w}, which is 4")
            self.refused(self.run_with("auto", **{r: "x", w: "4"}), 2, f'{r} is "x", must be a whole number from 0')
            self.refused(self.run_with("auto", **{r: "0", w: "0"}), 2, f'{w} is "0", must be a whole number from 1')
            self.refused(self.run_with("auto", **{r: "1"}), 2, f"{r} is 1, but of how many\\? --world is missing")
            self.took(1, 3, self.run_with("auto", "--world", "3", **{r: "1"}))
            self.refused(self.run_with("auto", **{w: "4"}), 2, "--rank auto: none of RANK, ")
            self.refused(self.run_with(name, **{w: "4"}), 2, f"--rank {name}: {r} is not set")
        self.took(1, 3, self.run_with("auto", "--world", "3", PMIX_RANK="1"))
        self.took(0, 4, self.run_with("auto", RANK="", WORLD_SIZE="", SLURM_PROCID="0", SLURM_NTASKS="4"))

    def test_contradictions(self):
        agree = {"RANK": "1", "WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "1", "SLURM_PROCID": "1", "SLURM_NTASKS": "4"}
        self.took(1, 4, self.run_with("auto", **agree))
        for name, value, other in [("OMPI_COMM_WORLD_RANK", "2", "RANK"), ("SLURM_PROCID", "0", "RANK"), ("SLURM_NTASKS", "1", "WORLD_SIZE"), ("PMIX_RANK", "3", "RANK")]:
            result = self.run_with("auto", **dict(agree, **{name: value}))
            self.refused(result, 2, f"{other} is {agree[other]}, but {name} is {value}: which of them\\?")
            self.assertFalse(self.path("o").exists())
            self.took(1, 4, self.run_with("torchrun", **dict(agree, **{name: value})))
            self.took(2, 5, self.run_with("2", "--world", "5", **dict(agree, **{name: value})))

    def test_bad_numbers(self):
        for rank, world, pattern in [("4", "4", "--rank is 4, must be below --world, which is 4"), ("-1", "4", '--rank is "-1", must be a whole number from 0 to 2147483646'),
                                     ("0", "0", '--world is "0", must be a whole number from 1'), ("0", "99999999999", "--world is "), ("torch", "1", '--rank is "torch"'),
                                     ("1e0", "2", '--rank is "1e0"'), ("0", "2147483647", "--world is ")]:
            self.refused(self.run_with(rank, "--world", world), 2, pattern)
        self.refused(self.run_with("0"), 2, "--rank is 0, but of how many\\? --world is missing")


class Jobs(Case):
    """Started by the real launchers, where they are installed."""

    MODEL = {
        "tensors": [{"name": "wte", "shape": [1003, 16]}, {"name": "h.{0..2}.qkv", "shape": [48, 16], "dtype": "bf16"}, {"name": "h.{0..2}.out", "shape": [16, 18], "dtype": "f64"},
                    {"name": "h.{0..2}.bias", "shape": [7]}, {"name": "flat", "shape": [5, 7, 3], "dtype": "f16"}, {"name": "conv", "shape": [6, 6, 3, 3]},
                    {"name": "sparse", "shape": [30, 9]}, {"name": "norm", "shape": [16]}, {"name": "head", "tied": "wte"}],
        "rules": [{"match": "*.qkv", "scheme": "blocks", "list": [16, 16, 16], "inner": "xavier_uniform", "shard": "row"}, {"match": "*.out", "scheme": "orthogonal", "shard": "column"},
                  {"match": "*.bias", "scheme": "kaiming_uniform", "fan_in": 16}, {"match": "flat", "scheme": "kaiming_normal", "shard": "flat"},
                  {"match": "conv", "scheme": "dirac", "shard": 1}, {"match": "sparse", "scheme": "sparse", "sparsity": 0.5, "shard": "column"},
                  {"match": "norm", "scheme": "ones", "shard": "none"}, {"match": "*", "scheme": "normal", "std": 0.02}]}
    CUTS = {"wte": 0, "flat": "flat", "conv": 1, "sparse": 1, "norm": None} | {f"h.{i}.{n}": c for i in range(3) for n, c in (("qkv", 0), ("out", 1), ("bias", 0))}

    compare = Shard.compare

    def run_job(self, launcher):
        self.model(self.MODEL)
        env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        command = launcher + SOW + ["shard", str(self.path("model.json")), "--rank", "auto", "-o", str(self.path("o")), "-q"]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=200)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        self.compare(self.MODEL, self.path("o"), 4, self.CUTS)

    def test_mpirun(self):
        mpirun = shutil.which("mpirun")
        if not mpirun:
            self.skipTest("no mpirun (Debian: openmpi-bin)")
        oversubscribe = ["--oversubscribe"] if b"Open MPI" in subprocess.run([mpirun, "--version"], stdout=subprocess.PIPE).stdout else []
        self.run_job([mpirun, "-np", "4", *oversubscribe])

    def test_torchrun(self):
        torchrun = shutil.which("torchrun")
        if not torchrun:
            self.skipTest("no torchrun")
        probe = subprocess.run([torchrun, "--nproc_per_node", "1", "--no_python", "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if probe.returncode != 0:  # as Debian 12's, whose PyTorch is older than its Python
            self.skipTest("torchrun starts nothing here: " + probe.stdout.decode().strip().splitlines()[-1])
        self.run_job([torchrun, "--nproc_per_node", "4", "--no_python"])

    def test_pytorchs_reader(self):
        """PyTorch's own code reads the folder."""
        try:
            import torch
            import torch.distributed.checkpoint as dcp
            from torch.distributed.checkpoint import HuggingFaceStorageReader
            import safetensors  # noqa: F401  which the reader needs
        except ImportError as missing:
            self.skipTest(f"no PyTorch with a reader of safetensors: {missing}")
        self.model(self.MODEL)
        for rank in range(4):
            self.assertEqual(sow("shard", self.path("model.json"), "-r", rank, "-w", 4, "-o", self.path("o"), "-q").returncode, 0)
        whole = self.make(self.MODEL)
        types = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16}
        shape = lambda n: [math.prod(whole.header[n]["shape"])] if self.CUTS[n] == "flat" else whole.header[n]["shape"]
        state = {n: torch.zeros(shape(n), dtype=types[whole.header[n]["dtype"]]) for n in whole.names()}
        dcp.load(state, storage_reader=HuggingFaceStorageReader(str(self.path("o"))), no_dist=True)
        for name, tensor in state.items():
            self.assertEqual(tensor.contiguous().view(torch.uint8).numpy().tobytes(), whole.bytes(name), name)


class Joiner(Case):
    """The reader above sees a share that is wrong, missing or in the wrong place."""

    def test_planted(self):
        model = {"tensors": [{"name": "a", "shape": [8, 4]}, {"name": "n", "shape": [3]}], "rules": [{"match": "n", "scheme": "normal", "shard": "none"}, {"match": "*", "scheme": "normal"}]}
        Shard.shards(self, model, 4, self.path("o"))
        good = {r: (self.path("o") / file_name(r)).read_bytes() for r in range(4)}
        cuts = {"a": 0, "n": None}
        Shard.compare(self, model, self.path("o"), 4, cuts)
        faults = [(1, good[1].replace(b"[2,0]", b"[4,0]")), (1, good[1][:-20] + bytes([good[1][-20] ^ 1]) + good[1][-19:]), (3, good[2]), (0, good[0][:-1] + bytes([good[0][-1] ^ 1]))]
        for rank, bad in faults:
            self.assertNotEqual(bad, good[rank])
            (self.path("o") / file_name(rank)).write_bytes(bad)
            with self.assertRaises(AssertionError):
                Shard.compare(self, model, self.path("o"), 4, cuts)
            (self.path("o") / file_name(rank)).write_bytes(good[rank])


main()
