#include "engine/io/protobuf_writer.h"

#include <cstring>

namespace sg::io {
namespace {

// The type of a field is in the lowest three bits of its tag.
constexpr int kTypeBits = 3;
constexpr uint64_t kVarintType = 0, kBytesType = 2, kFourBytesType = 5;

uint64_t Tag(int field, uint64_t type) { return static_cast<uint64_t>(field) << kTypeBits | type; }

}  // namespace

void ProtobufWriter::Varint(uint64_t value) {
  // Seven bits a byte, the lowest first. The highest bit tells that another byte follows.
  for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
  bytes_.push_back(static_cast<char>(value));
}

void ProtobufWriter::Integer(int field, int64_t value) {
  Varint(Tag(field, kVarintType));
  Varint(static_cast<uint64_t>(value));
}

void ProtobufWriter::Float(int field, float value) {
  Varint(Tag(field, kFourBytesType));
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));  // little-endian, as everything that this program runs on
  bytes_.append(bytes, sizeof(bytes));
}

void ProtobufWriter::Bytes(int field, absl::string_view value) {
  Varint(Tag(field, kBytesType));
  Varint(value.size());
  bytes_.append(value.data(), value.size());
}

}  // namespace sg::io
