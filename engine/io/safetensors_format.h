// Element types, limits and names of checksums, which the safetensors reader and writer share.
//
// The format: 8 bytes that hold N, little-endian; N bytes of JSON that start with '{' and may end in spaces; then the
// data, row-major and little-endian. Every byte of the data belongs to exactly one tensor.
#ifndef ENGINE_IO_SAFETENSORS_FORMAT_H_
#define ENGINE_IO_SAFETENSORS_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "engine/base/dtype.h"
#include "engine/base/shape.h"

namespace sg::io {

constexpr int64_t kSafetensorsPrefixBytes = 8;
constexpr int64_t kSafetensorsMaxHeaderBytes = 100'000'000;         // the format's own limit
constexpr int64_t kSafetensorsMaxInteger = (int64_t{1} << 48) - 1;  // largest dimension or offset, by the JSON schema
// Our own limits, far above what any model has. They bound the memory that a hostile header can cost.
constexpr int64_t kSafetensorsMaxTensors = 65'536;
constexpr int64_t kSafetensorsMaxMetadataEntries = 131'072;

struct SafetensorsDType {
  const char* name;  // in the file: "F32", "BF16"
  int bits;
  bool is_supported;           // can be read and written here; other types are only listed
  std::optional<DType> dtype;  // of the tensor engine, which has no F16, I64 and U64
  int order;                   // for the writer: a larger one comes first in the file
};

// Null for a type that the format does not have.
const SafetensorsDType* FindSafetensorsDType(absl::string_view name);
// "F32", "F64", "BF16", "I32" or "U8".
const char* SafetensorsName(DType dtype);

// The bytes of a tensor; nullopt if the number overflows 63 bits or is not whole.
std::optional<int64_t> SafetensorsBytes(const SafetensorsDType& dtype, const Shape& shape);

struct TensorInfo {
  std::string name;
  std::string dtype_name;      // in the file; may be a type that we do not know
  std::optional<DType> dtype;  // if the tensor engine has that type
  Shape shape;
  int64_t offset = 0;  // bytes from the beginning of the data
  int64_t bytes = 0;
};

// A name from a file, made safe for a message: quoted, escaped and shortened.
std::string QuotedName(absl::string_view name);

// Our additions to the `__metadata__` of a file, under one prefix: the CRC-32C of each tensor's bytes and of the N
// header bytes, as eight lower-case hexadecimal digits. For its own checksum, the header has zeros in place of those
// digits. The number of tensors is an entry too: with it, a file without tensors also shows when an entry is lost.
constexpr char kChecksumPrefix[] = "sg.crc32c.";
constexpr char kHeaderChecksumKey[] = "sg.crc32c.header";
constexpr char kTensorCountKey[] = "sg.crc32c.tensors";
constexpr char kTensorChecksumPrefix[] = "sg.crc32c.data.";

std::string ChecksumText(uint32_t crc);  // "e3069283"
std::optional<uint32_t> ParseChecksumText(absl::string_view text);

// The position in the header text of the eight digits of kHeaderChecksumKey, as our writer spells it; npos if absent.
size_t FindHeaderChecksum(absl::string_view header);
// The checksum of `header` with those digits, which begin at `position`, as zeros.
uint32_t HeaderChecksum(absl::string_view header, size_t position);

}  // namespace sg::io

#endif  // ENGINE_IO_SAFETENSORS_FORMAT_H_
