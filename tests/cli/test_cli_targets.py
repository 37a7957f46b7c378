# SPDX-License-Identifier: MIT
"""What may be written over, what is followed, what is written as it stands."""
import os
import pathlib
import signal
import stat
import subprocess
import threading

from sowtest import SOW, Case, main, sow

MODEL = {"tensors": [{"name": "a", "shape": [1000]}], "rules": [{"match": "*", "scheme": "normal"}]}


class Targets(Case):
    def setUp(self):
        super().setUp()
        self.description = self.model(MODEL)
        self.good = sow("init", self.description, "-o", "-").stdout
        self.assertEqual(len(self.good), 4096 + 4000)

    def write(self, target, *args, status=0):
        result = sow("init", self.description, "-o", target, "-q", *args)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def test_existing_needs_force(self):
        target = self.path("t")
        target.write_bytes(b"old")
        self.refused(self.write(target, status=2), 2, "t: exists; --force replaces it")
        self.assertEqual(target.read_bytes(), b"old")
        inode = target.stat().st_ino
        self.write(target, "--force")
        self.assertEqual(target.read_bytes(), self.good)
        self.assertNotEqual(target.stat().st_ino, inode)

    def test_mode(self):
        target = self.path("t")
        old = os.umask(0o027)
        try:
            self.write(target)
            self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o640)
            target.chmod(0o604)
            self.write(target, "-f")
            self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o604)
        finally:
            os.umask(old)

    def test_symbolic_links_are_followed(self):
        self.path("d").mkdir()
        self.path("d/real").write_bytes(b"old")
        self.path("d/one").symlink_to("real")
        self.path("two").symlink_to("d/one")
        self.refused(self.write(self.path("two"), status=2), 2, "exists")
        self.write(self.path("two"), "-f")
        self.assertTrue(self.path("two").is_symlink() and self.path("d/one").is_symlink())
        self.assertEqual(self.path("d/real").read_bytes(), self.good)
        self.assertEqual(sorted(os.listdir(self.path("d"))), ["one", "real"])

    def test_dangling_link(self):
        self.path("link").symlink_to("new")
        self.write(self.path("link"))
        self.assertTrue(self.path("link").is_symlink())
        self.assertEqual(self.path("new").read_bytes(), self.good)

    def test_link_loop(self):
        self.path("loop").symlink_to("loop")
        self.assertEqual(sow("init", self.description, "-o", self.path("loop")).returncode, 2)

    def test_devices_are_not_replaced(self):
        self.write("/dev/null", "--force")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))
        self.path("null").symlink_to("/dev/null")
        self.write(self.path("null"))
        self.assertTrue(self.path("null").is_symlink())

    def test_fifo(self):
        os.mkfifo(self.path("fifo"))
        seen = []
        reader = threading.Thread(target=lambda: seen.append(self.path("fifo").read_bytes()))
        reader.start()
        self.write(self.path("fifo"))
        reader.join()
        self.assertEqual(seen[0], self.good)
        self.assertTrue(stat.S_ISFIFO(self.path("fifo").stat().st_mode))

    def test_bad_input_leaves_a_fifo_alone(self):
        os.mkfifo(self.path("fifo"))
        self.refused(sow("init", self.model("{", "bad.json"), "-o", self.path("fifo"), timeout=20), 2, "bad.json:1:2")

    def test_output_that_is_input(self):
        again = self.path("again.safetensors")
        self.write(again)
        os.link(again, self.path("hard"))
        self.path("soft").symlink_to("again.safetensors")
        rules = self.model({"rules": MODEL["rules"]}, "rules.json")
        for args in (
            (self.description, "-o", self.description),
            (again, "-o", again),
            (again, "-o", self.path("hard")),
            (again, "-o", self.path("soft")),
            (rules, "--like", again, "-o", self.path("hard")),
        ):
            self.refused(sow("init", *args, "--force"), 2, "is also read")
        self.assertEqual(again.read_bytes(), self.good)
        with open(again, "rb") as standard:
            self.refused(sow("init", "-", "-o", again, "-f", stdin=standard), 2, "is also read")

    def test_full_device(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        self.refused(self.write("/dev/full", status=1), 1, "/dev/full: cannot be written after 0 of 8096 bytes: No space left")

    def test_report_to_a_full_device(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run(SOW + ["init", self.description, "-o", self.path("t")], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"standard output", result.stderr)

    def test_standard_output_by_another_name(self):
        self.assertEqual(sow("init", self.description, "-o", "/dev/stdout").stdout, self.good)

    def test_closed_standard_streams(self):
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            target = self.path("closed")
            line = " ".join(f"{fd}>&-" for fd in closed)
            status = subprocess.run(["sh", "-c", f'exec "$@" {line}', "sh", *SOW, "init", self.description, "-o", target, "-f"], stdout=subprocess.DEVNULL)
            self.assertEqual(status.returncode, 0)
            self.assertEqual(target.read_bytes(), self.good)

    def test_closed_pipe(self):
        big = self.model({"tensors": [{"name": "a", "shape": [50_000_000]}], "rules": MODEL["rules"]}, "big.json")
        process = subprocess.Popen(SOW + ["init", str(big), "-o", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(100)
        process.stdout.close()
        self.assertEqual(process.wait(60), -signal.SIGPIPE)
        process.stderr.close()

    def test_file_size_limit(self):
        import resource

        result = sow("init", self.description, "-o", self.path("t"), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)))
        self.refused(result, 1, "t: .*File too large")
        self.assertEqual(os.listdir(self.folder), ["model.json"])

    def test_folder_without_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        self.path("d").mkdir(0o555)
        self.refused(self.write(self.path("d/t"), status=2), 2, "Permission denied")


main()
