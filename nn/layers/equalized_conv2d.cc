#include "nn/layers/equalized_conv2d.h"

#include "engine/ops/bias_act.h"
#include "engine/ops/elementwise.h"

namespace sg::nn {

EqualizedConv2d::EqualizedConv2d(const EqualizedConv2dParams& p, const InitContext& init)
    : weight_({p.out, p.kernel, p.kernel, p.in}, init),
      bias_(p.bias ? ConstantParameter({p.out}, *p.bias, init) : Tensor()),
      geometry_{p.stride, p.stride, p.padding, p.padding, /*groups=*/1} {}

Tensor EqualizedConv2d::Forward(const Tensor& x, const Activation& act) const {
  BiasActInputs inputs;
  if (bias_.defined()) inputs.bias = Cast(bias_, weight_.activation());
  return weight_.RawConv2d(x, geometry_, inputs, ToBiasAct(act, weight_.gain()));
}

}  // namespace sg::nn
