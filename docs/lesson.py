#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every command of lesson.md and compares what it prints and draws with what the page shows: docs/lesson.py [--update].

Blocks of ```console hold "$ command" lines, each followed by its output; all run in one new folder, in order. Output must be equal but
for the width of columns, or, in a block ```console 2%, up to numbers that differ by that much. --plot NAME.svg must draw img/NAME.svg (left
out, with a message, where gnuplot is missing; drawn but not compared where it is another version). A block ```json NAME is that file in the
folder. Blocks of ```c must stand in examples/lesson.c. --update writes the page's outputs and pictures anew.

SOW names the program, LESSON the built examples/lesson.c; without them they are looked for in build/.
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE / "lesson.md"
EXAMPLE = HERE.parent / "examples" / "lesson.c"
BUILD = HERE.parent / "build"
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
BLOCK = re.compile(r"^```(console|c|json)([^\n]*)\n(.*?)^```$", re.M | re.S)


def near(shown, got, relative, absolute=0.0):
    """Whether two texts are the same but for numbers that are about the same, and blanks."""
    if " ".join(NUMBER.sub("0", shown).split()) != " ".join(NUMBER.sub("0", got).split()):
        return False
    pairs = zip(map(float, NUMBER.findall(shown)), map(float, NUMBER.findall(got)))
    return all(abs(a - b) <= max(absolute, relative * max(abs(a), abs(b))) for a, b in pairs)


def same(shown, got):
    """Line by line, but for the width of columns."""
    return [line.split() for line in shown.splitlines()] == [line.split() for line in got.splitlines()]


def commands(block):
    """(command, output) pairs; a command goes on behind a backslash."""
    pairs, lines = [], block.splitlines(keepends=True)
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            raise SystemExit(f"lesson.md: a block must start with a command: {line!r}")
        while line.endswith("\\\n"):
            line += lines.pop(0)
        output = ""
        while lines and not lines[0].startswith("$ "):
            output += lines.pop(0)
        pairs.append((line, output))
    return pairs


def programs(folder):
    """A folder with the page's programs, under the names that it uses."""
    folder.mkdir()
    for name, words in (
        ("sow", shlex.split(os.environ.get("SOW", str(BUILD / "tools" / "sow")))),
        ("lesson", shlex.split(os.environ.get("LESSON", str(BUILD / "examples" / "example-lesson")))),
    ):
        words[-1] = str(pathlib.Path(shutil.which(words[-1]) or words[-1]).resolve())
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        script.chmod(0o755)
    return folder


def compare_picture(name, made):
    shown = (HERE / "img" / name).read_text(encoding="utf-8") if (HERE / "img" / name).exists() else ""
    version = re.compile(r"Produced by GNUPLOT [^<]*")
    if version.findall(shown) and version.findall(shown) != version.findall(made):
        print(f"   {name}: another gnuplot, drawn but not compared")
        return True
    return near(shown, made, 0, 1.0)  # a pixel


def main():
    update = sys.argv[1:] == ["--update"]
    if sys.argv[1:] and not update:
        raise SystemExit(__doc__)
    text, source = PAGE.read_text(encoding="utf-8"), [line.strip() for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    bad, ran, gnuplot = 0, 0, shutil.which("gnuplot")
    if not gnuplot:
        print("gnuplot is not here (package gnuplot-nox): pictures are not drawn")
    with tempfile.TemporaryDirectory(prefix="sow-lesson-") as name:
        folder = pathlib.Path(name)
        work = folder / "work"
        work.mkdir()
        env = {**os.environ, "PATH": f"{programs(folder / 'bin')}:{os.environ.get('PATH', '')}", "LC_ALL": "C.UTF-8"}

        def run(block):
            nonlocal bad, ran
            if block[1] == "c":
                lines = [line.strip() for line in block[3].splitlines()]
                if not any(source[i : i + len(lines)] == lines for i in range(len(source))):
                    print(f"FAIL not in examples/lesson.c: {block[3]}")
                    bad += 1
                return block[0]
            if block[1] == "json":
                (work / block[2].strip()).write_text(block[3], encoding="utf-8")
                return block[0]
            tolerance = float(block[2].strip().rstrip("%") or 0) / 100
            out = ""
            for line, shown in commands(block[3]):
                picture = re.search(r" --plot (\S+\.svg)", line)
                command = line[2:] if gnuplot or not picture else line[2:].replace(picture[0], "")
                result = subprocess.run(["bash", "-c", command], cwd=work, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
                got = result.stdout.decode()
                ran += 1
                good = result.returncode == 0 and (same(shown, got) or (tolerance > 0 and near(shown, got, tolerance)))
                if update and result.returncode == 0:
                    shown, good = (shown if tolerance > 0 and near(shown, got, tolerance) else got), True
                if picture and gnuplot and result.returncode == 0:
                    made = (work / picture[1]).read_text(encoding="utf-8")
                    if not compare_picture(picture[1], made):
                        if update:
                            (HERE / "img" / picture[1]).write_text(made, encoding="utf-8")
                        else:
                            print(f"FAIL {picture[1]} is not docs/img/{picture[1]}")
                            bad += 1
                if not good:
                    print(f"FAIL {line.strip()}: status {result.returncode}\n--- shown\n{shown}--- printed\n{got}---")
                    bad += 1
                else:
                    print(f"ok   {line.splitlines()[0]}", flush=True)
                out += line + shown
            return f"```{block[1]}{block[2]}\n{out}```"

        new = BLOCK.sub(run, text)
    if update and not bad:
        PAGE.write_text(new, encoding="utf-8")
    if not ran:
        raise SystemExit("lesson.md has no commands")
    return bad != 0


sys.exit(main())
