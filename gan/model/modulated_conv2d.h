// ModulatedConv2d: a convolution whose input channels are scaled per image by a style, and whose output channels are then
// normalised ("demodulated") to unit expected variance (Karras et al. 2020, section 2.2). The annotated code calls it
// Conv2dWeightModulate.
//
// w'[n,o,k,i] = s[n,i] w[o,k,i];  w'' = w' / sqrt(sum_{k,i} w'^2 + eps). Never written out per image: scaling the input by s,
// one shared convolution and scaling the output by rsqrt(s^2 . sum_k w^2 + eps) is the same map.
#ifndef GAN_MODEL_MODULATED_CONV2D_H_
#define GAN_MODEL_MODULATED_CONV2D_H_

#include "nn/equalized_weight.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::gan {

class ModulatedConv2d {
 public:
  // Padding keeps the size. `kernel` is odd.
  ModulatedConv2d(int64_t in, int64_t out, int64_t kernel, bool demodulate, const nn::InitContext& init);

  void Visit(nn::ParamVisitor& v) { v("weight", weight_); }

  // x [N,H,W,in], style [N,in] -> [N,H,W,out].
  Tensor Forward(const Tensor& x, const Tensor& style) const;

 private:
  nn::EqualizedWeight weight_;  // [out,kernel,kernel,in]
  bool demodulate_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_MODULATED_CONV2D_H_
