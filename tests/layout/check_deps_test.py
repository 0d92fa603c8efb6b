#!/usr/bin/env python3
"""Tests check_deps.py on made-up repositories."""

import os
import subprocess
import tempfile
import unittest

import check_deps

LIBRARY = 'sg_cc_library(\n    name = "{0}",\n    srcs = ["{0}.cc"],\n    hdrs = ["{0}.h"],\n{1})\n'
LOAD = 'load("//tools/build_defs:defs.bzl", "sg_cc_library")\n\n'


class CheckDepsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        subprocess.run(["git", "init", "-q", self.folder.name], check=True)

    def write(self, path, text):
        path = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def read(self, path):
        with open(os.path.join(self.folder.name, path), encoding="utf-8") as f:
            return f.read()

    def library(self, package, name, includes=(), deps=""):
        self.write(f"{package}/{name}.h", "")
        self.write(f"{package}/{name}.cc", "".join(f"#include {i}\n" for i in includes))
        self.write(f"{package}/BUILD", LOAD + LIBRARY.format(name, deps))

    def check(self, fix=False):
        return list(check_deps.check(check_deps.Workspace(self.folder.name), fix))

    def test_lists_that_match_are_accepted(self):
        self.library("engine/base", "shape")
        self.library("nn", "init", ['"engine/base/shape.h"', "<vector>", '"absl/strings/str_cat.h"'],
                     '    deps = [\n        "//engine/base:shape",\n        "//third_party/absl:strings",\n    ],\n')
        self.assertEqual(self.check(), [])

    def test_what_is_missing_and_what_is_unused(self):
        self.library("engine/base", "shape")
        self.library("nn", "init", ['"engine/base/shape.h"'], '    deps = ["//third_party/absl:span"],\n')
        self.assertEqual(self.check(), [
            "nn/BUILD: //nn:init does not use //third_party/absl:span",
            "nn/BUILD: //nn:init includes headers of //engine/base:shape (nn/init.cc)",
        ])

    def test_what_a_computed_list_lacks(self):
        self.library("engine/base", "shape")
        self.library("engine/base", "dtype")
        self.write("engine/base/BUILD", LOAD + LIBRARY.format("shape", "") + LIBRARY.format("dtype", ""))
        self.library("nn", "init", ['"engine/base/shape.h"', '"engine/base/dtype.h"'],
                     '    deps = ["//engine/base:dtype"] + ["//nn:%s" % name for name in ["other"]],\n')
        self.assertEqual(self.check(), ["nn/BUILD: //nn:init includes headers of //engine/base:shape (nn/init.cc)"])

    def test_fix_rewrites_the_lists(self):
        self.library("engine/base", "shape")
        self.library("nn", "init", ['"engine/base/shape.h"'], '    deps = ["//third_party/absl:span"],\n')
        self.check(fix=True)
        self.assertIn('    deps = ["//engine/base:shape"],\n', self.read("nn/BUILD"))
        self.assertEqual(self.check(), [])
        self.write("nn/init.cc", "")
        self.check(fix=True)
        self.assertNotIn("deps", self.read("nn/BUILD"))
        self.write("nn/init.cc", '#include "engine/base/shape.h"\n#include "zip.h"\n')
        self.check(fix=True)
        self.assertIn('"//engine/base:shape",\n        "//third_party/zip",\n', self.read("nn/BUILD"))

    def test_what_is_only_linked_is_kept(self):
        self.library("nn", "init", [], '    deps = [\n        "//third_party/openmp",  # keep\n    ],\n')
        self.assertEqual(self.check(fix=True), [])

    def test_a_source_that_is_not_there_hides_nothing_else(self):
        self.library("nn", "init", [], '    deps = ["//third_party/absl:span"],\n')
        os.remove(os.path.join(self.folder.name, "nn/init.cc"))
        self.assertEqual(self.check(), ["nn/BUILD: //nn:init has no file nn/init.cc"])

    def test_targets_of_list_comprehensions_share_their_dependencies(self):
        self.library("engine/base", "shape")
        self.write("tests/nn/a.cc", '#include "engine/base/shape.h"\n')
        self.write("tests/nn/b.cc", "")
        self.write("tests/nn/BUILD", 'load("//tools/build_defs:defs.bzl", "sg_cc_test")\n\n[\n    sg_cc_test(\n'
                   '        name = n,\n        srcs = [n + ".cc"],\n        deps = ["//engine/base:shape"],\n    )\n'
                   '    for n in ["a", "b"]\n]\n')
        self.assertEqual(self.check(), [])


if __name__ == "__main__":
    unittest.main()
