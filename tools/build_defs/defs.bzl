"""The C++ rules of this repository: the native ones with our warnings and checks. All attributes pass through."""

# The compile flag of OpenMP, for targets whose sources contain `#pragma omp` or include <omp.h>. The link flag comes
# with the dependency //third_party/openmp.
OPENMP_COPTS = ["-fopenmp"]

_COPTS = [
    "-Wall",
    "-Wextra",
]

# layering_check needs clang, parse_headers needs Bazel 5. Bazel ignores features that it does not support.
_FEATURES = [
    "layering_check",
    "parse_headers",
]

# A precompiled header serves only sources that are compiled with its options.
def _precompiled(header, copts):
    if copts:
        return struct(copts = copts, deps = [])
    package = "tools/build_defs"
    return struct(
        copts = select({
            "//%s:without_precompiled_headers" % package: [],
            "//conditions:default": ["-include", "%s/%s.h" % (package, header)],
        }),
        deps = select({
            "//%s:without_precompiled_headers" % package: [],
            "//conditions:default": ["//%s:%s" % (package, header)],
        }),
    )

def sg_cc_library(name, srcs = [], deps = [], copts = [], features = [], **kwargs):
    precompiled = _precompiled("precompiled_library", copts) if srcs else struct(copts = copts, deps = [])
    native.cc_library(
        name = name,
        srcs = srcs,
        copts = _COPTS + precompiled.copts,
        deps = deps + precompiled.deps,
        features = _FEATURES + features,
        linkstatic = kwargs.pop("linkstatic", True),
        **kwargs
    )

def sg_cc_binary(name, deps = [], copts = [], features = [], **kwargs):
    precompiled = _precompiled("precompiled_library", copts)
    native.cc_binary(
        name = name,
        copts = _COPTS + precompiled.copts,
        deps = deps + precompiled.deps,
        features = _FEATURES + features,
        linkstatic = kwargs.pop("linkstatic", True),
        **kwargs
    )

def sg_cc_test(name, srcs, copts = [], features = [], deps = [], main = True, size = "small", **kwargs):
    """A GoogleTest. With `main = False` the sources bring their own main().

    <name>_cases contains its tests without a main(), for programs that combine several tests: tests/tools/gpu_check.
    """
    gtest = ["//third_party/gtest:gtest_main"] if main else []
    precompiled = _precompiled("precompiled_test", copts)
    native.cc_library(
        name = name + "_cases",
        testonly = True,
        srcs = srcs,
        copts = _COPTS + precompiled.copts,
        features = _FEATURES + features,
        linkstatic = True,
        tags = kwargs.get("tags", []),
        visibility = ["//tests:__subpackages__"],
        deps = deps + precompiled.deps,
        # No code refers to a test by name, so the linker would drop it.
        alwayslink = True,
    )
    native.cc_test(
        name = name,
        size = size,
        features = _FEATURES + features,
        linkstatic = kwargs.pop("linkstatic", True),
        # tests/fake_cuda runs these tests again.
        visibility = kwargs.pop("visibility", ["//tests:__subpackages__"]),
        deps = [":" + name + "_cases"] + [d for d in gtest if d not in deps],
        **kwargs
    )

def sg_avx2_test(name, test, size = "small"):
    """Runs the sg_cc_test `test` of this package again, limited to the code for machines without AVX-512.

    oneDNN then uses other kernels, which may have other bugs.
    """
    native.cc_test(
        name = name,
        size = size,
        env = {"ONEDNN_MAX_CPU_ISA": "AVX2"},
        features = _FEATURES,
        linkstatic = True,
        deps = [
            test + "_cases",
            "//third_party/gtest:gtest_main",
        ],
    )
