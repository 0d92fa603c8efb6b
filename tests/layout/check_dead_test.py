#!/usr/bin/env python3
"""Tests check_dead.py on made-up sources."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_dead  # noqa: E402


class CheckDeadTest(unittest.TestCase):
    def expect(self, files, *names, allowed=None):
        found = list(check_dead.check(files, allowed or {}))
        self.assertEqual(len(found), len(names), found)
        for line, name in zip(found, names):
            self.assertIn(name, line)

    def test_functions(self):
        pair = {"nn/a.h": "Tensor Sum(const Tensor& x);\n", "nn/a.cc": "Tensor Sum(const Tensor& x) { return x; }\n"}
        self.expect(pair, "nn/a.h: only tests call Sum")
        self.expect({**pair, "tests/nn/a_test.cc": "Sum(x);"}, "Sum")
        self.expect({**pair, "gan/b.cc": "// Sum(x)\nsay(\"Sum\");"}, "Sum")
        self.expect({**pair, "gan/b.cc": "y = Sum(x);"})
        self.expect({**pair, "nn/a.cc": pair["nn/a.cc"] + "Tensor Mean(Tensor x) { return Sum(x) / n; }\n"})

    def test_inline_functions(self):
        self.expect({"nn/a.h": "inline int Half(int x) { return x / 2; }\n"}, "Half")
        self.expect({"nn/a.h": "inline int Half(int x) { return x / 2; }\n", "nn/a.cc": "int four = Half(8);"})
        template = "template <typename T>\nT Half(T x) {\n  if (x) { return 0; }\n  return Other(x);\n}\n"
        self.expect({"nn/a.h": template}, "Half")

    def test_members(self):
        def in_class(members):
            return {"nn/a.h": f"namespace sg {{\nclass A : public B {{\n public:\n  {members}\n}};\n}}\n"}

        self.expect(in_class("explicit A(int x);  A();"))
        self.expect(in_class("int size() const;"))
        self.expect(in_class("void Run() override;"))
        self.expect(in_class("void Run();\n  int Size() const { return 1; }"), "Run", "Size")
        self.expect(in_class("int x;\n private:\n  void Run();\n  int Size() { return 1; }"))
        called = in_class("int Twice() const { return Once(2); }\n  int Once(int) const;")
        self.expect({**called, "nn/a.cc": "int A::Once(int x) const { return x; }\n"}, "Twice")

    def test_allowed(self):
        header = {"nn/a.h": "void Run();\n"}
        self.expect(header, allowed={("nn/a.h", "Run"): "why"})
        self.expect({**header, "gan/b.cc": "Run();"}, "ALLOWED has Run", allowed={("nn/a.h", "Run"): "why"})


if __name__ == "__main__":
    unittest.main()
