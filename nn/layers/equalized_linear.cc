#include "nn/layers/equalized_linear.h"

#include "engine/ops/bias_act.h"
#include "engine/ops/elementwise.h"

namespace sg::nn {

EqualizedLinear::EqualizedLinear(int64_t in, int64_t out, double bias, const InitContext& init)
    : weight_({out, in}, init), bias_(ConstantParameter({out}, bias, init)) {}

Tensor EqualizedLinear::Forward(const Tensor& x, const Activation& act) const {
  const Tensor product = weight_.MatMul(x);
  BiasActInputs inputs;
  inputs.bias = Cast(bias_, product.dtype());
  return BiasAct(product, inputs, ToBiasAct(act));
}

}  // namespace sg::nn
