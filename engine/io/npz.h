// NumPy's .npz files: zip archives of named arrays (npy.h). Files are read as untrusted input.
//
//   absl::StatusOr<NpzReader> file = NpzReader::Open("projected_w.npz");   // np.savez("projected_w.npz", w=w)
//   absl::StatusOr<NpyArray> w = file->Read("w", /*max_values=*/1 << 20);
//   absl::Status status = WriteNpz("w.npz", {{"w", {1, 14, 512}, values}});   // np.load("w.npz")["w"]
//
// Errors are one sentence that begins with the path: those of the archive and of its arrays. Both np.savez and
// np.savez_compressed are read; files are written without compression, durably and atomically (atomic_file.h).
#ifndef ENGINE_IO_NPZ_H_
#define ENGINE_IO_NPZ_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/shape.h"
#include "engine/io/npy.h"
#include "engine/io/zip_archive.h"

namespace sg::io {

class NpzReader {
 public:
  static absl::StatusOr<NpzReader> Open(const std::string& path);

  // The names of the arrays, without ".npy", in the order of the file. They may be of types that Read refuses.
  std::vector<std::string> Names() const;
  bool Has(const std::string& name) const;
  // NotFound for another name, ResourceExhausted for more than `max_values` values before memory is taken for them.
  absl::StatusOr<NpyArray> Read(const std::string& name, int64_t max_values) const;

 private:
  NpzReader(std::string path, std::unique_ptr<ZipArchive> archive)
      : path_(std::move(path)), archive_(std::move(archive)) {}

  std::string path_;
  std::unique_ptr<ZipArchive> archive_;
};

struct NpzArray {
  std::string name;
  Shape shape;
  std::vector<float> values;  // shape.NumElements(), written as '<f4'
};

absl::Status WriteNpz(const std::string& path, const std::vector<NpzArray>& arrays);

}  // namespace sg::io

#endif  // ENGINE_IO_NPZ_H_
