# SPDX-License-Identifier: MIT
"""Values of real files against a model of the stream in plain Python: SipHash-2-4-128, Philox4x32-10, uniform, Box-Muller, bf16."""
import math
import struct

from sowtest import Case, main

M64 = 2**64 - 1


def rotate(x, b):
    return (x << b | x >> (64 - b)) & M64


def siphash128(key, data):
    k0, k1 = struct.unpack("<QQ", key)
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & M64
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & M64
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & M64
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & M64
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for (m,) in struct.iter_unpack("<Q", padded):
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 0xEE
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    return first, v[0] ^ v[1] ^ v[2] ^ v[3]


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


class Stream:
    def __init__(self, seed, name):
        self.key, self.id = siphash128(struct.pack("<QQ", seed, 0), b"\x02" + name.encode())

    def word(self, i):
        b = i // 4
        low, high = (lambda x: x & 0xFFFFFFFF), (lambda x: x >> 32)
        return philox([low(b), high(b), low(self.id), high(self.id)], [low(self.key), high(self.key)])[i % 4]


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


SEED = 0xFEDCBA9876543210
INDICES = [0, 1, 2, 3, 62, 63, 64, 65, 1023, 4095, 4096, 99998, 99999]


class Model(Case):
    def test_the_model_itself(self):
        self.assertEqual(philox([0] * 4, [0] * 2), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8])
        first, _ = siphash128(bytes(range(16)), b"")
        self.assertEqual(first, 0xE6A825BA047F81A3)

    def file(self, scheme, dtype="f32"):
        model = {"tensors": [{"name": "h.{0..1}.ü", "shape": [100, 1000], "dtype": dtype}], "rules": [{"match": "*", **scheme}]}
        return self.make(model, "--seed", SEED)

    def test_uniform_f32(self):
        values, s = self.file({"scheme": "uniform", "a": 0, "b": 1}).values("h.1.ü"), Stream(SEED, "h.1.ü")
        for i in INDICES:
            self.assertEqual(values[i], (s.word(i) >> 8) * 2.0**-24)

    def test_uniform_f64(self):
        values, s = self.file({"scheme": "uniform", "a": 0, "b": 1}, "f64").values("h.0.ü"), Stream(SEED, "h.0.ü")
        for i in INDICES:
            x = s.word(2 * i) | s.word(2 * i + 1) << 32
            self.assertEqual(values[i], (x >> 11) * 2.0**-53)

    def test_uniform_interval(self):
        values, s = self.file({"scheme": "uniform", "a": -3, "b": 5}).values("h.1.ü"), Stream(SEED, "h.1.ü")
        for i in INDICES:  # exact: every product and sum fits 53 bits
            self.assertEqual(values[i], f32((s.word(i) >> 8) * 2.0**-24 * 8 - 3))

    def test_uniform_bf16(self):
        values, s = self.file({"scheme": "uniform", "a": -1, "b": 1}, "bf16").values("h.1.ü"), Stream(SEED, "h.1.ü")
        for i in INDICES:
            (bits,) = struct.unpack("<I", struct.pack("<f", (s.word(i) >> 8) * 2.0**-23 - 1))
            rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
            self.assertEqual(values[i], struct.unpack("<f", struct.pack("<I", rounded << 16))[0])

    def test_normal_f32(self):
        values, s = self.file({"scheme": "normal", "mean": 0, "std": 1}).values("h.1.ü"), Stream(SEED, "h.1.ü")
        for i in INDICES:
            radius = math.sqrt(-2 * math.log((s.word(i & ~1) + 1) * 2.0**-32))
            angle = 2 * math.pi * s.word(i | 1) * 2.0**-32
            exact = radius * (math.sin(angle) if i & 1 else math.cos(angle))
            self.assertAlmostEqual(values[i], exact, delta=max(4 * 2.0**-24 * abs(exact) * 2, 2.0**-32))

    def test_normal_f64(self):
        values, s = self.file({"scheme": "normal", "mean": 0, "std": 1}, "f64").values("h.1.ü"), Stream(SEED, "h.1.ü")
        for i in INDICES:
            w = [s.word(4 * (i // 2) + k) for k in range(4)]
            u, t = w[0] | w[1] << 32, w[2] | w[3] << 32
            radius = math.sqrt(-2 * math.log(((u >> 11) + 1) * 2.0**-53))
            angle = 2 * math.pi * (t >> 11) * 2.0**-53
            self.assertAlmostEqual(values[i], radius * (math.sin(angle) if i & 1 else math.cos(angle)), delta=2e-15)

    def test_schemes_that_are_written(self):
        """No distribution, but a writer: a dirac kernel and a sparse matrix, several times a thread's piece long."""
        model = {
            "tensors": [{"name": "conv", "shape": [64, 32, 3, 3]}, {"name": "sparse", "shape": [3000, 700]}],
            "rules": [{"match": "conv", "scheme": "dirac"}, {"match": "*", "scheme": "sparse", "sparsity": 0.1, "std": 1}],
        }
        file = self.make(model, "--seed", SEED)
        conv, sparse = file.values("conv"), file.values("sparse")
        ones = {(o * 32 + o) * 9 + 4 for o in range(32)}
        self.assertEqual({i for i, x in enumerate(conv) if x}, ones)
        self.assertEqual({conv[i] for i in ones}, {1.0})
        for column in range(0, 700, 97):
            self.assertEqual(sum(x == 0 for x in sparse[column::700]), 300)


main()
