# SPDX-License-Identifier: MIT
"""A stop at any moment leaves the old file or the new one; Ctrl-C leaves nothing behind."""
import os
import random
import signal
import subprocess
import time

from sowtest import SOW, Case, main, sow

MODEL = {"tensors": [{"name": "a.{0..9}", "shape": [500_000]}], "rules": [{"match": "*", "scheme": "normal"}]}


class Kill(Case):
    def setUp(self):
        super().setUp()
        self.description = self.model(MODEL)
        self.target = self.path("t")
        self.new = sow("init", self.description, "-o", "-").stdout
        seed = int(os.environ.get("SOW_TEST_SEED", random.randrange(2**32)))
        print("seed", seed)
        self.random = random.Random(seed)

    def start(self, *args, **options):
        return subprocess.Popen(SOW + ["init", str(self.description), "-o", str(self.target), *args], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)

    def span(self):
        start = time.monotonic()
        with self.start("--force") as process:
            self.assertEqual(process.wait(60), 0)
        return time.monotonic() - start

    def stop_at_random(self, number, rounds):
        old = b"old" * 1000
        span, seen = self.span(), set()
        for _ in range(rounds):
            self.target.write_bytes(old)
            process = self.start("--force")
            time.sleep(self.random.uniform(0, 1.2 * span))
            process.send_signal(number)
            status = process.wait(60)
            process.stderr.close()
            content = self.target.read_bytes()
            self.assertTrue(content in (old, self.new), f"neither the old nor the new file: {len(content)} bytes")
            self.assertIn(status, (0, -number))
            if status == 0:
                self.assertEqual(content, self.new)
            seen.add(content == old)
            if number != signal.SIGKILL:
                self.assertEqual(sorted(os.listdir(self.folder)), ["model.json", "t"])
        return seen

    def test_kill(self):
        self.assertIn(True, self.stop_at_random(signal.SIGKILL, 40))

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.stop_at_random(number, 10)

    def test_nothing_where_nothing_was(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            big = self.model({"tensors": [{"name": "a", "shape": [1 << 27]}], "rules": MODEL["rules"]}, "big.json")
            slow = ["--isa", "scalar", "--threads", "1"]
            process = subprocess.Popen(SOW + ["init", str(big), "-o", str(self.target), *slow], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.1)
            process.send_signal(number)
            self.assertEqual(process.wait(60), -number)
            self.assertEqual(sorted(os.listdir(self.folder)), ["big.json", "model.json"])

    def test_ignored_hangup_stays_ignored(self):
        process = self.start("--force", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        time.sleep(0.02)
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.wait(60), 0)
        process.stderr.close()


main()
