#include "nn/init.h"

namespace sg::nn {

Tensor NormalParameter(const Shape& shape, const InitContext& init) {
  SG_CHECK(init.random != nullptr) << "[Init] no random stream for a parameter " << shape;
  return RandomNormal(shape, init.dtype, init.device, init.random).Track();
}

Tensor ConstantParameter(const Shape& shape, double value, const InitContext& init) {
  return Tensor::Full(shape, value, init.dtype, init.device).Track();
}

}  // namespace sg::nn
