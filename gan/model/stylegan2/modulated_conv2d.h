// ModulatedConv2d: a convolution whose input channels are scaled per image by a style, and whose output channels are
// then normalized ("demodulated") to unit expected variance (Karras et al. 2020, section 2.2). The annotated code calls
// it Conv2dWeightModulate.
//
// w'[n,o,k,i] = s[n,i] w[o,k,i];  w'' = w' / sqrt(sum_{k,i} w'^2 + eps). These weights are never computed. The same map
// is: scale the input by s, convolve all images with the shared w, scale the output by rsqrt(s^2 . sum_k w^2 + eps).
// The caller passes the last step as the scale of a BiasAct, which the convolution includes.
//
// A convolution that doubles the size is a transposed convolution of stride 2, followed by the filter of up-sampling.
// Its weight is stored as [in,k,k,out] (in files as [in,out,k,k], the layout of PyTorch's conv_transpose2d). Compared
// with up-sampling and then convolving by w[o,k,k,i], it is rotated by 180 degrees: away from the edges, both agree for
// w[i,-k,-k,o]. NVIDIA's files store such weights as [out,in,k,k] without rotation; only the first two dimensions are
// exchanged.
#ifndef GAN_MODEL_STYLEGAN2_MODULATED_CONV2D_H_
#define GAN_MODEL_STYLEGAN2_MODULATED_CONV2D_H_

#include <optional>

#include "engine/ops/bias_act.h"
#include "gan/model/common/resample.h"
#include "nn/init.h"
#include "nn/layers/equalized_weight.h"
#include "nn/module.h"

namespace sg::gan {

// How the styles of a batch modulate one convolution.
struct Modulation {
  Tensor style;         // [N,in]: scales the input; includes the gain of the weight
  Tensor demodulation;  // [N,out], > 0: scales the output; undefined without demodulation
};

class ModulatedConv2d {
 public:
  // Padding keeps the size. `kernel` is odd.
  ModulatedConv2d(int64_t in, int64_t out, int64_t kernel, bool demodulate, const nn::InitContext& init);
  // Doubles the size: 3x3 with demodulation.
  ModulatedConv2d(int64_t in, int64_t out, const Resampler& up, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) { v("weight", weight_); }

  // The gain of the equalized weight. The layer that computes the style multiplies it in, in the pass of its bias.
  double gain() const { return weight_.gain(); }
  // style [N,in], already multiplied by gain().
  Modulation Modulate(const Tensor& style) const;
  // x [N,H,W,in] -> [N,H,W,out] or [N,2H,2W,out], followed by BiasAct (engine/ops/bias_act.h). The caller includes
  // modulation.demodulation, if defined, as inputs.scale.
  Tensor Forward(const Tensor& x, const Modulation& modulation, const BiasActInputs& inputs = {},
                 const BiasActParams& params = {}) const;

 private:
  int64_t in() const { return weight_.raw().dim(up_ ? 0 : 3); }

  nn::EqualizedWeight weight_;  // [out,kernel,kernel,in]; doubling the size: [in,kernel,kernel,out]
  bool demodulate_;
  std::optional<Resampler> up_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_STYLEGAN2_MODULATED_CONV2D_H_
