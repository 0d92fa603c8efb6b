"""Turns measured lines into the table: medians over rounds, ratios, Markdown. Measures nothing.

A line is a dictionary: "program" ("ours", "plain" or "strong"), "precision" ("f32" or "bf16"), "res", "batch", seconds
by phase (gfwd1, gfwd, ..., iteration) and "peak_rss_mib", as one process reports them.
"""

import statistics
from dataclasses import dataclass

PHASES = {
    "iteration": "training step",
    "dstep": "step of D",
    "dstep_gp": "step of D with gradient penalty",
    "gstep": "step of G",
    "gstep_pl": "step of G with path lengths",
    "dfwd": "scoring by D",
    "gfwd": "pictures",
    "gfwd1": "one picture",
}
SUMMARY = ("iteration", "gfwd", "gfwd1")
ONE_IMAGE = ("gfwd1",)


@dataclass(frozen=True)
class Row:
    work: str
    ours: float
    theirs: float
    note: str = ""  # which PyTorch
    unit: str = "s"

    @property
    def ratio(self):
        return self.theirs / self.ours


def combine(lines):
    """{(program, precision): {key: median over rounds}} of the lines of one size."""
    groups = {}
    for line in lines:
        groups.setdefault((line["program"], line["precision"]), []).append(line)
    keys = list(PHASES) + ["peak_rss_mib"]
    return {
        group: {key: statistics.median(line[key] for line in members) for key in keys if all(key in m for m in members)}
        for group, members in groups.items()
    }


def phase_rows(results, res, batch, phase):
    """Compares ours with PyTorch: f32 with both of its forms, bf16 with its faster one."""

    def seconds(program, precision):
        return results.get((program, precision), {}).get(phase)

    images = "" if phase in ONE_IMAGE else f", {batch} images"
    work = f"{res} px: {PHASES[phase]}{images}"
    ours = seconds("ours", "f32")
    for program in ("plain", "strong"):
        theirs = seconds(program, "f32")
        if ours is not None and theirs is not None:
            yield Row(f"{work}, f32", ours, theirs, program)
    ours = seconds("ours", "bf16")
    candidates = [(seconds("strong", "bf16"), "strong, bf16"), (seconds("strong", "f32"), "strong, f32")]
    candidates = [c for c in candidates if c[0] is not None]
    if ours is not None and candidates:
        yield Row(f"{work}, bf16", ours, *min(candidates))


def size_rows(lines, phases=SUMMARY):
    """The rows of one size: the phases, then the peak memory of a process that runs them all."""
    results = combine(lines)
    res, batch = lines[0]["res"], lines[0]["batch"]
    rows = [row for phase in phases for row in phase_rows(results, res, batch, phase)]
    memory = [results.get((program, "f32"), {}).get("peak_rss_mib") for program in ("ours", "strong")]
    if None not in memory:
        rows.append(Row(f"{res} px: peak memory, {batch} images, f32", *memory, "strong", "MiB"))
    return rows


def spread(lines):
    """The largest distance of one round's iteration from the median of its kind, as a share."""
    groups = {}
    for line in lines:
        if "iteration" in line:
            groups.setdefault((line["program"], line["precision"], line["res"]), []).append(line["iteration"])
    shares = [abs(s - statistics.median(group)) / statistics.median(group) for group in groups.values() for s in group]
    return max(shares, default=0)


def format_value(value, unit):
    if unit == "MiB":
        return f"{value:.0f} MiB"
    if value < 0.9995:
        return f"{value * 1000:.3g} ms" if value < 0.1 else f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def table(rows):
    lines = ["| work | ours | PyTorch | ratio |", "|---|---:|---:|---:|"]
    for row in rows:
        note = f" ({row.note})" if row.note else ""
        ours, theirs = format_value(row.ours, row.unit), format_value(row.theirs, row.unit)
        lines.append(f"| {row.work} | {ours} | {theirs}{note} | {row.ratio:.2f} |")
    return "\n".join(lines)


def header(facts, warnings=()):
    """`facts`: (name, text) pairs."""
    lines = [f"- {name}: {text}" for name, text in facts]
    lines += [f"- **Warning**: {text}" for text in warnings]
    return "\n".join(lines)
