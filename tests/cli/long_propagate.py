# SPDX-License-Identifier: MIT
"""The figures of docs/propagate.md at their full size; fails where one is missed. Some minutes: suite long."""
import json
import math
import os
import shlex
import subprocess
import sys

SOW = shlex.split(os.environ.get("SOW", "sow"))
failed = 0


def run(*args):
    return json.loads(subprocess.run(SOW + ["propagate", "--json", *map(str, args)], stdout=subprocess.PIPE, check=True).stdout)["trials"]


def say(ok, text):
    global failed
    failed += not ok
    print("ok  " if ok else "FAIL", text, flush=True)


def deviation(error):
    """Standard deviation of measured/theory, whose logarithm has this one."""
    return math.sqrt(math.expm1(error * error))


def linear():
    """Every layer of five factors within four standard deviations, 16 seeds; the last layers' scores are those of a unit variable."""
    factors, scores, worst = ("0.5", "0.9", "1", "1.1", "2"), [], 0
    for seed in range(16):
        trials = run("--activation", "linear", "--seed", seed, *sum([["--scheme", f] for f in factors], []))
        for f, t in zip(factors, trials):
            for l in t["layers"]:
                if abs(l["theory_variance"] / float(f) ** l["layer"] - 1) > 1e-9:
                    say(False, f"the theory of {f} at layer {l['layer']}")
                worst = max(worst, abs(l["variance"] / l["theory_variance"] - 1) / deviation(l["theory_error"]))
        last = trials[2]["layers"][-1]
        scores.append((last["variance"] / last["theory_variance"] - 1) / deviation(last["theory_error"]))
    square = sum(s * s for s in scores) / len(scores)
    say(worst < 5, f"linear, depth 100, width 512, d·Var(w) in {', '.join(factors)}: 16 seeds, 8000 layers, largest deviation {worst:.2f} sigma")
    say(0.3 < square < 2.5, f"linear: mean square of the last layers' scores {square:.2f}, sigma {deviation(last['theory_error']):.3f}")


def factor(activation, scheme, width, seeds, batch=64, most=2.0):
    """Layers' variances and gradients over theory."""
    spread, ends = [], []
    for seed in range(seeds):
        (t,) = run("--activation", activation, "--scheme", scheme, "--width", width, "--batch", batch, "--seed", seed)
        spread.append(max(max(r, 1 / r) for l in t["layers"] for r in (l["variance"] / l["theory_variance"], l["gradient"] / l["theory_gradient"])))
        ends.append(t["layers"][-1]["variance"] / t["layers"][-1]["theory_variance"])
    spread.sort()
    within = sum(s < 2 for s in spread)
    error = math.exp(t["layers"][-1]["theory_error"])
    mean = sum(ends) / seeds
    ok = spread[len(spread) // 2] < most
    say(ok, f"{activation}, {scheme}, width {width}: within a factor of 2 of theory over 100 layers, both ways, with {within} of {seeds} seeds; "
            f"median of the largest factor {spread[seeds // 2]:.2f}; one standard deviation of the last variance is a factor of {error:.2f}; "
            f"mean of the last variance over theory {mean:.2f}")


def collapse():
    for activation in ("relu", "tanh", "linear", "gelu"):
        (t,) = run("--activation", activation, "--scheme", "normal(std=0.01)")
        f = t["forward"]
        say(f["vanishing_at"] == f["theory_vanishing_at"],
            f"{activation}, normal(std=0.01), width 512: below 1e-6 at layer {f['vanishing_at']}, theory {f['theory_vanishing_at']}")


linear()
factor("tanh", "xavier_normal", 512, 8)
factor("selu", "lecun_normal", 512, 8)
factor("relu", "kaiming_normal(gain=relu)", 512, 16, most=8)
factor("relu", "kaiming_normal(gain=relu)", 4096, 6, most=2.5)
collapse()
sys.exit(failed != 0)
