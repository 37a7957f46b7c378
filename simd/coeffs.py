#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes simd/coeffs.h: minimax polynomials (weighted Remez exchange, 60 digits), their coefficients rounded one after the other and the
rest fitted again, so that the rounded polynomial is nearly the best one.   usage: python3 simd/coeffs.py simd > simd/coeffs.h; python3 simd/coeffs.py src > src/truncnorm_coeffs.h   (needs mpmath; a minute)"""
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
    """(1 + x) Q(x) exp(x^2/2) as a function of t = (x - 2)/(x + 2)."""
    x = 2 * (1 + t) / (1 - t)
    return (1 + x) * erfc(x / sqrt(2)) / 2 * exp(x * x / 2)


def kernels():
    """simd/coeffs.h: what every element goes through."""
    log2 = lambda t: -2 * log(1 - t / 2)
    q = lambda t: (log2(t) - t) / t**2
    for kind, rnd, dl, ds, dc, scale in (("float", f32, 8, 3, 2, mpf(1) / 4), ("double", f64, 18, 6, 5, mpf(1))):
        suffix = "f32" if rnd is f32 else "f64"
        c = fit("log", q, lambda t: t**2 / log2(t), 0, 1, range(dl + 1), rnd,
                text="-2 ln(1 - t/2) = t + t^2 P(t), t in [0, 1], relative to the sum.")
        emit(kind, f"log_{suffix}", c, rnd)
        top = mpf(1) if rnd is f32 else mpf(1) / 16
        unit = pi * scale
        first = rnd(unit)
        c = fit("sin", lambda y: sin(unit * sqrt(y)) / sqrt(y) - first, lambda y: sqrt(y) / sin(unit * sqrt(y)), 0, top, range(ds + 1), rnd,
                text=f"sin({mp.nstr(scale, 3)} pi x) = x (first + P(x^2)), |angle| <= pi/4, relative.")
        emit(kind, f"sin_first_{suffix}", [first], rnd)
        emit(kind, f"sin_{suffix}", c, rnd)
        c = fit("cos", lambda y: (cos(unit * sqrt(y)) - 1) / y, lambda y: y / cos(unit * sqrt(y)), 0, top, range(dc + 1), rnd,
                text=f"cos({mp.nstr(scale, 3)} pi x) = 1 + x^2 P(x^2), |angle| <= pi/4, relative.")
        emit(kind, f"cos_{suffix}", c, rnd)


def probit(kind, rnd, degree, last_k, ratio, span):
    """Rows (first exponent k, centre c, coefficients) for z(s) - s, s = sqrt(-2 ln q), in (s - c)/(s + c). A row serves calls whose nearer
    bound has its tail probability in [2^-(k+2), 2^-(k+1)], k from the row's to below the next row's: s^2 in
    [2 ln 2 (k + 1) - 0.005, 2 ln 2 (k + 2 + span)], where words reach down to 2^-span of it."""
    suffix, ln4 = ("f32" if rnd is f32 else "f64"), 2 * log(2)
    print(f"static const struct sow_probit_{suffix} {{\n    uint64_t k; /* first exponent that the row serves */\n"
          f"    {kind} centre, coef[SOW_PROBIT_COUNT_{suffix.upper()}];\n}} probit_{suffix}[] = {{")
    k = 0
    while k <= last_k:
        a = sqrt(ln4 * (k + 1) - mpf("0.005"))
        nxt = k + 1
        while nxt <= last_k and sqrt(ln4 * (max(nxt + 1, nxt * 65 // 64) + 1 + span)) <= ratio * a:
            nxt = max(nxt + 1, nxt * 65 // 64)
        b = sqrt(ln4 * (nxt + 1 + span))
        c = rnd(sqrt(a * b))
        ta, tb = (a - c) / (a + c), (b - c) / (b + c)
        s_of = lambda t: c * (1 + t) / (1 - t)
        xs = grid(ta, tb, 200)
        f = {x: tail_z(s_of(x)) - s_of(x) for x in xs}
        coef, err = remez(f, lambda t: 1 / max(mpf(1), s_of(t)), ta, tb, range(degree + 1), 200)
        print(f"    /* s in [{mp.nstr(a, 6)}, {mp.nstr(b, 6)}]: error 2^{mp.nstr(log(err, 2), 4)} relative to max(1, s) */")
        print(f"    {{{k}, {literal(c, rnd)}, {{{', '.join(literal(rnd(x), rnd) for x in coef)}}}}},")
        print(f"probit {suffix} {k}..{nxt - 1} {mp.nstr(log(err, 2), 5)}", file=sys.stderr)
        k = nxt
    print("};\n")


def tails():
    """src/truncnorm_coeffs.h: what a truncated normal's parameters are made with."""
    print("#include \"simd/kernels.h\"\n")
    for name, shift in (("low", -mpf(1) / 2), ("high", mpf(1) / 2)):
        xs = grid(-mpf(1) / 2, mpf(1) / 2, 300)
        f = {x: mills(x + shift) for x in xs}
        c, err = remez(f, lambda u: 1 / f[u], -mpf(1) / 2, mpf(1) / 2, range(21), 300)
        print(f"/* (1 + x) Q(x) exp(x^2/2) in (x - 2)/(x + 2) {'-' if shift > 0 else '+'} 1/2: 2^{mp.nstr(log(err, 2), 5)} relative */")
        emit("double", f"mills_{name}", c, f64)
    probit("float", f32, 9, 50000000, mpf("6.1"), 33)
    probit("double", f64, 22, 1 << 54, mpf("7.65"), 54)


def main(part):
    guard = "SOW_SIMD_COEFFS_H" if part == "simd" else "SOW_SRC_TRUNCNORM_COEFFS_H"
    print(f"/* SPDX-License-Identifier: MIT */\n/* Made by `simd/coeffs.py {part}`; not edited by hand. Coefficients from the constant term up. */")
    print(f"/* clang-format off */\n#ifndef {guard}\n#define {guard}\n")
    {"simd": kernels, "src": tails}[part]()
    print("#endif")


if __name__ == "__main__":
    main(sys.argv[1])
