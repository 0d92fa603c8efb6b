// A tensor as a kernel sees it: an address on the backend's device, an element type and the extents. Dense, row-major,
// and trivially copyable. Only the backend may dereference `data`, which is not a host address on a GPU.
#ifndef ENGINE_BACKEND_TENSOR_VIEW_H_
#define ENGINE_BACKEND_TENSOR_VIEW_H_

#include <cstdint>

#include "engine/base/dtype.h"
#include "engine/base/shape.h"

namespace sg {

// Identifies the values in a buffer, as a key for caches of what a kernel derives from them. Buffer ids are never
// reused, and every write in place raises the version. The default id identifies nothing: a view that has it must not
// be cached.
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
