# SPDX-License-Identifier: MIT
"""Hostile safetensors files, as description and for --like: one clear line, status 2, nothing written, nothing slow."""
import json
import os
import pathlib
import random
import struct

from sowtest import Case, main, sow, write_safetensors


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def text(**tensors):
    return json.dumps(tensors).encode()


# header (dict or bytes), data bytes, words
FILES = [
    (b"", 0, "an empty header"),
    (b" {}", 0, "starts with byte 0x20"),
    (b"[]", 0, "starts with byte 0x5b"),
    (b"{", 0, "header, byte \\d+: premature EOF"),
    (b"{}}", 0, "header, byte \\d+: trailing garbage"),
    (b"{}\0", 0, "header, byte"),
    (b'{"a": 1}', 0, 'tensor "a": expected an object'),
    (b'{"a": null}', 0, 'tensor "a": expected an object'),
    (b'{"a": []}', 0, 'tensor "a": expected an object'),
    (b'{"a": "x"}', 0, 'tensor "a": expected an object'),
    (b'{"a": {"dtype": {}}}', 0, 'expected "dtype" as a string'),
    (b'{"a": {"dtype": 4}}', 0, 'expected "dtype" as a string'),
    (b'{"a": {}}', 0, 'no "dtype"'),
    (b'{"a": {"dtype": "F32"}}', 0, 'no "shape"'),
    (b'{"a": {"dtype": "F32", "shape": []}}', 0, 'no "data_offsets"'),
    (text(a={**entry(), "extra": 1}), 8, "a key that is not"),
    (b'{"a": {"dtype": "F32", "dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}', 8, "a duplicate key"),
    (b'{"a": %s, "a": %s}' % (text(**entry()), text(**entry(offsets=(8, 16)))), 16, 'duplicate key "a"'),
    (b'{"__metadata__": {}, "__metadata__": {}}', 0, 'a second "__metadata__"'),
    (b'{"__metadata__": {"a": "1", "a": "2"}}', 0, '__metadata__: duplicate key "a"'),
    (b'{"__metadata__": {"a": 1}}', 0, "a map of strings to strings"),
    (b'{"__metadata__": {"a": {}}}', 0, "a map of strings to strings"),
    (b'{"__metadata__": {"a": null}}', 0, "a map of strings to strings"),
    (b'{"__metadata__": []}', 0, "as a map of strings"),
    (b'{"__metadata__": "x"}', 0, "as a map of strings"),
    (text(a=entry("F33")), 8, 'unknown dtype "F33"'),
    (text(a=entry("f32")), 8, 'unknown dtype "f32"'),
    (text(a=entry("F" * 100000)), 8, "unknown dtype"),
    (text(a=entry(shape=(-1,))), 8, "whole numbers"),
    (text(a=entry(shape=(2.0,))), 8, "whole numbers"),
    (text(a=entry(shape=("2",))), 8, "whole numbers"),
    (text(a=entry(shape=([2],))), 8, "whole numbers"),
    (text(a=entry(shape=(2**64,))), 8, "whole numbers"),
    (text(a=entry(shape=(2**63,))), 8, "more than 2\\^63"),
    (text(a=entry(shape=(2**32, 2**32))), 8, "more than 2\\^63"),
    (text(a=entry(shape=(2**62,))), 8, "more than 2\\^63"),
    (text(a=entry(shape=(0, 2**63))), 8, "more than 2\\^63"),
    (text(a=entry(shape=[1] * 65)), 8, "whole numbers"),
    (text(a=entry(offsets=(0,))), 8, "two whole numbers"),
    (text(a=entry(offsets=(0, 4, 8))), 8, "two whole numbers"),
    (text(a=entry(offsets=(8, 0))), 8, "data_offsets \\[8, 0\\]"),
    (text(a=entry(offsets=(0, 2**64 - 1))), 8, "are 8 bytes"),
    (text(a=entry(offsets=(2**64 - 8, 2**64 - 1))), 8, "are 8 bytes"),
    (text(a=entry(offsets=(0, 9))), 9, "are 8 bytes"),
    (text(a=entry(offsets=(8, 16))), 16, "starts at 8, but the bytes before it end at 0: a hole"),
    (text(a=entry(), b=entry(offsets=(4, 12))), 12, "an overlap"),
    (text(a=entry(), b=entry(offsets=(0, 8))), 8, "an overlap"),
    (text(a=entry()), 7, "have 8 bytes, but 7 follow"),
    (text(a=entry()), 9, "have 8 bytes, but 9 follow"),
    (b"{}", 1, "have 0 bytes, but 1 follow"),
    (text(a=entry("F4", (3,), (0, 1))), 1, "not of whole bytes"),
    (b'{"\xff": 1}', 0, "header, "),
    (b'{"a\\u0000": %s}' % text(**entry()), 8, "zero byte"),
    (b'{"\\ud800": %s}' % text(**entry()), 8, "surrogate"),
    (b'{"a": ' * 50, 0, "header"),
    (b"[" * 100000, 0, "starts with byte 0x5b"),
    (b'{"a":' + b"[" * 100000, 0, 'tensor "a": expected an object'),
]


