// PyTorch's storages: what a pickle says about one, and the format of torch.save before version 1.6, which NVIDIA's
// files also use for the storage of each single tensor.
//
//   absl::StatusOr<LegacyTorch> file = LegacyTorch::Parse(bytes, {});
//   const TorchStorage& storage = file->storages.at("94044");
#ifndef ENGINE_IO_TORCH_STORAGE_H_
#define ENGINE_IO_TORCH_STORAGE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/pickle_reader.h"
#include "engine/io/safetensors_format.h"

namespace sg::io {

struct TorchStorage {
  const SafetensorsDType* dtype = nullptr;
  int64_t elements = 0;
  absl::string_view bytes;  // elements of dtype, little-endian
};

// A reference in a pickle of PyTorch: ("storage", type, key, place, elements), and in the old format a view, which must
// be None. The place, such as "cuda:0", is ignored.
struct TorchStorageId {
  const SafetensorsDType* dtype = nullptr;
  std::string key;
  int64_t elements = 0;
};
absl::StatusOr<TorchStorageId> ParseTorchStorageId(const PickleValue& reference);

// Every storage that a pickle refers to, once. A key with two types or sizes is an error.
absl::StatusOr<std::map<std::string, TorchStorageId>> TorchStorageIds(const Pickle& pickle);

// Names of the storage classes, "torch FloatStorage" etc., for PickleOptions::globals.
std::vector<absl::string_view> TorchStorageGlobals();

struct LegacyTorch {
  // `bytes` must outlive the result, and end with the data. `globals` may occur in the object beside the storages.
  static absl::StatusOr<LegacyTorch> Parse(absl::string_view bytes, const std::vector<absl::string_view>& globals);

  Pickle object;
  std::map<std::string, TorchStorage> storages;  // by key
};

}  // namespace sg::io

#endif  // ENGINE_IO_TORCH_STORAGE_H_
