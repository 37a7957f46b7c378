# SPDX-License-Identifier: MIT
"""Peak memory: 64 MiB and twice the header, whatever the model. Large tensors are streamed."""
import json
import os
import struct
import sys

from sowtest import MODELS, SANITIZED, SOW, Case, main, write_safetensors

RULES = [{"match": "*", "scheme": "normal"}]


class Limits(Case):
    def peak(self, *args):
        """Exit status and peak resident bytes of one run."""
        pid = os.fork()
        if pid == 0:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.execvp(SOW[0], SOW + [str(a) for a in args])
        _, status, usage = os.wait4(pid, 0)
        self.assertEqual(status, 0, args)
        return usage.ru_maxrss * 1024

    def bounded(self, *args, header=0):
        used = self.peak("init", *args)
        print(f"{used / 2**20:.1f} MiB, header {header / 2**20:.1f} MiB: {args[0]}", file=sys.stderr)
        self.assertLess(used, (64 << 20) + 2 * header)

    def header_of(self, path):
        with open(path, "rb") as f:
            return struct.unpack("<Q", f.read(8))[0]

    def test_large_model(self):
        self.bounded(MODELS / "gpt2-xl.json", "-o", "/dev/null", "--dtype", "bf16")

    def test_threads(self):
        for threads in (1, 2, 16, 64):
            self.bounded(MODELS / "gpt2.json", "-o", "/dev/null", "--threads", threads)

    def test_one_huge_tensor(self):
        model = self.model({"tensors": [{"name": "w", "shape": [1 << 15, 1 << 14], "dtype": "bf16"}], "rules": RULES})
        self.bounded(model, "-o", "/dev/null", "-q")

    def test_verify(self):
        """A checkpoint is compared as it goes by: the pages of the file, which are mapped, go, too."""
        file, manifest = self.path("gpt2.safetensors"), self.path("manifest.json")
        self.peak("init", "gpt2", "-qo", file)
        self.assertLess(self.peak("verify", file), 64 << 20)
        self.assertLess(self.peak("diff", file, file), 64 << 20)
        self.peak("init", "gpt2", "-qo", "/dev/null", "--manifest", manifest)
        self.assertLess(self.peak("verify", file, "--manifest", manifest), 64 << 20)

    def test_kept_bytes_go_by(self):
        """Four gigabytes of another checkpoint, a hole in a file, with a few rows drawn."""
        old = self.path("old.safetensors")
        write_safetensors(old, {"a": {"dtype": "BF16", "shape": [1 << 16, 1 << 15], "data_offsets": [0, 4 << 30]}})
        os.truncate(old, os.path.getsize(old) + (4 << 30))
        self.bounded("--like", old, "--reinit", "a[1000:1010]", "--set", "*=normal", "-o", "/dev/null", "-q")

    def test_values_go_by(self):
        """A quarter of a gigabyte of another file, as it is and converted."""
        old = self.path("old.safetensors")
        write_safetensors(old, {"a": {"dtype": "F32", "shape": [1 << 12, 1 << 14], "data_offsets": [0, 1 << 28]}})
        os.truncate(old, os.path.getsize(old) + (1 << 28))
        for dtype in ("f32", "bf16", "i8"):
            tensors = [{"name": "a", "shape": [1 << 12, 1 << 14], "dtype": dtype}]
            model = self.model({"tensors": tensors, "rules": [{"match": "*", "scheme": "template", "values": "old.safetensors", "constant_ok": True}]})
            self.bounded(model, "-o", "/dev/null", "-q")

    def test_many_kept_tensors(self):
        old = self.path("old.safetensors")
        self.peak("init", self.model({"tensors": [{"name": "a{0..399999}", "shape": [1]}], "rules": RULES}), "-o", old)
        self.bounded("--like", old, "--keep", "a*", "-o", self.path("new"), header=self.header_of(old))

    def test_shares_of_many_tensors(self):
        out = self.path("o")
        used = self.peak("shard", self.model({"tensors": [{"name": "a{0..199999}", "shape": [8]}], "rules": RULES}), "--rank", 1, "--world", 2, "-o", out, "-q")
        header = self.header_of(out / "shard-00002-model-00001-of-00001.safetensors")
        print(f"{used / 2**20:.1f} MiB, header {header / 2**20:.1f} MiB: shards", file=sys.stderr)
        self.assertLess(used, (64 << 20) + 2 * header)

    def test_share_of_a_huge_tensor(self):
        """A million-th of 4 TB: rows, columns, and a flat range."""
        model = self.model({"tensors": [{"name": "w", "shape": [1 << 20, 1 << 20]}], "rules": RULES})
        for cut in ("row", "column", "flat"):
            used = self.peak("shard", model, "--rank", 77777, "--world", 1 << 20, "--shard", cut, "-o", self.path(cut), "-q")
            print(f"{used / 2**20:.1f} MiB: {cut}", file=sys.stderr)
            self.assertLess(used, 64 << 20)

    def test_many_tensors_of_a_range(self):
        model = self.model({"tensors": [{"name": "a{0..399999}", "shape": [1]}], "rules": RULES})
        out = self.path("o")
        self.peak("init", model, "-o", out)
        self.bounded(model, "-o", out, "-f", header=self.header_of(out))
        self.bounded(self.model({"rules": RULES}, "rules.json"), "--like", out, "-o", self.path("p"), header=self.header_of(out))

    def test_many_tensors_one_by_one(self):
        model = self.model({"tensors": [{"name": f"{i:x}", "shape": [1]} for i in range(400000)], "rules": RULES})
        out = self.path("o.safetensors")
        self.peak("init", model, "-o", out)
        self.bounded(model, "-o", out, "-f", header=self.header_of(out))
        self.bounded(out, "-o", self.path("again"), header=self.header_of(out))
        self.assertEqual(out.read_bytes(), self.path("again").read_bytes())


if SANITIZED:
    print("sanitizers use memory of their own")
    sys.exit(77)
main()
