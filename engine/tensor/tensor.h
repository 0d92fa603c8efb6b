// A tensor: a cheap, shared handle to a dense row-major buffer and to the node of its value in the recorded graph.
//
//   Tensor x = Tensor::FromHost<float>({2, 3}, {1, 2, 3, 4, 5, 6}, Device::Cpu());
//   x.Track();                      // x is now a leaf: operations on it are recorded
//   Tensor y = Sum(Square(x));      // engine/ops
//   Tensor dx = Grad({y}, {x})[0];  // engine/autograd
//
// Buffer and graph are separate on purpose. If the gradient of an operation does not need the values of an input, the
// operation keeps only that input's ValueInfo (see Op::KeepsInput), and the buffer returns to the pool at once. The
// engine reaches both parts through tensor_access.h.
#ifndef ENGINE_TENSOR_TENSOR_H_
#define ENGINE_TENSOR_TENSOR_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <ostream>
#include <vector>

#include "absl/types/span.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/bfloat16.h"
#include "engine/base/check.h"
#include "engine/base/device.h"
#include "engine/base/dtype.h"
#include "engine/base/dtype_of.h"
#include "engine/base/shape.h"
#include "engine/tensor/storage.h"

namespace sg {

struct TensorSpec {
  Shape shape;
  DType dtype = DType::kF32;
};

namespace internal {

struct Node;
struct TensorAccess;

// A value in the recorded graph: its type, and how it was computed. Outlives its buffer if only the type is needed.
struct ValueInfo {
  TensorSpec spec;
  Device device;
  uint64_t id = 0;             // increases in order of creation, so inputs have smaller ids than outputs
  bool tracked = false;        // see Tensor::tracked()
  std::shared_ptr<Node> node;  // how it was computed; null for leaves and for values that were not recorded
  bool released = false;       // a Grad with release_graph has consumed the node
};

// Creates a value without history and gives it the next id.
std::shared_ptr<ValueInfo> NewValueInfo(const TensorSpec& spec, Device device);

}  // namespace internal

class Tensor {
 public:
  Tensor() = default;  // undefined: no shape and no value

  // The contents are unspecified.
  static Tensor Empty(const Shape& shape, DType dtype, Device device);
  static Tensor Full(const Shape& shape, double value, DType dtype, Device device);
  static Tensor Zeros(const Shape& shape, DType dtype, Device device) { return Full(shape, 0, dtype, device); }
  template <typename T>
  static Tensor FromHost(const Shape& shape, absl::Span<const T> values, Device device) {
    return FromHostBytes(shape, DTypeOf<T>(), values.data(), values.size() * sizeof(T), device);
  }
  template <typename T>
  static Tensor FromHost(const Shape& shape, const std::vector<T>& values, Device device) {
    return FromHost<T>(shape, absl::MakeConstSpan(values), device);
  }
  template <typename T>
  static Tensor FromHost(const Shape& shape, std::initializer_list<T> values, Device device) {
    return FromHost<T>(shape, absl::MakeConstSpan(values.begin(), values.size()), device);
  }
  // `bytes` must be the size of the tensor.
  static Tensor FromHostBytes(const Shape& shape, DType dtype, const void* host, size_t bytes, Device device);

  bool defined() const { return info_ != nullptr; }
  const Shape& shape() const { return info().spec.shape; }
  int64_t dim(int i) const { return shape().dim(i); }
  DType dtype() const { return info().spec.dtype; }
  Device device() const { return info().device; }
  int64_t NumElements() const { return shape().NumElements(); }
  int64_t NumBytes() const { return NumElements() * SizeOf(dtype()); }
  const TensorSpec& spec() const { return info().spec; }

  // Waits for the device. T must match dtype().
  template <typename T>
  std::vector<T> ToHost() const {
    SG_CHECK(DTypeOf<T>() == dtype()) << "[ToHost] " << Name(DTypeOf<T>()) << " was asked of " << *this;
    std::vector<T> values(NumElements());
    ToHostBytes(values.data(), values.size() * sizeof(T));
    return values;
  }
  void ToHostBytes(void* host, size_t bytes) const;
  // The value of a floating tensor with one element.
  double Item() const;
  // A copy on another device, without history.
  Tensor To(Device device) const;

  // Turns the tensor into a leaf: operations on it are recorded from now on. Returns *this.
  Tensor& Track();
  // Whether Grad can differentiate with respect to this tensor: it is a leaf with Track(), or was recorded as computed
  // from a tracked tensor. PyTorch calls this requires_grad.
  bool tracked() const { return defined() && info_->tracked; }
  // The same buffer as a new value without history.
  Tensor Detach() const;

  // The arguments of kernels. Aborts if the value was not kept.
  TensorView view() const;
  bool has_data() const { return storage_ != nullptr; }

 private:
  friend struct internal::TensorAccess;
  friend std::ostream& operator<<(std::ostream& os, const Tensor& t);

  Tensor(std::shared_ptr<internal::Storage> storage, std::shared_ptr<internal::ValueInfo> info)
      : storage_(std::move(storage)), info_(std::move(info)) {}
  const internal::ValueInfo& info() const {
    SG_CHECK(defined()) << "[Tensor] undefined tensor used";
    return *info_;
  }

  std::shared_ptr<internal::Storage> storage_;
  std::shared_ptr<internal::ValueInfo> info_;
};

std::ostream& operator<<(std::ostream& os, const Tensor& t);  // "f32[8,64,64,16]", "undefined"

}  // namespace sg

#endif  // ENGINE_TENSOR_TENSOR_H_
