"""cuda_library: .cu files compiled by nvcc for every architecture of @cuda//:defs.bzl.

The compiler's report on registers, shared memory and spills is kept. engine/backend/cuda/resource_usage.sh turns it
into a table.
"""

load("@cuda//:defs.bzl", "CUDA_ARCHITECTURES", "HAVE_CUDA", "NVCC")

_FLAGS = [
    "-std=c++17",
    "-O3",
    "-Xcompiler",
    "-fPIC,-Wall,-Wextra",
    "-Xptxas",
    "-v",
]

# nvcc finds the host compiler on PATH and creates temporary files in TMPDIR. Its output goes to the file $1. Output
# that is not about resources is also shown to the user.
_COMMAND = """
log="$1"; shift
TMPDIR="$PWD" {nvcc} "$@" >"$log" 2>&1
status=$?
grep -vE '^ptxas info|^ *[0-9]+ bytes stack frame' "$log" >&2
exit $status
"""

def _gencode_flags():
    flags = []
    for architecture in CUDA_ARCHITECTURES:
        flags += ["-gencode", "arch=compute_{0},code=sm_{0}".format(architecture)]
    if CUDA_ARCHITECTURES:
        flags += ["-gencode", "arch=compute_{0},code=compute_{0}".format(CUDA_ARCHITECTURES[-1])]
    return flags

def _cuda_objects_impl(ctx):
    contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps]
    arguments = ctx.actions.args()
    arguments.add_all(_FLAGS + _gencode_flags())
    for context in contexts:
        arguments.add_all(context.defines, format_each = "-D%s")
        arguments.add_all(context.quote_includes, before_each = "-I")
        arguments.add_all(context.includes, before_each = "-I")
        arguments.add_all(context.system_includes, before_each = "-isystem")
    objects = []
    logs = []
    for source in ctx.files.srcs:
        compiled = ctx.actions.declare_file("%s/%s.o" % (ctx.label.name, source.basename))
        log = ctx.actions.declare_file("%s/%s.log" % (ctx.label.name, source.basename))
        objects.append(compiled)
        logs.append(log)
        ctx.actions.run_shell(
            outputs = [compiled, log],
            inputs = depset([source] + ctx.files.hdrs, transitive = [context.headers for context in contexts]),
            command = _COMMAND.format(nvcc = NVCC),
            arguments = [log.path, arguments, "-c", source.path, "-o", compiled.path],
            mnemonic = "Nvcc",
            progress_message = "Compiling %s for %d GPUs" % (source.short_path, len(CUDA_ARCHITECTURES)),
            use_default_shell_env = True,
        )
    return [
        DefaultInfo(files = depset(objects)),
        OutputGroupInfo(compiler_output = depset(logs)),
    ]

_cuda_objects = rule(
    implementation = _cuda_objects_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".cu"]),
        "hdrs": attr.label_list(allow_files = [".h", ".cuh"]),
        "deps": attr.label_list(providers = [CcInfo]),
    },
)

def cuda_library(name, srcs, hdrs = [], deps = [], **kwargs):
    """A cc_library of .cu files. Empty without a CUDA toolkit.

    The sources may include hdrs and the headers of deps. <name>_compiler_output is nvcc's output, one file per source.
    """
    if HAVE_CUDA:
        _cuda_objects(
            name = name + "_objects",
            srcs = srcs,
            hdrs = hdrs,
            deps = deps,
        )
    native.filegroup(
        name = name + "_compiler_output",
        srcs = [name + "_objects"] if HAVE_CUDA else [],
        output_group = "compiler_output",
    )
    native.cc_library(
        name = name,
        srcs = [name + "_objects"] if HAVE_CUDA else [],
        deps = deps,
        linkstatic = True,
        **kwargs
    )
