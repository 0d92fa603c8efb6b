// ToRGB: a 1x1 convolution to the image's channels, modulated by a style from w without demodulation, and a bias. With
// rgb_activation a leaky ReLU follows (the annotated model; the paper's is linear). The result is clamped to
// conv_clamp.
#ifndef GAN_MODEL_COMMON_TO_RGB_H_
#define GAN_MODEL_COMMON_TO_RGB_H_

#include "gan/config/config.h"
#include "gan/model/stylegan2/modulated_conv2d.h"
#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_linear.h"
#include "nn/module.h"

namespace sg::gan {

class ToRgb {
 public:
  ToRgb(const ModelConfig& config, int64_t in, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) {
    v("to_style", to_style_);
    v("conv", conv_);
    v("bias", bias_);
  }

  // w [N,d].
  Modulation Modulate(const Tensor& w) const;
  // x [N,H,W,in] -> [N,H,W,C].
  Tensor Forward(const Tensor& x, const Modulation& modulation) const;

 private:
  nn::EqualizedLinear to_style_;
  ModulatedConv2d conv_;
  Tensor bias_;  // [C], starts at 0
  nn::Activation activation_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_TO_RGB_H_
