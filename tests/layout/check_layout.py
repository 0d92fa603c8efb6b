#!/usr/bin/env python3
"""Checks mechanical rules of CONTRIBUTING.md: sizes, mirrored tests, the arrows between folders, and a few words.

  tests/layout/check_layout.py [ROOT]

Reads the files that git tracks or would track. Prints one line per violation and exits with 1 if there is any.
"""

import os
import re
import subprocess
import sys

CODE_FOLDERS = ("engine/", "nn/", "gan/", "tools/")
MAX_FILE_LINES = 450
MAX_COLUMNS = 120
MAX_BACKEND_LINES = 150
MAX_KERNELS = 24
# The argument structs, the interface, its checks (declaration and definition), and one header each for ref, cpu and
# cuda.
MAX_KERNEL_LISTS = 7
MAX_AUTOGRAD_LINES = 450

MIRRORED_FOLDERS = ("engine/base/", "engine/io/", "engine/tensor/", "engine/ops/", "engine/autograd/", "nn/", "gan/")

# From the bottom up. A layer may include itself and the layers below it.
LAYERS = [
    "engine/base",
    "engine/io",
    "engine/backend",
    "engine/backend/",  # each implementation, apart from the interface
    "engine/runtime",
    "engine/tensor",
    "engine/ops",
    "engine/autograd",
    "nn",
    "gan",
    "tools",
    "tests",
]
# Layers that may name an implementation of Backend.
BACKEND_USERS = ("engine/runtime", "tools", "tests")

EXCEPTIONS = {
    # The stub implements the interface of the real backend, so it includes its header.
    ("engine/backend/cuda_stub", "engine/backend/cuda/cuda_backend.h"),
}

# Headers of a library -> the only folders that may include them.
LIBRARY_FOLDERS = [
    (r"Eigen/.*", ("gan/metrics/", "tests/gan/metrics/")),
    (r"png\.h|pngconf\.h|jpeglib\.h|jerror\.h|turbojpeg\.h|webp/.*", ("gan/image/", "tests/gan/image/")),
    (r"dnnl.*|oneapi/.*", ("engine/backend/cpu/",)),
    (r"omp\.h", ("engine/backend/cpu/", "tests/engine/backend/cpu/")),
    (r"(cuda|cudnn|cublas|curand|driver_types|device_launch).*\.h",
     ("engine/backend/cuda/", "tests/engine/backend/cuda/", "tests/fake_cuda/")),
]

# Files are opened in engine/io, which knows about signals, pipes, full disks and files that change meanwhile.
FILE_FOLDER = "engine/io/"
OPENS_FILE = re.compile(r"\b[io]?fstream\b|(?<![.>\w])f?(open|reopen)(at|64)?\(\s*[^\s)]|\bmkstemp\(|\btmpfile\(")
STRINGS_AND_COMMENTS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)

# A library logs (engine/base/log.h): its messages belong to the program that uses it.
LIBRARIES = ("engine/", "nn/", "gan/")
LOGGERS = ("engine/base/log.cc", "engine/base/check.cc")
PRINTS = re.compile(
    r"\b(stdout|stderr|cout|cerr|clog|v?f?printf|f?puts|f?putc|putchar|perror|STDOUT_FILENO|STDERR_FILENO)\b")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)
KERNEL = re.compile(r"virtual void \w+\(const (\w+Args)& args\) = 0;")
PUBLIC = re.compile(r'"//visibility:pub' r'lic"')
# Identifiers use American spelling. These are stems of British spellings.
BRITISH = re.compile(
    r"(?i)(behavi|col|fav|neighb|lab)ou" r"r|\bcent" r"re\b|\bgre" r"y\b|\bspel" r"t\b|\bmath" r"s\b|artefa" r"ct|"
    r"(equal|final|general|initial|minim|maxim|normal|optim|organ|parallel|quant|random|recogn|regular|serial|special|"
    r"stabil|standard|summar|synchron|util|vector|visual)i" r"s(e|es|ed|er|ers|ing|ation|ations)(?![a-z])")
# Assembled from halves to keep this file from matching its own pattern.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
MACHINE_PATH = re.compile(r"""(?<![\w.$}{/-])/(home|root|Users|work|mnt)/[\w.-]""")


def layer_of(folder):
    """(rank, part) of a folder, None outside the layers. Parts of equal rank must not include each other."""
    if folder.startswith("engine/backend/common"):
        return LAYERS.index("engine/backend"), "engine/backend"
    if folder.startswith("engine/backend/"):
        return LAYERS.index("engine/backend/"), "/".join(folder.split("/")[:3])
    for name in ("/".join(folder.split("/")[:2]), folder.split("/")[0]):
        if name in LAYERS:
            return LAYERS.index(name), name
    return None


def is_code(path):
    return path.endswith((".h", ".cc", ".cu", ".cuh"))


def count_lines(text):
    return text.count("\n") + (not text.endswith("\n") and text != "")


def check_sizes(files):
    for path, text in files.items():
        lines = count_lines(text)
        if path.startswith(CODE_FOLDERS) and is_code(path) and lines > MAX_FILE_LINES:
            yield f"{path}: {lines} lines, more than {MAX_FILE_LINES}"
    backend = files.get("engine/backend/backend.h", "")
    if count_lines(backend) > MAX_BACKEND_LINES:
        yield f"engine/backend/backend.h: {count_lines(backend)} lines, more than {MAX_BACKEND_LINES}"
    if len(KERNEL.findall(backend)) > MAX_KERNELS:
        yield f"engine/backend/backend.h: {len(KERNEL.findall(backend))} kernels, more than {MAX_KERNELS}"
    core = sum(count_lines(t) for p, t in files.items() if p.startswith("engine/autograd/") and is_code(p))
    if core > MAX_AUTOGRAD_LINES:
        yield f"engine/autograd: {core} lines in all, more than {MAX_AUTOGRAD_LINES}"


