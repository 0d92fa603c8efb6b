// Arrays in pickles: their elements in a buffer, the types, bounds and strides checked. NumPy's arrays are recognized
// here; PyTorch's tensors need their storages (torch_file.h).
//
//   absl::StatusOr<PickledArray> array = NumpyArray(value);
//   if (array.ok()) absl::StatusOr<std::vector<float>> floats = ToFloats(*array, array->storage);
//
// A view with more elements than its storage is refused: a file of a few bytes could otherwise claim any size.
#ifndef ENGINE_IO_PICKLED_ARRAY_H_
#define ENGINE_IO_PICKLED_ARRAY_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/shape.h"
#include "engine/io/pickle_value.h"
#include "engine/io/safetensors_format.h"

namespace sg::io {

struct PickledArray {
  const SafetensorsDType* dtype = nullptr;  // little-endian
  Shape shape;
  Strides strides{};     // in elements, not negative
  int64_t offset = 0;    // of the first element in the storage, in elements
  int64_t elements = 0;  // of the storage
  // The storage, unless it is an entry of a zip archive: then the entry's index.
  absl::string_view storage;
  int64_t entry = -1;
};

// Whether every element of the view lies inside the storage, and it has no more elements than the storage.
absl::Status CheckView(const PickledArray& array);

// The elements in row-major order. F32, F16 and BF16 exactly, F64 rounded; InvalidArgument for other types, DataLoss if
// `storage` has another size than array.elements take. The view must have passed CheckView.
absl::StatusOr<std::vector<float>> ToFloats(const PickledArray& array, absl::string_view storage);

// The integers of a tuple as a shape. InvalidArgument for any other value and for more than kMaxRank of them.
absl::StatusOr<Shape> ToShape(const PickleValue& tuple);

// An array or scalar of NumPy, in C or Fortran order, of f2, f4, f8, i4, i8 and u1. InvalidArgument for another value.
bool IsNumpyArray(const PickleValue& value);
absl::StatusOr<PickledArray> NumpyArray(const PickleValue& value);

// An int, a float, a bool or a NumPy scalar as a number. InvalidArgument for another value.
absl::StatusOr<double> ToNumber(const PickleValue& value);

}  // namespace sg::io

#endif  // ENGINE_IO_PICKLED_ARRAY_H_
