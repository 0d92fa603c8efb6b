#!/usr/bin/env python3
"""compare_settings: which settings of `train` give the better pictures in the same time.

  bazel run //tools/benchmarks:compare_settings -- --minutes=10 --seeds=1,2 \\
    'default' 'ada: --aug=ada --ada-kimg=100' 'larger batch: --batch=16 --lr=0.003'

Trains each setting with each seed for --minutes, one after another, so nothing else should run. A setting is a name, a
colon and flags of `train`. Then it measures the last checkpoint of each run: the kernel distance (KID) times 1000, and
precision and recall, in the features of EfficientNet-Lite0. It prints a table, best distance first, and keeps the runs
in --outdir. If it is started again, runs that are complete there are not repeated.
"""

import argparse
import glob
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from native_bench import Failure, enter_working_directory, find_tools, integers, run, say  # noqa: E402

EXIT_FAILED, EXIT_USAGE = 1, 2
METRICS = "kid_efflite0,pr_efflite0"
LONG = 10**6  # kimg that no run reaches


def setting(text):
    """The type of an argument like "ada: --aug=ada"."""
    name, _, flags = text.partition(":")
    if not name.strip() or "/" in name:
        raise argparse.ArgumentTypeError(f"{text}: needs a name without slashes, a colon and flags")
    try:
        return name.strip(), shlex.split(flags)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def parse_arguments(arguments=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("settings", nargs="+", type=setting, metavar="NAME[: FLAGS]")
    p.add_argument("--minutes", type=float, default=10, help="of training, for each")
    p.add_argument("--seeds", type=integers, default="1,2", help="each setting is trained once with each")
    p.add_argument("--num", type=int, default=2000, help="pictures to measure")
    p.add_argument("--outdir", default="settings", help="where the runs and their results go")
    p.add_argument("--tools", help="folder of this project's programs, if not Bazel's")
    parsed = p.parse_args(arguments)
    names = [name for name, _ in parsed.settings]
    if len(set(names)) != len(names):
        p.error("two settings have one name")
    if parsed.minutes <= 0:
        p.error("--minutes must be positive")
    return parsed


def train(tools, folder, flags, seed, minutes):
    """Trains for that long, and stops as Ctrl-C would, with a checkpoint."""
    command = [os.path.join(tools, "train"), f"--outdir={folder}", f"--seed={seed}", *flags]
    if not any(flag.startswith("--kimg") for flag in flags):
        command.append(f"--kimg={LONG}")
    with open(os.path.join(folder, "output.txt"), "w", encoding="utf-8") as output:
        training = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        try:
            training.wait(timeout=60 * minutes)
        except subprocess.TimeoutExpired:
            training.send_signal(signal.SIGTERM)
            training.wait()
        except BaseException:
            training.kill()
            raise
    if training.returncode not in (0, -signal.SIGTERM):
        with open(output.name, encoding="utf-8") as text:
            raise Failure(f"{shlex.join(command)}: exit {training.returncode}\n{text.read()[-2000:]}")


def measure(tools, folder, num):
    """{"kid": ..., "precision": ..., "recall": ..., "kimg": ..., "images_per_second": ...} of the run in `folder`."""
    done = run([os.path.join(tools, "metrics"), f"--network={folder}", f"--metrics={METRICS}", f"--num={num}",
                "--json"])
    values = {}
    for line in done.stdout.splitlines():
        values.update(json.loads(line)["results"])
    runs = glob.glob(os.path.join(glob.escape(folder), "*", "stats.jsonl"))
    if not runs:
        raise Failure(f"{folder}: the training ended before its first tick; give it more --minutes")
    with open(runs[0], encoding="utf-8") as stats:
        ticks = [line for line in map(json.loads, stats) if "Timing/img_per_sec" in line]
    return {
        "kid": 1000 * values["kid_efflite0"],
        "precision": values["pr_efflite0_precision"],
        "recall": values["pr_efflite0_recall"],
        "kimg": ticks[-1]["Progress/kimg"],
        "images_per_second": statistics.median(tick["Timing/img_per_sec"] for tick in ticks),
    }


def result_of(arguments, tools, name, flags, seed):
    """Trains and measures, unless that has been done with the same flags and for the same time."""
    folder = os.path.join(arguments.outdir, name, str(seed))
    path = os.path.join(folder, "result.json")
    asked = {"flags": flags, "minutes": arguments.minutes, "num": arguments.num}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            result = json.load(f)
        if result["asked"] != asked:
            raise Failure(f"{path} is of {json.dumps(result['asked'])}; choose another name or --outdir")
        return result["measured"]
    if os.path.exists(folder):
        raise Failure(f"{folder} has a run that was not completed; remove it")
    os.makedirs(folder)
    say(f"{name}, seed {seed}: {arguments.minutes:g} minutes")
    train(tools, folder, flags, seed, arguments.minutes)
    measured = measure(tools, folder, arguments.num)
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump({"asked": asked, "measured": measured}, f, indent=2)
    os.replace(path + ".new", path)
    return measured


def table(results):
    """Markdown: a line for each name in {name: [what `measure` returns for a seed, ...]}."""
    lines = ["| setting | images/s | kimg | KID x 1000 | precision | recall |", "|---|---:|---:|---:|---:|---:|"]

    def mean(runs, key):
        return statistics.mean(one[key] for one in runs)

    for name, runs in sorted(results.items(), key=lambda item: mean(item[1], "kid")):
        kids = " / ".join(f"{one['kid']:.0f}" for one in runs)
        kid = f"{mean(runs, 'kid'):.0f} ({kids})" if len(runs) > 1 else kids
        lines.append(f"| {name} | {mean(runs, 'images_per_second'):.0f} | {mean(runs, 'kimg'):.0f} | {kid} | "
                     f"{mean(runs, 'precision'):.2f} | {mean(runs, 'recall'):.2f} |")
    return "\n".join(lines)


def main():
    enter_working_directory()
    arguments = parse_arguments()
    tools = find_tools(arguments.tools)
    results = {}
    for seed in arguments.seeds:  # all settings have one seed before any has two
        for name, flags in arguments.settings:
            results.setdefault(name, []).append(result_of(arguments, tools, name, flags, seed))
            say(table(results) + "\n")
    print(table(results))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        print(f"compare_settings: {failure}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
