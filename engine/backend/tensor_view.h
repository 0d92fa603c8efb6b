// What a kernel sees of a tensor: an address on the backend's device, an element type and the extents. Dense, row-major,
// and trivially copyable. Only the backend may dereference `data`: on a GPU it is not a host address.
#ifndef ENGINE_BACKEND_TENSOR_VIEW_H_
#define ENGINE_BACKEND_TENSOR_VIEW_H_

#include <cstdint>

#include "engine/base/dtype.h"
#include "engine/base/shape.h"

namespace sg {

struct TensorView {
  void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;

  int64_t NumElements() const { return shape.NumElements(); }
  int64_t NumBytes() const { return NumElements() * SizeOf(dtype); }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace sg

#endif  // ENGINE_BACKEND_TENSOR_VIEW_H_
