"""Runs this project's programs for the scripts that compare or draw their timings."""

import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EMOJI = os.path.join(ROOT, "third_party", "noto_emoji", "noto_emoji_64.zip")


class Failure(Exception):
    """An error whose message is for the user."""


def integers(text):
    """The type of an argument like "64,128"."""
    try:
        return [int(n) for n in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: not numbers with commas") from None


def add_measuring_arguments(parser, modules):
    """Adds the flags that all measuring scripts share. Their --python must be able to import `modules`."""
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                        help="that compute (default: as many as cores)")
    parser.add_argument("--runs", type=int, default=3, help="of every phase; the median counts")
    parser.add_argument("--budget", type=float, default=20, help="seconds per phase at most, but at least two runs")
    parser.add_argument("--quick", action="store_true", help="small sizes and one run: a smoke test")
    parser.add_argument("--python", help=f"interpreter that has {modules} (default: python3 or /usr/bin/python3)")
    parser.add_argument("--tools", help="folder of this project's programs, if not Bazel's")


def find_tools(folder=None):
    """The folder of bench, train and generate: beside this file in the runfiles, otherwise Bazel's output folder."""
    candidates = [folder] if folder else [os.path.join(ROOT, "tools"), os.path.join(ROOT, "bazel-bin", "tools")]
    for candidate in candidates:
        if os.access(os.path.join(candidate, "bench"), os.X_OK):
            return os.path.abspath(candidate)
    raise Failure(f"no program bench in {' or '.join(candidates)}; build it first: bazel build -c opt //tools/...")


def find_python(module, python=None):
    """The first of python3 and /usr/bin/python3 (or `python` alone) that can import `module`; None if there is none."""
    for candidate in [python] if python else ["python3", "/usr/bin/python3"]:
        try:
            subprocess.run([candidate, "-c", f"import {module}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    return None


def run(command, environment=None, cwd=None):
    """Returns the completed process. If its exit code is not 0, raises a Failure with its last output."""
    done = subprocess.run(command, env=dict(os.environ, **(environment or {})), cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done


def bench_step(tools, res, batch, precision="f32", threads=0, runs=5, budget=60, environment=None):
    """The object that `bench --step --json` prints, with the description of the device as "hardware"."""
    command = [os.path.join(tools, "bench"), "--step", "--json", "--preset=annotated", "--device=cpu", f"--res={res}",
               f"--batch={batch}", f"--precision={precision}", f"--threads={threads}", f"--runs={runs}",
               f"--budget={budget}"]
    done = run(command, environment)
    return dict(json.loads(done.stdout.splitlines()[-1]), hardware=done.stderr.splitlines()[0])


def say(*words):
    """Prints progress to stderr, since stdout contains only the result."""
    print(*words, file=sys.stderr, flush=True)


def enter_working_directory():
    """Changes to the user's directory, since `bazel run` starts programs in another one."""
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY") or ".")
