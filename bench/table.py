#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables for docs/performance.md from sow-bench's JSON: bench/table.py RESULT.json

One table per thread count: ns per element and, in brackets, the multiple of memset's time on the same bytes with the same threads.
With --benchmark_repetitions the medians are taken.
"""
import json
import sys


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        result = json.load(f)
    rows = [r for r in result["benchmarks"] if not r.get("error_occurred")]
    medians = [r for r in rows if r.get("aggregate_name") == "median"]
    rate = {r["run_name"]: r["items_per_second"] for r in medians or rows if "items_per_second" in r}
    bytes_of = {"f32": 4, "f64": 8, "f16": 2, "bf16": 2}

    fills = [n.split("/") for n in rate if n.startswith("fill/")]
    if not fills:
        sys.exit("table.py: no fill/ rows in the file")
    c = result["context"]
    print(f"{c.get('cpu')}, gcc or clang {c.get('compiler')}, sow {c.get('sow')}, {c['date'][:10]}, huge pages: {c.get('huge_pages')}")
    for threads in sorted({f[5] for f in fills}, key=lambda t: int(t.split(":")[1])):
        mine = [f for f in fills if f[5] == threads]
        sizes = sorted({int(f[4]) for f in mine})
        print(f"\n**{threads.replace(':', ' ')}**: ns per element (× memset)\n")
        print("| law | type | kernels | " + " | ".join(size_name(n) for n in sizes) + " |")
        print("| --- | --- | --- |" + " --- |" * len(sizes))
        for law, dtype, isa in dict.fromkeys(tuple(f[1:4]) for f in mine):
            cells = []
            for n in sizes:
                fill = rate.get(f"fill/{law}/{dtype}/{isa}/{n}/{threads}")
                yard = rate.get(f"memset/{n * bytes_of[dtype]}/{threads}")
                multiple = f" ({yard / bytes_of[dtype] / fill:.3g})" if fill and yard else ""
                cells.append(f"{1e9 / fill:.3g}{multiple}" if fill else "")
            print(f"| {law} | {dtype} | {isa} | " + " | ".join(cells) + " |")


def size_name(n):
    for shift, unit in ((20, "Mi"), (10, "Ki")):
        if n >= 1 << shift and n % (1 << shift) == 0:
            return f"{n >> shift}{unit}"
    return str(n)


if __name__ == "__main__":
    main()
