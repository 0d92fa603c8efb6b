#!/usr/bin/env python3
"""compare_settings.py with programs that only write what it reads."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
SCRIPT = os.path.join(ROOT, "tools", "benchmarks", "compare_settings.py")
sys.path.insert(0, os.path.dirname(SCRIPT))
import compare_settings  # noqa: E402

TRAIN = """
    import json, os, sys, time
    flags = dict(flag[2:].split("=", 1) for flag in sys.argv[1:])
    if flags.get("lr") == "wrong":
        sys.exit("--lr is wrong")
    os.mkdir(os.path.join(flags["outdir"], "00000-run"))
    with open(os.path.join(flags["outdir"], "00000-run", "stats.jsonl"), "w") as f:
        for kimg, speed in ((1, 100), (2, 300), (3, 200)):
            f.write(json.dumps({"Progress/kimg": kimg, "Timing/img_per_sec": speed}) + "\\n")
        f.write(json.dumps({"Progress/kimg": 2, "Progress/diverged_step": 7}) + "\\n")
    with open(os.path.join(flags["outdir"], "flags.json"), "w") as f:
        json.dump(flags, f)
    if float(flags["kimg"]) > 10:
        time.sleep(60)
"""
METRICS = """
    import json, os, sys
    flags = dict(flag[2:].split("=", 1) for flag in sys.argv[1:] if "=" in flag)
    with open(os.path.join(flags["network"], "flags.json")) as f:
        train = json.load(f)
    kid = 0.1 * int(train["seed"]) + (0.4 if train.get("aug") else 0.2)
    print(json.dumps({"results": {"kid_efflite0": kid}}))
    print(json.dumps({"results": {"pr_efflite0_precision": 0.5, "pr_efflite0_recall": 0.25}}))
"""


class CompareSettingsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.tools = os.path.join(self.folder.name, "tools")
        os.mkdir(self.tools)
        for name, text in (("train", TRAIN), ("metrics", METRICS), ("bench", "")):
            path = os.path.join(self.tools, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(f"#!{sys.executable}\n{textwrap.dedent(text)}")
            os.chmod(path, 0o755)

    def tearDown(self):
        self.folder.cleanup()

    def run_script(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if k != "BUILD_WORKING_DIRECTORY"}
        return subprocess.run([sys.executable, SCRIPT, f"--tools={self.tools}", *arguments], cwd=self.folder.name,
                              env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True,
                              check=False)

    def test_table_of_means_best_first(self):
        done = self.run_script("ada: --aug=ada --kimg=3", "plain:--kimg=3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[2:], [
            "| plain | 200 | 3 | 350 (300 / 400) | 0.50 | 0.25 |",
            "| ada | 200 | 3 | 550 (500 / 600) | 0.50 | 0.25 |",
        ])
        with open(os.path.join(self.folder.name, "settings", "ada", "2", "flags.json"), encoding="utf-8") as f:
            self.assertEqual(json.load(f)["seed"], "2")

    def test_time_ends_a_training(self):
        start = time.monotonic()
        done = self.run_script("plain", "--seeds=1", "--minutes=0.01")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - start, 30)
        self.assertIn("| plain | 200 | 3 | 300 | 0.50 | 0.25 |", done.stdout)

    def test_complete_runs_are_not_repeated(self):
        self.assertEqual(self.run_script("plain:--kimg=3", "--seeds=1").returncode, 0)
        os.remove(os.path.join(self.tools, "train"))
        self.assertEqual(self.run_script("plain:--kimg=3", "--seeds=1").returncode, 0)
        done = self.run_script("plain:--kimg=4", "--seeds=1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("choose another name or --outdir", done.stderr)

    def test_what_fails_is_told(self):
        done = self.run_script("bad:--lr=wrong", "--seeds=1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--lr is wrong", done.stderr)
        done = self.run_script("bad:--lr=wrong", "--seeds=1")
        self.assertIn("has a run that was not completed", done.stderr)

    def test_wrong_arguments(self):
        for arguments, text in (([], "required"), (["a:--x", "a"], "two settings have one name"),
                                (["a/b"], "without slashes"), (["a: '"], "No closing quotation"),
                                (["a", "--minutes=0"], "--minutes must be positive")):
            done = self.run_script(*arguments)
            self.assertEqual(done.returncode, compare_settings.EXIT_USAGE, arguments)
            self.assertIn(text, done.stderr)


if __name__ == "__main__":
    unittest.main()
