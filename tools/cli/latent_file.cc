#include "tools/cli/latent_file.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/shape.h"
#include "engine/io/input_file.h"
#include "engine/io/npy.h"
#include "engine/io/npz.h"
#include "engine/io/safetensors_reader.h"

namespace sg::cli {
namespace {

constexpr int64_t kMaxLatents = 100000;
constexpr absl::string_view kNpyMagic = "\x93NUMPY", kZipMagic = "PK\x03\x04";
constexpr char kNpzName[] = "w";

struct Array {
  Shape shape;
  std::vector<float> values;
};

bool StartsWith(const std::string& path, absl::string_view magic) {
  const absl::StatusOr<io::InputFile> file = io::InputFile::Open(path);
  std::string start(magic.size(), '\0');
  return file.ok() && file->ReadAt(0, start.data(), static_cast<int64_t>(start.size())).ok() && start == magic;
}

absl::StatusOr<Array> ReadNpyArray(const std::string& path, int64_t max_values) {
  const absl::StatusOr<io::NpyArray> npy = io::ReadNpy(path, max_values);
  if (!npy.ok()) return npy.status();
  return Array{npy->shape, std::vector<float>(npy->values.begin(), npy->values.end())};
}

absl::StatusOr<Array> ReadNpzArray(const std::string& path, int64_t max_values) {
  const absl::StatusOr<io::NpzReader> file = io::NpzReader::Open(path);
  if (!file.ok()) return file.status();
  const std::vector<std::string> names = file->Names();
  const absl::StatusOr<io::NpyArray> npy = file->Read(names.size() == 1 ? names[0] : kNpzName, max_values);
  if (!npy.ok()) return npy.status();
  return Array{npy->shape, std::vector<float>(npy->values.begin(), npy->values.end())};
}

absl::StatusOr<Array> ReadSafetensorsArray(const std::string& path, int64_t max_values) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
  if (!file.ok()) return file.status();
  if (file->tensors().size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds ", file->tensors().size(), " tensors; a file of latents holds one"));
  }
  const io::TensorInfo& info = file->tensors()[0];
  if (info.bytes > max_values * static_cast<int64_t>(sizeof(double))) {
    return absl::ResourceExhaustedError(absl::StrCat(path, ": its tensor ", info.dtype_name, ToString(info.shape),
                                                     " has more than ", max_values, " values"));
  }
  absl::StatusOr<std::vector<float>> values = file->ReadAsFloat(info.name);
  if (!values.ok()) return values.status();
  return Array{info.shape, *std::move(values)};
}

}  // namespace

absl::StatusOr<Tensor> ReadLatents(const std::string& path, int64_t latent_dim, int64_t num_latents, Device device) {
  // Checked before the values are read. A sparse file of a few bytes could otherwise exhaust the memory.
  const int64_t max_values = kMaxLatents * std::max<int64_t>(num_latents, 1) * latent_dim;
  absl::StatusOr<Array> array = StartsWith(path, kNpyMagic)   ? ReadNpyArray(path, max_values)
                                : StartsWith(path, kZipMagic) ? ReadNpzArray(path, max_values)
                                                              : ReadSafetensorsArray(path, max_values);
  if (!array.ok()) return absl::FailedPreconditionError(array.status().message());
  Shape shape = array->shape;
  if (shape == Shape({latent_dim})) shape = {1, latent_dim};
  const bool plain = shape.rank() == 2 && shape.dim(1) == latent_dim;
  const bool one_each =
      num_latents > 0 && shape.rank() == 3 && shape.dim(1) == num_latents && shape.dim(2) == latent_dim;
  if (!(plain || one_each) || shape.dim(0) < 1 || shape.dim(0) > kMaxLatents) {
    std::string allowed = absl::StrCat("[N,", latent_dim, "]");
    if (num_latents > 0) absl::StrAppend(&allowed, " or [N,", num_latents, ",", latent_dim, "]");
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": latents are ", ToString(array->shape), ", this network takes ", allowed));
  }
  return Tensor::FromHost<float>(shape, array->values, device);
}

}  // namespace sg::cli
