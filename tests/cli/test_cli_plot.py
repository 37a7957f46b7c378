# SPDX-License-Identifier: MIT
"""Pictures through gnuplot: what is in them, that no text is a command, and what happens without gnuplot."""
import os
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as ET

from sowtest import Case, main

PROBE = os.environ["PLOT_PROBE"]
GNUPLOT = shutil.which("gnuplot")
CASES = ("curves", "bars", "odd", "empty")
with_gnuplot = unittest.skipUnless(GNUPLOT, "gnuplot is not here (package gnuplot-nox)")


def texts(path):
    """All texts of a picture, without blanks around them."""
    return ["".join(e.itertext()).strip() for e in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


class Plot(Case):
    def draw(self, case, name="out.svg", *args, **env):
        out = self.path(name)
        result = subprocess.run([PROBE, case, out, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **env}, cwd=self.folder, timeout=60)
        result.stderr = result.stderr.decode()
        return result, out

    def picture(self, case, *args, **env):
        result, out = self.draw(case, "out.svg", "--force", *args, **env)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", ""))
        return out

    def stand_in(self, script):
        """A PATH with a gnuplot of our own."""
        folder = self.path("bin")
        folder.mkdir(exist_ok=True)
        program = folder / "gnuplot"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        return str(folder)

    @with_gnuplot
    def test_gnuplot_has_nothing_to_say(self):
        log = self.path("log")
        path = self.stand_in(f'exec {GNUPLOT} "$@" 2>>{log}\n')
        for case in CASES:
            self.picture(case, PATH=path)
            self.assertEqual(log.read_text(), "", case)

    @with_gnuplot
    def test_same_bytes(self):
        self.path(".gnuplot").write_text("set title 'mine'\nset xrange [0:3]\n")
        for case in CASES:
            first = self.picture(case).read_bytes()
            self.assertEqual(self.picture(case, HOME=str(self.folder), LC_ALL="de_DE.UTF-8", GNUTERM="png").read_bytes(), first)
            self.assertNotRegex(first, rb"(?i)\bnan\b|\binf\b")
            ET.fromstring(first)

    @with_gnuplot
    def test_curves(self):
        out = self.picture("curves", "Signal")
        shown = texts(out)
        for text in ("Signal", "backward", "layer", "variance", "0.5", "2", "theory", "1e-20", "1e2"):
            self.assertIn(text, shown)
        self.assertEqual(shown.count("theory"), 2)  # once in each panel
        self.assertEqual(ET.parse(out).find("{http://www.w3.org/2000/svg}title").text, "Signal")
        # 0.5^i on a logarithmic axis is a straight line from the upper left to the bottom; theory is dashed and darker.
        line = re.search(r"stroke='rgb\( *0, *57, *89\)' *stroke-dasharray='[^']*'[^/]*? d='([^']*)'", out.read_text().replace('"', "'"))
        self.assertIsNotNone(line)
        points = [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+),([\d.]+)", line[1])]
        self.assertEqual(len(points), 101)
        (x0, y0), (x1, y1) = points[0], points[-1]
        self.assertGreater(y1 - y0, 100)
        for x, y in points:
            self.assertAlmostEqual(y, y0 + (y1 - y0) * (x - x0) / (x1 - x0), delta=0.11)

    @with_gnuplot
    def test_values_that_cannot_be_shown(self):
        shown = texts(self.picture("odd"))
        self.assertEqual([shown.count(t) for t in ("infinite", "zero", "minus infinite", "no finite values")], [3, 1, 1, 3])
        self.assertNotIn("gnuplot", " ".join(shown))

    HOSTILE = [
        "'; system('touch hit'); '",
        '\'."`touch hit`".\'',
        "`touch hit`",
        "$(touch hit)",
        '@hit "a" \\',
        "\\",
        "''",
        "{/Symbol a}_b^c %s %d \\n \\101",
        "</text><script>&amp;<!--",
        "h.0.weight\nsystem('touch hit')\n",
        "ünïcödé ∇ 中文",
        "# comment",
        "EOD\n!touch hit\n",
        "\x01\x7f\x85\ufffe",
        b"\xff\xc3 a".decode("utf-8", "surrogateescape"),
    ]

    @with_gnuplot
    def test_no_text_is_a_command(self):
        for text in self.HOSTILE:
            if any("\udc80" <= c <= "\udcff" for c in text):
                expected = "".join("?" if ord(c) > 0x7E else c for c in text)
            else:
                expected = re.sub("[\x00-\x1f\x7f-\x9f\ufffe\uffff]", "?", text)
            for case in CASES:
                out = self.picture(case, text)
                shown = texts(out)
                self.assertIn(expected.strip(), shown, (case, text))
                self.assertEqual(ET.parse(out).find("{http://www.w3.org/2000/svg}title").text, expected)
                self.assertEqual(sorted(os.listdir(self.folder)), ["out.svg"], (case, text))

    @with_gnuplot
    def test_long_titles(self):
        shown = texts(self.picture("bars", "model.layers.0." + "ä" * 300 + ".weight"))
        short = [t for t in shown if re.fullmatch(r"model\.layers\.0\.ä+…ä+\.weight", t)]
        self.assertEqual(sorted(map(len, short)), [37] * 7 + [104])

    def test_no_gnuplot(self):
        for path in ("", "/nonexistent", str(self.folder), "."):
            old = self.path("old.svg")
            old.write_text("old")
            result, out = self.draw("curves", "new.svg", PATH=path)
            self.refused(result, 1, r"^sow: --plot needs the program gnuplot, .*package gnuplot-nox")
            result, _ = self.draw("curves", "old.svg", "--force", PATH=path)
            self.assertEqual((result.returncode, old.read_text(), os.listdir(self.folder)), (1, "old", ["old.svg"]))

    def test_gnuplot_fails(self):
        for script, pattern in (
            ("echo 'plot x' >&2; echo '     ^' >&2; echo '   line 3: undefined' >&2; exit 1", "status 1: line 3: undefined"),
            ("exit 0", "status 0: no picture"),
            ("echo '<svg>'", "status 0: no picture"),
            ("kill -9 $$", "status -9: no picture"),
        ):
            path = self.stand_in(script)
            result, out = self.draw("curves", "new.svg", PATH=path)
            self.refused(result, 1, rf"^sow: {path}/gnuplot: failed with {pattern}")
            self.assertEqual(os.listdir(self.folder), ["bin"])

    @with_gnuplot
    def test_targets(self):
        result, out = self.draw("empty", "a.svg")
        self.assertEqual(result.returncode, 0)
        out.write_text("old")
        result, _ = self.draw("empty", "a.svg")
        self.refused(result, 2, r"a\.svg: exists; --force replaces it")
        self.assertEqual(out.read_text(), "old")
        for name in ("a.png", "svg", "a.svg.gz"):
            result, _ = self.draw("empty", name)
            self.refused(result, 2, r"^sow: --plot is .*, must end in \.svg")
        self.assertEqual(os.listdir(self.folder), ["a.svg"])


if not os.path.exists(PROBE):
    print("PLOT_PROBE does not name the program")
    sys.exit(1)
main()
