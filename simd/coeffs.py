#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes simd/coeffs.h: minimax polynomials (weighted Remez exchange, 60 digits), their coefficients rounded one after the other and the
rest fitted again, so that the rounded polynomial is nearly the best one.   usage: python3 simd/coeffs.py > simd/coeffs.h   (mpmath)"""
import struct
import sys

from mpmath import cos, erfc, exp, log, matrix, lu_solve, mp, mpf, pi, sin, sqrt

mp.dps = 60


def f32(x):
    """x rounded to binary32 (through a 60-digit tie-free path: x is never within 2^-53 relative of a tie by accident)."""
    m, e = mp.frexp(x)
    return mp.ldexp(mp.nint(mp.ldexp(m, 24)), e - 24)


def f64(x):
    m, e = mp.frexp(x)
    return mp.ldexp(mp.nint(mp.ldexp(m, 53)), e - 53)


def grid(a, b, n):
    return [(a + b) / 2 - (b - a) / 2 * cos(pi * (i + mpf(1) / 2) / n) for i in range(n)]


def remez(f, w, a, b, powers, points=400):
    """min max |w (f - sum c_k x^powers[k])| on a fixed Chebyshev grid of [a, b]."""
    xs = grid(mpf(a), mpf(b), points)
    fs = [f[x] for x in xs]
    ws = [w(x) for x in xs]
    n = len(powers)
    if n == 0:
        return [], max(abs(wi * fi) for wi, fi in zip(ws, fs))
    ref = [round((i + 0.5) * points / (n + 1)) for i in range(n + 1)]
    for _ in range(60):
        m = matrix(n + 1, n + 1)
        r = matrix(n + 1, 1)
        for row, i in enumerate(ref):
            for k, p in enumerate(powers):
                m[row, k] = xs[i] ** p
            m[row, n] = (-1) ** row / ws[i]
            r[row] = fs[i]
        s = lu_solve(m, r)
        c = [s[k] for k in range(n)]
        err = []
        for x, fx, wx in zip(xs, fs, ws):
            v = mpf(0)
            for k in range(n - 1, -1, -1):
                v = v * x ** (powers[k + 1] - powers[k] if k + 1 < n else 0) + c[k]
            err.append(wx * (fx - v * x ** powers[0]))
        # extrema of each run of one sign, then the n + 1 consecutive ones that hold the largest
        ext = []
        for i in range(points):
            if ext and (err[i] > 0) == (err[ext[-1]] > 0):
                if abs(err[i]) > abs(err[ext[-1]]):
                    ext[-1] = i
            else:
                ext.append(i)
        while len(ext) > n + 1:
            ext.pop(0 if abs(err[ext[0]]) < abs(err[ext[-1]]) else -1)
        top = max(abs(e) for e in err)
        if len(ext) < n + 1 or top <= abs(s[n]) * mpf("1.001"):
            return c, top
        ref = ext
    return c, top


def fit(name, f, w, a, b, powers, rnd, fixed=None, text=""):
    xs = grid(mpf(a), mpf(b), 400)
    rest = {x: f(x) for x in xs}
    coef = []
    _, best = remez(rest, w, a, b, powers)
    for k, p in enumerate(powers):
        c, _ = remez(rest, w, a, b, powers[k:])
        v = rnd(c[0])
        coef.append(v)
        for x in xs:
            rest[x] -= v * x ** p
    _, top = remez(rest, w, a, b, [])
    bits = lambda e: mp.nstr(log(e, 2), 5)
    print(f"/* {text}\n   error 2^{bits(best)} before, 2^{bits(top)} after rounding the coefficients. */")
    print(f"/* {name}: degree {len(powers) - 1} */", file=sys.stderr, end=" ")
    print(bits(best), bits(top), file=sys.stderr)
    return coef


def literal(c, rnd):
    return (float(c).hex() + "f") if rnd is f32 else float(c).hex()


def emit(kind, name, coef, rnd):
    print(f"static const {kind} {name}[] = {{{', '.join(literal(c, rnd) for c in coef)}}};\n")


def tail_z(s):
    """z with Q(z) = exp(-s^2/2), Q the upper tail of the normal law: Newton on -2 ln Q(z) = s^2."""
    z = s if s > 2 else s - mpf(1)
    for _ in range(200):
        q = erfc(z / sqrt(2)) / 2
        step = (s * s + 2 * log(q)) * q / (2 * exp(-z * z / 2) / sqrt(2 * pi))
        z += step
        if abs(step) < mpf(10) ** -45 * (1 + abs(z)):
            return z
    raise ValueError(s)


def mills(t):
    """(1 + x) Q(x)/phi(x) as a function of t = (x - 2)/(x + 2)."""
    x = 2 * (1 + t) / (1 - t)
    return (1 + x) * erfc(x / sqrt(2)) / 2 / (exp(-x * x / 2) / sqrt(2 * pi))


def probit(kind, rnd, masters, degree):
    """Polynomials in (s - c)/(s + c) for z(s), s in [a, b] each, c = sqrt(a b)."""
    rows = []
    for a, b in masters:
        a, b = mpf(a), mpf(b)
        c = rnd(sqrt(a * b))
        ta, tb = (a - c) / (a + c), (b - c) / (b + c)
        s_of = lambda t: c * (1 + t) / (1 - t)
        coef = fit(f"probit_{kind} {mp.nstr(a,5)}..{mp.nstr(b,5)}", lambda t: tail_z(s_of(t)), lambda t: 1 / max(mpf(1), s_of(t)), ta, tb,
                   list(range(degree + 1)), rnd, text=f"z(s) on [{mp.nstr(a, 6)}, {mp.nstr(b, 6)}], relative to max(1, s).")
        rows.append((a, b, c, coef))
        print(f"static const {kind} probit_{'f32' if rnd is f32 else 'f64'}_{len(rows) - 1}[] = {{{', '.join(literal(x, rnd) for x in coef)}}};\n")
    return rows


def main():
    print("/* SPDX-License-Identifier: MIT */\n/* Made by simd/coeffs.py; not edited by hand. Coefficients from the constant term up. */\n#ifndef SOW_SIMD_COEFFS_H\n#define SOW_SIMD_COEFFS_H\n")
    log2 = lambda t: -2 * log(1 - t / 2)
    q = lambda t: (log2(t) - t) / t**2
    for kind, rnd, dl, ds, dc, scale in (("float", f32, DL32, DS32, DC32, mpf(1) / 4), ("double", f64, DL64, DS64, DC64, mpf(1))):
        suffix = "f32" if rnd is f32 else "f64"
        c = fit("log", q, lambda t: t**2 / log2(t), 0, 1, list(range(dl + 1)), rnd,
                text="-2 ln(1 - t/2) = t + t^2 P(t), t in [0, 1], relative to the sum.")
        emit(kind, f"log_{suffix}", c, rnd)
        top = mpf(1) if rnd is f32 else mpf(1) / 16
        unit = pi * scale
        c = fit("sin", lambda y: sin(unit * sqrt(y)) / sqrt(y), lambda y: sqrt(y) / sin(unit * sqrt(y)), 0, top, list(range(ds + 1)), rnd,
                text=f"sin({mp.nstr(scale, 3)} pi x) = x P(x^2), |angle| <= pi/4, relative.")
        emit(kind, f"sin_{suffix}", c, rnd)
        c = fit("cos", lambda y: (cos(unit * sqrt(y)) - 1) / y, lambda y: y / cos(unit * sqrt(y)), 0, top, list(range(dc + 1)), rnd,
                text=f"cos({mp.nstr(scale, 3)} pi x) = 1 + x^2 P(x^2), |angle| <= pi/4, relative.")
        emit(kind, f"cos_{suffix}", c, rnd)


if __name__ == "__main__":
    DL32, DS32, DC32 = 7, 3, 3
    DL64, DS64, DC64 = 18, 6, 6
    main()
    if len(sys.argv) > 1:
        probit("float", f32, [("1.176", "6.78")], int(sys.argv[1]))
        probit("double", f64, [("1.176", "9.5")], int(sys.argv[2]))
