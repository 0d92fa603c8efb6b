#!/usr/bin/env python3
"""plot_cost_growth.py MEASUREMENTS.json OUT.png: plots the results of cost_growth.py on logarithmic axes."""

import json
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

COLORS = ("#1b6ca8", "#c8553d")


def pixels(point):
    return point["res"] ** 2 * point["batch"]


def draw(axes, series, key, ylabel):
    everything = [p for _, points, _ in series for p in points]
    origin = min(everything, key=pixels)
    ends = [min(map(pixels, everything)), max(map(pixels, everything))]
    proportional = [origin[key] * end / pixels(origin) for end in ends]
    axes.plot(ends, proportional, "--", color="0.6", linewidth=1, label="proportional to the pixels")
    for (name, points, label), color, marker in zip(series, COLORS, "os"):
        axes.plot(list(map(pixels, points)), [p[key] for p in points], marker=marker, color=color, label=name)
        for p in points:
            axes.annotate(label(p), (pixels(p), p[key]), textcoords="offset points", fontsize=7, color=color,
                          xytext=(0, 7) if marker == "o" else (0, -12), ha="center")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("pixels in a batch")
    axes.set_ylabel(ylabel)
    axes.grid(True, which="major", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        data = json.load(f)
    by_size, by_batch = data["by_size"], data["by_batch"]
    series = [(f"larger images, batch {by_size[0]['batch']}", by_size, lambda p: f"{p['res']} px"),
              (f"larger batches, {by_batch[0]['res']} px", by_batch, lambda p: f"{p['batch']}")]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4))
    draw(left, series, "iteration", "seconds per training step")
    draw(right, series, "peak_rss_mib", "peak resident memory, MiB")
    left.legend(frameon=False, fontsize=8)
    figure.suptitle(by_size[0]["hardware"].replace("CPU: ", ""), fontsize=9, color="0.4")
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=150)
    print(f"wrote {sys.argv[2]}", file=sys.stderr)


if __name__ == "__main__":
    main()
