#!/usr/bin/env python3
"""The annotated StyleGAN2 in PyTorch on the CPU, timed as `bench --step` times this project's. Prints one JSON line.

  pytorch_stylegan2.py --res=64 --batch=8                  # as the annotated implementation is written
  pytorch_stylegan2.py --res=64 --batch=8 --strong         # as an expert would write it
  pytorch_stylegan2.py --network=FILE --picture=out.png    # from process start to the first picture

The same mathematics, sizes and schedule as the preset "annotated". Modes: gfwd1 (one image), gfwd, dfwd, dstep,
dstep_gp (with the gradient penalty), gstep, gstep_pl (with the path-length penalty), `iteration` (the average training
step: the penalties count a 4th and a 32nd) and `all`. Times are medians, in seconds, after one run that does not count.

glibc's malloc returns every large block to the kernel at once, and on a virtual machine fresh pages cost more than the
arithmetic: a training step is several times slower. Nobody should compare with that, so the program restarts itself
with thresholds that keep the memory, and says so; --malloc=default leaves glibc's.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time

# glibc reads these when it starts.
MALLOC_TUNING = {
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "67108864",
}
# The share of each kind of step in an iteration.
SCHEDULE = {"dstep": 3 / 4, "dstep_gp": 1 / 4, "gstep": 31 / 32, "gstep_pl": 1 / 32}
MODES = ("gfwd1", "gfwd", "dfwd", "dstep", "dstep_gp", "gstep", "gstep_pl", "iteration", "all")


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--res", type=int, default=64, help="size of the images in pixels, a power of two")
    p.add_argument("--batch", type=int, default=8, help="images per step, a multiple of 4")
    p.add_argument("--mode", choices=MODES, default="all")
    p.add_argument("--strong", action="store_true", help="depth-wise blur, shared weights, no gradients in vain")
    p.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
    p.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    p.add_argument("--runs", type=int, default=5, help="of every mode; the median counts")
    p.add_argument("--budget", type=float, default=60, help="seconds per mode at most, but at least two runs")
    p.add_argument("--malloc", choices=("tuned", "default"), default="tuned")
    p.add_argument("--picture", metavar="PNG", help="instead: write the picture of --network and --seed")
    p.add_argument("--network", help="a checkpoint of this project, of the preset annotated")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--no-noise", action="store_true", help="in the picture")
    p.add_argument("--expect", metavar="NPY", help="what `generate --raw` wrote: report the largest difference")
    arguments = p.parse_args()
    if (arguments.picture is None) != (arguments.network is None):
        p.error("--picture and --network belong together")
    return arguments


def restart_with_tuned_malloc():
    if all(name in os.environ for name in MALLOC_TUNING):
        return
    print("restarting with a malloc that keeps its memory (--malloc=default leaves it)", file=sys.stderr)
    os.environ.update(MALLOC_TUNING)
    os.execv(sys.executable, [sys.executable] + sys.argv)


def blas_library():
    """The shared library behind torch's matrix products, if any. It determines their speed."""
    with open("/proc/self/maps", encoding="utf-8") as f:
        files = {line.split()[-1] for line in f if ".so" in line}
    names = sorted({os.path.realpath(path) for path in files if "blas" in os.path.basename(path)})
    if any("openblas" in name for name in names):
        return "OpenBLAS"
    return "reference BLAS" if names else "built in"


# Phases of a few milliseconds are repeated until they have taken this long in total, as in our own benchmark.
SHORTEST_SECONDS = 0.5


def median_seconds(run, runs, budget):
    run()
    times, start = [], time.perf_counter()

    def enough():
        limit = budget if len(times) < runs else min(budget, SHORTEST_SECONDS)
        return len(times) >= 2 and time.perf_counter() - start >= limit

    while not enough():
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def measure(a, form):
    from pytorch_training import Training

    training = Training(form, a.res, a.batch, a.bf16)
    phases = training.phases()
    wanted = {"all": list(phases), "iteration": list(SCHEDULE)}.get(a.mode, [a.mode])
    seconds = {name: median_seconds(phases[name], a.runs, a.budget) for name in wanted}
    if all(name in seconds for name in SCHEDULE):
        seconds["iteration"] = sum(share * seconds[name] for name, share in SCHEDULE.items())
    settings = dict(res=a.res, batch=a.batch, parameters=training.parameter_counts())
    return dict(settings, **{name: round(s, 5) for name, s in seconds.items()})


def picture(a, form):
    from pytorch_picture import make_picture

    difference = make_picture(a.network, form, a.seed, not a.no_noise, a.picture, a.expect)
    return dict(picture=a.picture) if a.expect is None else dict(picture=a.picture, difference=difference)


def main():
    a = parse_arguments()
    if a.malloc == "tuned":
        restart_with_tuned_malloc()
    try:
        import torch
    except ImportError:
        sys.exit("this needs PyTorch: apt-get install python3-torch libopenblas0-openmp")
    from pytorch_model import PLAIN, STRONG

    torch.manual_seed(0)
    torch.set_num_threads(a.threads)
    result = (picture if a.picture else measure)(a, STRONG if a.strong else PLAIN)
    result.update(strong=a.strong, bf16=a.bf16, threads=a.threads, malloc=a.malloc, torch=torch.__version__)
    result.update(blas=blas_library(), peak_rss_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
