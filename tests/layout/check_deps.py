#!/usr/bin/env python3
"""Checks that the `deps` of every C++ target are exactly what its sources include.

  tests/layout/check_deps.py [--fix] [ROOT]

Reports every dependency that no source includes, and every include whose target is missing from `deps`. A dependency
that is only linked carries the comment `# keep`. --fix rewrites the lists. In a list that is computed, it finds only
missing dependencies and leaves the correction to you. Prints one line per violation and exits with 1 if there is any.

BUILD and .bzl files are executed as Python, with rules that record their arguments. Targets made by macros and list
comprehensions are therefore checked as well (a list comprehension as a whole, since its targets share one `deps` list).
"""

import ast
import builtins
import fnmatch
import os
import re
import subprocess
import sys
import types

BUILD_FOLDERS = ("engine/", "nn/", "gan/", "tools/", "tests/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)

# Headers of installed libraries. The first pattern that matches determines the target.
EXTERNAL = [
    (r"absl/strings/str_format\.h", "//third_party/absl:str_format"),
    (r"absl/strings/.*", "//third_party/absl:strings"),
    (r"absl/flags/(commandlineflag|reflection)\.h", "//third_party/absl:flags_reflection"),
    (r"absl/flags/(parse|usage)\.h", r"//third_party/absl:flags_\1"),
    (r"absl/flags/.*", "//third_party/absl:flags"),
    (r"absl/base/.*", "//third_party/absl:base"),
    (r"absl/(?:[\w]+/)*(\w+)\.h", r"//third_party/absl:\1"),
    (r"(gtest|gmock)/.*", "//third_party/gtest"),
    (r"benchmark/.*", "//third_party/benchmark"),
    (r"nlohmann/.*", "//third_party/json"),
    (r"png\.h", "//third_party/png"),
    (r"jpeglib\.h|jerror\.h|turbojpeg\.h", "//third_party/jpeg"),
    (r"zip\.h", "//third_party/zip"),
    (r"dnnl.*|oneapi/.*", "//third_party/onednn"),
    (r"omp\.h", "//third_party/openmp"),
    (r"hwy/.*", "//third_party/highway"),
    (r"Random123/.*", "//third_party/random123"),
    (r"(cuda|cudnn|cublas|curand|driver_types|device_launch|vector_types).*\.h", "//third_party/cuda:headers"),
]

# Rules with `srcs`, `hdrs` and `deps`. Macros in .bzl files expand to these.
CC_RULES = ("cc_library", "cc_binary", "cc_test", "sg_cc_library", "sg_cc_binary", "sg_cc_test", "cuda_library")


class _Anything:
    """Stands in for whatever a BUILD or .bzl file uses besides C++ rules."""

    def __call__(self, *args, **kwargs):
        return _Anything()

    def __getattr__(self, name):
        return _Anything()

    def __add__(self, other):
        return other if isinstance(other, list) else []

    def __radd__(self, other):
        return other

    def __iter__(self):
        return iter(())

    def __getitem__(self, key):
        return _Anything()


class Target:
    def __init__(self, package, call, attributes):
        self.package = package
        self.call = call  # index of the call in the BUILD file's syntax tree
        self.label = f"//{package}:{attributes['name']}"
        self.attributes = attributes

    def is_opaque(self, root):
        """Whether some of its sources are made by other targets, so that nobody knows here what they include."""
        sources = [s for kind in ("srcs", "hdrs", "textual_hdrs") for s in self.attributes.get(kind) or []]
        return any(s.startswith(("//", ":", "@")) or not os.path.exists(os.path.join(root, self.package, s))
                   for s in sources)

    def missing_files(self, root, generated):
        """Files of ours that the target names and that are neither there nor made by another target."""
        return [f for f in self.files("srcs", "hdrs")
                if not os.path.exists(os.path.join(root, f)) and f not in generated]

    def files(self, *kinds):
        for kind in kinds:
            for source in self.attributes.get(kind) or []:
                if source.startswith(("//", ":", "@")):
                    continue
                yield os.path.normpath(os.path.join(self.package, source))


def normalize(label, package):
    if label.startswith(":"):
        return f"//{package}{label}"
    if ":" not in label:
        return f"{label}:{label.split('/')[-1]}"
    return label


def shorten(label, package):
    folder, name = label[2:].split(":")
    if folder == package:
        return f":{name}"
    return f"//{folder}" if folder.split("/")[-1] == name else label


class _CallIndex(ast.NodeTransformer):
    """Adds `_call = <index>` to every call, so that a recorded target finds its way back to the text."""

    def __init__(self):
        self.calls = []

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and not hasattr(builtins, node.func.id):
            self.calls.append(node)
            index = ast.copy_location(ast.Constant(len(self.calls) - 1), node)
            node.keywords.append(ast.copy_location(ast.keyword(arg="_call", value=index), node))
        return node


class BuildFile:
    def __init__(self, root, path):
        self.path = path
        self.package = os.path.dirname(path)
        with open(os.path.join(root, path), encoding="utf-8") as f:
            self.text = f.read()
        tree = ast.parse(self.text)
        index = _CallIndex()
        tree = index.visit(tree)
        self.calls = index.calls
        self.targets = []
        self.generated = set()  # outputs of genrules
        self.root = root
        scope = _Scope(self)
        exec(compile(tree, path, "exec"), scope)  # pylint: disable=exec-used

    def record(self, call, attributes):
        self.targets.append(Target(self.package, call, attributes))

    def deps_node(self, call):
        for keyword in self.calls[call].keywords:
            if keyword.arg == "deps":
                return keyword.value
        return None


class _Scope(dict):
    """The names that a BUILD file sees."""

    def __init__(self, build):
        super().__init__()
        self.build = build
        self["load"] = self.load
        self["glob"] = self.glob
        self["select"] = _Anything()
        self["genrule"] = self.genrule
        for rule in CC_RULES:
            self[rule] = self.rule

    def genrule(self, **attributes):
        self.build.generated.update(os.path.join(self.build.package, out) for out in attributes["outs"])

    def __missing__(self, key):
        if hasattr(builtins, key):
            raise KeyError(key)
        return _Anything()

    def rule(self, _call=None, **attributes):
        if _call is not None and "name" in attributes:
            self.build.record(_call, attributes)

    def glob(self, include, exclude=(), _call=None):
        del _call
        folder = os.path.join(self.build.root, self.build.package)
        names = []
        for base, _, files in os.walk(folder):
            names += [os.path.relpath(os.path.join(base, name), folder) for name in files]
        matches = lambda name, patterns: any(
            fnmatch.fnmatch(name, p.replace("**/", "*")) and ("**" in p or name.count("/") == p.count("/"))
            for p in patterns)
        return sorted(n for n in names if matches(n, include) and not matches(n, exclude))

    def load(self, label, *names, _call=None):
        del _call
        own = {}
        if label.startswith("//") and os.path.exists(os.path.join(self.build.root, label[2:].replace(":", "/"))):
            own = load_constants(self.build.root, label[2:].replace(":", "/"))
        for name in names:
            if name in CC_RULES:
                continue  # recorded unchanged
            value = own.get(name, _Anything())
            if isinstance(value, types.FunctionType):
                value = self.suite_macro(value)
            self[name] = value
        self["if_cuda"] = lambda value, otherwise=None, _call=None: value
        self["HAVE_CUDA"] = True

    def suite_macro(self, macro):
        """A macro of ours: the C++ rules that it calls are recorded under the call of the macro."""

        def call(*args, _call=None, **kwargs):
            for rule in CC_RULES:
                macro.__globals__[rule] = lambda **attributes: self.rule(_call=_call, **attributes)
            native = _Anything()
            native.genrule = self.genrule
            macro.__globals__["native"] = native
            macro(*args, **kwargs)

        return call


def load_constants(root, path):
    """The names of a .bzl file, as far as they can be had without Bazel."""
    with open(os.path.join(root, path), encoding="utf-8") as f:
        tree = ast.parse(f.read())

    class Names(dict):
        def __missing__(self, key):
            if hasattr(builtins, key):
                raise KeyError(key)
            return _Anything()

    names = Names(load=lambda *a, **k: None, rule=_Anything(), attr=_Anything(), transition=_Anything(),
                  native=_Anything())
    exec(compile(tree, path, "exec"), names)  # pylint: disable=exec-used
    return names


def external(header):
    for pattern, label in EXTERNAL:
        match = re.fullmatch(pattern, header)
        if match:
            return normalize(match.expand(label), "")
    return None


class Workspace:
    def __init__(self, root):
        self.root = root
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                                check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
        paths = sorted({p for p in listed if p.startswith(BUILD_FOLDERS) and os.path.isfile(os.path.join(root, p))})
        self.builds = [BuildFile(root, p) for p in paths if os.path.basename(p) == "BUILD"]
        self.owner = {}  # header -> label of the library that provides it
        for build in self.builds:
            for target in build.targets:
                for header in target.files("hdrs"):
                    self.owner.setdefault(header, target.label)

    def needed(self, target):
        """label -> one source that includes it."""
        own = set(target.files("srcs", "hdrs", "textual_hdrs"))
        needed = {}
        for source in sorted(own):
            path = os.path.join(self.root, source)
            if not os.path.exists(path):
                continue
            with open(path, encoding="utf-8") as f:
                text = f.read()
            for header in INCLUDE.findall(text):
                if header in own:
                    continue
                label = self.owner.get(header) or external(header)
                if label and label != target.label:
                    needed.setdefault(label, source)
        return needed


def kept(build, node):
    """Labels of the list that carry `# keep`."""
    if node is None:
        return set()
    lines = build.text.splitlines()[node.lineno - 1:node.end_lineno]
    kept = [re.match(r'\s*"([^"]+)",\s*# keep', line) for line in lines]
    return {normalize(m.group(1), build.package) for m in kept if m}


def check(workspace, fix=False):
    for build in workspace.builds:
        by_call = {}
        for target in build.targets:
            by_call.setdefault(target.call, []).append(target)
        edits = []
        for call, targets in by_call.items():
            node = build.deps_node(call)
            computed = node is not None and not isinstance(node, ast.List)
            written = [] if node is None or computed else node.elts
            listed = {normalize(d, build.package) for d in [ast.literal_eval(e) for e in written]}
            implied = {normalize(d, build.package) for t in targets for d in t.attributes.get("deps") or []}
            needed = {}
            for target in targets:
                needed.update(workspace.needed(target))
            keep = kept(build, node)
            opaque = any(target.is_opaque(workspace.root) for target in targets)
            extra = [] if opaque else sorted(listed - set(needed) - keep)
            missing = sorted(set(needed) - listed - implied)
            name = targets[0].label
            for target in targets:
                for path in target.missing_files(workspace.root, build.generated):
                    yield f"{build.path}: {target.label} has no file {path}"
            for label in extra:
                yield f"{build.path}: {name} does not use {label}"
            for label in missing:
                yield f"{build.path}: {name} includes headers of {label} ({needed[label]})"
            if fix and (extra or missing) and not computed:
                wanted = (listed - set(extra)) | set(missing)
                edits.append((call, node, sorted_labels(wanted, build.package), keep))
        if fix and edits:
            rewrite(workspace.root, build, edits)


def sorted_labels(labels, package):
    short = [shorten(l, package) for l in labels]
    return sorted(short, key=lambda l: (not l.startswith(":"), l.startswith("@"), l.replace(":", "!")))


def rewrite(root, build, edits):
    lines = build.text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = build.text.encode()
    for call, node, labels, keep in sorted(edits, key=lambda e: -build.calls[e[0]].end_lineno):
        function = build.calls[call]
        indent = " " * (function.col_offset + 4)
        comment = {shorten(l, build.package) for l in keep}
        if len(labels) == 1 and labels[0] not in comment:
            value = f'["{labels[0]}"]'
        else:
            lines = [f'{indent}    "{l}",{"  # keep" if l in comment else ""}\n' for l in labels]
            value = "[\n" + "".join(lines) + f"{indent}]"
        if node is not None:
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            if not labels:  # removes the whole attribute
                begin, end = data.rfind(b"deps", 0, begin), end + 1
                begin = data.rfind(b"\n", 0, begin)
                data = data[:begin] + data[end:]
                continue
            data = data[:begin] + value.encode() + data[end:]
        elif labels:
            end = starts[function.end_lineno - 1] + function.end_col_offset - 1
            end = data.rfind(b"\n", 0, end) + 1
            data = data[:end] + f"{indent}deps = {value},\n".encode() + data[end:]
    with open(os.path.join(root, build.path), "wb") as f:
        f.write(data)


def main():
    arguments = sys.argv[1:]
    fix = "--fix" in arguments
    roots = [a for a in arguments if a != "--fix"]
    root = roots[0] if roots else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    found = list(check(Workspace(root), fix))
    for line in found:
        print(line)
    print(f"deps: {len(found)} {'fixed' if fix else 'violations'}" if found else "deps: as included")
    return 1 if found and not fix else 0


if __name__ == "__main__":
    sys.exit(main())
