#!/usr/bin/env python3
"""The whole comparison with stand-ins for this project's programs and for a Python that has torch. Measures nothing."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
PROGRAM = os.path.join(ROOT, "tools", "bench_vs_pytorch", "bench_vs_pytorch.py")

BENCH = """#!/bin/bash
case "$*" in *bf16*) seconds=0.5 precision=bf16 ;; *) seconds=1.0 precision=f32 ;; esac
echo "CPU: Stand-in, $SIMD, 2 threads" >&2
echo "{\\"precision\\": \\"$precision\\", \\"res\\": 32, \\"batch\\": 4," \\
  "\\"iteration\\": $seconds, \\"peak_rss_mib\\": 100}"
"""
TRAIN = """#!/bin/bash
for a; do case "$a" in --outdir=*) mkdir -p "${a#*=}/run" && touch "${a#*=}/run/network.safetensors" ;; esac; done
"""
GENERATE = "#!/bin/bash\n"
PYTHON = """#!/bin/bash
[[ "$1" == -c ]] && exit 0
[[ -n "$MALLOC_TOP_PAD_" ]] || exit 9
case "$*" in *--strong*) seconds=2 ;; *) seconds=4 ;; esac
echo "{\\"torch\\": \\"1.0\\", \\"blas\\": \\"OpenBLAS\\", \\"res\\": 32, \\"batch\\": 4, \\"iteration\\": $seconds,
 \\"peak_rss_mib\\": 300, \\"difference\\": $DIFFERENCE}" | tr -d '\\n'
"""


class ComparisonTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name, text in (("bench", BENCH), ("train", TRAIN), ("generate", GENERATE), ("python", PYTHON)):
            path = os.path.join(self.folder, name)
            with open(path, "w", encoding="ascii") as f:
                f.write(text)
            os.chmod(path, 0o755)

    def compare(self, *options, python=None, simd="AVX2", difference="1e-6"):
        command = [sys.executable, PROGRAM, "--quick", f"--tools={self.folder}", *options]
        command.append("--python=" + (python or os.path.join(self.folder, "python")))
        environment = dict(os.environ, SIMD=simd, DIFFERENCE=difference, BUILD_WORKING_DIRECTORY=self.folder)
        return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True, check=False)

    def test_prints_the_table(self):
        done = self.compare("--json=lines.json", "--output=table.md", simd="AVX-512 with BF16")
        self.assertEqual(done.returncode, 0, done.stderr)
        for row in ("| 32 px: training step, 4 images, f32 | 1.00 s | 4.00 s (plain) | 4.00 |",
                    "| 32 px: training step, 4 images, f32 | 1.00 s | 2.00 s (strong) | 2.00 |",
                    "| 32 px: training step, 4 images, bf16 | 500 ms | 2.00 s (strong, bf16) | 4.00 |",
                    "| 32 px: peak memory, 4 images, f32 | 100 MiB | 300 MiB (strong) | 3.00 |"):
            self.assertIn(row + "\n", done.stdout)
        self.assertIn("CPU: Stand-in, AVX-512 with BF16, 2 threads", done.stdout)
        with open(os.path.join(self.folder, "table.md"), encoding="utf-8") as f:
            self.assertEqual(f.read(), done.stdout)
        with open(os.path.join(self.folder, "lines.json"), encoding="utf-8") as f:
            self.assertEqual([json.loads(text)["program"] for text in f], ["ours", "plain", "strong", "ours", "strong"])

    def test_no_bf16_where_the_processor_has_none(self):
        done = self.compare()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("bf16", done.stdout)

    def test_other_mathematics_is_no_peer(self):
        done = self.compare(difference="0.01")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("not the same mathematics", done.stderr)

    def test_without_torch_it_says_how_to_get_it(self):
        done = self.compare(python="/nonexistent/python3")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("apt-get install python3-torch", done.stderr)

    def test_a_mistake_in_the_command_line_is_named(self):
        done = self.compare("--sizes=64,x")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("argument --sizes: 64,x: not numbers with commas", done.stderr)

    def test_a_program_that_fails_is_quoted(self):
        with open(os.path.join(self.folder, "bench"), "w", encoding="ascii") as f:
            f.write("#!/bin/bash\necho out of luck >&2\nexit 1\n")
        done = self.compare()
        self.assertEqual(done.returncode, 1)
        self.assertIn("out of luck", done.stderr)


if __name__ == "__main__":
    unittest.main()
