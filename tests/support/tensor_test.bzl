"""Tests of what computes with tensors."""

load("//tools/build_defs:defs.bzl", "sg_cc_test")

def tensor_test(name, deps = []):
    """A GoogleTest <name>.cc that makes and compares tensors with tests/support/tensors.h.

    Args:
      name: the tested op, layer or function, with "_test".
      deps: the dependencies of the test besides tensors.h and GoogleTest.
    """
    sg_cc_test(
        name = name,
        srcs = [name + ".cc"],
        deps = deps + [
            "//tests/support:tensors",
            "//third_party/gtest",
        ],
    )
