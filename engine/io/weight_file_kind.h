// Tells what kind of file of weights this is, by its first bytes and never by its name.
//
//   absl::StatusOr<WeightFileKind> kind = FindWeightFileKind("stylegan2-ffhq.pkl");
#ifndef ENGINE_IO_WEIGHT_FILE_KIND_H_
#define ENGINE_IO_WEIGHT_FILE_KIND_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace sg::io {

enum class WeightFileKind : uint8_t {
  kSafetensors,
  kZip,          // PyTorch's .pt since version 1.6
  kLegacyTorch,  // PyTorch's .pt before
  kPickle,       // protocols 2 to 5: NVIDIA's .pkl
};

// Errors begin with the path. InvalidArgument for every other file; the message names the kinds that people confuse
// with these: 7z, gzip and tar archives, HDF5, old pickles.
absl::StatusOr<WeightFileKind> FindWeightFileKind(const std::string& path);

}  // namespace sg::io

#endif  // ENGINE_IO_WEIGHT_FILE_KIND_H_
