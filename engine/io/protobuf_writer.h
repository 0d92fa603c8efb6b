// Writes messages in the wire format of Protocol Buffers, as ONNX files consist of. Field numbers are the caller's.
//
//   ProtobufWriter dimension, shape;
//   dimension.Integer(1, 64);
//   shape.Message(1, dimension);
//   Use(shape.bytes());
//
// Source: protobuf.dev/programming-guides/encoding.
#ifndef ENGINE_IO_PROTOBUF_WRITER_H_
#define ENGINE_IO_PROTOBUF_WRITER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace sg::io {

class ProtobufWriter {
 public:
  // A field of a type int32, int64 or enum.
  void Integer(int field, int64_t value);
  // A field of the type float.
  void Float(int field, float value);
  // A field of the type string or bytes.
  void Bytes(int field, absl::string_view value);
  void Message(int field, const ProtobufWriter& message) { Bytes(field, message.bytes_); }

  // The message so far.
  const std::string& bytes() const { return bytes_; }

 private:
  void Varint(uint64_t value);

  std::string bytes_;
};

}  // namespace sg::io

#endif  // ENGINE_IO_PROTOBUF_WRITER_H_
