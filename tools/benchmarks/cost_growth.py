#!/usr/bin/env python3
"""cost_growth: how time and memory of a training step grow with the size of the images and of the batch.

  bazel run //tools/benchmarks:cost_growth -- --png=cost_growth.png --json=cost_growth.json    # some minutes

Runs `bench --step` for several resolutions with one batch, and for several batches at one resolution. What grows as it
should is proportional to the pixels of a batch, apart from two things: a larger image needs a deeper network, whose
work per pixel is a little higher, and weights with their Adam moments take the same memory at every batch. So the table
counts against both: pixels, and multiply-adds of the convolutions.
"""

import argparse
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from native_bench import (Failure, add_measuring_arguments, bench_step, enter_working_directory,  # noqa: E402
                          find_python, find_tools, integers, say)

EXIT_FAILED, EXIT_USAGE = 1, 2
# From the preset "annotated" in gan/config.
G_FEATURES, D_FEATURES, MAX_FEATURES = 32, 64, 512


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--sizes", type=integers, default="32,64,128,256", help="resolutions, all with --batch")
    p.add_argument("--batch", type=int, default=4)
    p.add_argument("--batches", type=integers, default="4,8,16,32", help="batches, all at --res")
    p.add_argument("--res", type=int, default=64)
    p.add_argument("--json", default="cost_growth.json", help="where the measurements go")
    p.add_argument("--png", default="cost_growth.png", help="where the plot goes; empty for none")
    p.add_argument("--from-json", help="plot and tabulate these measurements instead of making new ones")
    add_measuring_arguments(p, "matplotlib")
    arguments = p.parse_args()
    if arguments.quick:
        arguments.sizes, arguments.batches, arguments.res = [16, 32], [4, 8], 32
        arguments.runs, arguments.budget = 1, 1
    return arguments


def multiply_adds(res):
    """The multiply-adds per image of the convolutions in a forward pass of generator and discriminator."""
    blocks = res.bit_length() - 2  # 4x4, 8x8, ..., res
    g = [min(MAX_FEATURES, G_FEATURES << i) for i in reversed(range(blocks))]
    total = 16 * (9 * g[0] * g[0] + 3 * g[0])
    for i, (n_in, n_out) in enumerate(zip(g, g[1:]), 1):
        total += (4 << i) ** 2 * (9 * n_in * n_out + 9 * n_out * n_out + 3 * n_out)
    d = [min(MAX_FEATURES, D_FEATURES << i) for i in range(blocks)]
    total += res**2 * 3 * d[0]
    for i, (n_in, n_out) in enumerate(zip(d, d[1:])):
        pixels = (res >> i) ** 2
        total += pixels * 9 * (n_in * n_in + n_in * n_out) + pixels // 4 * n_in * n_out
    return total + 4 * 9 * (d[-1] + 1) ** 2


def growth_rows(points):
    """Every point with its cost per pixel and per multiply-add, relative to the first point."""

    def costs(p):
        pixels, work = p["res"] ** 2 * p["batch"], multiply_adds(p["res"]) * p["batch"]
        return p["iteration"] / pixels, p["iteration"] / work, p["peak_rss_mib"] / pixels

    first = costs(points[0])
    return [dict(res=p["res"], batch=p["batch"], pixels=p["res"] ** 2 * p["batch"], seconds=p["iteration"],
                 mib=p["peak_rss_mib"], **dict(zip(("time_per_pixel", "time_per_work", "memory_per_pixel"),
                                                   (now / then for now, then in zip(costs(p), first)))))
            for p in points]


def table(points):
    """The Markdown table. Exactly proportional growth is 1.00 in the last three columns."""
    lines = ["| size | batch | pixels | s/step | peak MiB | time/pixel | time/multiply-add | memory/pixel |",
             "|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for r in growth_rows(points):
        lines.append(f"| {r['res']} | {r['batch']} | {r['pixels']} | {r['seconds']:.3f} | {r['mib']} | "
                     f"{r['time_per_pixel']:.2f} | {r['time_per_work']:.2f} | {r['memory_per_pixel']:.2f} |")
    return "\n".join(lines)


def measure(a, tools):
    def point(res, batch):
        line = bench_step(tools, res, batch, threads=a.threads, runs=a.runs, budget=a.budget)
        say(f"  {res} px, batch {batch}: {line['iteration']:.3f} s, {line['peak_rss_mib']} MiB")
        return line

    by_size = [point(res, a.batch) for res in a.sizes]
    known = {(p["res"], p["batch"]): p for p in by_size}
    by_batch = [known.get((a.res, batch)) or point(a.res, batch) for batch in a.batches]
    return dict(by_size=by_size, by_batch=by_batch)


def main():
    a = parse_arguments()
    try:
        enter_working_directory()
        python = find_python("matplotlib", a.python) if a.png else None
        if a.png and python is None:
            say(f"{a.python or 'python3 and /usr/bin/python3'} cannot import matplotlib. On Debian: apt-get install "
                "python3-matplotlib; --png= goes without the plot")
            return EXIT_USAGE
        if a.from_json:
            with open(a.from_json, encoding="utf-8") as f:
                data = json.load(f)
        else:
            data = measure(a, find_tools(a.tools))
            with open(a.json, "w", encoding="utf-8") as f:
                json.dump(data, f, indent=1)
    except (Failure, OSError) as failure:
        say(f"cost_growth: {failure}")
        return EXIT_FAILED
    print(f"{data['by_size'][0]['hardware']}\n\n{table(data['by_size'])}\n\n{table(data['by_batch'])}")
    if a.png:
        plot = os.path.join(HERE, "plot_cost_growth.py")
        return subprocess.run([python, plot, a.from_json or a.json, a.png], check=False).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
