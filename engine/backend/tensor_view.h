// The kernels' view of a tensor: an address on the backend's device, an element type and a shape. Dense, row-major and
// trivially copyable. Only the backend may dereference `data`: on a GPU it is not a host address.
#ifndef ENGINE_BACKEND_TENSOR_VIEW_H_
#define ENGINE_BACKEND_TENSOR_VIEW_H_

#include <cstdint>

#include "engine/base/dtype.h"
#include "engine/base/shape.h"

namespace sg {

// Identifies the values in a buffer. Kernels use it as the key for cached results derived from those values. Buffer ids
// are never reused, and every in-place write increments the version. The default id identifies nothing; do not cache
// results for a view that has it.
struct ContentId {
  uint64_t buffer = 0;
  uint64_t version = 0;

  constexpr bool known() const { return buffer != 0; }
  friend constexpr bool operator==(const ContentId& a, const ContentId& b) {
    return a.buffer == b.buffer && a.version == b.version;
  }
  friend constexpr bool operator!=(const ContentId& a, const ContentId& b) { return !(a == b); }
};

struct TensorView {
  void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;
  ContentId content{};  // set by Tensor::view()

  int64_t NumElements() const { return shape.NumElements(); }
  int64_t NumBytes() const { return NumElements() * SizeOf(dtype); }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace sg

#endif  // ENGINE_BACKEND_TENSOR_VIEW_H_
