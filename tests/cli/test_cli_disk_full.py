# SPDX-License-Identifier: MIT
"""A full disk: status 1, one line, the old file as it was, nothing left. Needs a small tmpfs of its own."""
import os
import subprocess
import sys

from sowtest import Case, main, sow

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

    def test_room_enough(self):
        self.assertEqual(sow("init", self.model(MODEL), "-o", self.disk / "t", "--dtype", "f16").returncode, 0)
        small = {"tensors": [{"name": "b", "shape": [1000]}], "rules": MODEL["rules"]}
        self.refused(sow("init", self.model(MODEL), "-o", self.disk / "u", "--dtype", "f16"), 1, "No space left")
        self.assertEqual(sow("init", self.model(small), "-o", self.disk / "u").returncode, 0)
        self.assertEqual(sorted(os.listdir(self.disk)), ["t", "u"])


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
