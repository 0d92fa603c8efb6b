#include "nn/layers/equalized_weight.h"

#include <cmath>

#include "engine/base/dtype_rules.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matmul.h"

namespace sg::nn {

EqualizedWeight::EqualizedWeight(const Shape& shape, const InitContext& init)
    : EqualizedWeight(shape, shape.NumElements() / shape.dim(0), init) {}

EqualizedWeight::EqualizedWeight(const Shape& shape, int64_t fan_in, const InitContext& init, double deviation)
    : weight_(NormalParameter(shape, init, deviation)),
      gain_(1 / std::sqrt(static_cast<double>(fan_in))),
      precision_(init.precision) {}

Tensor EqualizedWeight::MatMul(const Tensor& x) const {
  MatMulParams product;
  product.transpose_b = true;
  product.alpha = gain_;
  return Cast(sg::MatMul(x, Cast(weight_, x.dtype()), product), precision_.activation);
}

Tensor EqualizedWeight::RawConv2d(const Tensor& x, const ConvGeometry& geometry, const BiasActInputs& inputs,
                                  const BiasActParams& params) const {
  const DType compute = precision_.compute;
  const Tensor operand = Cast(x, compute), weight = Cast(weight_, compute);
  if (precision_.activation == ContractionType(compute)) return Conv2d(operand, weight, geometry, inputs, params);
  return BiasAct(Cast(Conv2d(operand, weight, geometry), precision_.activation), inputs, params);
}

Tensor EqualizedWeight::RawTransposedConv2d(const Tensor& x, const ConvGeometry& geometry, const Shape& y_shape) const {
  const DType compute = precision_.compute;
  return Cast(Conv2dInputGrad(Cast(x, compute), Cast(weight_, compute), geometry, y_shape), precision_.activation);
}

}  // namespace sg::nn
