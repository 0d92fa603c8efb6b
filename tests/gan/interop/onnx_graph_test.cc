#include "gan/interop/onnx_graph.h"

#include <string>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

// A whole file, byte by byte as onnx.proto defines it.
TEST(OnnxGraph, ASmallFileByteByByte) {
  OnnxGraph graph("g");
  graph.Input("x", {"n", "3"});
  const std::string two = graph.Floats("t", {1}, {2});
  graph.Output(graph.Node("Mul", {"x", two}, {OnnxAttribute::Integers("a", {1, 2})}), "y", {"n", "3"});
  const auto message = [](int field, const std::string& bytes) {
    return std::string{static_cast<char>(field << 3 | 2), static_cast<char>(bytes.size())} + bytes;
  };
  const std::string dimensions = message(1, message(2, "n")) + message(1, "\x08\x03");
  const std::string type = message(2, message(1, "\x08\x01" + message(2, dimensions)));
  const std::string tensor = "\x08\x01\x10\x01" + message(8, "t") + message(9, std::string("\0\0\0\x40", 4));
  const std::string attribute = message(1, "a") + "\xa0\x01\x07\x40\x01\x40\x02";
  const std::string multiply = message(1, "x") + message(1, "t") + message(2, "Mul_0") + message(3, "node_0") +
                               message(4, "Mul") + message(5, attribute);
  const std::string identity = message(1, "Mul_0") + message(2, "y") + message(3, "node_1") + message(4, "Identity");
  const std::string want_graph = message(11, message(1, "x") + type) + message(5, tensor) + message(1, multiply) +
                                 message(1, identity) + message(12, message(1, "y") + type) + message(2, "g");
  // The graph is longer than 127 bytes, so its length takes two.
  const std::string length = {static_cast<char>((want_graph.size() & 0x7f) | 0x80),
                              static_cast<char>(want_graph.size() >> 7)};
  EXPECT_EQ(graph.Model({{"k", "v"}}), "\x08\x08" + message(2, "stylegan2.cpp") + "\x3a" + length + want_graph +
                                           message(8, message(1, "") + "\x10\x11") +
                                           message(14, message(1, "k") + message(2, "v")));
}

}  // namespace
}  // namespace sg::gan
