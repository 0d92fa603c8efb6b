"""The circumstances to report with a timing: the processor, the source, and whether anything else was running."""

import os
import resource
import subprocess
import time
from dataclasses import dataclass

QUIET_LOAD = 0.3  # load per core before the benchmark started
QUIET_SHARE = 0.05  # share of the cores used by other processes


def processor_name():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown"


def source(root):
    """The commit that was measured, and whether files differ from it."""

    def git(*arguments):
        done = subprocess.run(["git", "-C", root, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              universal_newlines=True, check=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + (" with changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


@dataclass(frozen=True)
class CpuTimes:
    """Seconds of all cores together since the machine started."""

    wall: float  # seconds on the wall clock
    busy: float
    stolen: float  # seconds taken by the host of a virtual machine
    own: float  # seconds used by finished child processes


def parse_cpu_line(line, ticks_per_second):
    """(busy, stolen) seconds of /proc/stat's first line."""
    user, nice, system, _, _, irq, soft_irq, steal = map(int, line.split()[1:9])
    return (user + nice + system + irq + soft_irq) / ticks_per_second, steal / ticks_per_second


def cpu_times():
    with open("/proc/stat", encoding="ascii") as f:
        busy, stolen = parse_cpu_line(f.readline(), os.sysconf("SC_CLK_TCK"))
    usages = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
    return CpuTimes(time.monotonic(), busy, stolen, sum(u.ru_utime + u.ru_stime for u in usages))


def foreign_share(before, after, cores):
    """The share of the cores that other processes used between two times, from 0 to 1."""
    capacity = (after.wall - before.wall) * cores
    foreign = (after.busy - before.busy) - (after.own - before.own) + (after.stolen - before.stolen)
    return max(0.0, foreign / capacity) if capacity > 0 else 0.0


def unrest(load_before, share, cores):
    """The reasons not to trust the timings. Empty on a quiet machine."""
    reasons = []
    if load_before > QUIET_LOAD * cores:
        reasons.append(f"the load average was {load_before:.2f} before anything was started")
    if share > QUIET_SHARE:
        reasons.append(f"other programs took {100 * share:.0f} % of the cores meanwhile")
    return reasons
