# SPDX-License-Identifier: MIT
"""sow init --max-file-size: the files are those that Hugging Face's rule gives, hold the bytes of the whole, and appear together or not at all."""
import json
import os
import random

import resource
import signal
import subprocess
import time

from sowtest import SOW, Case, Safetensors, main, sow

NORMAL = [{"match": "*", "scheme": "normal"}]



def divide(sizes, limit):
    """huggingface_hub's split_state_dict_into_shards_factory in words: lists of names, in the order of their numbers."""
    files, current, held = [], [], 0
    for name, size in sizes:
        if size > limit:
            files.append([name])
            continue
        if held + size > limit:
            files.append(current)
            current, held = [], 0
        current.append(name)
        held += size
    return files + ([current] if current else [])


class ShardedFiles(Case):
    def whole(self, model, *args):
        return self.make(model, *args, name="whole.safetensors")

    def read(self, folder):
        """The index and its files."""
        index = json.loads((folder / "model.safetensors.index.json").read_text())
        files = {name: Safetensors(folder / name) for name in sorted(set(index["weight_map"].values()))}
        return index, files

    def wait_for_files(self, process, folder, count):
        """Until the process has so many files open in the folder, without a name or with a temporary one."""
        while process.poll() is None:
            links = []
            for fd in os.listdir(f"/proc/{process.pid}/fd"):
                try:
                    links.append(os.readlink(f"/proc/{process.pid}/fd/{fd}"))
                except FileNotFoundError:
                    pass
            if sum(link.startswith(f"{folder}/") for link in links) >= count:
                return
            time.sleep(0.001)

    def check(self, model, limit, option, folder):
        whole = self.whole(model)
        sizes = [(t["name"], len(whole.bytes(t["name"]))) for t in model["tensors"]]
        expected = divide(sizes, limit)
        result = sow("init", self.path("model.json"), "--max-file-size", option, "-o", folder, "--json", "--force")
        self.assertEqual(result.returncode, 0, result.stderr)
        report = json.loads(result.stdout)
        if len(expected) == 1:
            self.assertEqual(os.listdir(folder), ["model.safetensors"])
            self.assertEqual((folder / "model.safetensors").read_bytes(), whole.raw)
            return
        names = [f"model-{i + 1:05}-of-{len(expected):05}.safetensors" for i in range(len(expected))]
        self.assertEqual(sorted(os.listdir(folder)), names + ["model.safetensors.index.json"])
        self.assertEqual(report["files"], [str(folder / n) for n in names])
        self.assertEqual(report["file"], str(folder / "model.safetensors.index.json"))
        index, files = self.read(folder)
        self.assertEqual(index["metadata"], {"total_size": sum(s for _, s in sizes)})
        self.assertEqual(index["weight_map"], {t: n for n, ts in zip(names, expected) for t in ts})
        for name, tensors in zip(names, expected):
            self.assertEqual(sorted(files[name].names()), sorted(tensors))
            self.assertEqual(files[name].start % 4096, 0)
            self.assertEqual(files[name].metadata, whole.metadata)
            for t in tensors:
                self.assertEqual(files[name].bytes(t), whole.bytes(t), t)
                self.assertEqual(files[name].header[t]["dtype"], whole.header[t]["dtype"])
                self.assertEqual(files[name].header[t]["shape"], whole.header[t]["shape"])

    def test_as_hugging_face_divides(self):
        seed = int(os.environ.get("SOW_TEST_SEED", random.randrange(2**32)))
        print("seed", seed)
        rng = random.Random(seed)
        for i in range(60):
            tensors = [{"name": f"{rng.choice('abc')}.{k}", "shape": [rng.choice([0, 1, 10, 100, 1000, 2500]), rng.randrange(1, 4)],
                        "dtype": rng.choice(["f32", "bf16", "f64"])} for k in range(rng.randrange(1, 25))]
            limit = rng.choice([1, 500, 2000, 8000, 20000, 10**9])
            self.check({"tensors": tensors, "rules": NORMAL}, limit, str(limit), self.path(f"o{i}"))

    def test_huggingface_hubs_own_example(self):
        sizes = [6, 6, 2, 6, 2, 2]
        self.assertEqual([[sizes[i] for i in f] for f in divide(list(enumerate(sizes)), 10)], [[6], [6, 2], [6, 2, 2]])
        tensors = [{"name": f"t{i}", "shape": [s * 250]} for i, s in enumerate(sizes)]
        self.check({"tensors": tensors, "rules": NORMAL}, 10000, "10KB", self.path("o"))

    def test_units(self):
        model = {"tensors": [{"name": "a", "shape": [1024]}, {"name": "b", "shape": [1024]}], "rules": NORMAL}
        for option, limit in [("8192", 8192), ("8191B", 8191), ("8KB", 8000), ("8KiB", 8192), ("8.192 KB", 8192), ("0.008MB", 8000), ("1MiB", 1 << 20), ("1GB", 10**9),
                              ("5GiB", 5 << 30), ("1TB", 10**12), ("1TiB", 1 << 40)]:
            self.check(model, limit, option, self.path("o" + option))

    def test_tied_and_dtype(self):
        model = {"tensors": [{"name": "a.{0..3}", "shape": [1000]}, {"name": "h", "tied": "a.2"}], "rules": NORMAL}
        whole = self.whole(model, "--dtype", "bf16")
        self.assertEqual(sow("init", self.path("model.json"), "--dtype", "bf16", "--max-file-size", "4KB", "-o", self.path("o"), "-q").returncode, 0)
        index, files = self.read(self.path("o"))
        self.assertEqual(sorted(index["weight_map"]), ["a.0", "a.1", "a.2", "a.3"])
        self.assertEqual(len(files), 2)
        for name, file in index["weight_map"].items():
            self.assertEqual(files[file].bytes(name), whole.bytes(name))

    def test_the_file_again(self):
        model = {"tensors": [{"name": "a.{0..9}", "shape": [1000]}], "rules": NORMAL}
        whole = self.whole(model, "--seed", "77")
        folder = self.path("o")
        self.assertEqual(sow("init", self.path("model.json"), "--seed", "77", "--max-file-size", "9KB", "-o", folder, "-q").returncode, 0)
        for source in ("model.safetensors.index.json", "model-00003-of-00005.safetensors"):
            self.assertEqual(sow("init", folder / source, "-o", self.path("again"), "-q", "--force").returncode, 0)
            self.assertEqual(self.path("again").read_bytes(), whole.raw)
        self.assertEqual(sow("init", folder / "model.safetensors.index.json", "--max-file-size", "9KB", "-o", self.path("o2/"), "-q").returncode, 0)
        for name in os.listdir(folder):
            self.assertEqual((folder / name).read_bytes(), self.path("o2").joinpath(name).read_bytes(), name)
        (folder / "model-00002-of-00005.safetensors").unlink()
        self.refused(sow("init", folder / "model.safetensors.index.json", "-o", self.path("u")), 2, "model-00002-of-00005.safetensors: .*No such file")

    def test_names(self):
        model = self.model({"tensors": [{"name": "a.{0..2}", "shape": [100]}], "rules": NORMAL})
        run = lambda *a: sow("init", model, "--max-file-size", "400", "-q", *a)
        self.path("deep").mkdir()
        self.assertEqual(run("-o", self.path("deep/gpt2.safetensors")).returncode, 0)
        names = [f"gpt2-0000{i}-of-00003.safetensors" for i in (1, 2, 3)] + ["gpt2.safetensors.index.json"]
        self.assertEqual(sorted(os.listdir(self.path("deep"))), names)
        self.assertEqual(sow("init", model, "--max-file-size", "400", "-q", "-o", "here.safetensors", cwd=self.folder).returncode, 0)
        self.assertTrue(self.path("here-00003-of-00003.safetensors").exists())
        self.assertEqual(run("-o", self.path("new")).returncode, 0)
        self.assertEqual(len(os.listdir(self.path("new"))), 4)
        self.refused(run("-o", self.path("no/such")), 2, "no/such: the folder cannot be made: No such file")
        self.refused(run("-o", "-"), 2, "-: --max-file-size writes several files")
        self.refused(run("-o", "/dev/null"), 2, "/dev/null: --max-file-size writes several files")
        self.path("file").write_text("x")
        self.refused(run("-o", self.path("file"), "--force"), 2, "file: is a file; with --max-file-size")
        self.assertEqual(self.path("file").read_text(), "x")

    def test_bad_sizes(self):
        model = self.model({"tensors": [{"name": "a", "shape": [1]}], "rules": NORMAL})
        for text in ("", "GB", "5gb", "5Gb", "-1", "1e9", "0x10", "5 GB GB", "1..2MB", "inf", "nan"):
            self.refused(sow("init", model, "--max-file-size", text, "-o", self.path("o")), 2, "--max-file-size is .*, must be a number with B, KB, MB, GB")
        for text in ("0", "0.9", "0GB", "9223372036854775808", "9000000000TiB"):
            self.refused(sow("init", model, "--max-file-size", text, "-o", self.path("o")), 2, "must be at least 1 byte and below 2\\^63")
        self.assertFalse(self.path("o").exists())

    def test_older_checkpoint(self):
        model = self.model({"tensors": [{"name": "a.{0..3}", "shape": [100]}], "rules": NORMAL})
        folder = self.path("o")
        run = lambda size, *a: sow("init", model, "--max-file-size", size, "-o", folder, "-q", *a)
        two, four = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"], None
        self.assertEqual(run("800").returncode, 0)
        for name in ("config.json", "other.safetensors", "model-1-of-2.safetensors", "model-00001-of-00002.bin", "model2-00001-of-00002.safetensors"):
            (folder / name).write_text(name)
            two.append(name)
        before = {n: (folder / n).read_bytes() for n in os.listdir(folder)}
        self.refused(run("800"), 2, "model-00001-of-00002.safetensors: exists; --force replaces it")
        self.refused(run("400"), 2, "model-0000\\d-of-00002.safetensors: exists, of another checkpoint of that name; --force removes it")
        self.refused(run("1GB"), 2, "exists, of another checkpoint of that name")
        self.assertEqual({n: (folder / n).read_bytes() for n in os.listdir(folder)}, before)
        self.assertEqual(run("800", "--seed", "1", "--force").returncode, 0)
        self.assertEqual(sorted(os.listdir(folder)), sorted(two))
        self.assertNotEqual((folder / two[0]).read_bytes(), before[two[0]])
        self.assertEqual(run("400", "--force").returncode, 0)
        four = [f"model-0000{i}-of-00004.safetensors" for i in (1, 2, 3, 4)] + two[2:]
        self.assertEqual(sorted(os.listdir(folder)), sorted(four))
        self.assertEqual(run("1GB", "--force").returncode, 0)
        self.assertEqual(sorted(os.listdir(folder)), sorted(["model.safetensors"] + two[3:]))
        self.assertEqual(run("800", "--force").returncode, 0)
        self.assertEqual(sorted(os.listdir(folder)), sorted(two))
        # Its own input is neither replaced nor removed.
        for size in ("800", "400", "1GB"):
            self.refused(sow("init", folder / two[2], "--max-file-size", size, "-o", folder, "--force"), 2, "is also read")

    def test_too_many_files(self):
        model = self.model({"tensors": [{"name": "a.{0..199}", "shape": [1]}], "rules": NORMAL})
        run = lambda: sow("init", model, "--max-file-size", "4", "-o", self.path("o"), "-q",
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        limit = 150
        self.refused(run(), 2, "201 files, more than the 150 that a process may have open \\(ulimit -n\\)")
        self.assertFalse(self.path("o").exists())
        limit = 300
        self.assertEqual(run().returncode, 0)
        self.assertEqual(len(os.listdir(self.path("o"))), 201)

    def test_someone_takes_a_name(self):
        """A file that appears while sow draws: nothing of ours stays, theirs does."""
        model = self.model({"tensors": [{"name": "a.{0..3}", "shape": [6_000_000]}], "rules": NORMAL})
        folder = self.path("o")
        process = subprocess.Popen(SOW + ["init", str(model), "--max-file-size", "24MB", "-o", str(folder), "--isa", "scalar", "-q"], stderr=subprocess.PIPE)
        theirs = folder / "model-00003-of-00004.safetensors"
        self.wait_for_files(process, folder, 5)
        theirs.write_text("theirs")
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 2, error)
        self.assertIn(b"model-00003-of-00004.safetensors: cannot be put in place", error)
        self.assertEqual(os.listdir(folder), [theirs.name])
        self.assertEqual(theirs.read_text(), "theirs")


    def test_failure_while_files_are_replaced(self):
        """What was replaced cannot be taken back, so there is no index: nobody reads half of each as one checkpoint."""
        model = self.model({"tensors": [{"name": "a.{0..3}", "shape": [6_000_000]}], "rules": NORMAL})
        folder = self.path("o")
        command = SOW + ["init", str(model), "--max-file-size", "24MB", "-o", str(folder), "--isa", "scalar", "-q", "--force"]
        self.assertEqual(subprocess.run(command).returncode, 0)
        old = (folder / "model-00004-of-00004.safetensors").read_bytes()
        third = folder / "model-00003-of-00004.safetensors"
        process = subprocess.Popen(command + ["--seed", "1"], stderr=subprocess.PIPE)
        self.wait_for_files(process, folder, 5)
        third.unlink()
        third.mkdir()
        _, error = process.communicate(timeout=60)
        self.assertNotEqual(process.returncode, 0)
        self.assertIn(b"model-00003-of-00004.safetensors: ", error)
        self.assertIn(b"cannot be put in place", error)
        self.assertEqual(sorted(os.listdir(folder)), [f"model-0000{i}-of-00004.safetensors" for i in (1, 2, 3, 4)])
        self.assertEqual((folder / "model-00004-of-00004.safetensors").read_bytes(), old)

    def test_with_kept_tensors(self):
        """--like and --reinit: kept bytes are divided like drawn ones, and a checkpoint that is read is not written over."""
        old = self.whole({"tensors": [{"name": "a.{0..5}", "shape": [300]}, {"name": "b", "shape": [40, 10]}], "rules": NORMAL})
        change = ["--reinit", "a.1", "--reinit", "b[3:7,:]", "--set", "*=truncated_normal", "-q"]
        self.assertEqual(sow("init", "--like", self.path("whole.safetensors"), *change, "-o", self.path("new")).returncode, 0)
        self.assertEqual(sow("init", "--like", self.path("whole.safetensors"), *change, "--max-file-size", "2KB", "-o", self.path("o")).returncode, 0)
        index, files = self.read(self.path("o"))
        new = Safetensors(self.path("new"))
        self.assertEqual(sorted(index["weight_map"]), sorted(new.names()))
        self.assertGreater(len(files), 3)
        for name, file in index["weight_map"].items():
            self.assertEqual(files[file].bytes(name), new.bytes(name))
            self.assertEqual(files[file].bytes(name) == old.bytes(name), name not in ("a.1", "b"))
        like = ["--like", self.path("o/model.safetensors.index.json")]
        self.assertEqual(sow("init", *like, *change, "--max-file-size", "3KB", "-o", self.path("p")).returncode, 0)
        for size in ("2KB", "3KB"):
            self.refused(sow("init", *like, *change, "--max-file-size", size, "-o", self.path("o"), "--force"), 2, "is also read")


