#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An independent, slow model of the stream (docs/bits.md): checks every line of values.txt.

    model.py VALUES PHILOX_VECTORS

bits, constant and uniform must agree exactly: integers and fractions, rounded here. The normals must lie within the promised
distance of the exact value, which is computed with 50 digits.
"""
import decimal
import math
import struct
import sys
from decimal import Decimal
from fractions import Fraction

decimal.getcontext().prec = 50
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
M32 = 0xFFFFFFFF

# name: bytes, fraction bits, least exponent, greatest exponent
FORMATS = {"f32": (4, 23, -126, 127), "f64": (8, 52, -1022, 1023), "f16": (2, 10, -14, 15), "bf16": (2, 7, -126, 127)}


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [q >> 32 ^ c[1] ^ k[0], q & M32, p >> 32 ^ c[3] ^ k[1], p & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


def word(key, id_, i):
    block = i // 4
    return philox((block & M32, block >> 32, id_ & M32, id_ >> 32), (key & M32, key >> 32))[i % 4]


def double_word(key, id_, i):
    return word(key, id_, 2 * i) | word(key, id_, 2 * i + 1) << 32


class Format:
    def __init__(self, name):
        self.name = name
        self.bytes, self.fraction, self.least, self.most = FORMATS[name]

    def exponent(self, x):
        """Of the leading bit of |x| > 0, not below that of the least normal number."""
        e = abs(x).numerator.bit_length() - abs(x).denominator.bit_length()
        if Fraction(2) ** e > abs(x):
            e -= 1
        return max(e, self.least)

    def round(self, x, minus_zero=False):
        """The bits of the fraction x, rounded to nearest even. A value too small for the format keeps its sign."""
        sign = x < 0 or (x == 0 and minus_zero)
        bits = 0
        if x != 0:
            e = self.exponent(x)
            unit = Fraction(2) ** (e - self.fraction)
            m = round(abs(x) / unit)  # Python rounds halves to even
            bits = ((e - self.least) << self.fraction) + m
            infinity = (self.most - self.least + 2) << self.fraction
            bits = min(bits, infinity)
        return bits | sign << (8 * self.bytes - 1)

    def value(self, bits):
        """A fraction, or a float where it is infinite or NaN."""
        top = 8 * self.bytes - 1
        sign, bits = bits >> top, bits & ((1 << top) - 1)
        e, m = bits >> self.fraction, bits & ((1 << self.fraction) - 1)
        if e > self.most - self.least + 1:
            return math.nan if m else math.inf * (-1) ** sign
        if e:
            m, e = m + (1 << self.fraction), e - 1
        return (-1) ** sign * Fraction(m) * Fraction(2) ** (e + self.least - self.fraction)

    def number(self, x):
        """x rounded: the number itself."""
        return self.value(self.round(x))

    def half_ulp(self, x):
        return Fraction(2) ** (self.exponent(x) - self.fraction - 1) if x else Fraction(2) ** (self.least - self.fraction - 1)

    def step(self, x, up):
        """The next number of the format, x being one of it."""
        if x == 0:
            return (1 if up else -1) * Fraction(2) ** (self.least - self.fraction)
        bits = self.round(x)
        return self.value(bits + 1 if (x > 0) == up else bits - 1)

    def at_least(self, x):
        y = self.number(x)
        return y if y >= x else self.step(y, True)

    def at_most(self, x):
        y = self.number(x)
        return y if y <= x else self.step(y, False)

    def below(self, x):
        y = self.number(x)
        return y if y < x else self.step(y, False)


F32, F64 = Format("f32"), Format("f64")


class Row:
    def __init__(self, line):
        f = line.split()
        self.line, self.kind = line, f[0]
        self.mean, self.std, self.a, self.b = (Fraction(float.fromhex(x)) for x in f[1:5])
        self.format = Format(f[5])
        self.real = F64 if f[5] == "f64" else F32  # the format of the element arithmetic
        self.key, self.id = int(f[6], 16), int(f[7], 16)
        self.first, self.n = int(f[8]), int(f[9])
        self.got = [int(x, 16) for x in f[10].split(",")]
        assert len(self.got) == self.n and self.first + self.n <= 2**64

    def draw(self, i):
        return (double_word if self.real is F64 else word)(self.key, self.id, i)

    def stored(self, x, negative=False):
        """Bits of an element from its number in the format of the arithmetic."""
        return self.format.round(x, negative)


def bits(row, i):
    return row.draw(i) & ((1 << 8 * row.format.bytes) - 1)


def constant(row, i):
    x = row.real.round(row.mean)
    return row.stored(row.real.value(x), x >> (8 * row.real.bytes - 1))


def uniform(row, i):
    width = row.real.number(F64.number(row.b - row.a))
    shift = row.real.number(row.a)
    u = Fraction(row.draw(i) >> 11, 2**53) if row.real is F64 else Fraction(row.draw(i) >> 8, 2**24)
    exact = u * width + shift
    x = row.real.number(exact)
    low, high = row.format.at_least(row.a), row.format.below(row.b)
    held = max(min(x, high), low)
    return row.stored(held, held == 0 and exact < 0 and low < 0 < high)


def sincos(x):
    """Taylor; |x| <= pi/4."""
    s = c = Decimal(0)
    term = Decimal(1)
    for k in range(60):
        if k % 2:
            s += term * (-1) ** (k // 2)
        else:
            c += term * (-1) ** (k // 2)
        term = term * x / (k + 1)
    return s, c


def decimal_of(x):
    return Decimal(x.numerator) / Decimal(x.denominator)


def box_muller(row, i):
    pair = i & ~1
    if row.real is F64:
        w, angle, n = row.draw(pair) >> 11, row.draw(pair + 1) >> 11, 53
    else:
        w, angle, n = row.draw(pair), row.draw(pair + 1), 32
    r = (-2 * (Decimal(w + 1) / 2**n).ln()).sqrt()
    axis = (angle + 2 ** (n - 3)) // 2 ** (n - 2)
    s, c = sincos(2 * PI * (Decimal(angle) / 2**n - Decimal(axis) / 4))
    for _ in range(axis % 4):
        s, c = c, -s
    return r * (s if i & 1 else c)


def tail(x):
    """The upper tail of the normal distribution."""
    if x < 0:
        return 1 - tail(-x)
    density = (-x * x / 2).exp() / (2 * PI).sqrt()
    if x < 3:
        term = total = x
        k = 1
        while abs(term) > Decimal("1e-45"):
            k += 2
            term = term * x * x / k
            total += term
        return Decimal("0.5") - total * density
    fraction = Decimal(0)
    for k in range(400, 0, -1):
        fraction = k / (x + fraction)
    return density / (x + fraction)


def tail_holds(row, i, z, error):
    """Whether the word's exact quantile lies within `error` of z: its probability between those of both ends."""
    n = 53 if row.real is F64 else 32
    w = row.draw(i) >> (11 if n == 53 else 0)
    v = (Decimal(w) + Decimal("0.5")) / 2**n
    alpha, beta = (decimal_of(x - row.mean) / decimal_of(row.std) for x in (row.a, row.b))
    if alpha + beta < 0:
        alpha, beta, z, v = -beta, -alpha, -z, 1 - v
    return tail(z + error) <= tail(alpha) * (1 - v) + tail(beta) * v <= tail(z - error)


