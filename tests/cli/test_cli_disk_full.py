# SPDX-License-Identifier: MIT
"""A full disk: status 1, one line, the old file as it was, nothing left. Needs a small tmpfs of its own, and hides /proc for a while."""
import os
import signal
import subprocess
import sys
import time
import unittest

from sowtest import SANITIZED, SOW, Case, main, sow

MODEL = {"tensors": [{"name": "a.{0..9}", "shape": [1_000_000]}], "rules": [{"match": "*", "scheme": "normal"}]}


def mount(folder):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "sow-test", folder], stderr=subprocess.DEVNULL).returncode == 0


class DiskFull(Case):
    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        self.disk.mkdir()
        self.assertTrue(mount(self.disk))
        self.addCleanup(subprocess.run, ["umount", self.disk])

    def test_new_file(self):
        self.refused(sow("init", self.model(MODEL), "-o", self.disk / "t"), 1, "t: no room for \\d+ bytes: No space left")
        self.assertEqual(os.listdir(self.disk), [])

    def test_old_file_stays(self):
        (self.disk / "t").write_bytes(b"old")
        self.refused(sow("init", self.model(MODEL), "-o", self.disk / "t", "--force"), 1, "No space left")
        self.assertEqual((self.disk / "t").read_bytes(), b"old")
        self.assertEqual(os.listdir(self.disk), ["t"])

    def test_several_files(self):
        """Room for two of five: seen before anything is drawn."""
        result = sow("init", self.model(MODEL), "-o", self.disk / "o", "--max-file-size", "10MB")
        self.refused(result, 1, "o/model-0000\\d-of-00005.safetensors: no room for \\d+ bytes: No space left")
        self.assertEqual(os.listdir(self.disk), [])

    def test_room_enough(self):
        self.assertEqual(sow("init", self.model(MODEL), "-o", self.disk / "t", "--dtype", "f16").returncode, 0)
        small = {"tensors": [{"name": "b", "shape": [1000]}], "rules": MODEL["rules"]}
        self.refused(sow("init", self.model(MODEL), "-o", self.disk / "u", "--dtype", "f16"), 1, "No space left")
        self.assertEqual(sow("init", self.model(small), "-o", self.disk / "u").returncode, 0)
        self.assertEqual(sorted(os.listdir(self.disk)), ["t", "u"])


@unittest.skipIf(SANITIZED, "the sanitizers need /proc")
class NamedTemporary(Case):
    """Where a file without a name could never get one (here: no /proc), a temporary file beside the target serves."""

    def setUp(self):
        super().setUp()
        self.assertEqual(subprocess.run(["mount", "-t", "tmpfs", "sow-test", "/proc"]).returncode, 0)
        self.addCleanup(subprocess.run, ["umount", "/proc"])
        self.target = self.path("t")

    def test_new_and_old(self):
        model = self.model(MODEL)
        good = sow("init", model, "-o", "-").stdout
        self.assertEqual(sow("init", model, "-o", self.target).returncode, 0)
        self.assertEqual(self.target.read_bytes(), good)
        self.target.write_bytes(b"old")
        self.assertEqual(sow("init", model, "-o", self.target).returncode, 2)
        self.assertEqual(self.target.read_bytes(), b"old")
        self.assertEqual(sow("init", model, "-o", self.target, "--force").returncode, 0)
        self.assertEqual(self.target.read_bytes(), good)
        self.assertEqual(sorted(os.listdir(self.folder)), ["model.json", "t"])

    def test_several_files(self):
        model = self.model(MODEL)
        names = [f"model-0000{i}-of-00005.safetensors" for i in range(1, 6)] + ["model.safetensors.index.json"]
        for _ in range(2):
            self.assertEqual(sow("init", model, "-o", self.path("o"), "--max-file-size", "10MB", "--force").returncode, 0)
            self.assertEqual(sorted(os.listdir(self.path("o"))), names)
        self.assertEqual(sow("init", model, "-o", self.path("o"), "--max-file-size", "10MB").returncode, 2)
        self.assertEqual(sorted(os.listdir(self.path("o"))), names)

    def test_signals_remove_it(self):
        big = self.model({"tensors": [{"name": "a", "shape": [1 << 27]}], "rules": MODEL["rules"]})
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = subprocess.Popen(SOW + ["init", str(big), "-o", str(self.target), "--isa", "scalar"], stdout=subprocess.DEVNULL)
            while len(os.listdir(self.folder)) < 2 and process.poll() is None:
                time.sleep(0.001)
            self.assertRegex(sorted(os.listdir(self.folder))[0], r"^\.sow-\d+-\d+\.tmp$")
            process.send_signal(number)
            self.assertEqual(process.wait(60), -number)
            self.assertEqual(os.listdir(self.folder), ["model.json"])

    def test_failure_removes_it(self):
        disk = self.path("disk")
        disk.mkdir()
        self.assertTrue(mount(disk))
        self.addCleanup(subprocess.run, ["umount", disk])
        self.refused(sow("init", self.model(MODEL), "-o", disk / "t"), 1, "No space left")
        self.assertEqual(os.listdir(disk), [])


if "SOW_TEST_OWN_MOUNTS" not in os.environ:
    # Mounts that nobody else sees; without root, inside a user namespace of our own.
    for flags in (["-m"], ["-rm"]):
        probe = ["unshare", *flags, "sh", "-c", "mount -t tmpfs sow-test /mnt"]
        try:
            if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0:
                os.environ["SOW_TEST_OWN_MOUNTS"] = "1"
                os.execvp("unshare", ["unshare", *flags, sys.executable, *sys.argv])
        except FileNotFoundError:
            break
    print("no privilege to mount a tmpfs")
    sys.exit(77)
main()
