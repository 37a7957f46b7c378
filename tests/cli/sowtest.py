# SPDX-License-Identifier: MIT
"""What the tests of the program share: running it, and a reader of safetensors files that owes nothing to it."""
import json
import os
import pathlib
import shlex
import struct
import subprocess
import sys
import tempfile
import unittest

SOW = shlex.split(os.environ.get("SOW", "sow"))
MODELS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "models"
SIZES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1}
SANITIZED = os.environ.get("SOW_SANITIZED", "none") != "none"


def sow(*args, **options):
    """Runs the program; the result has returncode, stdout (bytes) and stderr (text)."""
    options.setdefault("timeout", 300)
    result = subprocess.run(SOW + [str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    result.stderr = result.stderr.decode()
    return result


def no_duplicates(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"duplicate keys: {keys}"
    return dict(pairs)


class Safetensors:
    """A file, checked against every rule of the format while it is read."""

    def __init__(self, path):
        self.raw = pathlib.Path(path).read_bytes()
        (length,) = struct.unpack("<Q", self.raw[:8])
        assert length <= 100_000_000
        text = self.raw[8 : 8 + length]
        assert text[:1] == b"{"
        self.header = json.loads(text.decode("utf-8"), object_pairs_hook=no_duplicates)
        self.metadata = self.header.pop("__metadata__", {})
        assert all(isinstance(v, str) for v in self.metadata.values())
        self.start = 8 + length
        self.data = memoryview(self.raw)[self.start :]
        at = 0
        for name, info in sorted(self.header.items(), key=lambda kv: kv[1]["data_offsets"]):
            assert set(info) == {"dtype", "shape", "data_offsets"}
            begin, end = info["data_offsets"]
            elements = 1
            for size in info["shape"]:
                elements *= size
            assert begin == at and end - begin == elements * SIZES[info["dtype"]], name
            at = end
        assert at == len(self.data)

    def names(self):
        return list(self.header)

    def bytes(self, name):
        begin, end = self.header[name]["data_offsets"]
        return bytes(self.data[begin:end])

    def values(self, name):
        info, raw = self.header[name], self.bytes(name)
        n = len(raw) // SIZES[info["dtype"]]
        code = {"F32": "f", "F64": "d", "F16": "e", "I64": "q", "I32": "i", "U8": "B", "BOOL": "B", "I8": "b"}
        if info["dtype"] == "BF16":
            return [struct.unpack("<f", b"\0\0" + raw[i : i + 2])[0] for i in range(0, len(raw), 2)]
        return list(struct.unpack(f"<{n}{code[info['dtype']]}", raw))

    def record(self):
        return json.loads(self.metadata["sow"], object_pairs_hook=no_duplicates)


def write_safetensors(path, header, data=b"", length=None):
    """`header` is a dict or raw bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sow-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name):
        return self.folder / name

    def model(self, model, name="model.json"):
        path = self.path(name)
        path.write_text(model if isinstance(model, str) else json.dumps(model), encoding="utf-8")
        return path

    def make(self, model, *args, name="out.safetensors"):
        """Writes the description, runs init, and reads the file."""
        out = self.path(name)
        result = sow("init", self.model(model), "-o", out, "--force", *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return Safetensors(out)

    def refused(self, result, status, pattern):
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertRegex(result.stderr, pattern)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)


def main():
    if not SOW or subprocess.run(SOW + ["--version"], stdout=subprocess.DEVNULL).returncode != 0:
        print("SOW does not name the program")
        sys.exit(1)
    unittest.main(verbosity=2)
