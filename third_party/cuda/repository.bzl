"""The CUDA toolkit as the repository @cuda, which is empty if there is no toolkit.

Looks in $CUDA_PATH, /usr/local/cuda and around the nvcc on PATH. SG_CUDA=0 (--config=nocuda) leaves CUDA out;
SG_CUDA=1 fails if there is none. The results are in @cuda//:defs.bzl: HAVE_CUDA, if_cuda(), NVCC, CUDA_ARCHITECTURES.
"""

# The only list of architectures, from Turing to Blackwell. The newest is also compiled to PTX for later ones.
_ARCHITECTURES = ["75", "80", "86", "89", "90", "100", "120"]

_CUDNN_FOLDERS = ["{toolkit}/include", "/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/local/include"]

_DEFS = """# Written by //third_party/cuda:repository.bzl.
HAVE_CUDA = {have_cuda}
NVCC = {nvcc}
CUDA_ARCHITECTURES = {architectures}

def if_cuda(value, otherwise = []):
    return value if HAVE_CUDA else otherwise
"""

def _leave_out(repository_ctx, why):
    if repository_ctx.os.environ.get("SG_CUDA") == "1":
        fail("SG_CUDA=1 asks for CUDA, but %s" % why)
    repository_ctx.file("defs.bzl", _DEFS.format(have_cuda = False, nvcc = repr(""), architectures = []))
    repository_ctx.file("BUILD", "# No CUDA: %s.\n" % why + "".join([
        "cc_library(name = \"%s\", visibility = [\"//visibility:public\"])\n" % name
        for name in ["cudart", "headers"]
    ]))

def _toolkit(repository_ctx):
    candidates = [repository_ctx.os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
    nvcc = repository_ctx.which("nvcc")
    if nvcc:
        candidates.append(str(nvcc.dirname.dirname))
    for candidate in candidates:
        if candidate and repository_ctx.path(candidate + "/bin/nvcc").exists:
            return candidate
    return None

def _find(repository_ctx, folders, name):
    for folder in folders:
        if repository_ctx.path(folder + "/" + name).exists:
            return folder
    return None

def _architectures(repository_ctx, nvcc):
    wanted = repository_ctx.os.environ.get("SG_CUDA_ARCHITECTURES")
    wanted = wanted.split(",") if wanted else _ARCHITECTURES
    known = repository_ctx.execute([nvcc, "--list-gpu-arch"]).stdout.split("\n")
    return [architecture for architecture in wanted if "compute_" + architecture in known]

def _cuda_repository_impl(repository_ctx):
    if repository_ctx.os.environ.get("SG_CUDA") == "0":
        return _leave_out(repository_ctx, "SG_CUDA=0")
    toolkit = _toolkit(repository_ctx)
    if not toolkit:
        return _leave_out(repository_ctx, "there is no nvcc in CUDA_PATH, /usr/local/cuda or PATH")
    libraries = _find(repository_ctx, [toolkit + "/lib64", toolkit + "/lib"], "libcudart_static.a")
    if not libraries:
        return _leave_out(repository_ctx, "%s has no libcudart_static.a" % toolkit)
    cudnn = _find(repository_ctx, [folder.format(toolkit = toolkit) for folder in _CUDNN_FOLDERS], "cudnn_version.h")
    if not cudnn:
        return _leave_out(repository_ctx, "there are no headers of cuDNN")

    nvcc = toolkit + "/bin/nvcc"
    repository_ctx.file("defs.bzl", _DEFS.format(
        have_cuda = True,
        nvcc = repr(nvcc),
        architectures = repr(_architectures(repository_ctx, nvcc)),
    ))
    repository_ctx.symlink(toolkit + "/include", "include")
    for header in repository_ctx.path(cudnn).readdir():
        if header.basename.startswith("cudnn"):
            repository_ctx.symlink(header, "cudnn/" + header.basename)
    repository_ctx.symlink(libraries + "/libcudart_static.a", "lib/libcudart_static.a")
    repository_ctx.symlink(repository_ctx.attr.build_file, "BUILD")

_cuda_repository = repository_rule(
    implementation = _cuda_repository_impl,
    attrs = {"build_file": attr.label(mandatory = True, allow_single_file = True)},
    environ = ["CUDA_PATH", "PATH", "SG_CUDA", "SG_CUDA_ARCHITECTURES"],
    local = True,
)

def cuda_repository():
    _cuda_repository(
        name = "cuda",
        build_file = "//third_party/cuda:cuda.BUILD",
    )
