#include "gan/model/common/to_rgb.h"

#include "engine/ops/bias_act.h"
#include "gan/model/common/activation.h"

namespace sg::gan {

ToRgb::ToRgb(const ModelConfig& config, int64_t in, const nn::InitContext& init)
    : to_style_(config.WDim(), in, /*bias=*/1, init),
      conv_(in, config.image_spec().channels, /*kernel=*/1, /*demodulate=*/false, init),
      bias_(nn::ConstantParameter({config.image_spec().channels}, 0, init)),
      activation_(config.rgb_activation ? ClampedLeakyReluOf(config) : nn::Activation{1, 1, config.conv_clamp}) {}

Modulation ToRgb::Modulate(const Tensor& w) const {
  return conv_.Modulate(to_style_.Forward(w, {/*slope=*/1, conv_.gain()}));
}

Tensor ToRgb::Forward(const Tensor& x, const Modulation& modulation) const {
  BiasActInputs inputs;
  inputs.bias = bias_;
  return conv_.Forward(x, modulation, inputs, nn::ToBiasAct(activation_));
}

}  // namespace sg::gan
