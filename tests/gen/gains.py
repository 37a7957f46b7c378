#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the table of src/gain.c: 1/sqrt(E[f(z)^2]) and 1/sqrt(Var[f(z)]) for z ~ N(0, 1), by quadrature in 40 digits.

Needs python3-mpmath. Each integral is cut at the points where f has a kink; beyond |z| = 16 the normal density is below 1e-55.
The shortest decimal of the nearest double is printed, not 17 digits of the value: those could parse to its neighbour.
"""
from mpmath import mp, mpf, quad, sqrt, exp, pi, erf, tanh, log1p, sin, cos

mp.dps = 40
SELU_A, SELU_L = mpf("1.6732632423543772848170429916717"), mpf("1.0507009873554804934193349852946")


def sigmoid(x):
    return 1 / (1 + exp(-x))


def softplus(x):
    return x + log1p(exp(-x)) if x > 0 else log1p(exp(x))


def elu(x):
    return x if x > 0 else exp(x) - 1


FUNCTIONS = [
    # name, f, kinks
    ("identity", lambda x: x, []),
    ("relu", lambda x: max(x, mpf(0)), [0]),
    ("relu6", lambda x: min(max(x, mpf(0)), mpf(6)), [0, 6]),
    ("relu_squared", lambda x: max(x, mpf(0)) ** 2, [0]),
    ("elu", elu, [0]),
    ("celu", elu, [0]),
    ("selu", lambda x: SELU_L * (x if x > 0 else SELU_A * (exp(x) - 1)), [0]),
    ("gelu", lambda x: x * (1 + erf(x / sqrt(mpf(2)))) / 2, []),
    ("gelu_tanh", lambda x: x * (1 + tanh(sqrt(2 / pi) * (x + mpf("0.044715") * x**3))) / 2, []),
    ("quick_gelu", lambda x: x * sigmoid(mpf("1.702") * x), []),
    ("silu", lambda x: x * sigmoid(x), []),
    ("swish", lambda x: x * sigmoid(x), []),
    ("mish", lambda x: x * tanh(softplus(x)), []),
    ("sigmoid", sigmoid, []),
    ("tanh", tanh, []),
    ("softplus", softplus, []),
    ("log_sigmoid", lambda x: -softplus(-x), []),
    ("softsign", lambda x: x / (1 + abs(x)), [0]),
    ("hardtanh", lambda x: max(min(x, mpf(1)), mpf(-1)), [-1, 1]),
    ("hardsigmoid", lambda x: min(max(x / 6 + mpf(1) / 2, mpf(0)), mpf(1)), [-3, 3]),
    ("hardswish", lambda x: x * min(max(x / 6 + mpf(1) / 2, mpf(0)), mpf(1)), [-3, 3]),
    ("tanhshrink", lambda x: x - tanh(x), []),
    ("sin", sin, []),
    ("cos", cos, []),
    ("erf", erf, []),
]


def moment(f, kinks, power):
    points = sorted(set([-16, -8, -4, -2, 0, 2, 4, 8, 16] + kinks))
    return quad(lambda x: f(x) ** power * exp(-x * x / 2), points) / sqrt(2 * pi)


for name, f, kinks in FUNCTIONS:
    mean, square = moment(f, kinks, 1), moment(f, kinks, 2)
    rms, std = 1 / sqrt(square), 1 / sqrt(square - mean * mean)
    print('    {"%s", NONE, %r, %r},' % (name, float(rms), float(std)))
