// A tensor: a cheap, shared handle to a dense row-major buffer and to the place of its value in the recorded graph.
//
//   Tensor x = Tensor::FromHost<float>({2, 3}, {1, 2, 3, 4, 5, 6}, Device::Cpu());
//   x.Track();                      // x is now a leaf: what is computed from it is recorded
//   Tensor y = Sum(Square(x));      // engine/ops
//   Tensor dx = Grad({y}, {x})[0];  // engine/autograd
//
// The two halves are separate on purpose: an operation that does not need an input's numbers for its gradient keeps only
// the place (see Op::KeepsInput), so the buffer goes back to the pool at once.
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

struct Node;

struct TensorSpec {
  Shape shape;
  DType dtype = DType::kF32;
};

// The identity of a value: what it is, and how it was computed.
struct Place {
  TensorSpec spec;
  Device device;
  uint64_t id = 0;             // grows in order of creation, so inputs have smaller ones than outputs
  bool tracked = false;        // a leaf with Track(), or computed from a tracked tensor
  std::shared_ptr<Node> node;  // how it was computed; null for leaves and for what was not recorded
  bool released = false;       // had a node, which a Grad with release_graph has used up
};

class Tensor {
 public:
  Tensor() = default;  // undefined: no shape, no value

  // Contents are unspecified.
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

  bool defined() const { return place_ != nullptr; }
  const Shape& shape() const { return place().spec.shape; }
  int64_t dim(int i) const { return shape().dim(i); }
  DType dtype() const { return place().spec.dtype; }
  Device device() const { return place().device; }
  int64_t NumElements() const { return shape().NumElements(); }
  int64_t NumBytes() const { return NumElements() * SizeOf(dtype()); }
  const TensorSpec& spec() const { return place().spec; }

  // Waits for the device. T must match dtype().
  template <typename T>
  std::vector<T> ToHost() const {
    SG_CHECK(DTypeOf<T>() == dtype()) << "[ToHost] " << Name(DTypeOf<T>()) << " was asked of " << *this;
    std::vector<T> values(NumElements());
    ToHostBytes(values.data(), values.size() * sizeof(T));
    return values;
  }
  void ToHostBytes(void* host, size_t bytes) const;
  // The one element of a floating tensor.
  double Item() const;
  // A copy on another device, without history.
  Tensor To(Device device) const;

  // Makes a leaf of it: operations on it are recorded from now on. Returns *this.
  Tensor& Track();
  bool tracked() const { return defined() && place_->tracked; }
  // The same buffer as a new value without history.
  Tensor Detach() const;

  TensorView view() const;
  bool has_data() const { return storage_ != nullptr; }

  // For the engine: Apply and Grad.
  Tensor(std::shared_ptr<Storage> storage, std::shared_ptr<Place> place)
      : storage_(std::move(storage)), place_(std::move(place)) {}
  const Place& place() const {
    SG_CHECK(defined()) << "[Tensor] undefined tensor used";
    return *place_;
  }
  const std::shared_ptr<Place>& place_ptr() const { return place_; }
  const std::shared_ptr<Storage>& storage() const { return storage_; }

 private:
  friend std::ostream& operator<<(std::ostream& os, const Tensor& t);

  std::shared_ptr<Storage> storage_;
  std::shared_ptr<Place> place_;
};

std::ostream& operator<<(std::ostream& os, const Tensor& t);  // "f32[8,64,64,16]", "undefined"

// A new place without history.
std::shared_ptr<Place> NewPlace(const TensorSpec& spec, Device device);

}  // namespace sg

#endif  // ENGINE_TENSOR_TENSOR_H_
