#!/usr/bin/env python3
"""From fixed lines to medians, ratios and Markdown. Measures nothing; needs no torch."""

import os
import sys
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools", "bench_vs_pytorch"))
import machine  # noqa: E402
import report  # noqa: E402


def line(program, precision, seconds, mib, **others):
    return dict(program=program, precision=precision, res=64, batch=8, iteration=seconds, peak_rss_mib=mib, **others)


ROUNDS = [
    line("ours", "f32", 1.0, 400, gfwd=0.05),
    line("plain", "f32", 4.0, 1600, gfwd=0.4),
    line("strong", "f32", 2.0, 1000, gfwd=0.1),
    line("ours", "bf16", 0.5, 380, gfwd=0.04),
    line("strong", "bf16", 1.5, 900, gfwd=0.12),
]


class ReportTest(unittest.TestCase):
    def test_the_median_of_the_rounds_counts(self):
        lines = [line("ours", "f32", s, m) for s, m in ((1.0, 400), (9.0, 410), (1.2, 420))]
        self.assertEqual(report.combine(lines)[("ours", "f32")], dict(iteration=1.2, peak_rss_mib=410))

    def test_a_phase_that_one_round_lacks_is_left_out(self):
        lines = [line("ours", "f32", 1.0, 400, gfwd=0.1), line("ours", "f32", 1.0, 400)]
        self.assertNotIn("gfwd", report.combine(lines)[("ours", "f32")])

    def test_f32_meets_both_forms_and_bf16_the_better_of_two(self):
        rows = report.size_rows(ROUNDS, ("iteration", "gfwd"))
        self.assertEqual([(r.work, r.note, round(r.ratio, 6)) for r in rows], [
            ("64 px: training step, 8 images, f32", "plain", 4.0),
            ("64 px: training step, 8 images, f32", "strong", 2.0),
            ("64 px: training step, 8 images, bf16", "strong, bf16", 3.0),
            ("64 px: pictures, 8 images, f32", "plain", 8.0),
            ("64 px: pictures, 8 images, f32", "strong", 2.0),
            ("64 px: pictures, 8 images, bf16", "strong, f32", 2.5),
            ("64 px: peak memory, 8 images, f32", "strong", 2.5),
        ])

    def test_without_bf16_there_are_no_rows_of_it(self):
        rows = report.size_rows([r for r in ROUNDS if r["precision"] == "f32"])
        self.assertFalse([r for r in rows if "bf16" in r.work + r.note])

    def test_one_picture_names_no_batch(self):
        lines = [dict(r, gfwd1=0.01) for r in ROUNDS]
        self.assertEqual(report.size_rows(lines, ("gfwd1",))[0].work, "64 px: one picture, f32")

    def test_spread_is_the_largest_distance_from_a_median(self):
        lines = [line("ours", "f32", s, 1) for s in (1.0, 1.1, 1.0)] + [line("plain", "f32", s, 1) for s in (4, 3, 4)]
        self.assertAlmostEqual(report.spread(lines), 0.25)
        self.assertEqual(report.spread([]), 0)

    def test_values_have_three_digits_and_their_unit(self):
        for value, unit, text in ((0.00812, "s", "8.12 ms"), (0.0567, "s", "56.7 ms"), (0.4321, "s", "432 ms"),
                                  (0.9996, "s", "1.00 s"), (9.876, "s", "9.88 s"), (43.21, "s", "43.2 s"),
                                  (512.0, "MiB", "512 MiB")):
            self.assertEqual(report.format_value(value, unit), text)

    def test_table_and_header_are_markdown(self):
        rows = [report.Row("a", 0.5, 1.25, "plain"), report.Row("b", 100, 250, "", "MiB")]
        self.assertEqual(report.table(rows), "| work | ours | PyTorch | ratio |\n|---|---:|---:|---:|\n"
                                             "| a | 500 ms | 1.25 s (plain) | 2.50 |\n| b | 100 MiB | 250 MiB | 2.50 |")
        self.assertEqual(report.header([("date", "today")], ["loud"]), "- date: today\n- **Warning**: loud")


class MachineTest(unittest.TestCase):
    def test_ticks_are_busy_idle_or_stolen(self):
        # user nice system idle iowait irq softirq steal guest guest_nice
        self.assertEqual(machine.parse_cpu_line("cpu  100 1 20 999 88 3 4 50 7 7", 100), (1.28, 0.5))

    def test_foreign_share_leaves_out_what_we_have_started(self):
        before = machine.CpuTimes(wall=0, busy=100, stolen=5, own=10)
        after = machine.CpuTimes(wall=10, busy=117, stolen=6, own=26)
        self.assertAlmostEqual(machine.foreign_share(before, after, cores=2), 0.1)
        self.assertEqual(machine.foreign_share(before, before, cores=2), 0)

    def test_a_quiet_machine_has_no_reasons(self):
        self.assertEqual(machine.unrest(0.2, 0.01, cores=2), [])
        self.assertEqual(len(machine.unrest(2.0, 0.01, cores=2)), 1)
        self.assertEqual(len(machine.unrest(2.0, 0.4, cores=2)), 2)


if __name__ == "__main__":
    unittest.main()
