// Writes safetensors files that every reader of the format understands, durably and atomically (atomic_file.h).
//
//   std::vector<SafetensorsEntry> entries;
//   entries.push_back({"conv.weight", "F32", {64, 32, 3, 3}, FromMemory(weight, weight_bytes)});
//   absl::Status status = WriteSafetensors("model.safetensors", std::move(entries), {{"format", "pt"}});
//
// Tensors are written piece by piece, in the format's order: by descending element size, then by name. The order of
// `entries` does not matter. Only the header is held in memory. Checksums of every tensor and of the header are added
// to the metadata under "sg.crc32c.", which other readers ignore.
#ifndef ENGINE_IO_SAFETENSORS_WRITER_H_
#define ENGINE_IO_SAFETENSORS_WRITER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/shape.h"

namespace sg::io {

using SafetensorsSink = std::function<absl::Status(absl::string_view piece)>;

// Hands the tensor's bytes to `sink`, in any number of pieces, and returns the first error. Called once.
using SafetensorsSource = std::function<absl::Status(const SafetensorsSink& sink)>;

struct SafetensorsEntry {
  std::string name;   // UTF-8
  std::string dtype;  // "F32", "F64", "F16", "BF16", "I64", "U64", "I32" or "U8"
  Shape shape;
  SafetensorsSource write;
};

// A source of bytes in memory. They must stay at `data` until WriteSafetensors returns.
SafetensorsSource FromMemory(const void* data, int64_t bytes);

// Errors are one sentence that begins with `path`: two entries of one name; a dtype not listed above; a name that is
// not UTF-8 or is "__metadata__"; metadata keys under "sg.crc32c."; an entry that wrote more or fewer bytes than its
// shape takes; any failure of `write` or of the disk. After an error the old file is untouched.
absl::Status WriteSafetensors(const std::string& path, std::vector<SafetensorsEntry> entries,
                              const std::map<std::string, std::string>& metadata);

// Returns the bytes of that file. Errors are the same, without a path.
absl::StatusOr<std::string> SerializeSafetensors(std::vector<SafetensorsEntry> entries,
                                                 const std::map<std::string, std::string>& metadata);

}  // namespace sg::io

#endif  // ENGINE_IO_SAFETENSORS_WRITER_H_
