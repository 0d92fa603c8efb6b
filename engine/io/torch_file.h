// Files that Python programs save networks in: PyTorch's .pt in both formats, and plain pickles with tensors of PyTorch
// or arrays of NumPy, such as NVIDIA's .pkl. Nothing in a file is run, and a file may be hostile; pickle_reader.h says
// how. The kind is found by content.
//
//   absl::StatusOr<std::unique_ptr<TorchFile>> file = TorchFile::Open("550000.pt", {"argparse Namespace"});
//   const PickleValue* weights = FindItem((*file)->root(), "g_ema");
//   absl::StatusOr<PickledArray> bias = (*file)->Array(*FindItem(*weights, "conv1.activate.bias"));
//   absl::StatusOr<std::vector<float>> values = (*file)->ReadFloats(*bias);
//
// Opening a zip reads its pickle; the others are read as a whole. The storages of a zip are read when they are needed,
// and then kept. Memory is bounded by the size of the file and 64 MiB. Errors begin with the path. Not thread-safe.
#ifndef ENGINE_IO_TORCH_FILE_H_
#define ENGINE_IO_TORCH_FILE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/pickle_reader.h"
#include "engine/io/pickled_array.h"
#include "engine/io/torch_storage.h"
#include "engine/io/weight_file_kind.h"
#include "engine/io/zip_archive.h"

namespace sg::io {

// The largest file that is read as a whole.
constexpr int64_t kTorchMaxWholeBytes = int64_t{2} << 30;
// The largest pickle in a zip, whose tensors are outside of it.
constexpr int64_t kTorchMaxPickleBytes = int64_t{64} << 20;

class TorchFile {
 public:
  // `globals` ("argparse Namespace") may occur beside those of tensors, arrays, dicts and sets. They become calls in
  // the values, and their meaning is the caller's affair. Safetensors files are InvalidArgument here.
  static absl::StatusOr<std::unique_ptr<TorchFile>> Open(const std::string& path,
                                                         const std::vector<absl::string_view>& globals);

  const std::string& path() const { return path_; }
  WeightFileKind kind() const { return kind_; }
  // A zip with code in it, which torch.jit.save wrote. The code is not looked at, and objects are their fields.
  bool is_torch_script() const { return is_torch_script_; }
  const PickleValue& root() const { return pickle_->root(); }

  // Whether the value is a tensor, a parameter or a NumPy array.
  static bool IsArray(const PickleValue& value);
  // Its type, shape and place, fully checked except that a zip's storage exists with its size.
  absl::StatusOr<PickledArray> Array(const PickleValue& value) const;
  // Its elements in row-major order. Errors also of ToFloats.
  absl::StatusOr<std::vector<float>> ReadFloats(const PickledArray& array);

  // An error about this file: "PATH: SENTENCE".
  absl::Status Error(absl::StatusCode code, absl::string_view sentence) const;

 private:
  TorchFile(std::string path, WeightFileKind kind) : path_(std::move(path)), kind_(kind) {}
  absl::Status Load(const std::vector<absl::string_view>& globals);
  absl::Status LoadWhole(const PickleOptions& options);
  absl::Status LoadZip(PickleOptions options);
  absl::Status IndexEntries();
  absl::StatusOr<std::string> ReadEntry(int64_t index, absl::string_view name, int64_t max_bytes);
  absl::StatusOr<PickledArray> TensorOf(const PickleValue& value) const;
  absl::Status SetStorage(const PickleValue& value, PickledArray* array) const;

  const std::string path_;
  const WeightFileKind kind_;
  bool is_torch_script_ = false;
  std::string bytes_;  // the whole file, or the pickle of a zip
  std::optional<Pickle> pickle_;
  std::map<std::string, TorchStorage> storages_;  // of the old format
  // Of a zip.
  std::unique_ptr<ZipArchive> archive_;
  std::string folder_;                      // "archive/"
  std::map<std::string, int64_t> entries_;  // by name without the folder
  int64_t unpacked_left_ = 0;               // bytes that may still be unpacked
  std::map<int64_t, std::string> loaded_;   // by index
};

}  // namespace sg::io

#endif  // ENGINE_IO_TORCH_FILE_H_
