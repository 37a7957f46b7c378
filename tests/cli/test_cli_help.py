# SPDX-License-Identifier: MIT
"""Help, man pages, completions, info and the progress bar; all but the last come out of one table."""
import json
import os
import pty
import re
import shutil
import subprocess

from sowtest import SOW, Case, main, sow


def options(command):
    return set(re.findall(r"^ .*?(--[a-z]+(?:-[a-z]+)*)", sow(command, "--help").stdout.decode(), re.M))


class Help(Case):
    def test_overview(self):
        for args in (["--help"], ["-h"], ["help"]):
            result = sow(*args)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stdout.decode(), r"(?m)^  init .*\n(  \w+ .*\n)*  info ")
        self.assertRegex(sow("--version").stdout.decode(), r"^sow \d+\.\d+\.\d+\n$")

    def test_commands(self):
        self.assertEqual(options("init"), {f"--{o}" for o in "seed output force like set keep reinit grow dtype variant max-file-size manifest threads isa json quiet help".split()})
        text = sow("init", "--help").stdout.decode()
        for line in text.split("\n"):
            if not line.startswith("  "):
                self.assertLessEqual(len(line), 80, line)

        self.assertEqual(options("shard"), {f"--{o}" for o in "rank world shard output seed force set dtype variant threads isa json quiet help".split()})

    def test_the_example_in_the_help_works(self):
        text = sow("init", "--help").stdout.decode()
        example = text[text.index('{"name"') : text.index("A tied tensor")]
        self.assertEqual(sow("init", self.model(example), "-o", "/dev/null").returncode, 0)

    def test_man_pages(self):
        for page in ("sow", "sow-init", "sow-info", "sow-schemes", "sow-verify", "sow-diff"):
            text = sow("--dump-man", page).stdout
            self.assertTrue(text.startswith(f".TH {page} 1".encode()))
            if page != "sow":
                for option in options(page[4:]):
                    self.assertIn(option.replace("-", "\\-").encode(), text)
            if shutil.which("groff"):
                result = subprocess.run(["groff", "-man", "-ww", "-z", "-K", "utf8"], input=text, stderr=subprocess.PIPE)
                self.assertEqual(result.stderr, b"")
        self.assertEqual(sow("--dump-man", "other").returncode, 2)

    def complete(self, *words):
        script = self.path("sow.bash")
        script.write_bytes(sow("--dump-completion", "bash").stdout)
        line = f'. {script}; COMP_WORDS=({" ".join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; _sow; printf "%s\\n" "${{COMPREPLY[@]}}"'
        return subprocess.run(["bash", "-c", line], stdout=subprocess.PIPE, cwd=self.folder, check=True).stdout.decode().split()

    def test_bash(self):
        self.path("model.json").write_text("{}")
        self.assertEqual(self.complete("sow", "in"), ["init", "info"])
        self.assertEqual(set(self.complete("sow", "init", "--")), options("init"))
        self.assertEqual(set(self.complete("sow", "info", "--")), options("info"))
        self.assertEqual(self.complete("sow", "sch"), ["schemes"])
        self.assertEqual(self.complete("sow", "init", "--dtype", "b"), ["bf16"])
        self.assertEqual(self.complete("sow", "init", "mod"), ["model.json"])
        self.assertEqual(self.complete("sow", "init", "-o", "mod"), ["model.json"])

    def test_zsh(self):
        script = sow("--dump-completion", "zsh").stdout
        self.assertTrue(script.startswith(b"#compdef sow\n"))
        for option in options("init"):
            self.assertIn(option.encode(), script)
        if shutil.which("zsh"):
            self.path("_sow").write_bytes(script)
            self.assertEqual(subprocess.run(["zsh", "-n", self.path("_sow")]).returncode, 0)


class Info(Case):
    def test_json(self):
        info = json.loads(sow("info", "--json").stdout)
        self.assertEqual(info["stream_version"], 1)
        self.assertIn(info["isa"], [i["name"] for i in info["isas"] if i["usable"]])
        self.assertGreaterEqual(info["threads"], 1)
        self.assertEqual(set(info["libraries"]), {"sow", "yajl", "xxhash", "libc"})

    def test_why(self):
        def info(*args, **env):
            return json.loads(sow("info", "--json", *args, env={**os.environ, **env}).stdout)

        self.assertEqual((info("--isa", "scalar")["isa"], info("--isa", "scalar")["isa_why"]), ("scalar", "asked for by --isa"))
        self.assertEqual(info(SOW_ISA="scalar")["isa_why"], "SOW_ISA=scalar in the environment")
        self.assertEqual((info(SOW_NUM_THREADS="3")["threads"], info("-t", "5")["threads"]), (3, 5))
        self.assertRegex(sow("info").stdout.decode(), r"(?m)^used +\w+: the best")


class Progress(Case):
    def on_terminal(self, *args):
        """What a terminal sees on stderr, and the exit status."""
        master, slave = pty.openpty()
        process = subprocess.Popen(SOW + [str(a) for a in args], stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        seen = b""
        try:
            while True:
                piece = os.read(master, 65536)
                if not piece:
                    break
                seen += piece
        except OSError:
            pass
        os.close(master)
        return seen.decode(), process.wait(60)

    def test_bar(self):
        model = self.model({"tensors": [{"name": "first", "shape": [1 << 14, 1 << 14], "dtype": "bf16"}], "rules": [{"match": "*", "scheme": "normal"}]})
        seen, status = self.on_terminal("init", model, "-o", "/dev/null", "-t", "1", "--isa", "scalar")
        self.assertEqual(status, 0)
        self.assertRegex(seen, r"\d+% \[#*\.*\] .* of 537 MB, .*/s, \d+ s left  \"first\"")
        self.assertTrue(seen.endswith("\r\x1b[K"), repr(seen[-40:]))
        self.assertEqual(self.on_terminal("init", model, "-o", "/dev/null", "-q"), ("", 0))

    def test_steps(self):
        seen, status = self.on_terminal("symmetry", "-n", "600", "--isa", "scalar")
        self.assertEqual(status, 0)
        self.assertRegex(seen, r"\d+% \[#*\.*\] \d+ of 1200 steps, \d+/s, \d+ s left  \"(consta|xavier)")
        self.assertTrue(seen.endswith("\r\x1b[K"), repr(seen[-40:]))

    def test_terminal_is_no_target(self):
        model = self.model({"tensors": [{"name": "a", "shape": [1]}], "rules": [{"match": "*", "scheme": "normal"}]})
        master, slave = pty.openpty()
        result = subprocess.run(SOW + ["init", model, "-o", "-"], stdout=slave, stderr=subprocess.PIPE)
        os.close(slave)
        os.close(master)
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"is a terminal", result.stderr)


main()
