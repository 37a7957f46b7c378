#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the shipped descriptions as C. Usage: recipes.py OUTPUT.c FILE.json…"""
import json
import pathlib
import sys


def main():
    lines = ["/* Written by tools/model/recipes.py. */", '#include "model/recipes.h"', ""]
    rows = []
    for i, path in enumerate(sorted(pathlib.Path(p) for p in sys.argv[2:] if p.endswith(".json"))):
        data = path.read_bytes()
        json.loads(data)  # a fault stops the build
        lines.append(f"static const unsigned char text_{i}[] = {{")
        lines += ["    " + ",".join(str(b) for b in data[k : k + 40]) + "," for k in range(0, len(data), 40)]
        lines.append("};")
        rows.append(f'    {{"{path.stem}", text_{i}, sizeof text_{i}}},')
    lines += ["", "const struct recipe recipes[] = {", *rows, "};", "const size_t recipe_count = sizeof recipes / sizeof recipes[0];", ""]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines))


main()
