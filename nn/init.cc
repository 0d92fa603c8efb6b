#include "nn/init.h"

namespace sg::nn {

Tensor NormalParameter(const Shape& shape, const InitContext& init) {
  if (init.random == nullptr) return Tensor::Empty(shape, init.precision.parameter, init.device).Track();
  return RandomNormal(shape, init.precision.parameter, init.device, init.random).Track();
}

Tensor ConstantParameter(const Shape& shape, double value, const InitContext& init) {
  return Tensor::Full(shape, value, init.precision.parameter, init.device).Track();
}

}  // namespace sg::nn
