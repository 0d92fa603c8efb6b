#!/usr/bin/env python3
"""bench_vs_pytorch: this project and PyTorch, on the same machine, in turns, as one Markdown table.

  bazel run //tools/bench_vs_pytorch                    # 64 and 128 pixels, about half an hour on two cores
  bazel run //tools/bench_vs_pytorch -- --quick         # whether it works at all; the times mean nothing
  bazel run //tools/bench_vs_pytorch -- --avx2          # what a processor without AVX-512 would do

First both make the picture of one checkpoint, which must be the same. Then, for every size, rounds of: ours, PyTorch as
the annotated implementation is written ("plain"), PyTorch as an expert would write it ("strong"), ours in bf16, strong
in bf16; the median of the rounds counts. Everything runs on the CPU with the same number of threads. The ratio is
PyTorch's time or memory over ours: above 1 ours needs less.
"""

import argparse
import datetime
import glob
import json
import os
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "benchmarks")]
import machine  # noqa: E402
import report  # noqa: E402
from native_bench import (EMOJI, ROOT, Failure, add_measuring_arguments, bench_step,  # noqa: E402
                          enter_working_directory, find_python, find_tools, integers, run, say)
from pytorch_stylegan2 import MALLOC_TUNING  # noqa: E402

INSTALL = "apt-get install python3-torch libopenblas0-openmp"
EXIT_FAILED, EXIT_USAGE = 1, 2
# Largest difference of the picture's floats, which nominally range from 0 to 1. Sums of f32 in another order differ by
# about 1e-6.
SAME_PICTURE = 1e-4
OURS_AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2"}
PYTORCH_AVX2 = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--sizes", type=integers, default="64,128", help="resolutions to train at")
    p.add_argument("--batch", type=int, default=8, help="images per step, a multiple of 4")
    p.add_argument("--picture-res", type=int, default=256, help="resolution of the first picture")
    p.add_argument("--rounds", type=int, default=3, help="turns of every program; the median counts")
    p.add_argument("--avx2", action="store_true", help="keep both from using AVX-512")
    p.add_argument("--details", action="store_true", help="a row for every kind of step")
    p.add_argument("--json", help="also append every measured line to this file")
    p.add_argument("--output", help="also write the Markdown to this file")
    add_measuring_arguments(p, "torch and numpy")
    arguments = p.parse_args()
    if arguments.quick:
        arguments.sizes, arguments.batch, arguments.picture_res = [32], 4, 32
        arguments.rounds, arguments.runs, arguments.budget = 1, 1, 1
    if arguments.batch % 4 != 0 or arguments.batch <= 0:
        p.error("--batch must be a multiple of 4: the minibatch deviation compares 4 images")
    return arguments


class Peers:
    """Both sides with the settings of this comparison."""

    def __init__(self, a, tools, python):
        self.a, self.tools, self.python = a, tools, python
        self.our_environment = OURS_AVX2 if a.avx2 else {}
        self.pytorch_environment = dict(MALLOC_TUNING, **(PYTORCH_AVX2 if a.avx2 else {}))
        self.facts = {}  # of PyTorch: torch, blas

    def ours(self, res, precision):
        line = bench_step(self.tools, res, self.a.batch, precision, self.a.threads, self.a.runs, self.a.budget,
                          self.our_environment)
        return dict(line, program="ours")

    def run_pytorch(self, *options):
        command = [self.python, os.path.join(HERE, "pytorch_stylegan2.py"), f"--threads={self.a.threads}", *options]
        line = json.loads(run(command, self.pytorch_environment).stdout.splitlines()[-1])
        self.facts = {key: line[key] for key in ("torch", "blas")}
        return line

    def pytorch(self, res, precision, strong):
        options = [f"--res={res}", f"--batch={self.a.batch}", f"--runs={self.a.runs}", f"--budget={self.a.budget}"]
        options += ["--strong"] * strong + ["--bf16"] * (precision == "bf16")
        return dict(self.run_pytorch(*options), program="strong" if strong else "plain", precision=precision)

    def generate(self, network, folder, *options):
        run([os.path.join(self.tools, "generate"), f"--network={network}", "--seeds=0", "--device=cpu",
             f"--threads={self.a.threads}", f"--outdir={folder}", *options], self.our_environment)

    def make_checkpoint(self, folder):
        """An untrained network of the annotated preset."""
        run([os.path.join(self.tools, "train"), "--preset=annotated", f"--res={self.a.picture_res}", "--batch=4",
             "--kimg=0", f"--data={EMOJI}", f"--outdir={folder}", "--device=cpu"], self.our_environment)
        return glob.glob(os.path.join(folder, "*", "*.safetensors"))[0]


def has_bf16(hardware):
    """Whether the processor has bf16 instructions, according to `bench`."""
    return "BF16" in hardware or "AMX" in hardware


