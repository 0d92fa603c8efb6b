#!/usr/bin/env python3
"""Tests the counts that count_results.py derives from Bazel's events."""

import unittest

from count_results import count


def started(command):
    return {"id": {"started": {}}, "started": {"command": command}}


def configured(label, test=False):
    return {"id": {"targetConfigured": {"label": label}}, "configured": {"testSize": "SMALL"} if test else {}}


def completed(label, success=True):
    return {"id": {"targetCompleted": {"label": label}}, "completed": {"success": success}}


def summary(label, status):
    return {"id": {"testSummary": {"label": label}}, "testSummary": {"overallStatus": status}}


class CountTest(unittest.TestCase):
    def test_a_build_counts_targets_and_waits_for_no_test(self):
        events = [started("build"), configured("//:a"), configured("//:t", test=True), completed("//:a"),
                  completed("//:t")]
        self.assertEqual(count(events, 0), (2, 0))

    def test_a_target_that_does_not_build_fails(self):
        events = [started("build"), configured("//:a"), configured("//:b"), completed("//:a"),
                  completed("//:b", success=False)]
        self.assertEqual(count(events, 1), (1, 1))

    def test_tests_count_by_their_result(self):
        events = [started("test"), configured("//:lib"), completed("//:lib")]
        for label, status in (("//:t", "PASSED"), ("//:u", "FAILED")):
            events += [configured(label, test=True), completed(label), summary(label, status)]
        self.assertEqual(count(events, 3), (1, 1))

    def test_a_test_that_did_not_run_fails(self):
        events = [started("test"), configured("//:t", test=True), completed("//:t")]
        self.assertEqual(count(events, 0), (0, 1))

    def test_failing_without_a_culprit_is_one_failure(self):
        self.assertEqual(count([started("test")], 1), (0, 1))
        self.assertEqual(count([started("build"), configured("//:a"), completed("//:a")], 2), (1, 1))


if __name__ == "__main__":
    unittest.main()
