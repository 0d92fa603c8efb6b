// NumPy's .npy files, versions 1 and 2, of little-endian floats ('<f4') and doubles ('<f8') in C order: latents and raw
// outputs that users exchange with Python. Files are read as untrusted input.
//
//   absl::StatusOr<NpyArray> z = ReadNpy("z.npy", 1 << 20);      // np.save("z.npy", np.random.randn(4, 512))
//   absl::Status status = WriteNpy("w.npy", {4, 14, 512}, w);    // np.load("w.npy")
//
// Errors are one sentence that begins with the path: another version, element type or order; a rank above kMaxRank; a
// size that overflows or does not match the file. Writing is durable and atomic (atomic_file.h).
#ifndef ENGINE_IO_NPY_H_
#define ENGINE_IO_NPY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/base/shape.h"
#include "engine/io/atomic_file.h"

namespace sg::io {

struct NpyArray {
  Shape shape;
  std::vector<double> values;  // row-major; '<f4' converts exactly
};

// ResourceExhausted for more than `max_values` values, before memory is allocated for them. A sparse file can have any
// number of values and takes no room on the disk.
absl::StatusOr<NpyArray> ReadNpy(const std::string& path, int64_t max_values);

// The same of the bytes of such a file. `name` takes the place of the path in errors.
absl::StatusOr<NpyArray> ParseNpy(absl::string_view bytes, const std::string& name, int64_t max_values);

// The bytes of a file of '<f4'. values.size() must be shape.NumElements().
std::string NpyBytes(const Shape& shape, absl::Span<const float> values);

// Writes an array of '<f4' in pieces. The array need not fit in memory:
//
//   absl::StatusOr<NpyWriter> file = NpyWriter::Open("images.npy", {1000, 64, 64, 3});
//   if (!file.ok()) return file.status();
//   if (absl::Status s = file->Append(piece); !s.ok()) return s;   // as often as needed, in row-major order
//   return file->Commit();
//
// Without Commit, an old file of that name stays.
class NpyWriter {
 public:
  static absl::StatusOr<NpyWriter> Open(const std::string& path, const Shape& shape);

  absl::Status Append(absl::Span<const float> values);
  // To be called once, after shape.NumElements() values in all.
  absl::Status Commit();

 private:
  NpyWriter(AtomicFileWriter file, int64_t num_values) : file_(std::move(file)), missing_(num_values) {}

  AtomicFileWriter file_;
  int64_t missing_;  // values still to come
};

// Writes '<f4' or '<f8'. values.size() must be shape.NumElements().
absl::Status WriteNpy(const std::string& path, const Shape& shape, absl::Span<const float> values);
absl::Status WriteNpy(const std::string& path, const Shape& shape, absl::Span<const double> values);

}  // namespace sg::io

#endif  // ENGINE_IO_NPY_H_
