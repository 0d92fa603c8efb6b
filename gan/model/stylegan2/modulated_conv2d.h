// ModulatedConv2d: a convolution whose input channels are scaled per image by a style, and whose output channels are
// then normalized ("demodulated") to unit expected variance (Karras et al. 2020, section 2.2). The annotated code calls
// it Conv2dWeightModulate.
//
// w'[n,o,k,i] = s[n,i] w[o,k,i];  w'' = w' / sqrt(sum_{k,i} w'^2 + eps). Never written out per image: scaling the input
// by s, one shared convolution and scaling the output by rsqrt(s^2 . sum_k w^2 + eps) is the same map. The last step is
// left to the caller, whose BiasAct does it in passing.
//
// A convolution that doubles the size is transposed, of stride 2, and followed by the filter of the up-sampling. Its
// weight is stored [in,k,k,out] (in files [in,out,k,k], as PyTorch's conv_transpose2d takes it), and seen from the
// result it is turned by 180 degrees: up-sampling and then a convolution with the weight w[o,k,k,i] is, away from the
// edges, this with w[i,-k,-k,o]. NVIDIA's files keep such weights as [out,in,k,k], not turned: only the first two
// dimensions are exchanged.
#ifndef GAN_MODEL_STYLEGAN2_MODULATED_CONV2D_H_
#define GAN_MODEL_STYLEGAN2_MODULATED_CONV2D_H_

#include <optional>

#include "gan/model/common/resample.h"
#include "nn/init.h"
#include "nn/layers/equalized_weight.h"
#include "nn/module.h"

namespace sg::gan {

// What the styles of a batch make of one convolution.
struct Modulation {
  Tensor style;         // [N,in]: scales the input, the weight's gain included
  Tensor demodulation;  // [N,out], > 0: scales the output; undefined without demodulation
};

class ModulatedConv2d {
 public:
  // Padding keeps the size. `kernel` is odd.
  ModulatedConv2d(int64_t in, int64_t out, int64_t kernel, bool demodulate, const nn::InitContext& init);
  // Doubles the size: 3x3 with demodulation.
  ModulatedConv2d(int64_t in, int64_t out, const Resampler& up, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) { v("weight", weight_); }

  // Of the equalized weight. The layer that makes the style applies it, in the same pass as its bias.
  double gain() const { return weight_.gain(); }
  // style [N,in], times gain().
  Modulation Modulate(const Tensor& style) const;
  // x [N,H,W,in] -> [N,H,W,out], or [N,2H,2W,out], still to be scaled by modulation.demodulation where that is defined.
  Tensor Forward(const Tensor& x, const Modulation& modulation) const;

 private:
  int64_t in() const { return weight_.raw().dim(up_ ? 0 : 3); }

  nn::EqualizedWeight weight_;  // [out,kernel,kernel,in], or where it doubles the size [in,kernel,kernel,out]
  bool demodulate_;
  std::optional<Resampler> up_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_STYLEGAN2_MODULATED_CONV2D_H_
