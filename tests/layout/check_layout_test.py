#!/usr/bin/env python3
"""Tests that every rule of check_layout.py accepts correct files and finds violations."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_layout  # noqa: E402


def with_guard(path, body=""):
    guard = path.upper().replace("/", "_").replace(".", "_") + "_"
    return f"#ifndef {guard}\n#define {guard}\n{body}#endif\n"


class CheckLayoutTest(unittest.TestCase):
    def expect(self, files, *parts):
        found = check_layout.violations(files)
        self.assertEqual(len(found), len(parts), found)
        for line, part in zip(found, parts):
            self.assertIn(part, line)

    def test_sizes(self):
        self.expect({"tools/a.cc": "x\n" * 450})
        self.expect({"tools/a.cc": "x\n" * 451}, "tools/a.cc: 451 lines")
        self.expect({"engine/backend/cuda/a.cu": "x\n" * 451}, "451 lines")
        self.expect({"engine/autograd/a.h": with_guard("engine/autograd/a.h", "x\n" * 200),
                     "engine/autograd/b.h": with_guard("engine/autograd/b.h", "x\n" * 250)},
                    "engine/autograd: 456 lines")

    def test_backend(self):
        path = "engine/backend/backend.h"
        kernel = "  virtual void K(const KArgs& args) = 0;\n"
        self.expect({path: with_guard(path, kernel * 24)})
        self.expect({path: with_guard(path, kernel * 25)}, "25 kernels")
        self.expect({path: with_guard(path, "\n" * 150)}, "153 lines")

    def test_kernel_lists(self):
        kernels = "".join(f"  virtual void K{i}(const K{i}Args& args) = 0;\n" for i in range(4))
        files = {"engine/backend/backend.h": with_guard("engine/backend/backend.h", kernels)}
        files.update({f"engine/backend/cpu/{i}.cc": "K0Args K1Args K2Args" for i in range(6)})
        files["engine/backend/cpu/half.cc"] = "K0Args K1Args"
        self.expect(files)
        files["engine/backend/cpu/6.cc"] = "K1Args K2Args K3Args"
        self.expect(files, "engine: 8 files list the kernels")

    def test_columns(self):
        self.expect({"tools/a.cc": "x" * 120 + "\n"})
        self.expect({"tools/a.cc": "\n// " + "x" * 118 + "\n"}, "tools/a.cc:2: 121 columns")
        self.expect({"tools/a.cc": "// clang-format off\n" + "x" * 121 + "\n// clang-format on\n"})
        for ending in ("py", "bzl", "sh"):
            self.expect({f"tools/a.{ending}": "x" * 120 + "\n"})
            self.expect({f"tools/a.{ending}": "x" * 121 + "\n"}, f"tools/a.{ending}:1: 121 columns")
        self.expect({"tools/BUILD": "x" * 121 + "\n", "a.md": "x" * 121 + "\n"})

    def test_spelling(self):
        self.expect({"nn/a.md": "regularizer, behavior, four, precise, advise\n"})
        for stem, rest in (("regulari", "ser"), ("behav", "iour"), ("synchron", "isation"), ("neighb", "our")):
            self.expect({"nn/a.md": f"\n{stem}{rest}\n"}, "nn/a.md:2: British")

    def test_visibility(self):
        self.expect({"nn/BUILD": 'visibility = ["//:nn_users"]\n',
                     "third_party/png/BUILD": '["//visibility:pub' 'lic"]\n'})
        self.expect({"nn/BUILD": '\nvisibility = ["//visibility:pub' 'lic"]\n'}, "nn/BUILD:2: visible to everybody")

    def test_mirrored_tests(self):
        self.expect({"gan/loss/a.cc": "", "tests/gan/loss/a_test.cc": "", "tools/main.cc": "",
                     "engine/runtime/r.cc": ""})
        self.expect({"nn/a.cc": ""}, "there is no tests/nn/a_test.cc")

    def test_arrows(self):
        headers = {p: with_guard(p) for p in (
            "engine/base/b.h", "engine/backend/i.h", "engine/backend/ref/r.h", "engine/ops/o.h", "engine/autograd/g.h",
            "nn/n.h", "gan/g.h", "tests/support/s.h")}

        def include(path, header, *parts):
            self.expect({**headers, path: f'#include "{header}"\n'}, *parts)

        include("tools/t.cc", "gan/g.h")
        include("tools/t.cc", "engine/backend/ref/r.h")
        include("engine/runtime/r.cc", "engine/backend/ref/r.h")
        include("engine/backend/ref/r.cc", "engine/backend/i.h")
        include("tests/t.cc", "tests/support/s.h")
        include("engine/backend/i.cc", "engine/backend/ref/r.h", "against the arrows")
        include("engine/backend/cpu/c.cc", "engine/backend/ref/r.h", "against the arrows")
        include("engine/runtime/r.cc", "engine/ops/o.h", "against the arrows")
        include("tools/t.cc", "tests/support/s.h", "against the arrows")
        tested = {"tests/engine/ops/o_test.cc": "", "tests/nn/n_test.cc": ""}
        self.expect({**headers, **tested, "engine/ops/o.cc": '#include "engine/autograd/g.h"\n'}, "against the arrows")
        self.expect({**headers, **tested, "nn/n.cc": '#include "gan/g.h"\n'}, "against the arrows")
        self.expect({**headers, **tested, "nn/n.cc": '#include "engine/backend/ref/r.h"\n'}, "name an implementation")

    def test_libraries(self):
        for header, home in (("png.h", "gan/image"), ("turbojpeg.h", "gan/image"), ("dnnl.hpp", "engine/backend/cpu"),
                             ("cuda_runtime.h", "engine/backend/cuda"), ("omp.h", "engine/backend/cpu")):
            test = {f"tests/{home}/a_test.cc": ""}
            self.expect({f"{home}/a.cc": f"#include <{header}>\n", **test})
            self.expect({"tools/a.cc": f"#include <{header}>\n"}, f"includes {header}")

    def test_files_are_opened_in_io(self):
        for code in ("#include <fstream>", "std::ifstream in(path);", "std::fopen(p, m)",
                     "fd = open(p.c_str(), O_RDONLY);", "::open(p, 0)",
                     "openat(fd, p, 0)", "freopen(p, m, f)", "std::ofstream(p) << x;"):
            self.expect({"tools/a.cc": f"/* two\nlines */ {code}\n"}, "tools/a.cc:2: opens a file")
            self.expect({"engine/io/a.cc": code, "tests/engine/io/a_test.cc": code})
        for code in ("bool open() const;", "if (!graphs_.open()) return;", "file.open(path);", "// open(path)",
                     "reopen_(x)", 'Say("open(path)");',
                     "InputFile::Open(path)", "zip_fopen_index(handle, index, 0)", "is_open(fd)",
                     "std::ostringstream s;"):
            self.expect({"tools/a.cc": code})

    def test_libraries_log(self):
        for code in ('std::fputs("x", stderr);', 'std::printf("x");', 'std::cerr << "x";', "std::cout << x;",
                     'puts("x");', 'fprintf(f, "x");', "perror(path);", "write(STDERR_FILENO, p, n);"):
            self.expect({"gan/a.h": with_guard("gan/a.h", code + "\n")}, "gan/a.h:3: writes to stdout or stderr")
            self.expect({"tools/a.cc": code})
            self.expect({"engine/base/log.cc": code, "tests/engine/base/log_test.cc": ""})
        for code in ("// std::cout << x;", 'snprintf(p, n, "x");', 'absl::StrFormat("stderr")', "InputStderr(x)"):
            self.expect({"gan/a.h": with_guard("gan/a.h", code + "\n")})

    def test_guards(self):
        self.expect({"nn/a.h": with_guard("nn/b.h")}, "guard is not NN_A_H_")

    def test_words(self):
        self.expect({"a.md": "to do: nothing\n"})
        self.expect({"a.md": "TO" + "DO: all\n"}, "a.md:1: unfinished")
        self.expect({"a.md": "see the root/ folder, or https://a.b/home/x\n"})
        self.expect({"a.md": "\nin /ho" + "me/me/x\n"}, "a.md:2: a path of one machine")


if __name__ == "__main__":
    unittest.main()
