#include "nn/init.h"

#include "engine/ops/elementwise.h"

namespace sg::nn {

Tensor NormalParameter(const Shape& shape, const InitContext& init, double deviation) {
  if (init.random == nullptr) return Tensor::Empty(shape, init.precision.parameter, init.device).Track();
  const Tensor drawn = RandomNormal(shape, init.precision.parameter, init.device, init.random);
  return ScaleIfNeeded(drawn, deviation).Track();
}

Tensor ConstantParameter(const Shape& shape, double value, const InitContext& init) {
  return Tensor::Full(shape, value, init.precision.parameter, init.device).Track();
}

}  // namespace sg::nn
