"""Tests and programs of the rest of the repository, built once more with the CUDA backend on the stand-in."""

load("@cuda//:defs.bzl", "HAVE_CUDA")
load("//tools/build_defs:defs.bzl", "sg_cc_library")

# The flags with which g++ compiles a .cu file for the stand-in, which runs and watches it. Every load and store calls
# kernel_hooks.cc. The passes that would split or join accesses are off, since sizes and alignments are checked.
KERNEL_COPTS = [
    "-D__shared__=static",
    "-fno-sanitize=all",
    "-fsanitize=thread",
    "-fno-tree-sra",
    "-fno-ipa-sra",
    "-fno-tree-vectorize",
]

def fake_cuda_kernels(name, kernels, hdrs, deps, **kwargs):
    """A library of .cu files as C++.

    Args:
      name: of the library.
      kernels: the paths of the files in the repository.
      hdrs: the files themselves and what they include.
      deps: as in cc_library.
      **kwargs: as in cc_library.
    """
    sources = []
    for kernel in kernels:
        source = "%s_%s.cc" % (name, kernel.split("/")[-1][:-len(".cu")])
        native.genrule(
            name = source[:-len(".cc")] + "_source",
            outs = [source],
            cmd = " && ".join(["echo '#include %s'" % header for header in [
                "\"tests/fake_cuda/stand_in/device_math.h\"",
                "<cuda_runtime.h>",
                "<device_launch_parameters.h>",
                "\"%s\"" % kernel,
            ]]).join(["(", ")"]) + " > $@",
        )
        sources.append(source)
    sg_cc_library(
        name = name,
        srcs = sources,
        copts = KERNEL_COPTS,
        textual_hdrs = hdrs,
        deps = deps,
        **kwargs
    )

def _use_stand_in_impl(settings, attr):
    return {"//engine/runtime:cuda_backend": "//tests/fake_cuda/kernels:cuda_backend_on_fake"}

_use_stand_in = transition(
    implementation = _use_stand_in_impl,
    inputs = [],
    outputs = ["//engine/runtime:cuda_backend"],
)

def _on_fake_impl(ctx):
    # An attribute with a transition is a list.
    actual = ctx.attr.actual[0][DefaultInfo]
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = executable,
        target_file = actual.files_to_run.executable,
        is_executable = True,
    )
    return [
        DefaultInfo(
            executable = executable,
            runfiles = ctx.runfiles([actual.files_to_run.executable]).merge(actual.default_runfiles),
        ),
        testing.TestEnvironment(ctx.attr.env),
    ]

_ATTRIBUTES = {
    "actual": attr.label(cfg = _use_stand_in, executable = True, mandatory = True),
    "env": attr.string_dict(),
    "_allowlist_function_transition": attr.label(
        default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
    ),
}

_on_fake_test = rule(
    implementation = _on_fake_impl,
    attrs = _ATTRIBUTES,
    test = True,
)

fake_cuda_binary = rule(
    implementation = _on_fake_impl,
    attrs = _ATTRIBUTES,
    executable = True,
)

def fake_cuda_test(name, test, env = {}, **kwargs):
    """Runs the test `test` with a GPU that is the stand-in; without the toolkit's headers it is skipped, by name."""
    if HAVE_CUDA:
        _on_fake_test(
            name = name,
            actual = test,
            env = env,
            **kwargs
        )
    else:
        native.sh_test(
            name = name,
            srcs = ["//tests/fake_cuda:skipped.sh"],
            args = [name],
            **kwargs
        )
