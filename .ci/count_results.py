#!/usr/bin/env python3
"""count_results.py EVENTS STATUS: prints "PASSED FAILED" of one Bazel command.

Reads the build event file and the exit status of the command. After `bazel test` every test target counts, after any
other command every target. A target that did not build counts as failed, like a test that did not run. A command that
fails without a failed target (because of a broken BUILD file, for example) counts as one failure.
"""

import json
import sys


def count(events, status):
    tests, targets = {}, {}
    command = None
    for event in events:
        kind, key = next(iter(event["id"].items()))
        label = key.get("label") if isinstance(key, dict) else None
        if kind == "started":
            command = event.get("started", {}).get("command")
        elif kind == "targetConfigured":
            targets.setdefault(label, False)
            if event.get("configured", {}).get("testSize", "UNKNOWN") != "UNKNOWN":
                tests.setdefault(label, False)
        elif kind == "targetCompleted":
            targets[label] = event.get("completed", {}).get("success", False)
        elif kind == "testSummary":
            tests[label] = event.get("testSummary", {}).get("overallStatus") == "PASSED"
    # A build configures test targets, too, and runs none of them.
    outcome = dict(tests) if command == "test" else dict(targets)
    outcome.update({label: False for label, built in targets.items() if not built})
    passed = sum(outcome.values())
    failed = len(outcome) - passed
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    return passed, failed


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        print(*count(map(json.loads, f), int(sys.argv[2])))


if __name__ == "__main__":
    main()
