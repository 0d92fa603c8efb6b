// NumPy's .npy files, versions 1 and 2, of little-endian floats ('<f4') and doubles ('<f8') in C order: latents and raw
// outputs that users exchange with Python. The file read may be hostile.
//
//   absl::StatusOr<NpyArray> z = ReadNpy("z.npy");               // np.save("z.npy", np.random.randn(4, 512))
//   absl::Status status = WriteNpy("w.npy", {4, 14, 512}, w);    // np.load("w.npy")
//
// Errors are one sentence that begins with the path: any other version, element type or order; rank above kMaxRank; a
// size that overflows or is not that of the file. Writing is durable and all or nothing (atomic_file.h).
#ifndef ENGINE_IO_NPY_H_
#define ENGINE_IO_NPY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/base/shape.h"

namespace sg::nn {

struct NpyArray {
  Shape shape;
  std::vector<double> values;  // row-major; exact for '<f4', too
};

absl::StatusOr<NpyArray> ReadNpy(const std::string& path);

// As '<f4' or '<f8'. values.size() must be shape.NumElements().
absl::Status WriteNpy(const std::string& path, const Shape& shape, absl::Span<const float> values);
absl::Status WriteNpy(const std::string& path, const Shape& shape, absl::Span<const double> values);

}  // namespace sg::nn

#endif  // ENGINE_IO_NPY_H_
