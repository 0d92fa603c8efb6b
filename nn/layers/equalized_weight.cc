#include "nn/layers/equalized_weight.h"

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

Tensor EqualizedWeight::Rounded(const Tensor& operand) const {
  return compute_ == DType::kBF16 ? Cast(operand, DType::kBF16) : operand;
}

Tensor EqualizedWeight::RawConv2d(const Tensor& x, const ConvGeometry& geometry) const {
  return Conv2d(Rounded(x), Rounded(weight_), geometry);
}

Tensor EqualizedWeight::RawTransposedConv2d(const Tensor& x, const ConvGeometry& geometry, const Shape& y_shape) const {
  return Conv2dInputGrad(Rounded(x), Rounded(weight_), geometry, y_shape);
}

}  // namespace sg::nn