def close(row, i, got):
    """Whether the element is within the promised error of the exact value."""
    f64 = row.real is F64
    std, mean = (decimal_of(row.real.number(x)) for x in (row.std, row.mean))
    x = row.format.value(got)
    rounding = decimal_of(row.real.half_ulp(x))
    if row.format.name != row.real.name:
        rounding += decimal_of(row.format.half_ulp(x))
    if row.kind == "normal":
        z = box_muller(row, i)
        error = Decimal(2) ** (-61 if f64 else -32)
        if abs(z) >= Decimal(2) ** -10:
            error = 8 * decimal_of(row.real.half_ulp(Fraction(z)))
        return abs(decimal_of(x) - (z * std + mean)) <= error * std + rounding
    z = (decimal_of(x) - mean) / std
    error = Decimal(2) ** (-48 if f64 else -21) * max(1, abs(z)) + rounding / std
    return row.a <= x <= row.b and tail_holds(row, i, z, error)


def check(row):
    exact = {"bits": bits, "constant": constant, "uniform": uniform}.get(row.kind)
    for k, got in enumerate(row.got):
        i = row.first + k
        if exact:
            want = exact(row, i)
            if want != got:
                return f"element {i} is {got:#x}, must be {want:#x}"
        elif not close(row, i, got):
            return f"element {i} is {got:#x} ({float(row.format.value(got))}), too far from the exact value"
    return None


def self_check(vectors):
    """Philox against the known answers; rounding against the struct module's."""
    count = 0
    for line in open(vectors):
        if line.strip() and not line.startswith("#"):
            w = [int(x, 16) for x in line.split()]
            assert philox(w[0:4], w[4:6]) == w[6:10], line
            count += 1
    assert count > 10
    for x in (0.1, -1 / 3, 65504.0, 2.0**-24, 1.5 * 2.0**-24, 2.5 * 2.0**-24, 1e-7, 6e-8, 1.0009765625, 1.00048828125):
        assert Format("f16").round(Fraction(x)) == struct.unpack("<H", struct.pack("<e", x))[0], x
        assert F32.round(Fraction(x)) == struct.unpack("<I", struct.pack("<f", x))[0], x
        assert F64.round(Fraction(x)) == struct.unpack("<Q", struct.pack("<d", x))[0], x
    assert abs(tail(Decimal(5)) / Decimal("2.866515718791939116737523329e-7") - 1) < Decimal("1e-25")


def main():
    values, vectors = sys.argv[1:3]
    self_check(vectors)
    rows = [Row(line) for line in open(values) if line.strip() and not line.startswith("#")]
    bad = 0
    for row in rows:
        why = check(row)
        if why:
            bad += 1
            print(f"FAIL {row.line.strip()[:120]}: {why}")
    print(f"{len(rows)} rows, {sum(row.n for row in rows)} elements, {bad} rows bad")
    return 1 if bad or len(rows) < 20 else 0


sys.exit(main())
