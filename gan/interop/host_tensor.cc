#include "gan/interop/host_tensor.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/base/check.h"

namespace sg::gan {
namespace {

// The values read with `strides` from element `begin` on, as a tensor of `shape`.
HostTensor Gathered(const HostTensor& t, const Shape& shape, const Strides& strides, int64_t begin) {
  HostTensor out = {shape, std::vector<float>(t.values.size())};
  Strides index{};
  int64_t at = begin;
  for (float& value : out.values) {
    value = t.values[static_cast<size_t>(at)];
    for (int d = shape.rank() - 1; d >= 0; --d) {
      at += strides[d];
      if (++index[d] < shape[d]) break;
      at -= index[d] * strides[d];
      index[d] = 0;
    }
  }
  return out;
}

}  // namespace

HostTensor Transposed(const HostTensor& t, const std::vector<int>& order) {
  SG_CHECK(static_cast<int>(order.size()) == t.shape.rank()) << "[Transposed] " << t.shape;
  const Strides from = RowMajorStrides(t.shape);
  Shape shape;
  Strides strides{};
  for (size_t i = 0; i < order.size(); ++i) {
    shape.Append(t.shape[order[i]]);
    strides[i] = from[order[i]];
  }
  return Gathered(t, shape, strides, 0);
}

HostTensor Flipped(const HostTensor& t, const std::vector<int>& axes) {
  Strides strides = RowMajorStrides(t.shape);
  int64_t begin = 0;
  for (const int axis : axes) {
    begin += (t.shape[axis] - 1) * strides[axis];
    strides[axis] = -strides[axis];
  }
  return Gathered(t, t.shape, strides, begin);
}

HostTensor Plus(HostTensor t, float addend) {
  for (float& value : t.values) value += addend;
  return t;
}

HostTensor Reshaped(HostTensor t, const Shape& shape) {
  SG_CHECK(shape.NumElements() == t.shape.NumElements()) << "[Reshaped] " << t.shape << " to " << shape;
  return {shape, std::move(t.values)};
}

}  // namespace sg::gan
