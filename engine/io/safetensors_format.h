// What the safetensors reader and writer share: element types, limits, names of our checksums.
//
// The format: 8 bytes little-endian N; N bytes of JSON that start with '{' and may end in spaces; the data, row-major,
// little-endian, every byte of it belonging to exactly one tensor.
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
constexpr int64_t kSafetensorsMaxInteger = (int64_t{1} << 48) - 1;  // of a dimension or an offset, by its JSON schema
// Ours, so that a hostile header costs little memory: far above what any model has.
constexpr int64_t kSafetensorsMaxTensors = 65'536;
constexpr int64_t kSafetensorsMaxMetadataEntries = 131'072;

struct SafetensorsDType {
  const char* name;  // as in the file: "F32", "BF16"
  int bits;
  bool is_supported;           // readable and writable here; the others are only listed
  std::optional<DType> dtype;  // the tensor engine's type; F16, I64 and U64 have none
  int order;                   // the writer's: larger comes first in the file
};

// Null for a type that the format does not have (yet).
const SafetensorsDType* FindSafetensorsDType(absl::string_view name);
// "F32", "F64", "BF16", "I32" or "U8".
const char* SafetensorsName(DType dtype);

// Bytes of a tensor; nullopt where the number overflows 63 bits or is not whole.
std::optional<int64_t> SafetensorsBytes(const SafetensorsDType& dtype, const Shape& shape);

struct TensorInfo {
  std::string name;
  std::string dtype_name;      // as in the file, possibly unknown to us
  std::optional<DType> dtype;  // where the tensor engine has that type
  Shape shape;
  int64_t offset = 0;  // of the first byte, from the beginning of the data
  int64_t bytes = 0;
};

// A name out of a file as it may appear in a message: quoted, escaped, shortened.
std::string QuotedName(absl::string_view name);

// Our additions to the `__metadata__` of a file, all under one prefix: CRC-32C as eight lower-case hexadecimal digits,
// of each tensor's bytes and of the N header bytes (with the digits of that very entry as zeros). The number of tensors
// is there so that a file without tensors, too, has more than one entry: none can be lost unnoticed.
constexpr char kChecksumPrefix[] = "sg.crc32c.";
constexpr char kHeaderChecksumKey[] = "sg.crc32c.header";
constexpr char kTensorCountKey[] = "sg.crc32c.tensors";
constexpr char kTensorChecksumPrefix[] = "sg.crc32c.data.";

std::string ChecksumText(uint32_t crc);  // "e3069283"
std::optional<uint32_t> ParseChecksumText(absl::string_view text);

// Where in the header text the eight digits of kHeaderChecksumKey stand, in the writer's spelling; npos if nowhere.
size_t FindHeaderChecksum(absl::string_view header);
// The checksum of `header` with those digits, which begin at `position`, as zeros.
uint32_t HeaderChecksum(absl::string_view header, size_t position);

}  // namespace sg::io

#endif  // ENGINE_IO_SAFETENSORS_FORMAT_H_