class Kill(Case):
    """At any moment the folder has all of the new checkpoint, all of the old one, or no index."""

    def test_any_moment(self):
        seed = int(os.environ.get("SOW_TEST_SEED", random.randrange(2**32)))
        print("seed", seed)
        rng = random.Random(seed)
        model = self.model({"tensors": [{"name": "a.{0..9}", "shape": [200_000]}], "rules": NORMAL})
        folder = self.path("o")
        command = SOW + ["init", str(model), "--max-file-size", "800KB", "-o", str(folder), "-q"]
        contents = lambda: {n: (folder / n).read_bytes() for n in os.listdir(folder) if not n.startswith(".sow-")} if folder.exists() else {}
        start = time.monotonic()
        self.assertEqual(subprocess.run(command).returncode, 0)
        span, old = time.monotonic() - start, contents()
        self.assertEqual(subprocess.run(command + ["--seed", "1", "--force"]).returncode, 0)
        new = contents()
        self.assertEqual(sorted(old), sorted(new))
        index = "model.safetensors.index.json"
        seen = {"old": 0, "new": 0, "no index": 0}
        for i in range(60):
            number = rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
            for name, data in old.items():
                (folder / name).write_bytes(data)
            process = subprocess.Popen(command + ["--seed", "1", "--force"], stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0, 1.2 * span))
            process.send_signal(number)
            status = process.wait(60)
            now = contents()
            state = "new" if now == new else "old" if now == old else "no index" if index not in now else "mixed"
            self.assertIn(state, seen)
            if number != signal.SIGKILL:
                self.assertNotEqual(state, "no index")
                self.assertEqual([n for n in os.listdir(folder) if n.startswith(".sow-")], [])
            if status == 0:
                self.assertEqual(state, "new")
            seen[state] += 1
            for name in os.listdir(folder):
                (folder / name).unlink()
        print(seen)
        self.assertGreater(seen["old"], 0)

    def test_signal_removes_the_folder_it_made(self):
        model = self.model({"tensors": [{"name": "a.{0..9}", "shape": [1 << 24]}], "rules": NORMAL})
        folder = self.path("o")
        for number in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(SOW + ["init", str(model), "--max-file-size", "1KB", "-o", str(folder), "--isa", "scalar", "-q"], stderr=subprocess.DEVNULL)
            while not folder.exists():
                time.sleep(0.001)
            process.send_signal(number)
            self.assertEqual(process.wait(60), -number)
            self.assertFalse(folder.exists())


main()
