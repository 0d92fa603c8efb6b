"""Libraries installed on the system. Each becomes a repository @system_<name> with its headers under include/.

third_party/<name>/<name>.BUILD describes the targets of the repository. third_party/<name>/BUILD gives them their
public labels.
"""

def _system_library_impl(repository_ctx):
    attr = repository_ctx.attr
    hint = "%s is missing: apt-get install %s (./bazelw does it for you)" % (attr.name, attr.apt_package)
    for header in attr.headers:
        path = repository_ctx.path("/usr/include/" + header)
        if not path.exists:
            fail("%s\n  not found: %s" % (hint, path))
        repository_ctx.symlink(path, "include/" + header)

    # The link flags of every module with all its dependencies. --as-needed drops shared libraries of which a program
    # uses nothing.
    linkopts = {}
    for module in attr.pkg_config:
        result = repository_ctx.execute(["pkg-config", "--libs", "--static", module])
        if result.return_code != 0:
            fail("%s\n  pkg-config %s: %s" % (hint, module, result.stderr))
        flags = [flag for flag in result.stdout.strip().split(" ") if flag]
        linkopts[module] = ["-Wl,--push-state,--as-needed"] + flags + ["-Wl,--pop-state"]
    repository_ctx.file("linkopts.bzl", "LINKOPTS = %s\n" % repr(linkopts))
    repository_ctx.symlink(attr.build_file, "BUILD")

_system_library = repository_rule(
    implementation = _system_library_impl,
    attrs = {
        "apt_package": attr.string(mandatory = True),
        "build_file": attr.label(mandatory = True, allow_single_file = True),
        "headers": attr.string_list(doc = "files and folders in /usr/include"),
        "pkg_config": attr.string_list(doc = "modules whose flags linkopts.bzl lists"),
    },
    local = True,
)

_ABSL_MODULES = [
    "absl_" + module
    for module in [
        "base",
        "cleanup",
        "flags",
        "flags_reflection",
        "flat_hash_map",
        "flat_hash_set",
        "optional",
        "span",
        "status",
        "statusor",
        "str_format",
        "strings",
        "synchronization",
        "time",
    ]
]

def _library(name, apt_package, headers, pkg_config = []):
    _system_library(
        name = "system_" + name,
        apt_package = apt_package,
        build_file = "//third_party/{0}:{0}.BUILD".format(name),
        headers = headers,
        pkg_config = pkg_config,
    )

def system_libs():
    _library("absl", "libabsl-dev", ["absl"], _ABSL_MODULES)
    _library("benchmark", "libbenchmark-dev", ["benchmark"])
    _library("eigen", "libeigen3-dev", ["eigen3/Eigen"])
    _library("gtest", "libgtest-dev libgmock-dev", ["gtest", "gmock"])
    _library("highway", "libhwy-dev", ["hwy"])
    _library("jpeg", "libjpeg62-turbo-dev libturbojpeg0-dev", ["jpeglib.h", "jmorecfg.h", "jerror.h", "turbojpeg.h"])
    _library("json", "nlohmann-json3-dev", ["nlohmann"])
    _library("onednn", "libdnnl-dev", ["dnnl.h", "dnnl.hpp", "oneapi"])
    _library("png", "libpng-dev", ["png.h", "pngconf.h", "pnglibconf.h"])
    _library("random123", "librandom123-dev", ["Random123"])
    _library("webp", "libwebp-dev", ["webp"])
    _library("zip", "libzip-dev", ["zip.h", "zipconf.h"])
    _library("zlib", "zlib1g-dev", ["zlib.h", "zconf.h"])
