#!/usr/bin/env python3
"""The arithmetic and the table of cost_growth.py. Measures nothing; needs no matplotlib."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
FOLDER = os.path.join(ROOT, "tools", "benchmarks")
sys.path.insert(0, FOLDER)
import cost_growth  # noqa: E402


def point(res, batch, seconds, mib):
    return dict(res=res, batch=batch, iteration=seconds, peak_rss_mib=mib, hardware="CPU: Stand-in")


class CostGrowthTest(unittest.TestCase):
    def test_multiply_adds_by_hand(self):
        # G: 4x4 with 64 channels, then 8x8 with 32. D: 8x8 with 64, 4x4 with 128, the head 2x2 with 129.
        g = 16 * (9 * 64 * 64 + 3 * 64) + 64 * (9 * 64 * 32 + 9 * 32 * 32 + 3 * 32)
        d = 64 * 3 * 64 + 64 * 9 * (64 * 64 + 64 * 128) + 16 * 64 * 128 + 4 * 9 * 129 * 129
        self.assertEqual(cost_growth.multiply_adds(8), g + d)

    def test_proportional_growth_is_one(self):
        for row in cost_growth.growth_rows([point(64, n, 0.1 * n, 100 * n) for n in (4, 8, 32)]):
            for key in ("time_per_pixel", "time_per_work", "memory_per_pixel"):
                self.assertAlmostEqual(row[key], 1)

    def test_larger_images_count_by_pixels_and_by_work(self):
        work = cost_growth.multiply_adds(128) / cost_growth.multiply_adds(64)
        row = cost_growth.growth_rows([point(64, 4, 1.0, 200), point(128, 4, 6.0, 400)])[1]
        self.assertEqual(row["pixels"], 65536)
        self.assertAlmostEqual(row["time_per_pixel"], 1.5)
        self.assertAlmostEqual(row["time_per_work"], 6 / work)
        self.assertAlmostEqual(row["memory_per_pixel"], 0.5)

    def test_tabulates_old_measurements_without_a_plot(self):
        points = [point(64, 4, 1.0, 200), point(64, 8, 2.0, 300)]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump(dict(by_size=points[:1], by_batch=points), f)
            f.flush()
            command = [sys.executable, os.path.join(FOLDER, "cost_growth.py"), "--png=", f"--from-json={f.name}"]
            done = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, check=True)
        self.assertIn("| 64 | 8 | 32768 | 2.000 | 300 | 1.00 | 1.00 | 0.75 |\n", done.stdout)

    def test_without_matplotlib_it_says_how_to_get_it(self):
        command = [sys.executable, os.path.join(FOLDER, "cost_growth.py"), "--python=/nonexistent/python3"]
        done = subprocess.run(command, stderr=subprocess.PIPE, universal_newlines=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("apt-get install python3-matplotlib", done.stderr)


if __name__ == "__main__":
    unittest.main()
