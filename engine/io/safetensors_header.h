// The header of a safetensors file, judged by every rule of the format. The input may be hostile: nothing is allocated
// by a number that the file names, arithmetic is checked, JSON is read event by event so that duplicate keys and
// nesting are refused where they occur.
//
//   absl::StatusOr<SafetensorsHeader> header =
//       ParseSafetensorsHeader(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", /*data_bytes=*/8);
//
// Refused: anything but one JSON object from the first byte to the last but spaces; keys twice; a `__metadata__` that
// is not string to string; an entry with other than the three keys; numbers other than integers in [0, 2^48); rank
// above kMaxRank; sizes that overflow or do not match dtype and shape; holes, overlaps and surplus bytes in the data;
// more tensors or metadata than safetensors_format.h allows. Allowed: rank 0, dimensions of 0, any order of entries,
// element types that we do not know (their size cannot then be compared with the shape).
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

// `text`: the N header bytes. `data_bytes`: what follows them in the file. Errors do not name the file; the caller
// does.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view text, int64_t data_bytes);

}  // namespace sg::io

#endif  // ENGINE_IO_SAFETENSORS_HEADER_H_
