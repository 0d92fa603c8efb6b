#include "engine/io/protobuf_writer.h"

#include <string>

#include "gtest/gtest.h"

namespace sg::io {
namespace {

// The bytes of the examples in the documentation of the format, and of its rules at their limits.
TEST(ProtobufWriter, WritesWhatTheFormatDocuments) {
  ProtobufWriter integer, text, outer, number;
  integer.Integer(1, 150);
  EXPECT_EQ(integer.bytes(), "\x08\x96\x01");
  text.Bytes(2, "testing");
  EXPECT_EQ(text.bytes(), "\x12\x07testing");
  outer.Message(3, integer);
  EXPECT_EQ(outer.bytes(), "\x1a\x03\x08\x96\x01");
  number.Float(2, 0.2F);
  EXPECT_EQ(number.bytes(), "\x15\xcd\xcc\x4c\x3e");
}

TEST(ProtobufWriter, IntegersAtTheirLimits) {
  ProtobufWriter zero, edge, beyond, negative;
  zero.Integer(20, 0);  // a tag of two bytes
  EXPECT_EQ(zero.bytes(), std::string("\xa0\x01\x00", 3));
  edge.Integer(1, 127);
  EXPECT_EQ(edge.bytes(), "\x08\x7f");
  beyond.Integer(1, 128);
  EXPECT_EQ(beyond.bytes(), "\x08\x80\x01");
  negative.Integer(1, -1);
  EXPECT_EQ(negative.bytes(), "\x08" + std::string(9, '\xff') + "\x01");
}

}  // namespace
}  // namespace sg::io
