// StyleBlock (the paper's synthesis layer): a 3x3 convolution modulated by a style from w, then demodulation, noise,
// bias and leaky ReLU with its clamp, all of them in one pass.
#ifndef GAN_MODEL_STYLEGAN2_STYLE_BLOCK_H_
#define GAN_MODEL_STYLEGAN2_STYLE_BLOCK_H_

#include "gan/config/config.h"
#include "gan/model/stylegan2/modulated_conv2d.h"
#include "nn/init.h"
#include "nn/layers/activation.h"
#include "nn/layers/equalized_linear.h"
#include "nn/module.h"

namespace sg::gan {

class StyleBlock {
 public:
  // `doubles_size` selects the transposed convolution of strided_conv. `block_gain` multiplies the result.
  StyleBlock(const ModelConfig& config, int64_t in, int64_t out, const nn::InitContext& init, bool doubles_size = false,
             double block_gain = 1);

  void Visit(nn::ParamVisitor& v) {
    v("to_style", to_style_);
    v("conv", conv_);
    v("scale_noise", scale_noise_);
    v("bias", bias_);
  }

  // w [N,d].
  Modulation Modulate(const Tensor& w) const;
  // x [N,H,W,in] -> [N,H,W,out] or [N,2H,2W,out]. noise is undefined or has the size of the result and one channel.
  Tensor Forward(const Tensor& x, const Modulation& modulation, const Tensor& noise) const;

 private:
  nn::EqualizedLinear to_style_;
  ModulatedConv2d conv_;
  Tensor scale_noise_;  // [1], starts at 0
  Tensor bias_;         // [out], starts at 0
  nn::Activation activation_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_STYLEGAN2_STYLE_BLOCK_H_
