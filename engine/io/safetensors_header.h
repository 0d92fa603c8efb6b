// Parses the header of a safetensors file and checks every rule of the format. The input may be hostile: no number of
// the file decides an allocation, arithmetic is checked, and JSON is read event by event, which refuses duplicate keys
// and nesting where they occur.
//
//   absl::StatusOr<SafetensorsHeader> header =
//       ParseSafetensorsHeader(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", /*data_bytes=*/8);
//
// Refused: text that is not one JSON object, from the first byte to trailing spaces; duplicate keys; a `__metadata__`
// that does not map strings to strings; an entry with other than the three keys; numbers that are not integers in [0,
// 2^48); a rank above kMaxRank; sizes that overflow or do not match dtype and shape; holes, overlaps and surplus bytes
// in the data; more tensors or metadata than safetensors_format.h allows. Allowed: rank 0, dimensions of 0, any order
// of entries, and unknown element types, whose size cannot be compared with the shape.
#ifndef ENGINE_IO_SAFETENSORS_HEADER_H_
#define ENGINE_IO_SAFETENSORS_HEADER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/safetensors_format.h"

namespace sg::io {

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // by offset; names are unique
  std::map<std::string, std::string> metadata;
};

// `text` is the N header bytes, and `data_bytes` the number of bytes after them in the file. Errors do not name the
// file; the caller adds it.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view text, int64_t data_bytes);

}  // namespace sg::io

#endif  // ENGINE_IO_SAFETENSORS_HEADER_H_
