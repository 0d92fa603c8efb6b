"""A parser under hostile input: a libFuzzer program, and a test that replays the inputs collected so far."""

load("//tools/build_defs:defs.bzl", "sg_cc_binary", "sg_cc_library", "sg_cc_test")

def sg_fuzz_target(name, deps, dictionary = None, max_len = 4096, args = []):
    """Makes three targets of <name>_fuzz.cc, which defines LLVMFuzzerTestOneInput.

    <name>_fuzz is the function as a library. <name> is the libFuzzer program; it needs --config=fuzz.
    <name>_replay_test runs the function on every file of corpus/<name>, within the bounds of replay.cc, in every
    configuration.

    Args:
      name: The parser.
      deps: What <name>_fuzz.cc includes.
      dictionary: A file of tokens for libFuzzer.
      max_len: The longest input that libFuzzer tries, in bytes.
      args: More options of libFuzzer.
    """
    corpus = "%s/corpus/%s" % (native.package_name(), name)
    files = native.glob(["corpus/" + name + "/**"])

    sg_cc_library(
        name = name + "_fuzz",
        testonly = True,
        srcs = [name + "_fuzz.cc"],
        deps = deps,
        # Only libFuzzer's main or replay.cc calls the function.
        alwayslink = True,
    )

    # -malloc_limit_mb is the bound of replay.cc. The other two are looser, since the sanitizers take time and memory.
    options = ["-malloc_limit_mb=256", "-rss_limit_mb=1024", "-timeout=5", "-max_len=" + str(max_len)]
    if dictionary:
        options.append("-dict=%s/%s" % (native.package_name(), dictionary))
    sg_cc_binary(
        name = name,
        testonly = True,
        args = options + args + [corpus],
        data = files + ([dictionary] if dictionary else []),
        linkopts = ["-fsanitize=fuzzer"],
        tags = [
            "fuzz",
            "manual",
        ],
        deps = [":" + name + "_fuzz"],
    )

    sg_cc_test(
        name = name + "_replay_test",
        srcs = [],
        data = files,
        env = {
            "OMP_NUM_THREADS": "1",
            "SG_CORPUS": corpus,
        },
        deps = [
            ":" + name + "_fuzz",
            ":replay",
        ],
    )
