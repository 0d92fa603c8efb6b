#!/usr/bin/env python3
"""clang_tidy.py [FILE...]: clang-tidy with .clang-tidy over the production sources, or the files given. Every finding
is an error.

Nine tenths of the time goes into headers, which every source includes again. Sources are therefore checked up to twelve
at a time, as one translation unit that includes them: 3 minutes instead of 14. Only sources that define no name twice
share one. Whatever clang does not like about such a unit, each of its sources is checked again by itself, and that
alone counts.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

SOURCES_IN_A_UNIT = 12
# Loops marked `omp simd` that clang does not vectorize are no mistakes.
FLAGS = ("-std=c++17 -march=x86-64-v3 -fopenmp -Wall -Wno-pass-failed -Wno-deprecated-declarations -I. "
         "-isystem /usr/include/eigen3").split()
CUDA = os.environ.get("CUDA_PATH", "/usr/local/cuda") + "/include"
# The first includes itself once per instruction set.
SKIPPED = re.compile(r"engine/backend/cpu/conv/winograd_kernels\.cc$")
# What needs the toolkit's headers.
CUDA_SOURCES = re.compile(r"engine/backend/cuda/")
# The name before a parameter list, an initializer or a body.
DEFINED = re.compile(r"\b(\w+)(?=\s*[({=\[;])")
# Names outside of an anonymous namespace: two backends may define the same function.
GLOBAL = re.compile(r"using (?:(\w+) =|[\w:]*::(\w+);)|#define (\w+)|(?:[\w:<>]+ )+[*&]?(\w+)\(")
FLAG = re.compile(r"(?:ABSL_FLAG\(|    )[\w:]+, (\w+), ")
CONSTANT = re.compile(r"\bk[A-Z]\w*\b")


def own_names(path):
    """Names that only this source may define in its unit; some too many do no harm."""
    names = set()
    anonymous = False
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.startswith("namespace {"):
                anonymous = True
            elif line.startswith("}  // namespace\n"):
                anonymous = False
            elif anonymous and line[0] not in " \n/}#)":
                code = line.split("//")[0]
                names.update(DEFINED.findall(code)[:2], CONSTANT.findall(code))
            elif match := GLOBAL.match(line):
                names.add(next(filter(None, match.groups())))
            if match := FLAG.match(line):
                names.add("FLAGS_" + match.group(1))
    return names


def units(sources):
    packed = []
    for source in sources:
        names = own_names(source)
        for members, taken in reversed(packed):
            if len(members) < SOURCES_IN_A_UNIT and not taken & names:
                members.append(source)
                taken |= names
                break
        else:
            packed.append(([source], names))
    return [members for members, _ in packed]


def tidy(source, *options):
    """What clang-tidy finds, as text, or None where it is content."""
    command = ["clang-tidy-14", "--quiet", "--config-file=.clang-tidy", "--warnings-as-errors=*", *options, source]
    command += ["--", *FLAGS]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return None if result.returncode == 0 else result.stdout


def tidy_unit(folder, number, members):
    if len(members) > 1:
        unit = os.path.join(folder, f"unit{number}.cc")
        with open(unit, "w", encoding="utf-8") as f:
            f.writelines(f'#include "{member}"\n' for member in members)
        if tidy(unit, "--checks=-bugprone-suspicious-include") is None:
            return []
    return [finding for member in members if (finding := tidy(member)) is not None]


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    sources = sys.argv[1:]
    if not sources:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--"]
            + [f"{folder}/*.cc" for folder in ("engine", "nn", "gan", "tools")],
            stdout=subprocess.PIPE, text=True, check=True)
        sources = [source for source in listed.stdout.split() if os.path.exists(source) and not SKIPPED.match(source)]
        if not os.path.isdir(CUDA):
            sources = [source for source in sources if not CUDA_SOURCES.match(source)]
    if os.path.isdir(CUDA):
        FLAGS.extend(["-isystem", CUDA])
    found = False
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        packed = units(sources)
        for findings in workers.map(lambda unit: tidy_unit(folder, *unit), enumerate(packed)):
            for finding in findings:
                found = True
                print(finding, end="")
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
