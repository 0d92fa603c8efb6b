#include "nn/layers/equalized_linear.h"

#include "engine/ops/bias_act.h"
#include "engine/ops/elementwise.h"

namespace sg::nn {

EqualizedLinear::EqualizedLinear(int64_t in, int64_t out, double bias, const InitContext& init, double lr_mul)
    : weight_({out, in}, /*fan_in=*/in, init, /*deviation=*/1 / lr_mul),
      bias_(ConstantParameter({out}, bias, init)),
      lr_mul_(lr_mul) {}

Tensor EqualizedLinear::Forward(const Tensor& x, const Activation& act) const {
  const Tensor product = weight_.MatMul(x);
  BiasActInputs inputs;
  inputs.bias = Cast(bias_, product.dtype());
  // The leaky ReLU passes on positive factors, so the multiplier of both operands is one of its gain.
  BiasActParams params = ToBiasAct(act);
  params.gain *= lr_mul_;
  return BiasAct(product, inputs, params);
}

}  // namespace sg::nn