class Hostile(Case):
    RULES = {"rules": [{"match": "*", "scheme": "normal"}]}

    def both(self, path, words):
        before = sorted(os.listdir(self.folder))
        for args in ((path,), (self.path("rules.json"), "--like", path)):
            self.refused(sow("init", *args, "-o", self.path("o"), timeout=20), 2, f"hostile.safetensors: .*{words}")
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def setUp(self):
        super().setUp()
        self.model(self.RULES, "rules.json")

    def test_headers(self):
        for header, data, words in FILES:
            with self.subTest(header=header[:80]):
                path = self.path("hostile.safetensors")
                write_safetensors(path, header, bytes(data))
                self.both(path, words)

    def test_lengths(self):
        path = self.path("hostile.safetensors")
        for length, words in [(100_000_001, "at most 100000000"), (2**64 - 1, "at most 100000000"), (3, "header|bytes"), (1000, "the file has only")]:
            write_safetensors(path, {}, b"", length)
            if length != 3:
                self.both(path, words)
        for raw in (b"", b"1234567"):
            path.write_bytes(raw)
            self.both(path, "too short")

    def test_not_a_file(self):
        os.mkfifo(self.path("pipe.safetensors"))
        with open(os.open(self.path("pipe.safetensors"), os.O_RDWR), "rb"):
            self.refused(sow("init", self.path("rules.json"), "--like", self.path("pipe.safetensors"), "-o", self.path("o")), 2, "regular file")

    def test_many_keys(self):
        """A hundred thousand equal keys, and different ones, in a moment."""
        path = self.path("hostile.safetensors")
        one = b'"k":' + text(**entry(shape=(0,), offsets=(0, 0)))
        write_safetensors(path, b"{" + b",".join([one] * 100000) + b"}")
        self.both(path, 'duplicate key "k"')
        write_safetensors(path, b'{"__metadata__": {' + b",".join(b'"%d": ""' % i for i in range(100000)) + b',"7":""}}')
        self.both(path, "duplicate key")

    def test_records(self):
        path = self.path("hostile.safetensors")
        good = {"version": "0", "stream_version": 1, "seed": 1, "model": {"tensors": [{"name": "a", "shape": [1]}], "rules": [{"match": "*", "scheme": "ones"}]}}
        for change, words in [
            ("x", "sow:1:1: not valid JSON"),
            ("[]", "sow:1:1: expected an object"),
            ({**good, "stream_version": 2}, "sow:1:\\d+: stream version 2"),
            ({**good, "seed": -1}, "sow:1:\\d+: .*seed"),
            ({**good, "model": 1}, "sow:1:\\d+: .*model"),
            ({**good, "other": 1}, 'sow:1:\\d+: unknown key "other"'),
            ({k: good[k] for k in good if k != "seed"}, 'no "seed"'),
            ({**good, "model": {**good["model"], "tensors": [{"name": "a"}]}}, 'a tensor without "shape"'),
        ]:
            write_safetensors(path, {"__metadata__": {"sow": change if isinstance(change, str) else json.dumps(change)}})
            self.refused(sow("init", path, "-o", self.path("o")), 2, f"hostile.safetensors:__metadata__.*{words}")
        write_safetensors(path, {"__metadata__": {"sow": json.dumps(good)}})
        self.assertEqual(sow("init", path, "-o", self.path("o"), "-q").returncode, 0)

    def test_damaged_files(self):
        """A file of sow's own with a byte changed anywhere in its header: read or refused, never a crash."""
        model = self.model({"tensors": [{"name": "a.{0..3}", "shape": [3]}], **self.RULES})
        self.assertEqual(sow("init", model, "-o", self.path("good"), "-q").returncode, 0)
        good = self.path("good").read_bytes()
        end = good.index(b"}}   ") + 4
        seed = int(os.environ.get("SOW_TEST_SEED", random.randrange(2**32)))
        print("seed", seed)
        rng = random.Random(seed)
        path = self.path("hostile.safetensors")
        for _ in range(150):
            raw = bytearray(good)
            for _ in range(rng.randint(1, 3)):
                raw[rng.randrange(end)] = rng.choice(b'{}[]",:\\0x9\xff ')
            path.write_bytes(raw)
            for args in ((path,), (self.path("rules.json"), "--like", path)):
                result = sow("init", *args, "-o", "/dev/null", "-q", timeout=20)
                self.assertIn(result.returncode, (0, 2), (seed, result.stderr))


main()
