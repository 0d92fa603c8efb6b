// ToRGB: style from w, modulated 1x1 convolution to three channels without demodulation, bias, and in the annotated
// model a leaky ReLU (the paper's is linear: rgb_activation).
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
  // x [N,H,W,in] -> [N,H,W,3].
  Tensor Forward(const Tensor& x, const Modulation& modulation) const;

 private:
  nn::EqualizedLinear to_style_;
  ModulatedConv2d conv_;
  Tensor bias_;  // [3], starts at 0
  nn::Activation activation_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_TO_RGB_H_
