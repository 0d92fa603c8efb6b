#include "nn/layers/equalized_linear.h"

#include "engine/ops/bias_act.h"
#include "engine/ops/matmul.h"

namespace sg::nn {

EqualizedLinear::EqualizedLinear(int64_t in, int64_t out, double bias, const InitContext& init)
    : weight_({out, in}, init), bias_(ConstantParameter({out}, bias, init)) {}

Tensor EqualizedLinear::Forward(const Tensor& x, const Activation& act) const {
  MatMulParams product;
  product.transpose_b = true;
  product.alpha = weight_.gain();
  BiasActInputs inputs;
  inputs.bias = bias_;
  return BiasAct(MatMul(x, weight_.raw(), product), inputs, ToBiasAct(act));
}

}  // namespace sg::nn