def check_same_picture(peers, network, folder):
    """The largest difference of one picture between ours and both forms of PyTorch. A Failure if it is too large."""
    raw = os.path.join(folder, "raw.npy")
    peers.generate(network, folder, "--noise-mode=none", f"--raw={raw}")
    png = os.path.join(folder, "theirs.png")
    picture = [f"--picture={png}", f"--network={network}", "--no-noise", f"--expect={raw}"]
    difference = max(peers.run_pytorch(*picture, *form)["difference"] for form in ([], ["--strong"]))
    if not difference <= SAME_PICTURE:
        raise Failure(f"the pictures of one checkpoint differ by {difference:.2g}: not the same mathematics")
    return difference


def seconds_of(f, *arguments):
    begin = time.perf_counter()
    f(*arguments)
    return time.perf_counter() - begin


def first_picture_row(peers, network, folder, rounds):
    """The time of a whole process that writes one PNG, with the files in the page cache."""
    theirs_png = "--picture=" + os.path.join(folder, "theirs.png")
    ours, theirs = [], []
    peers.generate(network, folder)  # not timed: the system first has to tidy memory after a program that filled it
    for _ in range(rounds):
        ours.append(seconds_of(peers.generate, network, folder))
        theirs.append(seconds_of(peers.run_pytorch, theirs_png, f"--network={network}", "--strong"))
    work = f"{peers.a.picture_res} px: process start to first PNG"
    return report.Row(work, statistics.median(ours), statistics.median(theirs), "strong")


def measure_size(peers, res, keep):
    """Measures all lines of one size, in turns."""
    lines = []

    def measured(line):
        what, memory = f"{line['program']:6} {line['precision']:4}", f"{line['peak_rss_mib']} MiB"
        say(f"    {what} {line['iteration']:8.3f} s a step, {memory}")
        lines.append(line)
        keep(line)
        return line

    for turn in range(peers.a.rounds):
        say(f"  {res} px, round {turn + 1} of {peers.a.rounds}")
        bf16 = has_bf16(measured(peers.ours(res, "f32"))["hardware"])
        measured(peers.pytorch(res, "f32", strong=False))
        measured(peers.pytorch(res, "f32", strong=True))
        if bf16:
            measured(peers.ours(res, "bf16"))
            measured(peers.pytorch(res, "bf16", strong=True))
    return lines


def facts_and_warnings(peers, lines, difference, load_before, share):
    a, ours = peers.a, next(line for line in lines if line["program"] == "ours")
    cap = ", both kept to AVX2" if a.avx2 else ""
    commit = "of --tools" if a.tools else machine.source(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ROOT))
    spread = f"; a round's training step is at most {100 * report.spread(lines):.0f} % from it" if a.rounds > 1 else ""
    facts = [
        ("processor", f"{machine.processor_name()}, {a.threads} threads{cap}"),
        ("ours", f"commit {commit}; {ours['hardware']}"),
        ("PyTorch", f"{peers.facts['torch']}, {peers.facts['blas']}, malloc tuned"),
        ("date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("same checkpoint, same picture", f"largest difference {difference:.1g} of 1"),
        ("times", f"median of {a.rounds} in turns{spread}"),
        ("load average", f"{load_before:.2f} before, {os.getloadavg()[0]:.2f} after; others took {100 * share:.1f} %"),
    ]
    warnings = [reason + ": not a quiet machine" for reason in machine.unrest(load_before, share, os.cpu_count())]
    if peers.facts["blas"] == "reference BLAS":
        warnings.append("this PyTorch has the reference BLAS; apt-get install libopenblas0-openmp makes it faster")
    if a.quick:
        warnings.append("a smoke test: the times mean nothing")
    return facts, warnings


def compare(a, peers):
    load_before, before = os.getloadavg()[0], machine.cpu_times()

    def keep(line):
        if a.json:
            with open(a.json, "a", encoding="utf-8") as f:
                f.write(json.dumps(line) + "\n")

    with tempfile.TemporaryDirectory() as folder:
        say("  making a checkpoint and its picture by both")
        network = peers.make_checkpoint(folder)
        difference = check_same_picture(peers, network, folder)
        picture = first_picture_row(peers, network, folder, 1 if a.quick else max(a.rounds, 5))
    by_size = [measure_size(peers, res, keep) for res in a.sizes]
    share = machine.foreign_share(before, machine.cpu_times(), os.cpu_count())

    lines = [line for size in by_size for line in size]
    phases = report.PHASES if a.details else report.SUMMARY
    rows = [row for size in by_size for row in report.size_rows(size, phases)] + [picture]
    facts, warnings = facts_and_warnings(peers, lines, difference, load_before, share)
    return report.table(rows) + "\n\n" + report.header(facts, warnings) + "\n"


def main():
    a = parse_arguments()
    try:
        enter_working_directory()
        python = find_python("torch, numpy", a.python)
        if python is None:
            say(f"{a.python or 'python3 and /usr/bin/python3'} cannot import torch and numpy. On Debian: {INSTALL}")
            return EXIT_USAGE
        tools = find_tools(a.tools)
        say(f"bench_vs_pytorch: {tools} against the torch of {python}")
        markdown = compare(a, Peers(a, tools, python))
    except Failure as failure:
        say(f"bench_vs_pytorch: {failure}")
        return EXIT_FAILED
    print(markdown, end="")
    if a.output:
        with open(a.output, "w", encoding="utf-8") as f:
            f.write(markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
