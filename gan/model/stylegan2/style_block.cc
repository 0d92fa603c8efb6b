#include "gan/model/stylegan2/style_block.h"

#include "engine/ops/bias_act.h"
#include "gan/model/common/activation.h"
#include "gan/model/common/resample.h"

namespace sg::gan {

StyleBlock::StyleBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init,
                       bool doubles_size, double block_gain)
    : to_style_(config.WDim(), in, /*bias=*/1, init),
      conv_(doubles_size ? ModulatedConv2d(in, out, Resampler(config), init)
                         : ModulatedConv2d(in, out, /*kernel=*/3, /*demodulate=*/true, init)),
      scale_noise_(nn::ConstantParameter({1}, 0, init)),
      bias_(nn::ConstantParameter({out}, 0, init)),
      activation_(ClampedLeakyReluOf(config, block_gain)) {}

Modulation StyleBlock::Modulate(const Tensor& w) const {
  return conv_.Modulate(to_style_.Forward(w, {/*slope=*/1, conv_.gain()}));
}

Tensor StyleBlock::Forward(const Tensor& x, const Modulation& modulation, const Tensor& noise) const {
  BiasActInputs inputs;
  inputs.scale = modulation.demodulation;
  inputs.bias = bias_;
  if (noise.defined()) {
    inputs.noise = noise;
    inputs.strength = scale_noise_;
  }
  return conv_.Forward(x, modulation, inputs, nn::ToBiasAct(activation_));
}

}  // namespace sg::gan
