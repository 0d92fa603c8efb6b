// Tensors on the host, in the layout of PyTorch's files, and the small changes that other programs' weights need.
//
//   HostTensor w = {{3, 3, 64, 32}, values};         // [kH,kW,I,O] of TensorFlow
//   w = Transposed(Flipped(w, {0, 1}), {3, 2, 0, 1});  // [O,I,kH,kW], turned by 180 degrees
#ifndef GAN_INTEROP_HOST_TENSOR_H_
#define GAN_INTEROP_HOST_TENSOR_H_

#include <vector>

#include "engine/base/shape.h"

namespace sg::gan {

struct HostTensor {
  Shape shape;
  std::vector<float> values;  // row-major
};

// Dimension i of the result is dimension order[i] of `t`.
HostTensor Transposed(const HostTensor& t, const std::vector<int>& order);
// Reversed along the dimensions of `axes`.
HostTensor Flipped(const HostTensor& t, const std::vector<int>& axes);
// Element-wise t + addend, rounded to float.
HostTensor Plus(HostTensor t, float addend);
// The same values in a shape of as many elements.
HostTensor Reshaped(HostTensor t, const Shape& shape);

}  // namespace sg::gan

#endif  // GAN_INTEROP_HOST_TENSOR_H_
