#include "nn/layers/equalized_conv2d.h"

#include "engine/ops/bias_act.h"

namespace sg::nn {

EqualizedConv2d::EqualizedConv2d(int64_t in, int64_t out, int64_t kernel, int64_t padding, std::optional<double> bias,
                                 const InitContext& init, int64_t stride)
    : weight_({out, kernel, kernel, in}, init),
      bias_(bias ? ConstantParameter({out}, *bias, init) : Tensor()),
      geometry_{stride, stride, padding, padding, /*groups=*/1} {}

Tensor EqualizedConv2d::Forward(const Tensor& x, const Activation& act) const {
  BiasActInputs inputs;
  inputs.bias = bias_;
  return BiasAct(weight_.RawConv2d(x, geometry_), inputs, ToBiasAct(act, weight_.gain()));
}

}  // namespace sg::nn
