// The model's blur, up- and down-sampling as UpFirDn2d maps.
//
// Annotated ("bilinear"): UpSample is bilinear interpolation by 2 (align_corners = false), then the blur
// [1,2,1] (x) [1,2,1] / 16 with replicated edges. DownSample is that blur, then bilinear interpolation to half the
// size. Each equals one separable filter with replicated edges: [1,5,10,10,5,1] / 16 and [1,3,3,1] / 8 per axis.
// Paper ("fir"): [1,3,3,1] with zeros beyond the edge for both (Karras et al. 2020, after Zhang 2019).
//
// With strided_conv, an unpadded 3x3 convolution of stride 2 changes the size, and a filter of the same K taps joins
// it:
//   up:    after the transposed convolution; pads its 2H + 1 samples by (K - 2) / 2 on each side and returns 2H
//   down:  before the convolution; pads H samples by K / 2 on each side and returns the H + 1 that it needs
// For [1,3,3,1] the padding is 1 and 2.
#ifndef GAN_MODEL_COMMON_RESAMPLE_H_
#define GAN_MODEL_COMMON_RESAMPLE_H_

#include "engine/ops/up_fir_dn.h"
#include "engine/tensor/tensor.h"
#include "gan/config/config.h"

namespace sg::gan {

class Resampler {
 public:
  explicit Resampler(const ModelConfig& config);

  Tensor Up(const Tensor& x) const { return UpFirDn2d(x, up_); }      // [N,H,W,C] -> [N,2H,2W,C]
  Tensor Down(const Tensor& x) const { return UpFirDn2d(x, down_); }  // [N,H,W,C] -> [N,H/2,W/2,C], H and W even

  // x [N,2H+1,2W+1,C], the result of a transposed convolution of stride 2 -> [N,2H,2W,C]. Has Up's gain of 4.
  Tensor AfterTransposedConv(const Tensor& x) const { return UpFirDn2d(x, after_transposed_conv_); }
  // x [N,H,W,C] -> [N,H+1,W+1,C], for a convolution of stride 2.
  Tensor BeforeStridedConv(const Tensor& x) const { return UpFirDn2d(x, before_strided_conv_); }

 private:
  UpFirDnParams up_, down_, after_transposed_conv_, before_strided_conv_;
};

}  // namespace sg::gan

#endif  // GAN_MODEL_COMMON_RESAMPLE_H_
