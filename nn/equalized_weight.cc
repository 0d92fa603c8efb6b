#include "nn/equalized_weight.h"

#include <cmath>

#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"

namespace sg::nn {

EqualizedWeight::EqualizedWeight(const Shape& shape, const InitContext& init)
    : EqualizedWeight(shape, shape.NumElements() / shape.dim(0), init) {}

EqualizedWeight::EqualizedWeight(const Shape& shape, int64_t fan_in, const InitContext& init)
    : weight_(NormalParameter(shape, init)),
      gain_(1 / std::sqrt(static_cast<double>(fan_in))),
      compute_(init.compute) {}

Tensor EqualizedWeight::RawConv2d(const Tensor& x, const ConvGeometry& geometry) const {
  if (compute_ != DType::kBF16) return Conv2d(x, weight_, geometry);
  return Conv2d(Cast(x, DType::kBF16), Cast(weight_, DType::kBF16), geometry);
}

Tensor EqualizedWeight::RawTransposedConv2d(const Tensor& x, const ConvGeometry& geometry, const Shape& y_shape) const {
  if (compute_ != DType::kBF16) return Conv2dInputGrad(x, weight_, geometry, y_shape);
  return Conv2dInputGrad(Cast(x, DType::kBF16), Cast(weight_, DType::kBF16), geometry, y_shape);
}

}  // namespace sg::nn