def check_kernel_lists(files):
    """Limits the files to edit for a new kernel: those that name the arguments of over half of all kernels."""
    arguments = set(KERNEL.findall(files.get("engine/backend/backend.h", "")))
    lists = [p for p, t in files.items() if p.startswith("engine/") and is_code(p)
             and len(arguments & set(re.findall(r"\w+Args\b", t))) > len(arguments) / 2]
    if len(lists) > MAX_KERNEL_LISTS:
        yield f"engine: {len(lists)} files list the kernels, more than {MAX_KERNEL_LISTS}: {', '.join(sorted(lists))}"


def check_columns(files):
    for path, text in files.items():
        if not is_code(path) and not path.endswith((".py", ".bzl", ".sh")):
            continue
        formatted = True
        for number, line in enumerate(text.splitlines(), 1):
            if "// clang-format o" in line:
                formatted = "// clang-format on" in line
            if formatted and len(line) > MAX_COLUMNS:
                yield f"{path}:{number}: {len(line)} columns, more than {MAX_COLUMNS}"


def check_mirrored_tests(files):
    for path in files:
        if path.startswith(MIRRORED_FOLDERS) and path.endswith(".cc"):
            test = f"tests/{path[:-len('.cc')]}_test.cc"
            if test not in files:
                yield f"{path}: there is no {test}"


def check_includes(files):
    for path, text in files.items():
        if not is_code(path):
            continue
        folder = os.path.dirname(path)
        own = layer_of(folder)
        for header in INCLUDE.findall(text):
            for pattern, allowed in LIBRARY_FOLDERS:
                if re.fullmatch(pattern, header) and not path.startswith(allowed):
                    yield f"{path}: includes {header}, which belongs to {allowed[0]}"
            theirs = layer_of(os.path.dirname(header)) if header in files else None
            if own is None or theirs is None or (own[1], header) in EXCEPTIONS or theirs == own:
                continue
            if theirs[0] >= own[0]:
                yield f"{path}: includes {header}, against the arrows: {own[1]} is not above {theirs[1]}"
            elif theirs[1] == "engine/backend" and own[1] in ("nn", "gan"):
                yield f"{path}: includes {header}; models and layers see no backend, only engine/runtime and engine/ops"
            elif theirs[1].startswith("engine/backend/") and own[1] not in BACKEND_USERS:
                yield f"{path}: includes {header}; only {', '.join(BACKEND_USERS)} name an implementation of Backend"


def without_strings(text):
    """The code without comments and the contents of strings, line for line."""
    return STRINGS_AND_COMMENTS.sub(lambda found: '""' + "\n" * found.group().count("\n"), text)


def check_files_are_opened_in_io(files):
    for path, text in files.items():
        if is_code(path) and path.startswith(CODE_FOLDERS) and not path.startswith(FILE_FOLDER):
            for number, line in enumerate(without_strings(text).splitlines(), 1):
                if OPENS_FILE.search(line):
                    yield (f"{path}:{number}: opens a file; use {FILE_FOLDER} "
                           "(input_file, output_file, atomic_file, directory)")


def check_libraries_log(files):
    for path, text in files.items():
        if is_code(path) and path.startswith(LIBRARIES) and path not in LOGGERS:
            for number, line in enumerate(without_strings(text).splitlines(), 1):
                if PRINTS.search(line):
                    yield f"{path}:{number}: writes to stdout or stderr; use engine/base/log.h"


def check_guards(files):
    for path, text in files.items():
        if path.endswith((".h", ".cuh")) and path.startswith(CODE_FOLDERS + ("tests/",)):
            guard = re.sub(r"\W", "_", path).upper() + "_"
            if f"#ifndef {guard}\n#define {guard}\n" not in text:
                yield f"{path}: its include guard is not {guard}"


def check_words(files):
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line):
                yield f"{path}:{number}: unfinished: {line.strip()}"
            if path.startswith(CODE_FOLDERS + ("tests/",)) and BRITISH.search(line):
                yield f"{path}:{number}: British spelling: {line.strip()}"
            if MACHINE_PATH.search(line):
                yield f"{path}:{number}: a path of one machine: {line.strip()}"


def check_visibility(files):
    """Our targets must be visible to groups of packages (//:BUILD), never to everybody."""
    for path, text in files.items():
        if os.path.basename(path) == "BUILD" and path.startswith(CODE_FOLDERS + ("tests/",)):
            for number, line in enumerate(text.splitlines(), 1):
                if PUBLIC.search(line):
                    yield f"{path}:{number}: visible to everybody; use a group of //:BUILD"


CHECKS = (check_sizes, check_kernel_lists, check_columns, check_mirrored_tests, check_includes,
          check_files_are_opened_in_io, check_libraries_log, check_guards, check_words, check_visibility)


def violations(files):
    """All violations in {path: text}, in the order of the checks."""
    return [line for check in CHECKS for line in check(files)]


def read_tree(root):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    files = {}
    for path in sorted(set(listed) - {""}):
        try:
            with open(os.path.join(root, path), encoding="utf-8") as f:
                files[path] = f.read()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # binary, deleted but still in the index, or a link to a folder
    return files


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    found = violations(read_tree(root))
    for line in found:
        print(line)
    print(f"layout: {len(found)} violations" if found else "layout: as agreed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
