#!/usr/bin/env python3
"""Finds public functions in headers of engine, nn, gan and tools that no production code calls.

  tests/layout/check_dead.py [ROOT]

Works by identifier, without types. A function is in use if its name appears in a source outside its .h/.cc pair, or in
the pair more often than in its declarations and definitions. Comments, strings and tests do not count. The check
therefore misses a dead overload of a function in use. ALLOWED lists the exceptions. Prints one line per violation and
exits with 1 if there is any.
"""

import os
import re
import subprocess
import sys

FOLDERS = ("engine/", "nn/", "gan/", "tools/")
SOURCES = (".h", ".cc", ".cu", ".cuh")

# (header, function) -> the reason to keep it although only tests call it.
ALLOWED = {
    # Operations that every tensor library provides. Tests of derivatives compose their functions from them.
    ("engine/ops/elementwise.h", "Abs"): "a basic operation",
    ("engine/ops/elementwise.h", "Exp"): "a basic operation",
    ("engine/ops/elementwise.h", "Tanh"): "a basic operation",
    ("engine/ops/random.h", "RandomUniform"): "the only caller of the kernel's uniform distribution",
    # Used to write the tests of other files.
    # What tests of other files are written with.
    ("engine/runtime/devices.h", "AvailableDevices"): "a test that runs on every device asks it for them",
    ("engine/io/npy.h", "WriteNpy"): "the reader's counterpart, and NpyWriter in one call",
    ("gan/config/presets.h", "PresetNames"): "a test that holds for every preset asks it for them",
    ("nn/module.h", "CountElements"): "the size of a network, which tests compare with the papers'",
}

IGNORED = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.DOTALL)
# A declaration: a type (absent for a constructor), the name, the parameters, and the end.
DECLARATION = re.compile(
    r"(?P<type>[\w:>&*\]]\s+[&*]*)(?P<name>[A-Z]\w*)\s*\((?P<rest>[^;{}]*)(?P<end>[;{])")
KEYWORDS = re.compile(r"\b(return|new|else|throw|case|delete|goto|class|struct|enum|typedef|using)\s+[&*]*$")
PRIVATE = re.compile(r"\bprivate:(?:(?!\b(?:public|protected):)[^{}]|\{\}|\{[^{}]*\})*")
WORD = re.compile(r"\w+")


def strip(text):
    """The code without comments and the contents of strings."""
    return IGNORED.sub(" ", text)


def outermost(code):
    """The code without the bodies of functions and the private parts of classes."""
    kept, stack = [], []
    statement = ""
    for character in code:
        if character == "{":
            opens = re.search(r"\b(namespace|class|struct|union|extern)\b[^()=]*$", statement) is not None
            stack.append(opens and all(stack))
            if all(stack[:-1]):
                kept.append("{" if stack[-1] else "{}")
            statement = ""
        elif character == "}":
            if stack:
                closed = stack.pop()
                if closed and all(stack):
                    kept.append("}")
            statement = ""
        elif all(stack):
            kept.append(character)
            statement = "" if character == ";" else statement + character
    return PRIVATE.sub(" ", "".join(kept))


def declared(text):
    """The functions that a header makes public, without constructors, accessors (lower case) and overrides.

    name -> for each declaration, whether it has a body.
    """
    code = outermost(re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", strip(text), flags=re.MULTILINE))
    names = {}
    position = 0
    while True:
        match = DECLARATION.search(code, position)
        if match is None:
            return names
        position = match.start("rest")
        before = code[max(0, match.start("name") - 80):match.start("name")]
        if KEYWORDS.search(before) or re.search(r"\b(override|final)\b|=\s*delete", match["rest"]):
            continue
        names.setdefault(match["name"], []).append(match["end"] == "{")


def stem(path):
    return path.rsplit(".", 1)[0]


def check(files, allowed):
    """Violations in {path: text}."""
    sources = {p: t for p, t in files.items() if p.startswith(FOLDERS) and p.endswith(SOURCES)}
    users = {}  # identifier -> {source: number of mentions}
    for path, text in sources.items():
        for word in WORD.findall(strip(text)):
            mentions = users.setdefault(word, {})
            mentions[path] = mentions.get(path, 0) + 1
    dead = set()
    for path, text in sources.items():
        if not path.endswith((".h", ".cuh")):
            continue
        for name, bodies in declared(text).items():
            own = sum(n for p, n in users[name].items() if stem(p) == stem(path))
            # The declaration, plus the definition in the .cc if the header has no body.
            explained = sum(1 if has_body else 2 for has_body in bodies)
            if own > explained or any(stem(p) != stem(path) for p in users[name]):
                continue
            dead.add((path, name))
            if (path, name) not in allowed:
                yield f"{path}: only tests call {name}"
    for path, name in sorted(set(allowed) - dead):
        yield f"tests/layout/check_dead.py: ALLOWED has {name} of {path}, which is in use or gone"


def read_tree(root):
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    files = {}
    for path in sorted(set(listed)):
        full = os.path.join(root, path)
        if path.startswith(FOLDERS) and path.endswith(SOURCES) and os.path.isfile(full):
            with open(full, encoding="utf-8") as f:
                files[path] = f.read()
    return files


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    found = list(check(read_tree(root), ALLOWED))
    for line in found:
        print(line)
    print(f"dead functions: {len(found)}" if found else "dead functions: none")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
